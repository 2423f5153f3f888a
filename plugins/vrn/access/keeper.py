"""What `vrn_keeper` may do: let the evaluators of one project sign in until a day, and keep them out again.

A task of every night does it, and no task is superuser. So the superuser leaves two functions that run with its rights, reach
the roles of projects and no other, and may be called by the keeper alone. The roles themselves, with their passwords and limits,
are made when the home is started (vrn.projects.roles).
"""

from __future__ import annotations

import psycopg

from vrn.access.roles import BI_READER, EVALUATOR_OF
from vrn.warehouse.roles import KEEPER

FUNCTIONS = ("ops.open_project(text, timestamptz)", "ops.close_project(text)")
# What they call is PostgreSQL's own, whatever search_path the caller has.
HEAD = """
    create or replace function ops.{name} returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare
        evaluator text := '{evaluator_of}' || project;
"""
OPEN = """
    begin
        execute format('alter role %I login valid until %L', evaluator, until);
        if not has_database_privilege(evaluator, current_database(), 'connect') then
            execute format('grant connect on database %I to %I', current_database(), evaluator);
            insert into ops.access_log (action, role_name, privilege, kind, object_name)
            values ('granted', evaluator, 'CONNECT', 'database', current_database());
        end if;
        if not pg_has_role(evaluator, '{bi_reader}', 'usage') then
            execute format('grant {bi_reader} to %I with inherit true, set false', evaluator);
            insert into ops.access_log (action, role_name, privilege, kind, object_name)
            values ('granted', evaluator, 'INHERIT', 'role', '{bi_reader}');
        end if;
    end
    $$
"""
CLOSE = """
    begin
        if not exists (select from pg_roles where rolname = evaluator) then
            return;
        end if;
        execute format('alter role %I nologin', evaluator);
        perform pg_terminate_backend(pid) from pg_stat_activity where usename = evaluator;
        if has_database_privilege(evaluator, current_database(), 'connect') then
            execute format('revoke connect on database %I from %I', current_database(), evaluator);
            insert into ops.access_log (action, role_name, privilege, kind, object_name)
            values ('revoked', evaluator, 'CONNECT', 'database', current_database());
        end if;
        if pg_has_role(evaluator, '{bi_reader}', 'usage') then
            execute format('revoke {bi_reader} from %I', evaluator);
            insert into ops.access_log (action, role_name, privilege, kind, object_name)
            values ('revoked', evaluator, 'INHERIT', 'role', '{bi_reader}');
        end if;
    end
    $$
"""


def ensure(connection: psycopg.Connection) -> None:
    """Make the functions, and open them to the keeper and nobody else, as superuser, in the caller's transaction."""
    for name, body in (("open_project(project text, until timestamptz)", OPEN), ("close_project(project text)", CLOSE)):
        connection.execute(HEAD.format(name=name, evaluator_of=EVALUATOR_OF) + body.format(bi_reader=BI_READER))
    for function in FUNCTIONS:
        connection.execute(f"revoke all on function {function} from public")
        connection.execute(f"grant execute on function {function} to {KEEPER}")
    connection.execute(f"grant usage on schema ops to {KEEPER}")
