"""How long each step took and whether it ended well: the rows of ops.step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from vrn.warehouse.connection import can_be_asked


@contextmanager
def step(connection: psycopg.Connection, name: str, submission_id: int | None = None) -> Iterator[None]:
    """Keep in ops.step how long a step took and whether it ended well."""
    started, clock, success = datetime.now(UTC), time.monotonic(), False
    try:
        yield
        success = True
    finally:
        if can_be_asked(connection):
            connection.execute(
                "insert into ops.step (submission_id, step, started_at, finished_at, is_success) "
                "values (%s, %s, %s, %s::timestamptz + make_interval(secs => %s), %s)",
                [submission_id, name, started, started, time.monotonic() - clock, success],
            )
