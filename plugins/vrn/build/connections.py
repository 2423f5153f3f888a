"""The connections of dbt to the warehouse, which serve many nodes.

dbt signs in anew for each model, test and macro. To begin a process of the server, to sign in and to read the catalogue again took
a fifth of the processor time of a build with few rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import ClassVar

import psycopg2
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres import PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager


class KeepingConnectionManager(PostgresConnectionManager):
    """Gives what a node is through with to the next node that asks, as if it was new."""

    spare: ClassVar[LifoQueue[psycopg2.extensions.connection]] = LifoQueue()

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state == ConnectionState.OPEN:
            return connection
        try:
            handle = cls.spare.get_nowait()
        except Empty:
            return super().open(connection)
        connection.handle, connection.state = handle, ConnectionState.OPEN
        return connection

    @classmethod
    def _close_handle(cls, connection: Connection) -> None:
        try:
            _forget(connection.handle)
        except psycopg2.Error:
            super()._close_handle(connection)
        else:
            cls.spare.put(connection.handle)

    @classmethod
    def close_spare(cls) -> None:
        while not cls.spare.empty():
            cls.spare.get_nowait().close()


@contextmanager
def kept() -> Iterator[None]:
    """While this lasts dbt's commands of this process keep their connections. At the end all are closed."""
    usual = PostgresAdapter.ConnectionManager
    PostgresAdapter.ConnectionManager = KeepingConnectionManager
    try:
        yield
    finally:
        PostgresAdapter.ConnectionManager = usual
        KeepingConnectionManager.close_spare()


def _forget(handle: psycopg2.extensions.connection) -> None:
    """Leave nothing of a node to the next: no transaction, setting, temporary table or lock."""
    handle.rollback()
    handle.autocommit = True
    with handle.cursor() as cursor:
        cursor.execute("discard all")
    handle.autocommit = False
