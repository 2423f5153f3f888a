"""What PostgreSQL lets everybody do in a database, and here only the services may, because it would hold them up or hide things.

In the database of readers that is more, because the server counts for everybody what happens in all of its databases; and in the
warehouse as well, because its catalogs tell every role how many rows each table has, and each delivery has one.

A lock that a reader takes under a job's name (vrn.warehouse.locks) holds up a release for as long as the reader likes; a large
object belongs to no schema, so that no review of tables finds it. Messages, snapshots and lines of the server's log are files that
grow with what is asked, in a read-only transaction too. NOTIFY is a statement that no right is needed for: its queue has an end
(max_notify_queue_pages, among the server's settings).
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from vrn.access.roles import ENGINEER
from vrn.warehouse.roles import EVALUATOR, OWN_ROLES

SERVICES = tuple(role for role in OWN_ROLES if role != EVALUATOR)
# They read in the ledger how many rows a delivery has.
TOLD_OF_ROWS = (*SERVICES, EVALUATOR, ENGINEER)
# What statistics views call.
STATISTICS = "^pg_(stat_get_|current_wal_|last_wal_|control_|tablespace_size$)"
# Of them those that tell everybody who is connected. They say of other people's sessions nothing that counts, while
# pg_stat_get_backend_io and pg_stat_get_backend_wal count the rows of anybody's session.
OF_SESSIONS = (
    "^pg_stat_get_(activity|progress_info|backend_(activity|activity_start|client_addr|client_port|dbid|idset|pid|start|subxact|"
    "userid|wait_event|wait_event_type|xact_start))$"
)
SIZES = "^pg_((total_)?relation|table|indexes|database)_size$"
# Of pg_class: what the planner knows of rows and pages.
COUNTS = ("reltuples", "relpages", "relallvisible", "relallfrozen")
LARGE_OBJECTS = ("lo_creat", "lo_create", "lo_from_bytea", "lo_import", "lo_put", "lowrite")
# Each call leaves something on the disk: in the queue of messages, in pg_snapshots, in the write-ahead log.
WRITING = ("pg_notify", "pg_export_snapshot", "pg_logical_emit_message")
# In it DO fills the server's log, a line with each RAISE; whoever calls a function needs no right to its language.
LANGUAGE = "plpgsql"


def close(connection: psycopg.Connection) -> None:
    """Takes those functions from everybody and gives them to the services, as superuser. The same each time."""
    _take(connection, "proname ~ '^pg_(try_)?advisory_(xact_)?lock' or proname = any(%s)", [*LARGE_OBJECTS, *WRITING])
    language, services = sql.Identifier(LANGUAGE), sql.SQL(", ").join(map(sql.Identifier, SERVICES))
    connection.execute(sql.SQL("revoke usage on language {} from public").format(language))
    connection.execute(sql.SQL("grant usage on language {} to {}").format(language, services))


def close_statistics(connection: psycopg.Connection) -> None:
    """Takes what counts rows, pages or bytes of the server from everybody as well, in the database of readers. The same each time.

    Rows that come in with a delivery are counted in pg_stat_database and, by their size, in the write-ahead log.
    """
    _take(connection, "proname ~ %s and proname !~ %s", STATISTICS, OF_SESSIONS)


def close_counts(connection: psycopg.Connection) -> None:
    """Takes what counts rows, pages or bytes of tables from everybody but TOLD_OF_ROWS, in the warehouse. The same each time.

    The rest of pg_class stays open, because every tool asks it what there is.
    """
    _take(connection, "(proname ~ %s or proname ~ %s) and proname !~ %s", STATISTICS, SIZES, OF_SESSIONS, to=TOLD_OF_ROWS)
    columns = connection.execute(
        "select attname from pg_attribute where attrelid = 'pg_catalog.pg_class'::regclass and attname <> all(%s) order by attnum",
        [list(COUNTS)],
    ).fetchall()
    connection.execute("revoke select on pg_catalog.pg_class from public")
    connection.execute(
        sql.SQL("grant select ({}) on pg_catalog.pg_class to public").format(
            sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns)
        )
    )
    roles = sql.SQL(", ").join(map(sql.Identifier, TOLD_OF_ROWS))
    connection.execute(sql.SQL("grant select on pg_catalog.pg_class to {}").format(roles))


def _take(connection: psycopg.Connection, which: str, *values: object, to: Sequence[str] = SERVICES) -> None:
    # In a home of before, one that is told of rows may have more of them than now.
    others = [role for role in TOLD_OF_ROWS if role not in to]
    found = connection.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace "
        f"and ({which}) and exists (select from unnest(%s::name[]) as other where has_function_privilege(other, oid, 'execute'))",
        [*values, ["public", *others]],
    ).fetchall()
    if not found:
        return
    functions = sql.SQL(", ").join(sql.SQL(name) for (name,) in found)
    roles = sql.SQL(", ").join(map(sql.Identifier, to))
    closed = sql.SQL(", ").join([sql.SQL("public"), *map(sql.Identifier, others)])
    connection.execute(sql.SQL("revoke execute on function {} from {}").format(functions, closed))
    connection.execute(sql.SQL("grant execute on function {} to {}").format(functions, roles))
