"""A home run as a user runs it, through Airflow's own scheduler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import warehouses
from tests.answers import Answers
from tests.ports import free_port
from vrn.run import secrets
from vrn.run.airflow_api import AirflowApi
from vrn.run.local import postgres
from vrn.settings import REPOSITORY, Settings


class Home(Answers):
    """A home run as a user runs it: by the commands, in processes of their own."""

    def __init__(self, folder: Path, **environment: str):
        super().__init__(Settings(home=folder, pg_port=free_port(), airflow_port=free_port()))
        # It lives on the day that its deliveries give it, or that the test says, and lets files rest, as a user's home does.
        given = {name: value for name, value in os.environ.items() if name not in ("VRN_AS_OF", "VRN_REST_SECONDS")}
        self.environment = {
            **given,
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "VRN_HOME": str(folder),
            "VRN_PG_PORT": str(self.settings.pg_port),
            "VRN_AIRFLOW_PORT": str(self.settings.airflow_port),
            **environment,
        }

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vrn", *words], env=self.environment, capture_output=True, text=True, check=False
        )

    def run(self) -> str:
        return _printed(self.command("run"))

    def make(self, target: str) -> str:
        """What the README's command prints."""
        command = ["make", "--silent", "-C", str(REPOSITORY), target]
        return _printed(subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False))

    def drop(self, feed: str, source: Path | bytes, name: str) -> None:
        path = self.settings.inbox / feed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copyfile(source, path)

    def runs(self, dag_id: str) -> list[dict]:
        return AirflowApi(self.settings).call("GET", f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=100")["dag_runs"]


def need_not_survive_a_crash(settings: Settings) -> None:
    """Make the home's PostgreSQL before its first command, so that no commit in it waits for the disk."""
    secrets.ensure(settings)
    settings.logs.mkdir(parents=True)
    postgres.start(settings, outlives_crash=False)
    with psycopg.connect(settings.conninfo(postgres.SUPERUSER, "postgres"), autocommit=True) as connection:
        warehouses.wait_for_no_disk(connection)
    postgres.stop(settings)


def _printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Home]:
    home = Home(folder, **environment)
    try:
        yield home
    finally:
        home.command("down")
