"""What only one process may do at a time. Each job has its name here, so that no two share a lock by chance or miss each other.

PostgreSQL's advisory locks hold for one database and go with the transaction or the connection, however that ends. The services
alone may take them (vrn.access.fence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from vrn.warehouse.connection import can_be_asked


class Job(StrEnum):
    """What is done alone; a job that is done for each feed or table names that as well."""

    ACCESS = "change roles and rights"
    KEYS = "make or renew keys"
    FETCH = "fetch from a feed's server"
    ARCHIVES = "take archives apart"
    REGISTER = "register a feed's files"
    DELIVERY = "take a delivery through a step"
    TABLES = "make an entity's tables"
    ACCEPT = "accept a feed's deliveries"
    BUILD = "build the outcomes"
    PERSONS = "link persons"
    RELEASE = "make a release"
    PROJECTS = "make projects' tables"


def for_transaction(connection: psycopg.Connection, job: Job, of: str = "") -> None:
    """Wait for the job, and keep it until the transaction ends. of: the feed or table. Raises RuntimeError outside one."""
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        raise RuntimeError(f"'{job}' asks for a lock outside a transaction, where it would end at once: open one around the job.")
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [_key(job, of)])


def for_session(connection: psycopg.Connection, job: Job, of: str = "", waits: Callable[[], None] = lambda: None) -> None:
    """Wait for the job, and keep it until the connection ends. As `alone`, but nobody gives it back before.

    waits: is called where somebody else has it.
    """
    if not _take_if_free(connection, job, of):
        waits()
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [_key(job, of)])


@contextmanager
def alone(connection: psycopg.Connection, job: Job, of: str = "") -> Iterator[None]:
    """Wait for the job, and keep it until the block or the connection ends. As `for_session`, but the block gives it back."""
    for_session(connection, job, of)
    try:
        yield
    finally:
        _let_go(connection, job, of)


@contextmanager
def unless_taken(connection: psycopg.Connection, job: Job, of: str = "") -> Iterator[bool]:
    """Whether the job was free, without waiting; if so it is kept until the block or the connection ends."""
    is_mine = _take_if_free(connection, job, of)
    try:
        yield is_mine
    finally:
        if is_mine:
            _let_go(connection, job, of)


def is_taken(connection: psycopg.Connection, job: Job, of: str = "") -> bool:
    """Whether somebody is at the job, asked without taking the lock."""
    # An advisory lock of 64 bits is listed by its two halves.
    cursor = connection.cursor(row_factory=tuple_row)
    (taken,) = cursor.execute(
        "select exists (select from pg_locks where locktype = 'advisory' and objsubid = 1 and granted "
        "and database = (select oid from pg_database where datname = current_database()) "
        "and (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0))",
        [_key(job, of)],
    ).fetchone()
    return taken


def _take_if_free(connection: psycopg.Connection, job: Job, of: str) -> bool:
    """Whether the job was free, and is kept."""
    cursor = connection.cursor(row_factory=tuple_row)
    (is_mine,) = cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [_key(job, of)]).fetchone()
    return is_mine


def _let_go(connection: psycopg.Connection, job: Job, of: str) -> None:
    # What cannot be asked is about to be closed, and its lock goes with it; to ask would hide what went wrong.
    if can_be_asked(connection):
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [_key(job, of)])


def _key(job: Job, of: str) -> str:
    return f"vrn {job}: {of}"
