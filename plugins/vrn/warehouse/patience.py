"""Changes of tables that let others go first: nobody who reads waits long behind one that itself has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.errors import DeadlockDetected, LockNotAvailable

from vrn.errors import VrnError
from vrn.warehouse import way

# While a change waits for its lock, every later reader waits behind it: so it waits a little and gives way, many times.
WAITED = "2s"
PAUSE_SECONDS = 2.0
TRIES = 30

Done = TypeVar("Done")


def patiently(connection: psycopg.Connection, what: str, work: Callable[[], Done], *, warehouse: str | None = None) -> Done:
    """Do work that takes exclusive locks, in a transaction of its own, or in a part of the caller's; returns what it returns.

    It is done whole or not at all. The locks last as long as the caller's transaction, so that this is best the last thing in it.
    Sessions of people that hold the tables for minutes are ended. what: what is changed, for the sentence. warehouse: how to
    connect there, where the connection is one to another database. Raises VrnError when another than people holds the tables.
    """
    for _ in range(TRIES):
        try:
            return _waiting_a_little(connection, work)
        except (LockNotAvailable, DeadlockDetected):
            time.sleep(PAUSE_SECONDS)
    warehouse = warehouse or make_conninfo(connection.info.dsn, password=connection.info.password)
    try:
        with way.made_free(warehouse, way.AT_ONCE):
            return _waiting_a_little(connection, work)
    except (LockNotAvailable, DeadlockDetected):
        raise VrnError(
            f"{what} could not be changed, because somebody has been reading it for minutes. Nothing was changed; try again."
        ) from None


def _waiting_a_little(connection: psycopg.Connection, work: Callable[[], Done]) -> Done:
    with connection.transaction():
        usual = connection.execute("select current_setting('lock_timeout') as usual").fetchone()["usual"]
        connection.execute("select set_config('lock_timeout', %s, true)", [WAITED])
        done = work()
        connection.execute("select set_config('lock_timeout', %s, true)", [usual])
        return done
