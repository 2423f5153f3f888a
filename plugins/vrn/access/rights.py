"""The rights of the table of roles (vrn.access.roles), given and taken in the database: only the difference is applied.

Each right given or taken is a row of ops.access_log. Tables that dbt makes anew get their rights in the transaction of the swap
(vrn.build.table_swap).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from vrn.access.roles import (
    ANALYST_OF,
    BI_READER,
    ENGINEER,
    EVALUATOR_OF,
    PROJECT_SCHEMA,
    PUBLIC,
    QUARANTINE_REASON,
    ROLES,
    SCHEMAS,
    Reads,
    Role,
    roles,
)
from vrn.settings import Settings
from vrn.warehouse import locks

# Rights that a new table of quarantine gives in the statement that makes it: its tables come with a feed file and not with a
# version of the code. It runs as whoever makes the table; nobody but the superuser may change it.
GRANT_REASONS = """
    create or replace function ops.grant_quarantine_reasons() returns event_trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
    declare
        made text;
    begin
        for made in
            select object_identity from pg_event_trigger_ddl_commands() as command
            where
                command.command_tag = 'CREATE TABLE' and command.schema_name = 'quarantine'
                and {count} = (
                    select count(*) from pg_attribute where attrelid = command.objid and attname in ({names})
                )
        loop
            execute format('grant select ({columns}) on table %s to {role}', made);
        end loop;
    end
    $$
"""


@dataclass(frozen=True)
class Right:
    """One right, as a row of ops.access_right says it."""

    role: str
    privilege: str
    kind: str
    schema: str
    object: str
    column: str = ""


def apply(connection: psycopg.Connection, settings: Settings) -> list[tuple[str, Right]]:
    """Give and take what is between the table of roles and this database, as superuser. Returns what was changed."""
    with connection.transaction():
        locks.for_transaction(connection, locks.Job.ACCESS)
        _close_what_is_new(connection)
        wanted, there = declared(connection, settings), given(connection)
        # Taking first: taking a table's right takes those of its columns with it.
        changes = [("revoked", right) for right in _sorted(there - wanted)]
        changes += [("granted", right) for right in _sorted(wanted - there)]
        for action, right in changes:
            connection.execute(_statement(action, right))
            name = ".".join(dict.fromkeys(part for part in (right.schema, right.object, right.column) if part))
            connection.execute(
                "insert into ops.access_log (action, role_name, privilege, kind, object_name) values (%s, %s, %s, %s, %s)",
                [action, right.role, right.privilege, right.kind, name],
            )
    return changes


def given(connection: psycopg.Connection) -> set[Right]:
    """The rights that the roles of this module and PUBLIC have in this database."""
    rows = connection.execute(
        "select role_name, privilege, kind, schema_name, object_name, column_name from ops.access_right "
        "where (role_name = any(%s) or role_name ^@ %s or role_name ^@ %s) "
        "and (schema_name = any(%s) or schema_name ^@ %s or schema_name = '')",
        [[PUBLIC, *(role.name for role in ROLES)], ANALYST_OF, EVALUATOR_OF, list(SCHEMAS), PROJECT_SCHEMA],
    )
    return {Right(*row) for row in rows}


def declared(connection: psycopg.Connection, settings: Settings) -> set[Right]:
    """The rights that the table of roles says, on what there is. PUBLIC has none."""
    return set(_declared(connection, settings, [*roles(settings), *_evaluators(connection)]))


def _evaluators(connection: psycopg.Connection) -> list[Role]:
    """The role of each project that is open here: it reads the schema of that name, and what dashboards read.

    It is no member of vrn_evaluator, who reads events of every supplier and small counts, whatever the purpose.
    """
    rows = connection.execute(
        """
        select project from pg_roles
        cross join lateral (select substr(rolname, length(%(role)s) + 1)) as named (project)
        where rolname ^@ %(role)s and rolcanlogin and to_regnamespace(%(schema)s || project) is not null
        """,
        {"role": EVALUATOR_OF, "schema": PROJECT_SCHEMA},
    )
    return [
        Role(f"{EVALUATOR_OF}{row[0]}", reads=(Reads(f"{PROJECT_SCHEMA}{row[0]}", ("*",)),), member_of=BI_READER) for row in rows
    ]


def _declared(connection: psycopg.Connection, settings: Settings, wanted: Iterable[Role]) -> Iterator[Right]:
    for role in wanted:
        if role.can_login:
            yield Right(role.name, "CONNECT", "database", "", settings.database_of(role.name))
        if role.member_of:
            # With INHERIT and without SET: a member has the group's rights and cannot become the group.
            yield Right(role.name, "INHERIT", "role", "", role.member_of)
        for reads in role.reads:
            yield Right(role.name, "USAGE", "schema", reads.schema, reads.schema)
            for table in _readable(connection, reads):
                if not reads.columns:
                    yield Right(role.name, "SELECT", "table", reads.schema, table)
                for column in reads.columns:
                    yield Right(role.name, "SELECT", "column", reads.schema, table, column)


def _readable(connection: psycopg.Connection, reads: Reads) -> list[str]:
    """The tables of the list that are there, with their columns. A view counts only if it asks for the reader's own rights."""
    rows = connection.execute(
        """
        select relname from pg_class
        where
            relnamespace = %(schema)s::regnamespace and (relname = any(%(tables)s) or '*' = any(%(tables)s))
            and (relkind in ('r', 'p') or relkind = 'v' and reloptions && '{security_invoker=true,security_invoker=on}')
            and %(columns)s <@ array(select attname::text from pg_attribute where attrelid = pg_class.oid and not attisdropped)
        """,
        {"schema": reads.schema, "tables": list(reads.tables), "columns": list(reads.columns)},
    )
    return [row[0] for row in rows]


def _close_what_is_new(connection: psycopg.Connection) -> None:
    """Functions are open to everybody when they are made, unless their maker's defaults say otherwise; tables are not."""
    for maker in ("vrn_owner", "vrn_loader", "vrn_linker"):
        connection.execute(
            sql.SQL("alter default privileges for role {} revoke execute on routines from public").format(sql.Identifier(maker))
        )
    names = ", ".join(f"'{name}'" for name in QUARANTINE_REASON)
    connection.execute(
        GRANT_REASONS.format(count=len(QUARANTINE_REASON), names=names, columns=", ".join(QUARANTINE_REASON), role=ENGINEER)
    )
    if not connection.execute("select 1 from pg_event_trigger where evtname = 'vrn_quarantine_reasons'").fetchone():
        connection.execute(
            "create event trigger vrn_quarantine_reasons on ddl_command_end when tag in ('CREATE TABLE') "
            "execute function ops.grant_quarantine_reasons()"
        )


def _sorted(rights: set[Right]) -> list[Right]:
    return sorted(rights, key=lambda right: (right.role, right.kind, right.schema, right.object, right.column, right.privilege))


def _statement(action: str, right: Right) -> sql.Composed:
    role = sql.SQL("public") if right.role == PUBLIC else sql.Identifier(right.role)
    privilege = sql.SQL(right.privilege)
    if right.kind == "role":
        if action == "granted":
            return sql.SQL("grant {} to {} with inherit true, set false").format(sql.Identifier(right.object), role)
        return sql.SQL("revoke {} option for {} from {}").format(privilege, sql.Identifier(right.object), role)
    on = {
        "database": sql.SQL("database {}").format(sql.Identifier(right.object)),
        "schema": sql.SQL("schema {}").format(sql.Identifier(right.object)),
        "table": sql.SQL("table {}").format(sql.Identifier(right.schema, right.object)),
        "column": sql.SQL("table {}").format(sql.Identifier(right.schema, right.object)),
        "sequence": sql.SQL("sequence {}").format(sql.Identifier(right.schema, right.object)),
        # Its arguments are part of its name, quoted by the database.
        "routine": sql.SQL("routine {}.{}").format(sql.Identifier(right.schema), sql.SQL(right.object)),
    }[right.kind]
    if right.column:
        privilege = sql.SQL("{} ({})").format(privilege, sql.Identifier(right.column))
    if action == "granted":
        return sql.SQL("grant {} on {} to {}").format(privilege, on, role)
    return sql.SQL("revoke {} on {} from {}").format(privilege, on, role)
