"""Changes of tables that let others go first: nobody who reads waits long behind one that itself has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from vrn.errors import VrnError

# While a change waits for its lock, every later reader waits behind it: so it waits a little and gives way, many times.
WAITED = "2s"
PAUSE_SECONDS = 2.0
TRIES = 30

Done = TypeVar("Done")


def patiently(connection: psycopg.Connection, what: str, work: Callable[[], Done]) -> Done:
    """Do work that takes exclusive locks, in a transaction of its own, or in a part of the caller's; returns what it returns.

    It is done whole or not at all. The locks last as long as the caller's transaction, so that this is best the last thing in it.
    what: what is changed, for the sentence. Raises VrnError when somebody holds the tables for minutes.
    """
    for _ in range(TRIES):
        try:
            with connection.transaction():
                usual = connection.execute("select current_setting('lock_timeout') as usual").fetchone()["usual"]
                connection.execute("select set_config('lock_timeout', %s, true)", [WAITED])
                done = work()
                connection.execute("select set_config('lock_timeout', %s, true)", [usual])
                return done
        except (LockNotAvailable, DeadlockDetected):
            time.sleep(PAUSE_SECONDS)
    raise VrnError(
        f"{what} could not be changed, because somebody has been reading it for minutes. Nothing was changed; try again."
    )
