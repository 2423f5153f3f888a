"""The tables of publish swapped in all at once: dbt builds and tests them in `publish_aside`, where no reader may look.

One transaction takes the old ones away, moves the new ones in, with their keys, comments and row security, and opens those of the
table of roles to readers of dashboards. So a reader sees the old tables or the new ones, never one of each and never one without
rights; a table that is not on the list stays closed, and nobody has to remember.
"""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from vrn.access.roles import BI_READER, BI_TABLES
from vrn.build import in_force
from vrn.errors import VrnError
from vrn.settings import Settings
from vrn.warehouse import way
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import ASIDE, OWNER

PUBLISH = "publish"
# Shorter than PostgreSQL waits before it looks for deadlocks (1 s): where a reader of two tables and the swap wait for each other,
# the swap gives way and no reader's statement fails.
LOCK_TIMEOUT = "500ms"
# Readers are cut off after a minute; evaluators are not, so that the swap waits longer than that, and not for ever.
TRIES = 200
# After that people's sessions are ended, as soon as the swap waits for them.
LAST_TRIES = 10
SECONDS_BETWEEN = 1.0


class SwapRefused(VrnError):
    """The new tables could not take the place of the old ones, which stay."""


def swap(settings: Settings) -> None:
    """Put every table of `publish_aside` in the place of those of `publish`. Without any there it changes nothing.

    Sessions of people that hold an old table for minutes are ended. Raises SwapRefused where another does, such as a service's, and
    TakenBack where a delivery of a release that the tables would show for the first time was taken back while they were built.
    """
    if _is_swapped(settings, TRIES):
        return
    with way.made_free(settings.conninfo(OWNER), way.AT_ONCE):
        if _is_swapped(settings, LAST_TRIES):
            return
    raise SwapRefused(
        "The new tables of publish were built and wait in publish_aside, for somebody has been reading the old ones for minutes: "
        f"{_readers(settings)}. End that session and run the layer publish again."
    )


def _is_swapped(settings: Settings, tries: int) -> bool:
    for _ in range(tries):
        try:
            with connect(settings, OWNER) as connection:
                connection.execute(sql.SQL("set local lock_timeout = {}").format(LOCK_TIMEOUT))
                in_force.may_be_seen(connection)
                _swap(connection)
                return True
        except psycopg.errors.LockNotAvailable:
            time.sleep(SECONDS_BETWEEN)
    return False


def _swap(connection: psycopg.Connection) -> None:
    new, old = _tables(connection, ASIDE), _tables(connection, PUBLISH)
    if not new:
        return
    if old:
        # What depends on an old table goes with it; nobody but the owner can make such a thing.
        names = sql.SQL(", ").join(sql.Identifier(PUBLISH, name) for name in old)
        connection.execute(sql.SQL("drop table {} cascade").format(names))
    for name in new:
        connection.execute(sql.SQL("alter table {} set schema {}").format(sql.Identifier(ASIDE, name), sql.Identifier(PUBLISH)))
        if name in BI_TABLES:
            connection.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(PUBLISH, name), sql.Identifier(BI_READER)))


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    rows = connection.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind in ('r', 'p') order by 1", [schema]
    )
    return [row["relname"] for row in rows]


def _readers(settings: Settings) -> str:
    """Who holds a table of publish, by role and process."""
    with connect(settings, OWNER) as connection:
        rows = connection.execute(
            "select distinct usename, pid from pg_locks join pg_stat_activity using (pid) join pg_class on pg_class.oid = relation "
            "where relnamespace = 'publish'::regnamespace and pid <> pg_backend_pid() order by 1, 2"
        ).fetchall()
    return ", ".join(f"{row['usename']} (process {row['pid']})" for row in rows) or "nobody any more"
