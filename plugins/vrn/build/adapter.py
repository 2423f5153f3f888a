"""What dbt says to the warehouse, and by which connections, which serve many nodes.

dbt signs in anew for each model, test and macro. To begin a process of the server, to sign in and to read the catalogue again took
a fifth of the processor time of a build with few rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Any, ClassVar

import agate
import psycopg2
from dbt.adapters.base import BaseRelation, Column
from dbt.adapters.contracts.connection import AdapterResponse, Connection, ConnectionState
from dbt.adapters.postgres import Plugin, PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

NO_ROWS = agate.Table([])
# Classes of SQLSTATE in which PostgreSQL speaks of statements, rights, locks, limits or itself. In others it quotes rows.
CLASSES_THAT_QUOTE_NO_ROW = frozenset({"08", "25", "26", "28", "2D", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"})
# As dbt asks for them, but for the type of what an array is made of.
COLUMNS = """
select
    attname,
    format_type(atttypid, null),
    information_schema._pg_char_max_length(atttypid, atttypmod),
    information_schema._pg_numeric_precision(atttypid, atttypmod),
    information_schema._pg_numeric_scale(atttypid, atttypmod)
from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
order by attnum
"""


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
        """Sends a statement as dbt's own method does, but for the three events that dbt makes of each, because they take a tenth of
        a build and nobody listens to them."""
        if retryable_exceptions:
            return super().add_query(sql, auto_begin, bindings, abridge_sql_log, retryable_exceptions, retry_limit)
        connection = self.get_thread_connection()
        if auto_begin and not connection.transaction_open:
            self.begin()
        with self.exception_handler(sql):
            cursor = connection.handle.cursor()
            cursor.execute(sql, bindings)
            return connection, cursor

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Stops what fails as dbt's own handler does, but says what the server says only where that quotes no row, because dbt
        prints and keeps it. Raises DbtDatabaseError."""
        try:
            yield
        except psycopg2.DatabaseError as error:
            with suppress(psycopg2.Error):
                self.rollback_if_open()
            # Without the server's error behind it, which dbt would write into its log.
            raise DbtDatabaseError(_said_without_rows(error)) from None
        except Exception as error:
            self.rollback_if_open()
            if isinstance(error, DbtRuntimeError):
                raise
            raise DbtRuntimeError(type(error).__name__) from None

    def execute(
        self, sql: str, auto_begin: bool = False, fetch: bool = False, limit: int | None = None
    ) -> tuple[AdapterResponse, agate.Table]:
        """Where nobody asks for rows the same empty table is given each time, because to make one readies agate to
        read days of every form."""
        if fetch:
            return super().execute(sql, auto_begin, fetch, limit)
        _, cursor = self.add_query(self._add_query_comment(sql), auto_begin)
        return self.get_response(cursor), NO_ROWS

    def cancel_open(self) -> list[str]:
        """Cancelling ends sessions by their number, which must be the same node's to the end."""
        type(self).is_keeping = False
        return super().cancel_open()

    @classmethod
    def close_spare(cls) -> None:
        while not cls.spare.empty():
            cls.spare.get_nowait().close()


@contextmanager
def in_place() -> Iterator[None]:
    """While this lasts dbt's commands of this process use this adapter. At the end its connections are closed."""
    usual = Plugin.adapter
    Plugin.adapter = PostgresAdapterOfWarehouse
    KeepingConnectionManager.is_keeping = True
    try:
        yield
    finally:
        Plugin.adapter = usual
        KeepingConnectionManager.is_keeping = False
        KeepingConnectionManager.close_spare()


class PostgresAdapterOfWarehouse(PostgresAdapter):
    """dbt's adapter for PostgreSQL, which says by itself what dbt says by macros: to make a macro's surroundings anew takes longer
    than the statement, and every model needs several of them.

    dbt takes what stands before `Adapter` in the name for the name of the package."""

    ConnectionManager = KeepingConnectionManager

    def drop_relation(self, relation: BaseRelation) -> None:
        if relation.type not in ("table", "view"):
            super().drop_relation(relation)
            return
        self.cache_dropped(relation)
        self.execute(f"drop {relation.type} if exists {relation} cascade")

    def rename_relation(self, from_relation: BaseRelation, to_relation: BaseRelation) -> None:
        """Whatever it is: PostgreSQL renames views as tables, and so does dbt's macro."""
        self.cache_renamed(from_relation, to_relation)
        self.execute(f"alter table {from_relation} rename to {to_relation.include(database=False, schema=False)}")

    def get_columns_in_relation(self, relation: BaseRelation) -> list[Column]:
        """dbt's macro asks information_schema, which looks through the columns of all tables for a name, and a feed has a table for
        each delivery: 0.1 s at four thousand deliveries, three times for every model."""
        _, cursor = self.connections.add_query(COLUMNS, auto_begin=False, bindings=[relation.include(database=False).render()])
        return [self.Column(*row) for row in cursor.fetchall()]


def _said_without_rows(error: psycopg2.Error) -> str:
    if error.pgcode is None or error.pgcode[:2] in CLASSES_THAT_QUOTE_NO_ROW:
        return str(error).strip()
    of = {"table": error.diag.table_name, "column": error.diag.column_name, "constraint": error.diag.constraint_name}
    names = "".join(f", {kind} {name}" for kind, name in of.items() if name)
    return (
        f"{type(error).__name__} (SQLSTATE {error.pgcode}{names}). The rest of the server's "
        "message may quote a row, so that it is not kept: run the compiled code by hand to see it."
    )


def _say(handle: psycopg2.extensions.connection, statement: str) -> None:
    """Outside a transaction, which may be under way afterwards as little as before."""
    handle.autocommit = True
    with handle.cursor() as cursor:
        cursor.execute(statement)
    handle.autocommit = False
