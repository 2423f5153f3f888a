"""The server's log and that of partners' pages, read forward into ops.read_log: from where the last run stopped, each file in one
transaction."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, fields
from pathlib import Path

import psycopg

from vrn.access import roles as access
from vrn.access.audit import catalogue as catalogues
from vrn.access.audit import logged, page_log, server_log
from vrn.access.audit.server_log import Read
from vrn.errors import VrnError
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

log = logging.getLogger(__name__)

DAYS_KEPT = 7
SECONDS_A_DAY = 86_400
COLUMNS = tuple(field.name for field in fields(Read))
Reader = Callable[[Iterable[dict]], Iterable[Read]]
# A statement that is there already was read in a run before: a file that is met again under another name adds nothing.
INSERT = (
    f"insert into ops.read_log ({', '.join(COLUMNS)}) values ({', '.join(['%s'] * len(COLUMNS))}) "
    "on conflict (session_id, line_number) do nothing"
)


class AuditIncomplete(VrnError):
    """Reads are, or may be, missing in ops.read_log."""


def record(settings: Settings, folder: Path | None = None) -> dict:
    """Take the server's log, and that of partners' pages, into ops.read_log. folder: where the server's files are, when not in the
    home.

    Returns how many reads were new, and how far each audit log goes with its last hash: kept outside the database (in the log of
    Airflow's task), that shows rows cut off at its end. Raises AuditIncomplete.
    """
    folder = folder or settings.server_log
    with connect(settings, OWNER, autocommit=True) as connection:
        _refuse_a_silent_server(connection, folder)
        catalogue = catalogues.read(connection, access.BI_TABLES)
        files, pages = sorted(folder.glob("*.json")), sorted(settings.page_log.glob("*.json"))

        def of_server(lines: Iterable[dict]) -> Iterable[Read]:
            return server_log.reads(lines, catalogue, settings.database, settings.readers_database)

        new = sum(_take(connection, path, of_server) for path in files)
        new += sum(_take(connection, path, page_log.reads) for path in pages)
        cut = _cut(connection, [*files, *pages])
        _forget(connection, folder, files)
        _forget(connection, settings.page_log, pages)
        chain = connection.execute("select log, last_number, last_hash, first_broken_number from ops.audit_chain").fetchall()
    if cut:
        raise AuditIncomplete(
            f"{', '.join(cut)} in {folder} or {settings.page_log}: the file is shorter than what was read of it. Somebody cut or "
            "replaced it; what was written there since may be lost. Keep it, and tell information governance."
        )
    if broken := [f"ops.{row['log']} at row {row['first_broken_number']}" for row in chain if row["first_broken_number"]]:
        raise AuditIncomplete(f"The chain is broken: {', '.join(broken)}. The row was changed, or one before it was taken out.")
    return {"new": new, "logs": {row["log"]: {"last_number": row["last_number"], "last_hash": row["last_hash"]} for row in chain}}


def _refuse_a_silent_server(connection: psycopg.Connection, folder: Path) -> None:
    said = connection.execute(
        "select current_setting('logging_collector') = 'on' and current_setting('log_destination') ~ 'jsonlog' as writes"
    ).fetchone()
    if not said["writes"] or not folder.is_dir():
        raise AuditIncomplete(
            f"The server writes no JSON log into {folder}, so nobody's reads are recorded. In a home run `make down` and "
            "`make up`; in a deployment see docs/audit.md."
        )
    roles = connection.execute("select rolname, rolconfig from pg_roles where rolcanlogin").fetchall()
    silent = [row["rolname"] for row in roles if logged.is_person(row["rolname"]) and not _is_logged(row["rolconfig"])]
    if silent:
        raise AuditIncomplete(f"The reads of {', '.join(sorted(silent))} are not logged. Run `make up` (the service migrate).")


def _is_logged(settings_of_role: list[str] | None) -> bool:
    return "log_statement=all" in (settings_of_role or [])


def _take(connection: psycopg.Connection, path: Path, reads: Reader) -> int:
    """Record what one file says beyond what was read of it. Returns the number of new rows."""
    with connection.transaction():
        connection.execute("insert into ops.server_log (file_name, read_to) values (%s, 0) on conflict do nothing", [path.name])
        # A second run waits here for the first.
        place = connection.execute("select read_to from ops.server_log where file_name = %s for update", [path.name]).fetchone()
        if path.stat().st_size <= place["read_to"]:
            return 0
        whole = _Whole(path, place["read_to"])
        new = 0
        for read in reads(whole):
            new += connection.execute(INSERT, [list(one) if isinstance(one, tuple) else one for one in astuple(read)]).rowcount
        connection.execute("update ops.server_log set read_to = %s where file_name = %s", [whole.end, path.name])
    return new


class _Whole:
    """The whole lines of a file from a byte on; end is the byte after the last. A line may still be being written."""

    def __init__(self, path: Path, start: int):
        self.path, self.end = path, start

    def __iter__(self) -> Iterator[dict]:
        with self.path.open("rb") as file:
            file.seek(self.end)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                begins, self.end = self.end, self.end + len(line)
                try:
                    yield json.loads(line.decode(errors="replace"))
                except ValueError:
                    # A server that was killed while it wrote. The line's text is not repeated: it may hold a value.
                    log.warning("%s: the line at byte %s is not whole; what it said is not recorded.", self.path.name, begins)


def _cut(connection: psycopg.Connection, files: list[Path]) -> list[str]:
    read_to = {row["file_name"]: row["read_to"] for row in connection.execute("select file_name, read_to from ops.server_log")}
    return [path.name for path in files if path.stat().st_size < read_to[path.name]]


def _forget(connection: psycopg.Connection, folder: Path, files: list[Path]) -> None:
    """Delete what was read and is older than a week: a raw line has the values that a person asked for. Never the file in use."""
    oldest = time.time() - DAYS_KEPT * SECONDS_A_DAY
    for path in files[:-1]:
        if path.stat().st_mtime < oldest:
            path.unlink()
            connection.execute("delete from ops.server_log where file_name = %s", [path.name])
    for path in folder.glob("*.log"):
        # What a JSON log says nowhere: that it begins.
        if path.stat().st_mtime < oldest and not path.with_suffix(".json").exists():
            path.unlink()
