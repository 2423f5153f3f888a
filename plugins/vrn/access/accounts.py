"""What a role may change of itself, and what brings it back: its password and its settings.

PostgreSQL lets whoever signs in as a role change these, and no right takes that away. Many people use one role, and one of them
could lock the others out. So each start keeps how it made the roles of people, where the superuser alone reads it, and leaves two
functions that run with its rights: one says which roles are others now, one makes them as they were. The owner may call them,
because no task that builds or releases is superuser. They have a schema of the superuser's own: in any other its owner could put
something else in their place.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

import psycopg
from psycopg.errors import InternalError_, LockNotAvailable

from vrn.settings import Settings
from vrn.warehouse import roles
from vrn.warehouse.connection import connect

log = logging.getLogger(__name__)

SCHEMA = "accounts"
# A role that is changed at the same moment makes the change fail; the next try comes after it.
TRIES = 3
FUNCTIONS = ("accounts.changed()", "accounts.restore()")
STATEMENTS = (
    "create schema if not exists accounts",
    "create table if not exists accounts.kept (role_name name primary key, verifier text, settings text[] not null)",
    "comment on table accounts.kept is 'One row per role of people, as the last start made it.'",
    # A setting of one database counts as well, because it comes before that of the role.
    """
    create or replace view accounts.now as
    select rolname as role_name, rolpassword as verifier, array(
        select case setdatabase when 0 then '' else setdatabase || ' ' end || setting
        from pg_catalog.pg_db_role_setting cross join unnest(setconfig) as setting
        where setrole = pg_authid.oid
        order by 1
    ) as settings
    from pg_catalog.pg_authid
    """,
    "comment on view accounts.now is 'One row per role of the server, as it is now.'",
    """
    create or replace function accounts.changed() returns table (role_name text, is_password boolean, is_settings boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
        select role_name::text, now.verifier is distinct from kept.verifier, now.settings <> kept.settings
        from accounts.kept inner join accounts.now using (role_name)
        where now.verifier is distinct from kept.verifier or now.settings <> kept.settings
        order by 1
    $$
    """,
    # Who changed a role and does not commit would keep everybody else from changing it.
    """
    create or replace function accounts.end_changes() returns setof boolean
    language sql set search_path = pg_catalog, pg_temp as $$
        select pg_terminate_backend(pid, 2000)
        from pg_locks inner join pg_stat_activity using (pid)
        where
            relation in ('pg_authid'::regclass, 'pg_db_role_setting'::regclass) and mode = 'RowExclusiveLock'
            and usename in (select role_name from accounts.kept)
    $$
    """,
    "revoke all on function accounts.end_changes() from public",
    """
    create or replace function accounts.restore() returns setof text
    language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
    declare
        account record;
        place name;
        setting text;
    begin
        -- A start that is under way makes the roles as they are to be itself.
        lock table accounts.kept in share mode;
        perform count(ended) from accounts.end_changes() as ended;
        for account in
            select kept.* from accounts.kept where role_name in (select role_name from accounts.changed()) order by role_name
        loop
            for place in
                select datname
                from pg_db_role_setting
                inner join pg_database on pg_database.oid = setdatabase
                inner join pg_roles on pg_roles.oid = setrole
                where rolname = account.role_name
            loop
                execute format('alter role %I in database %I reset all', account.role_name, place);
            end loop;
            execute format('alter role %I reset all', account.role_name);
            foreach setting in array account.settings loop
                -- A setting of an extension has a dot in its name and is two identifiers.
                execute format(
                    'alter role %I set %s = %L', account.role_name,
                    (select string_agg(quote_ident(part), '.') from string_to_table(split_part(setting, '=', 1), '.') as part),
                    substr(setting, strpos(setting, '=') + 1)
                );
            end loop;
            execute format('alter role %I password %L', account.role_name, account.verifier);
            return next account.role_name;
        end loop;
    end
    $$
    """,
)
KEEP = """
    insert into accounts.kept (role_name, verifier, settings)
    select role_name, verifier, settings from accounts.now where role_name = any(%s)
    on conflict (role_name) do update set verifier = excluded.verifier, settings = excluded.settings
"""


def ensure(connection: psycopg.Connection) -> None:
    """Make the table and the functions, and open these to the owner and nobody else, as superuser, in the caller's transaction."""
    for statement in STATEMENTS:
        connection.execute(statement)
    connection.execute(f"grant usage on schema {SCHEMA} to {roles.OWNER}")
    for function in FUNCTIONS:
        connection.execute(f"revoke all on function {function} from public")
        connection.execute(f"grant execute on function {function} to {roles.OWNER}")


def alone(connection: psycopg.Connection) -> None:
    """Nothing is brought back until the caller's transaction ends, in which roles are made: it would be what they were before.

    Ends the sessions that are changing one of them.
    """
    connection.execute("lock table accounts.kept in exclusive mode")
    connection.execute("select accounts.end_changes()")


def keep(connection: psycopg.Connection, names: Collection[str]) -> None:
    """These roles are as they are to be, as superuser, in the caller's transaction."""
    connection.execute(KEEP, [list(names)])


def changed(connection: psycopg.Connection) -> dict[str, list[str]]:
    """The roles that changed themselves since, as the owner: of each what is another, its password or its settings.

    None in a home of before, which keeps them with its next start.
    """
    if connection.execute("select to_regnamespace(%s) is null as is_of_before", [SCHEMA]).fetchone()["is_of_before"]:
        return {}
    rows = connection.execute("select * from accounts.changed()").fetchall()
    what = {"password": "is_password", "settings": "is_settings"}
    return {row["role_name"]: [name for name, column in what.items() if row[column]] for row in rows}


def restore(settings: Settings) -> list[str]:
    """Make every role of people as the last start made it. Returns those that were others.

    Where that cannot be now it is logged, and nothing fails of it: what readers are to see does not depend on who may sign in.
    """
    for _ in range(TRIES):
        try:
            with connect(settings, roles.OWNER) as connection:
                names = [row["restore"] for row in connection.execute("select * from accounts.restore()")]
        except (InternalError_, LockNotAvailable):
            continue
        if names:
            log.warning("They had changed their password or settings, and have those of the last start again: %s", ", ".join(names))
        return names
    log.warning("Roles that changed their password or settings stay so until the next build, because they were being changed.")
    return []
