"""Airflow's LocalExecutor with a rest in each of the scheduler's rounds, which the end of a task cuts short.

The scheduler's own sleep has one length: long, and each task waits for it after the one before; short, and an idle scheduler
costs several percent of a core.
"""

from __future__ import annotations

import time
from multiprocessing import connection

from airflow.executors.local_executor import LocalExecutor

from vrn.run.local import preload

# As long as nothing has to be started and no task ends.
SECONDS_AT_WORK, SECONDS_AT_REST = 1.0, 5.0
# Without a task for so long, the scheduler is at rest.
SECONDS_TO_CALM = 60.0


class RestingExecutor(LocalExecutor):
    """Tasks as LocalExecutor runs them."""

    def start(self) -> None:
        preload.load()
        self._worked_at = time.monotonic()
        super().start()

    def heartbeat(self) -> None:
        """Once in each round of the scheduler."""
        has_new = bool(self.queued_tasks or self.queued_callbacks)
        if has_new or self.running:
            self._worked_at = time.monotonic()
        if not has_new:
            is_calm = time.monotonic() - self._worked_at > SECONDS_TO_CALM
            connection.wait([self.result_queue._reader], SECONDS_AT_REST if is_calm else SECONDS_AT_WORK)
        super().heartbeat()
