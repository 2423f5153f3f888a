"""The connections of dbt to the warehouse, which serve many nodes.

dbt signs in anew for each model, test and macro. To begin a process of the server, to sign in and to read the catalogue again took
a fifth of the processor time of a build with few rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any, ClassVar

import psycopg2
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres import PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager


class KeepingConnectionManager(PostgresConnectionManager):
    """Gives what a node is through with to the next node that asks, as if the connection was new."""

    spare: ClassVar[LifoQueue[psycopg2.extensions.connection]] = LifoQueue()
    is_keeping: ClassVar[bool] = False

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state == ConnectionState.OPEN:
            return connection
        while cls.is_keeping:
            try:
                handle = cls.spare.get_nowait()
            except Empty:
                break
            try:
                # The server may have ended the session meanwhile.
                _say(handle, "select 1")
            except psycopg2.Error:
                handle.close()
                continue
            connection.handle, connection.state = handle, ConnectionState.OPEN
            return connection
        return super().open(connection)

    @classmethod
    def _close_handle(cls, connection: Connection) -> None:
        # Nobody has a handle of a connection that came to none.
        if cls.is_keeping and connection.handle is not None:
            try:
                # Nothing of a node is left to the next: no transaction, setting, temporary table or lock.
                connection.handle.rollback()
                _say(connection.handle, "discard all")
            except psycopg2.Error:
                pass
            else:
                cls.spare.put(connection.handle)
                return
        super()._close_handle(connection)

    def add_query(
        self,
        sql: str,
        auto_begin: bool = True,
        bindings: Any | None = None,
        abridge_sql_log: bool = False,
        retryable_exceptions: tuple[type[Exception], ...] = (),
        retry_limit: int = 1,
    ) -> tuple[Connection, Any]:
        """Sends a statement as dbt's own method does, but for the three events that dbt makes of each, because they take a sixth of
        a build and nobody listens to them. No macro of dbt for PostgreSQL asks to try a statement again."""
        if retryable_exceptions:
            return super().add_query(sql, auto_begin, bindings, abridge_sql_log, retryable_exceptions, retry_limit)
        connection = self.get_thread_connection()
        if auto_begin and not connection.transaction_open:
            self.begin()
        with self.exception_handler(sql):
            cursor = connection.handle.cursor()
            cursor.execute(sql, bindings)
            return connection, cursor

    def cancel_open(self) -> list[str]:
        """Cancelling ends sessions by their number, which must be the same node's to the end."""
        type(self).is_keeping = False
        return super().cancel_open()

    @classmethod
    def close_spare(cls) -> None:
        while not cls.spare.empty():
            cls.spare.get_nowait().close()


@contextmanager
def kept() -> Iterator[None]:
    """While this lasts dbt's commands of this process keep their connections. At the end all are closed."""
    usual = PostgresAdapter.ConnectionManager
    PostgresAdapter.ConnectionManager = KeepingConnectionManager
    KeepingConnectionManager.is_keeping = True
    try:
        yield
    finally:
        PostgresAdapter.ConnectionManager = usual
        KeepingConnectionManager.is_keeping = False
        KeepingConnectionManager.close_spare()


def _say(handle: psycopg2.extensions.connection, statement: str) -> None:
    """Outside a transaction, which may be under way afterwards as little as before."""
    handle.autocommit = True
    with handle.cursor() as cursor:
        cursor.execute(statement)
    handle.autocommit = False
