"""The role of a project: opened with its own password and limits, closed when the project ends. As superuser."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg import sql

from vrn.access import roles as access
from vrn.access.audit import logged
from vrn.projects.register import Project
from vrn.settings import Settings


def ensure(connection: psycopg.Connection, project: Project) -> None:
    """A role that rights can be given to, and that may not sign in yet."""
    if not _is_there(connection, project.role):
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(project.role)))


def open_(connection: psycopg.Connection, settings: Settings, project: Project) -> None:
    """Let the project's evaluators sign in until its last day is over, even if nobody closes it then. Raises SecretMissing."""
    limits = {**access.LIMITS, "search_path": project.schema}
    end = f"{project.valid_to + timedelta(days=1)} 00:00:00+00"
    with connection.transaction():
        access.make_role(connection, settings, access.Role(project.role, settings=limits))
        connection.execute(sql.SQL("alter role {} valid until {}").format(sql.Identifier(project.role), sql.Literal(end)))
        logged.ensure(connection)


def close(connection: psycopg.Connection, name: str) -> None:
    """End a project's sessions, let nobody sign in, and drop its tables. A project that was never opened has none of these."""
    role, schema = f"{access.EVALUATOR_OF}{name}", f"{access.PROJECT_SCHEMA}{name}"
    if _is_there(connection, role):
        access.close_role(connection, role)
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def opened(connection: psycopg.Connection) -> set[str]:
    """The projects that have tables in this database, or whose role may sign in."""
    rows = connection.execute(
        """
        select substr(nspname, length(%(schema)s) + 1) from pg_namespace where nspname ^@ %(schema)s
        union
        select substr(rolname, length(%(role)s) + 1) from pg_roles where rolname ^@ %(role)s and rolcanlogin
        """,
        {"schema": access.PROJECT_SCHEMA, "role": access.EVALUATOR_OF},
    )
    return {row[0] for row in rows}


def _is_there(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is not None
