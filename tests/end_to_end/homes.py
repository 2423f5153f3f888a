"""A home run as a user runs it, through Airflow's own scheduler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from tests.conftest import free_port
from vrn.airflow_api import AirflowApi
from vrn.settings import REPOSITORY, Settings


class Home:
    """A home run as a user runs it: by the commands, in processes of their own."""

    def __init__(self, folder: Path):
        self.settings = Settings(home=folder, pg_port=free_port(), airflow_port=free_port())
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "VRN_HOME": str(folder),
            "VRN_PG_PORT": str(self.settings.pg_port),
            "VRN_AIRFLOW_PORT": str(self.settings.airflow_port),
        }

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vrn", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=2400
        )

    def run(self) -> str:
        done = self.command("run")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def drop(self, feed: str, source: Path | bytes, name: str) -> None:
        path = self.settings.inbox / feed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copyfile(source, path)

    def rows(self, query: str, *arguments: object, role: str = "vrn_owner") -> list[tuple]:
        with psycopg.connect(self.settings.conninfo(role)) as connection:
            return connection.execute(query, arguments).fetchall()

    def frame(self, query: str, *arguments: object) -> pd.DataFrame:
        with psycopg.connect(self.settings.conninfo("vrn_owner")) as connection:
            cursor = connection.execute(query, arguments)
            return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    def runs(self, dag_id: str) -> list[dict]:
        return AirflowApi(self.settings).call("GET", f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=100")["dag_runs"]


@contextmanager
def started(folder: Path) -> Iterator[Home]:
    home = Home(folder)
    try:
        yield home
    finally:
        home.command("down")


def until(found, seconds: float = 120):
    """What a question answers as soon as it answers something; the system decides when, so it is asked again."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            pytest.fail("it did not come about in time")
        time.sleep(1)
    return answer
