"""Workers of a home as processes of the tests' own; in a deployment each is a container (docker-compose.yaml)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.homes import Home
from tests.waiting import until
from vrn.run.local import airflow
from vrn.settings import LEAST_WORKER_TASKS

TAKEN, ENDED, STOPS = "received", "(?:succeeded|raised)", "Warm shutdown"


class Worker:
    """A worker with few places, so that two share what there is. It dies when it is told, and with the test."""

    def __init__(self, home: Home, name: str):
        self.name = name
        self.log: Path = home.settings.logs / f"worker-{name}.log"
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("VRN_QUEUE", home.environment["VRN_QUEUE"])
            patched.setenv("VRN_WORKER_TASKS", str(LEAST_WORKER_TASKS))
            told = airflow.environment(home.settings, "worker")
        command = [*airflow.COMMAND, *airflow.WORKER, "--celery-hostname", name]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env={**home.environment, **told}, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> None:
        until(lambda: f"{self.name} ready" in self.log.read_text() or self.process.poll() is not None, f"{self.name} to be ready")
        assert self.process.poll() is None, self.log.read_text()[-3000:]

    def times(self, what: str) -> int:
        """How often it said of a task that it did that."""
        return len(self._tasks(what))

    def _tasks(self, what: str) -> list[str]:
        return re.findall(rf"execute_workload\[([0-9a-f-]+)\] {what}", self.log.read_text())

    @property
    def taken(self) -> set[str]:
        """The tasks that it took out of the queue, by their ids in it."""
        return set(self._tasks(TAKEN))

    @property
    def is_at_work(self) -> bool:
        return self.times(TAKEN) > self.times(ENDED)

    def has(self, pid: int) -> bool:
        """Whether it started the process. By the session, because Airflow gives each task a group of its own."""
        with suppress(ProcessLookupError):
            return os.getsid(pid) == self.process.pid
        return False

    def signal(self, number: int) -> None:
        """To it and to all that it started, as when its machine stops."""
        if self.process.poll() is None:
            for pid in filter(self.has, psutil.pids()):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def stop(self) -> None:
        """Tell its first process to stop, and no other, as Docker does."""
        self.process.send_signal(signal.SIGTERM)
        until(lambda: STOPS in self.log.read_text(), f"{self.name} to say that it stops")


@contextmanager
def working(home: Home, *names: str) -> Iterator[list[Worker]]:
    started: list[Worker] = []
    try:
        for name in names:
            started.append(Worker(home, name))
        for worker in started:
            worker.wait_until_ready()
        yield started
    finally:
        for worker in started:
            worker.signal(signal.SIGKILL)
            worker.process.wait()
