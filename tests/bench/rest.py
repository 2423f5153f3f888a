"""A home to which nothing comes: when it is at rest, and what it takes of a core."""

from __future__ import annotations

import time

from tests.bench.processor import processor_seconds
from vrn.run import prepare
from vrn.run.local import airflow, postgres
from vrn.run.local.executor import SECONDS_AT_REST, SECONDS_TO_CALM
from vrn.settings import Settings

SECONDS_BETWEEN_LOOKS = 2
# Tasks under way and the server's upkeep of what they left, and for how many seconds no task has been.
LEFT = """
    select (select count(*) from task_instance where state in ('scheduled', 'queued', 'running'))
        + (select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'),
        (select extract(epoch from now() - max(end_date))::float from task_instance)
"""


def until_settled(settings: Settings) -> float:
    """Wait until nothing is left of what ran, and the scheduler knows it. Returns the seconds since the last task."""
    # What a build left to write is else written over minutes.
    with prepare.superuser(settings, "airflow") as server:
        server.execute("checkpoint")
        while True:
            left, since = server.execute(LEFT).fetchone()
            if not left and since > SECONDS_TO_CALM + SECONDS_AT_REST:
                return since
            time.sleep(SECONDS_BETWEEN_LOOKS)


def at_rest(settings: Settings, seconds: float) -> dict[str, float]:
    """Of one core the share that each process of the home takes with all that it starts, and all together."""
    pids = {name: airflow.pid(settings, name) for name in airflow.PROCESSES}
    pids["PostgreSQL"] = int((postgres.data_folder(settings) / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    before, began = {name: processor_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares = {name: (processor_seconds(pid) - before[name]) / took for name, pid in pids.items()}
    return shares | {"all": sum(shares.values())}
