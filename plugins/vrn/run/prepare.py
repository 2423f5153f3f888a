"""The warehouse database made ready: roles, database, schemas, and the migrations of ops."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
from psycopg import sql

from vrn.access import accounts, clearing, fence, keeper, keys, rights, unlinking
from vrn.access import roles as access
from vrn.access import secrets as files
from vrn.errors import HomeError
from vrn.projects import roles
from vrn.publish import readers
from vrn.run import originals, pseudonyms, secrets
from vrn.settings import Settings
from vrn.warehouse import migrations
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import (
    EVALUATOR,
    LINKAGE,
    LINKER,
    LOADER,
    LOADER_SCHEMAS,
    OWNER,
    OWNER_SCHEMAS,
    PERSONS,
    SUPERUSER,
)

SECONDS_TO_WAIT = 60


def prepare(settings: Settings) -> None:
    """Bring the warehouse to this version of the code. Safe to run again and at the same time as readers."""
    with superuser(settings, "postgres") as connection:
        for role in fence.SERVICES:
            ensure_service(connection, role, settings.password(role))
        for database in (settings.database, settings.readers_database):
            ensure_database(connection, database, OWNER)
    with superuser(settings, settings.database) as connection, connection.transaction():
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(settings.database)))
        connection.execute("revoke all on schema public from public")
        accounts.ensure(connection)
        access.ensure_roles(connection, settings)
        database = sql.Identifier(settings.database)
        for role in fence.SERVICES:
            connection.execute(sql.SQL("grant connect, temporary on database {} to {}").format(database, sql.Identifier(role)))
        # Whoever may make temporary tables may make functions as well.
        connection.execute(sql.SQL("revoke temporary on database {} from {}").format(database, sql.Identifier(EVALUATOR)))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(EVALUATOR)))
        fence.close(connection)
        fence.close_counts(connection)
        for schema in OWNER_SCHEMAS:
            _ensure_schema(connection, schema, OWNER)
        for schema in LOADER_SCHEMAS:
            _ensure_schema(connection, schema, LOADER)
        _ensure_schema(connection, LINKAGE, LOADER)
        _ensure_schema(connection, PERSONS, LINKER)
        _grant(connection)
    _prepare_for_readers(settings)
    migrate(settings)
    pseudonyms.bring_after(settings)
    # Before any service that would use a key.
    ensure_keys(settings)
    with superuser(settings, settings.database) as connection:
        with connection.transaction():
            keeper.ensure(connection)
            clearing.ensure(connection)
            unlinking.ensure(connection)
        _ensure_projects(connection, settings)
        rights.apply(connection, settings)
    if not readers.is_filled(settings):
        readers.fill(settings)


def ensure_keys(settings: Settings, *, only_new: bool = False) -> list[str]:
    """Make the keys that are new, and stop when one that data rest on is missing or another. Returns the names of those made.

    only_new: look at no others. Raises HomeError.
    """
    with connect(settings, OWNER, autocommit=True) as connection:
        wanted = secrets.keys(settings)
        return keys.ensure(connection, settings, wanted, lambda: originals.check(connection, settings), only_new=only_new)


def projects(settings: Settings) -> None:
    """Make the key, the password and the role of each project that is new in the register.

    In a deployment only a start can (`secrets` and `migrate`): no other service has the superuser's password. Raises HomeError.
    """
    if not files.is_there(settings, f"password_{SUPERUSER}"):
        return
    secrets.ensure(settings, is_new=False)
    ensure_keys(settings, only_new=True)
    with superuser(settings, settings.database) as connection:
        _ensure_projects(connection, settings)


def _ensure_projects(connection: psycopg.Connection, settings: Settings) -> None:
    for project in secrets.open_projects(settings):
        roles.ensure(connection, settings, project)


def ensure_service(connection: psycopg.Connection, role: str, password: str) -> None:
    """A role of a service, which signs in with a password, as superuser: it may connect when people have all that is theirs."""
    if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
    connection.execute(sql.SQL("grant pg_use_reserved_connections to {} with inherit true, set false").format(sql.Identifier(role)))
    access.set_password(connection, role, password)


def ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner)))


def migrate(settings: Settings, to: str = "head") -> None:
    """Run the Alembic migrations of schema ops as its owner, up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # In a configuration a percent sign begins the name of another option, unless it is doubled.
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.attributes["url"] = settings.url(OWNER)
    command.upgrade(config, to)


def superuser(settings: Settings, database: str) -> psycopg.Connection:
    """A connection as the superuser, once the server answers. Raises HomeError."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            return psycopg.connect(settings.conninfo(SUPERUSER, database), autocommit=True)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise HomeError(
                    f"The server of this home does not take the password of {SUPERUSER} (password_{SUPERUSER} in "
                    f"{settings.secrets}): it is another than the one with which it was made. Put that one back from the backup."
                ) from None
            if time.monotonic() > deadline:
                raise HomeError(
                    f"The warehouse at {settings.pg_host}:{settings.pg_port} does not answer as {SUPERUSER}: {error}"
                ) from None
            time.sleep(0.5)


def _prepare_for_readers(settings: Settings) -> None:
    """The database of readers, closed like the warehouse; vrn.publish.readers fills it."""
    with superuser(settings, settings.readers_database) as connection, connection.transaction():
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(settings.readers_database)))
        connection.execute("revoke all on schema public from public")
        fence.close(connection)
        fence.close_statistics(connection)


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
    connection.execute("grant usage on schema indicators, figures, marts, publish, stats, reference to vrn_evaluator")
