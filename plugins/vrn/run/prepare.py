"""The warehouse database made ready: roles, database, schemas, and the migrations of ops."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
from psycopg import sql

from vrn.access import rights
from vrn.access import roles as access
from vrn.errors import HomeError
from vrn.settings import Settings
from vrn.warehouse import migrations
from vrn.warehouse.roles import (
    AIRFLOW,
    LINKAGE,
    LINKER,
    LOADER,
    LOADER_SCHEMAS,
    OWN_ROLES,
    OWNER,
    OWNER_SCHEMAS,
    PERSONS,
    SUPERUSER,
)

SECONDS_TO_WAIT = 60


def prepare(settings: Settings) -> None:
    """Bring the warehouse to this version of the code. Safe to run again and at the same time as readers."""
    with _superuser(settings, "postgres") as connection:
        for role in OWN_ROLES:
            ensure_role(connection, role, settings.password(role))
        access.ensure_roles(connection, settings)
        ensure_database(connection, settings.database, OWNER)
    with _superuser(settings, settings.database) as connection, connection.transaction():
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(settings.database)))
        connection.execute("revoke all on schema public from public")
        for role in OWN_ROLES:
            connection.execute(
                sql.SQL("grant connect, temporary on database {} to {}").format(
                    sql.Identifier(settings.database), sql.Identifier(role)
                )
            )
        for schema in OWNER_SCHEMAS:
            _ensure_schema(connection, schema, OWNER)
        for schema in LOADER_SCHEMAS:
            _ensure_schema(connection, schema, LOADER)
        _ensure_schema(connection, LINKAGE, LOADER)
        _ensure_schema(connection, PERSONS, LINKER)
        _grant(connection)
    migrate(settings)
    with _superuser(settings, settings.database) as connection:
        rights.apply(connection, settings)


def database_roles(settings: Settings) -> tuple[str, ...]:
    """Every role that has a password."""
    return (SUPERUSER, *OWN_ROLES, *access.logins(settings), AIRFLOW)


def ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = "alter" if found else "create"
    connection.execute(sql.SQL("{} role {} login password {}").format(sql.SQL(verb), sql.Identifier(role), sql.Literal(password)))


def ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner)))


def migrate(settings: Settings, to: str = "head") -> None:
    """Run the Alembic migrations of schema ops as its owner, up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["url"] = settings.url(OWNER)
    command.upgrade(config, to)


def _superuser(settings: Settings, database: str) -> psycopg.Connection:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            return psycopg.connect(settings.conninfo(SUPERUSER, database), autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise HomeError(
                    f"The warehouse at {settings.pg_host}:{settings.pg_port} does not answer as {SUPERUSER}: {error}"
                ) from None
            time.sleep(0.5)


def _ensure_schema(connection: psycopg.Connection, schema: str, owner: str) -> None:
    connection.execute(
        sql.SQL("create schema if not exists {} authorization {}").format(sql.Identifier(schema), sql.Identifier(owner))
    )


def _grant(connection: psycopg.Connection) -> None:
    """Who may read what the other makes; dbt grants the marts itself, because it makes them anew."""
    for schema in LOADER_SCHEMAS:
        connection.execute(sql.SQL("grant usage on schema {} to vrn_owner").format(sql.Identifier(schema)))
        connection.execute(
            sql.SQL("alter default privileges for role vrn_loader in schema {} grant select on tables to vrn_owner").format(
                sql.Identifier(schema)
            )
        )
    for schema in ("raw", LINKAGE):
        connection.execute(sql.SQL("grant usage on schema {} to vrn_linker").format(sql.Identifier(schema)))
        connection.execute(
            sql.SQL("alter default privileges for role vrn_loader in schema {} grant select on tables to vrn_linker").format(
                sql.Identifier(schema)
            )
        )
    connection.execute("grant usage on schema persons to vrn_owner")
    connection.execute("alter default privileges for role vrn_linker in schema persons grant select on tables to vrn_owner")
    connection.execute("grant usage on schema ops to vrn_loader, vrn_evaluator")
    connection.execute("grant usage on schema marts, publish, stats, reference to vrn_evaluator")
