"""Who may read what in the warehouse: one table of roles, and what makes the roles of the server be as the table says.

What of it is given and taken in a database is vrn.access.rights.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from vrn.access import accounts
from vrn.access.audit import logged
from vrn.errors import HomeError
from vrn.settings import ANALYST_OF, BI_READER, Settings
from vrn.warehouse import locks
from vrn.warehouse.roles import EVALUATOR

# A partner's analysts sign in as ANALYST_OF and the partner's name; the policy of row security reads the partner from it.
ENGINEER, IG, ANALYST = "vrn_engineer", "vrn_ig", ANALYST_OF.removesuffix("_")
# A project's evaluators sign in as this and the project's name, and read the schema of that name (vrn.projects).
EVALUATOR_OF, PROJECT_SCHEMA = "vrn_evaluator_", "project_"
PARTNER = re.compile(r"[a-z][a-z0-9_]{0,30}")
SCHEMAS = (
    "public", "ops", "raw", "quarantine", "linkage", "persons", "reference", "stats", "staging", "intermediate", "indicators",
    "figures", "marts", "publish",
)  # fmt: skip
# Everybody may connect to these, and find out what is in them, unless that is taken away.
OTHER_DATABASES = ("postgres", "template1", "airflow")
PUBLIC = "public"

# After disclosure control. The swap opens them (vrn.build.table_swap).
BI_TABLES = (
    "indicator", "area", "period", "indicator_value", "indicator_latest", "area_profile", "framework_scorecard", "feed_status",
    "data_quality", "release", "indicator_annotation", "figure_annotation", "worse_and_worsening", "similar_area",
    "hidden_range", "hidden_share",
)  # fmt: skip
# The ledger and what the machinery did. Of ops, the figures of releases are not among them.
OPS_METADATA = (
    "submission", "message", "validation_result", "step", "dbt_result", "column_profile", "fetched", "feed", "feed_supplier",
    "code_label", "built_layer", "built_month", "touched_month", "read_submission", "counted_submission", "agreement", "project",
    "project_build",
)  # fmt: skip
# Why a row was set aside, without the row.
QUARANTINE_REASON = ("submission_id", "row_number", "rule_codes")
# Definitions, sources and days of releases; not their figures.
IG_TABLES = (
    "agreement", "project", "release", "frozen_row", "release_row", "release_indicator", "release_submission",
    "release_step", "access_log", "access_right",
    "access_role", "read_log", "audit_event", "audit_chain",
)  # fmt: skip
# What a project may see and why, without how many rows a supplier has.
IG_PROJECT_BUILD = (
    "project", "table_name", "feed", "supplier", "is_included", "agreement_id", "reason", "built_at", "superseded_at",
)  # fmt: skip


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
# An evaluator's models run longer.
LIMITS_OF_EVALUATOR = {"statement_timeout": "15min", "idle_in_transaction_session_timeout": "10min"}
CONNECTIONS_OF_EVALUATOR = 10
LIMITS_OF_BI = {**LIMITS, "search_path": "publish"}

ROLES = (
    Role(
        ENGINEER,
        reads=(Reads("ops", OPS_METADATA), Reads("quarantine", ("*",), QUARANTINE_REASON)),
        settings=LIMITS,
    ),
    Role(
        IG,
        reads=(Reads("ops", IG_TABLES), Reads("ops", ("project_build",), IG_PROJECT_BUILD)),
        connections=3,
        settings=LIMITS,
    ),
    Role(BI_READER, reads=(Reads("publish", BI_TABLES),), connections=20, settings=LIMITS_OF_BI),
    # All analysts: what everybody sees, and of the table of all partners the rows that row security lets through.
    Role(ANALYST, reads=(Reads("publish", ("partner_indicator_value",)),), member_of=BI_READER, can_login=False),
)


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
    """Make the roles and set their limits, as superuser in the warehouse. Roles of partners that left may not sign in any more."""
    with connection.transaction():
        locks.for_transaction(connection, locks.Job.ACCESS)
        accounts.alone(connection)
        there = {row[0] for row in connection.execute("select rolname from pg_roles where rolname like 'vrn%'")}
        wanted = [Role(EVALUATOR, connections=CONNECTIONS_OF_EVALUATOR, settings=LIMITS_OF_EVALUATOR), *roles(settings)]
        for role in wanted:
            make_role(connection, settings, role)
        left = sorted(one for one in there - {role.name for role in wanted} if one.startswith(ANALYST_OF))
        for name in left:
            close_role(connection, name)
        for database in OTHER_DATABASES:
            if connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                connection.execute(sql.SQL("revoke connect, temporary on database {} from public").format(sql.Identifier(database)))
        logged.ensure(connection)
        accounts.keep(connection, [*(role.name for role in wanted), *left])


def make_role(connection: psycopg.Connection, settings: Settings, role: Role) -> None:
    """Make a role or bring it to what is said of it, in the caller's transaction. Raises SecretMissing."""
    name = sql.Identifier(role.name)
    is_there = connection.execute("select 1 from pg_roles where rolname = %s", [role.name]).fetchone()
    connection.execute(
        sql.SQL("{} role {} {} nosuperuser nobypassrls nocreatedb nocreaterole noreplication inherit connection limit {}").format(
            sql.SQL("alter" if is_there else "create"),
            name,
            sql.SQL("login" if role.can_login else "nologin"),
            sql.Literal(role.connections),
        )
    )
    if role.can_login:
        set_password(connection, role.name, settings.password(role.name))
    limit(connection, role.name, role.settings)


def limit(connection: psycopg.Connection, role: str, limits: Mapping[str, str]) -> None:
    """Give a role these settings and no other for its sessions."""
    name = sql.Identifier(role)
    connection.execute(sql.SQL("alter role {} reset all").format(name))
    # It can have made some for one database, which come before these.
    own = connection.execute(
        "select datname from pg_db_role_setting inner join pg_database on pg_database.oid = setdatabase "
        "inner join pg_roles on pg_roles.oid = setrole where rolname = %s",
        [role],
    ).fetchall()
    for (database,) in own:
        connection.execute(sql.SQL("alter role {} in database {} reset all").format(name, sql.Identifier(database)))
    for setting, value in limits.items():
        connection.execute(sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(setting), sql.Literal(value)))


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role its password, of which the server is told the verifier only. As superuser, or as the role itself."""
    statement = "alter role {} password {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(verifier(connection, role, password))))


def verifier(connection: psycopg.Connection, role: str, password: str) -> str:
    """What the server keeps of a password (SCRAM-SHA-256), as libpq makes it here: a statement with the password itself could
    stand in the server's log."""
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


def close_role(connection: psycopg.Connection, name: str) -> None:
    """Nobody signs in as the role any more, and who is signed in is signed out."""
    connection.execute(sql.SQL("alter role {} nologin password null").format(sql.Identifier(name)))
    connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
