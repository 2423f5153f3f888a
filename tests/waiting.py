"""How a test waits for what another process or thread does: it asks until it is so, and never for how long it took."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import psycopg
import pytest

# Only turns what hangs into a failure. Nothing that a test waits for takes as much on the slowest machine.
LONGEST = 600
SECONDS_BETWEEN = 0.02

Answer = TypeVar("Answer")


def until(question: Callable[[], Answer], what: str, every: float = SECONDS_BETWEEN) -> Answer:
    """What the question answers as soon as it answers something; `what`: what is awaited, as the failure says it.

    A question that knows that it will never be so raises.
    """
    end = time.monotonic() + LONGEST
    while not (answer := question()):
        if time.monotonic() > end:
            pytest.fail(f"after {LONGEST // 60} minutes still awaited: {what}")
        time.sleep(every)
    return answer


def at_a_lock(connection: psycopg.Connection) -> bool:
    """Whether somebody waits, in the connection's database, for what only one process may do at a time (vrn.warehouse.locks)."""
    found = connection.execute(
        "select 1 from pg_locks where locktype = 'advisory' and not granted "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    return found.fetchone() is not None


def logged_so_far(superuser: psycopg.Connection, folder: Path) -> None:
    """Wait until the server's log in the folder holds all that was said before: a process of its own writes it, in turn."""
    mark = f"a mark of the tests {uuid4()}"
    superuser.execute(f"do $$ begin raise log '{mark}'; end $$")
    until(lambda: any(_says(path, mark) for path in folder.glob("*.json")), f"the mark in the server's log {folder}")


def _says(log: Path, mark: str) -> bool:
    # A line without its end is still being written.
    whole = (line for line in log.read_text().splitlines(keepends=True) if line.endswith("\n"))
    return any(json.loads(line)["message"] == mark for line in whole if mark in line)
