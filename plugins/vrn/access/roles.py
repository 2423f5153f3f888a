"""Who may read what in the warehouse: one table of roles, and what makes the database be as the table says.

Only the difference between the table and the database is applied, and each right given or taken is a row of ops.access_log.
Tables that dbt makes anew get their rights from dbt (dbt_project/macros/row_security.sql), in the transaction of the swap.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from vrn.access.audit import logged
from vrn.errors import HomeError
from vrn.settings import Settings

ENGINEER, BI_READER, IG, ANALYST = "vrn_engineer", "vrn_bi_reader", "vrn_ig", "vrn_analyst"
# A partner's analysts sign in as this and the partner's name; the policy of row security reads the partner from it.
ANALYST_OF = f"{ANALYST}_"
# A project's evaluators sign in as this and the project's name, and read the schema of that name (vrn.projects).
EVALUATOR_OF, PROJECT_SCHEMA = "vrn_evaluator_", "project_"
PARTNER = re.compile(r"[a-z][a-z0-9_]{0,30}")
SCHEMAS = (
    "public", "ops", "raw", "quarantine", "linkage", "persons", "reference", "stats", "staging", "intermediate", "indicators",
    "marts", "publish",
)  # fmt: skip
# Everybody may connect to these, and find out what is in them, unless that is taken away.
OTHER_DATABASES = ("postgres", "template1", "airflow")
PUBLIC = "public"

# After disclosure control. The same list is in dbt_project/macros/row_security.sql.
BI_TABLES = (
    "indicator", "area", "period", "indicator_value", "indicator_latest", "area_profile", "framework_scorecard", "feed_status",
    "data_quality", "release", "indicator_annotation",
)  # fmt: skip
# The ledger and what the machinery did. Of ops, the figures of releases are not among them.
OPS_METADATA = (
    "submission", "message", "validation_result", "step", "dbt_result", "column_profile", "fetched", "feed", "feed_supplier",
    "code_label", "built_layer", "built_month", "touched_month", "counted_submission", "agreement", "project", "project_build",
)  # fmt: skip
# Why a row was set aside, without the row.
QUARANTINE_REASON = ("submission_id", "row_number", "rule_codes")
# Definitions, sources and days of releases; not their figures.
IG_TABLES = (
    "agreement", "project", "project_build", "release", "release_indicator", "release_submission", "access_log", "access_right",
    "access_role", "read_log", "audit_event", "audit_chain",
)  # fmt: skip


@dataclass(frozen=True)
class Right:
    """One right, as a row of ops.access_right says it."""

    role: str
    privilege: str
    kind: str
    schema: str
    object: str
    column: str = ""


@dataclass(frozen=True)
class Reads:
    """Tables that a role may read. Those that are not there yet are passed over; `*` is every table of the schema."""

    schema: str
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Role:
    """A role that reads, and within which limits."""

    name: str
    reads: tuple[Reads, ...] = ()
    member_of: str | None = None
    can_login: bool = True
    connections: int = 5
    settings: dict[str, str] = field(default_factory=dict)


# A statement that runs on holds up the swap of the table that it reads; a transaction left open does so as well. A role may
# change its own limits for a session, but not that of temporary files: these are guards against slips, the rights are the fence.
LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "transaction_timeout": "5min",
    "idle_in_transaction_session_timeout": "1min",
    "idle_session_timeout": "1h",
    "temp_file_limit": "2GB",
}
LIMITS_OF_BI = {**LIMITS, "search_path": "publish"}

ROLES = (
    Role(
        ENGINEER,
        reads=(Reads("ops", OPS_METADATA), Reads("quarantine", ("*",), QUARANTINE_REASON)),
        settings=LIMITS,
    ),
    Role(IG, reads=(Reads("ops", IG_TABLES),), connections=3, settings=LIMITS),
    Role(BI_READER, reads=(Reads("publish", BI_TABLES),), connections=20, settings=LIMITS_OF_BI),
    # All analysts: what everybody sees, and of the table of all partners the rows that row security lets through.
    Role(ANALYST, reads=(Reads("publish", ("partner_indicator_value",)),), member_of=BI_READER, can_login=False),
)

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


def partners(settings: Settings) -> list[str]:
    """The partners whose analysts sign in: the seed that dbt loads as reference.partner. Raises HomeError."""
    path = settings.dbt_project / "seeds" / "access" / "partner.csv"
    with path.open(encoding="utf-8", newline="") as file:
        names = [row["partner"] for row in csv.DictReader(file)]
    bad = [name for name in names if not PARTNER.fullmatch(name)]
    if bad:
        raise HomeError(f"{path}: {bad[0]!r} cannot be the end of a role's name. Use lower-case letters, digits and underscores.")
    return names


def roles(settings: Settings) -> list[Role]:
    """Every role of this module, with an analyst for each partner."""
    analysts = (Role(f"{ANALYST_OF}{partner}", member_of=ANALYST, settings=LIMITS_OF_BI) for partner in partners(settings))
    return [*ROLES, *analysts]


def logins(settings: Settings) -> list[str]:
    """The roles that sign in and so have a password."""
    return [role.name for role in roles(settings) if role.can_login]


def ensure_roles(connection: psycopg.Connection, settings: Settings) -> None:
    """Make the roles and set their limits, as superuser. Roles of partners that left may not sign in any more."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('vrn.access'))")
        there = {row[0] for row in connection.execute("select rolname from pg_roles where rolname like 'vrn%'")}
        wanted = roles(settings)
        for role in wanted:
            make_role(connection, settings, role)
        for name in sorted(one for one in there - {role.name for role in wanted} if one.startswith(ANALYST_OF)):
            close_role(connection, name)
        for database in OTHER_DATABASES:
            if connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                connection.execute(sql.SQL("revoke connect, temporary on database {} from public").format(sql.Identifier(database)))
        logged.ensure(connection)


def make_role(connection: psycopg.Connection, settings: Settings, role: Role) -> None:
    """Make a role or bring it to what is said of it, in the caller's transaction. Raises SecretMissing."""
    name = sql.Identifier(role.name)
    password = sql.SQL("password {}").format(sql.Literal(settings.password(role.name))) if role.can_login else sql.SQL("")
    is_there = connection.execute("select 1 from pg_roles where rolname = %s", [role.name]).fetchone()
    # The server's default; said here so that no server's configuration makes it md5.
    connection.execute("set local password_encryption = 'scram-sha-256'")
    connection.execute(
        sql.SQL(
            "{} role {} {} nosuperuser nobypassrls nocreatedb nocreaterole noreplication inherit connection limit {} {}"
        ).format(
            sql.SQL("alter" if is_there else "create"),
            name,
            sql.SQL("login" if role.can_login else "nologin"),
            sql.Literal(role.connections),
            password,
        )
    )
    connection.execute(sql.SQL("alter role {} reset all").format(name))
    for setting, value in role.settings.items():
        connection.execute(sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(setting), sql.Literal(value)))


def close_role(connection: psycopg.Connection, name: str) -> None:
    """Nobody signs in as the role any more, and who is signed in is signed out."""
    connection.execute(sql.SQL("alter role {} nologin password null").format(sql.Identifier(name)))
    connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])


def apply(connection: psycopg.Connection, settings: Settings) -> list[tuple[str, Right]]:
    """Give and take what is between the table of roles and this database, as superuser. Returns what was changed."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('vrn.access'))")
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
    return set(_declared(connection, [*roles(settings), *_evaluators(connection)]))


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


def _declared(connection: psycopg.Connection, wanted: Iterable[Role]) -> Iterator[Right]:
    database = connection.info.dbname
    for role in wanted:
        if role.can_login:
            yield Right(role.name, "CONNECT", "database", "", database)
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
