"""What the services may do about people who read and keep them waiting: end those sessions, and no other.

A role can lift its own limits, and a table that a session of it has read in an open transaction cannot be replaced. So the
superuser leaves a function that runs with its rights. Its caller names nobody: it finds who is in the way of the caller's role.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.access.roles import ANALYST_OF, BI_READER, ENGINEER, EVALUATOR_OF, IG
from vrn.warehouse.roles import EVALUATOR, LOADER, OWNER

# Roles that people sign in as: these, and those that begin so.
PEOPLE, PEOPLE_OF = (EVALUATOR, ENGINEER, IG, BI_READER), (EVALUATOR_OF, ANALYST_OF)
# What it calls is PostgreSQL's own, whatever search_path the caller has. A lock is waited for in any database of the server.
END_READERS = """
    create or replace function ops.end_readers(patience interval) returns table (role_name text, process integer)
    language sql security definer set search_path = pg_catalog, pg_temp as $$
        with waiting as (
            select distinct pid
            from pg_locks
            inner join pg_stat_activity using (pid)
            where not granted and usename = session_user and clock_timestamp() - coalesce(waitstart, now()) >= patience
        ),
        reader as (
            select distinct session.usename, session.pid
            from waiting
            cross join lateral unnest(pg_blocking_pids(waiting.pid)) as blocking (pid)
            inner join pg_stat_activity as session on session.pid = blocking.pid
            where session.usename = any({people}) or session.usename::text ^@ any({people_of})
        )
        select usename::text, pid from reader where pg_terminate_backend(pid)
    $$
"""
SIGNATURE = "ops.end_readers(interval)"


def ensure(connection: psycopg.Connection) -> None:
    """Make the function, and open it to those services that replace tables, as superuser, in the caller's transaction."""
    who = {"people": sql.Literal(list(PEOPLE)), "people_of": sql.Literal(list(PEOPLE_OF))}
    connection.execute(sql.SQL(END_READERS).format(**who))
    connection.execute(
        f"comment on function {SIGNATURE} is 'Ends sessions of people that the caller''s role has waited for that long.'"
    )
    connection.execute(f"revoke all on function {SIGNATURE} from public")
    connection.execute(f"grant execute on function {SIGNATURE} to {OWNER}, {LOADER}")
