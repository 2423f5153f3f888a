"""What PostgreSQL lets everybody do in a database, and here only the services may, because it would hold them up or hide things.

A lock that a reader takes under a job's name (vrn.warehouse.locks) holds up a release for as long as the reader likes; a large
object belongs to no schema, so that no review of tables finds it.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.warehouse.roles import EVALUATOR, OWN_ROLES

SERVICES = tuple(role for role in OWN_ROLES if role != EVALUATOR)
LARGE_OBJECTS = ("lo_creat", "lo_create", "lo_from_bytea", "lo_import", "lo_put", "lowrite")


def close(connection: psycopg.Connection) -> None:
    """Takes those functions from everybody and gives them to the services, as superuser. The same each time."""
    found = connection.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace "
        "and (proname ~ '^pg_(try_)?advisory_(xact_)?lock' or proname = any(%s)) "
        "and has_function_privilege('public', oid, 'execute')",
        [list(LARGE_OBJECTS)],
    ).fetchall()
    if not found:
        return
    functions = sql.SQL(", ").join(sql.SQL(name) for (name,) in found)
    services = sql.SQL(", ").join(sql.Identifier(role) for role in SERVICES)
    connection.execute(sql.SQL("revoke execute on function {} from public").format(functions))
    connection.execute(sql.SQL("grant execute on function {} to {}").format(functions, services))
