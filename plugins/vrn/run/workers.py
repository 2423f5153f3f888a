"""Tasks in workers of their own, on as many cores or machines as there are, instead of in the scheduler: Airflow's CeleryExecutor.

What Airflow is told for it, and what Redis is told, in which tasks wait.
"""

from __future__ import annotations

import hashlib

from vrn.run import secrets
from vrn.settings import Settings

EXECUTOR = "airflow.providers.celery.executors.celery_executor.CeleryExecutor"
# Nobody says how many workers there are. What the scheduler hands out beyond what they have room for waits in Redis.
MOST_TASKS_HANDED_OUT = 32
# The longest that a task may wait there before Airflow hands it out again, for a worker may have died with it in its hand. It may
# wait as well because all workers are busy: for a day of that it is handed out again and again.
SECONDS_TO_BE_TAKEN = 300
TIMES_TO_BE_HANDED_OUT = 288
# After so long Redis gives a task that a worker took and never finished to another: longer than any task may run.
SECONDS_TO_BE_DONE = 86_400


def environment(settings: Settings) -> dict[str, str]:
    """Airflow's configuration of the scheduler and of workers, on top of that of a home whose scheduler runs the tasks."""
    url = f"redis://:{settings.secret(secrets.QUEUE_PASSWORD)}@{settings.queue}"
    return {
        "AIRFLOW__CORE__EXECUTOR": EXECUTOR,
        "AIRFLOW__CORE__PARALLELISM": str(MOST_TASKS_HANDED_OUT),
        # This executor has no rest of its own in the scheduler's rounds.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(SECONDS_TO_BE_TAKEN),
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": str(TIMES_TO_BE_HANDED_OUT),
        "AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS": "vrn.run.celery_config.CONFIG",
        "AIRFLOW__CELERY__BROKER_URL": f"{url}/0",
        # Not in Airflow's database, of which a worker has no password.
        "AIRFLOW__CELERY__RESULT_BACKEND": f"{url}/1",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(settings.worker_tasks),
        # Else the scheduler starts a process for each core whenever it hands out more than one task.
        "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(SECONDS_TO_BE_DONE),
    }


def users(settings: Settings) -> str:
    """Redis' file of users (aclfile): one, known by the hash of its password, who may not administer the server."""
    digest = hashlib.sha256(settings.secret(secrets.QUEUE_PASSWORD).encode()).hexdigest()
    return f"user default on #{digest} ~* &* +@all -@admin -@dangerous +info\n"
