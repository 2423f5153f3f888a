"""The database of readers: the schema publish, as it is in the warehouse, and nothing else.

The catalogs of a database tell every role how many rows each table has, and those of the warehouse have a table for each delivery.
So who reads what is published cannot connect to the warehouse, and reads a copy that is made anew after each build and release.

The rows are replaced in one transaction. A statement sees the old ones or the new ones, a transaction at REPEATABLE READ the same
ones to its end; nobody who reads waits for a release, and no release waits for who reads. Killed anywhere, the old ones are there
whole, and the next run does it again. Only where the tables themselves became others, with a new version of the code, are they made
anew, which waits for who reads them, but not for ever.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.access import accounts
from vrn.access.roles import ANALYST, BI_READER, ROLES
from vrn.publish import shapes
from vrn.settings import Settings
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.patience import patiently
from vrn.warehouse.roles import OWNER

PUBLISH = "publish"
READERS = (BI_READER, ANALYST)
TABLES = tuple(table for role in ROLES if role.name in READERS for reads in role.reads for table in reads.tables)


def fill(settings: Settings) -> None:
    """Bring the database of readers to what publish holds, and the roles of people to what they were made. The same again changes
    nothing that anybody sees.

    Waits for a build or a release that is under way, and they wait for this. Where the tables became others, sessions of people
    that read the old ones for minutes are ended.
    """
    # First and by itself: whatever else fails, they can sign in.
    accounts.restore(settings)
    with connect(settings, OWNER) as source, connect(settings, OWNER, dbname=settings.readers_database) as target:
        # Until this has ended no build takes a table away that it reads.
        locks.for_transaction(source, locks.Job.BUILD)
        wanted = shapes.of(source, TABLES, READERS)
        if not _has_schema(target) or shapes.of(target) != wanted:
            warehouse = settings.conninfo(OWNER)
            patiently(target, "The tables of readers", lambda: _make(target, wanted), warehouse=warehouse)
        for table in _tables(target):
            _replace(source, target, table)


def is_filled(settings: Settings) -> bool:
    """Whether readers have the schema, and tables in it if the warehouse has any that are theirs to read."""
    with connect(settings, OWNER) as source, connect(settings, OWNER, dbname=settings.readers_database) as target:
        return _has_schema(target) and bool(_tables(target) or not shapes.of(source, TABLES, READERS))


def _has_schema(connection: psycopg.Connection) -> bool:
    return connection.execute("select to_regnamespace(%s) is not null as is_there", [PUBLISH]).fetchone()["is_there"]


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r' order by 1", [PUBLISH]
    )
    return [row["relname"] for row in rows]


def _make(connection: psycopg.Connection, statements: list[str]) -> None:
    """The schema anew, so that nothing stays in it that somebody put there by hand."""
    connection.execute("drop schema if exists publish cascade")
    connection.execute("create schema publish")
    readers = sql.SQL(", ").join(map(sql.Identifier, READERS))
    connection.execute(sql.SQL("grant usage on schema publish to {}").format(readers))
    for statement in statements:
        connection.execute(statement)


def _replace(source: psycopg.Connection, target: psycopg.Connection, table: str) -> None:
    """The rows of one table, by way of one that nobody else sees: COPY cannot write to a table with row security."""
    name = sql.Identifier(PUBLISH, table)
    target.execute(sql.SQL("create temporary table incoming (like {})").format(name))
    cursor = target.execute(
        "select attname from pg_attribute where attrelid = 'pg_temp.incoming'::regclass and attnum > 0 order by attnum"
    )
    columns = sql.SQL(", ").join(sql.Identifier(row["attname"]) for row in cursor)
    read = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(columns, name)
    with source.cursor().copy(read) as given, target.cursor().copy("copy pg_temp.incoming from stdin (format binary)") as taken:
        for block in given:
            taken.write(block)
    target.execute(sql.SQL("delete from {}").format(name))
    # Where a row lies tells a reader (ctid) only what is in it, and not what was kept when, which a hidden count has a part in.
    target.execute(sql.SQL("insert into {} select {} from pg_temp.incoming order by {}").format(name, columns, columns))
    target.execute("drop table pg_temp.incoming")
    target.execute(sql.SQL("analyze {}").format(name))
