"""The way made free: sessions of people that keep a change of tables waiting are ended, those of services never.

Waiting in the queue and ending who stands before is done at the same time. So who signs in again and reads again comes after the
change, and not before it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
from psycopg.rows import dict_row

log = logging.getLogger(__name__)

AT_ONCE = timedelta(0)
# As long as a statement of an evaluator may run: within its limits nobody is ended.
LONGEST_READ = timedelta(minutes=15)
SECONDS_BETWEEN_LOOKS = 0.1


@contextmanager
def made_free(conninfo: str, patience: timedelta) -> Iterator[None]:
    """While the block runs, people's sessions end that a session of the same role has been waiting for as long as `patience`.

    conninfo: of the warehouse, as the service that does the work, who may wait in any database of the server. What is ended is said
    in the log by role and process; never what it asked.
    """
    done = threading.Event()
    ending = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)
    with ending, ThreadPoolExecutor(max_workers=1) as pool:
        watching = pool.submit(_watch, ending, patience, done)
        try:
            yield
        finally:
            done.set()
            watching.result()


def _watch(ending: psycopg.Connection, patience: timedelta, done: threading.Event) -> None:
    # The longer it is patient, the less often it looks.
    between = max(SECONDS_BETWEEN_LOOKS, patience.total_seconds() / 100)
    while not done.wait(between):
        for row in ending.execute("select role_name, process from ops.end_readers(%s)", [patience]).fetchall():
            log.warning(
                "A session of %s (process %s) was ended, because it kept a change of tables waiting for longer than it may.",
                row["role_name"],
                row["process"],
            )
