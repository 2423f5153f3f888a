"""The role of a project: made with its own password and limits when the home is started, opened and closed as the project is."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg import sql

from vrn.access import accounts
from vrn.access import roles as access
from vrn.access.audit import logged
from vrn.errors import HomeError
from vrn.projects.register import Project
from vrn.settings import Settings


def ensure(connection: psycopg.Connection, settings: Settings, project: Project) -> None:
    """The role, its password, its limits and what is logged of it, as superuser. It may sign in if it might before.

    Raises SecretMissing.
    """
    limits = {**access.LIMITS, "search_path": project.schema}
    with connection.transaction():
        accounts.alone(connection)
        before = connection.execute("select rolcanlogin from pg_roles where rolname = %s", [project.role]).fetchone()
        access.make_role(connection, settings, access.Role(project.role, settings=limits))
        if before is None or not before[0]:
            connection.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(project.role)))
        logged.ensure(connection)
        accounts.keep(connection, [project.role])


def check(connection: psycopg.Connection, project: Project) -> None:
    """Raises HomeError when the role is still to be made."""
    if not connection.execute("select 1 from pg_roles where rolname = %s", [project.role]).fetchone():
        raise HomeError(
            f"the role {project.role} is not there yet, because the project is new in the register. `make project` makes it (in a "
            "deployment a start, `docker compose up -d`)."
        )


def open_(keeper: psycopg.Connection, project: Project) -> None:
    """Let the project's evaluators sign in until its last day is over, even if nobody closes it then. As vrn_keeper."""
    keeper.execute("select ops.open_project(%s, %s)", [project.name, f"{project.valid_to + timedelta(days=1)} 00:00:00+00"])


def close(keeper: psycopg.Connection, owner: psycopg.Connection, name: str) -> None:
    """End a project's sessions, let nobody sign in, and drop its tables. A project that was never opened has none of these."""
    keeper.execute("select ops.close_project(%s)", [name])
    owner.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(f"{access.PROJECT_SCHEMA}{name}")))


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
