"""A release as files: CSV and Parquet with a Frictionless data package, the same bytes each time they are written.

Only tables of publish are read, after disclosure control, so that a file never says more than the table that it is of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from vrn.access.audit import events
from vrn.publish.exports import files, package
from vrn.publish.exports.tables import TABLES, ExportRefused, columns_of, rows
from vrn.publish.folder_swap import swapped_in
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

FOLDER, PACKAGE = "releases", "datapackage.json"


def write(settings: Settings, release_id: str, connection: psycopg.Connection | None = None) -> Path:
    """Write the files of a release into releases/<release_id> of the home. Returns the folder.

    connection: one that is in no transaction and may read publish and ops.release; without it, the owner's: a role of people may
    change itself, and a release is not to fail of it.

    Files that are there already, whole and of this release, are left as they are: so those of a release that publish no longer
    holds stay, and a second run does nothing. Raises ExportRefused.
    """
    with _reading(settings, connection) as reading:
        release = _release(reading, release_id)
        target = settings.public / FOLDER / release_id
        if package.is_whole(target / PACKAGE, release):
            return target
        _refuse_what_publish_does_not_hold(reading, release_id)
        with swapped_in(target) as new:
            _write_all(reading, release, new)
            events.exported(settings, release_id, new, PACKAGE)
    return target


@contextmanager
def _reading(settings: Settings, connection: psycopg.Connection | None) -> Iterator[psycopg.Connection]:
    """One view of the tables throughout: a build that swaps them in between is not half seen."""
    if connection is None:
        with connect(settings, OWNER) as own, _reading(settings, own) as reading:
            yield reading
        return
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def _release(connection: psycopg.Connection, release_id: str) -> dict:
    found = rows(connection, "select * from publish.release where release_id = %(release_id)s", release_id=release_id)
    if not found:
        raise ExportRefused("There is no such release. `select release_id from publish.release` says which there are.")
    # It becomes the name of a folder and of a data package.
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", release_id):
        raise ExportRefused("A release's id may have small letters, digits, dots, hyphens and underscores only.")
    return found[0]


def _refuse_what_publish_does_not_hold(connection: psycopg.Connection, release_id: str) -> None:
    held = {row["release_id"] for row in rows(connection, "select distinct release_id from publish.indicator_value")}
    if release_id not in held:
        raise ExportRefused(
            f"publish.indicator_value does not hold the release {release_id} but {', '.join(sorted(map(str, held))) or 'nothing'}. "
            "The files of an earlier release are those that were written when it was the latest; for the latest, run "
            "build_outcomes first."
        )


def _write_all(connection: psycopg.Connection, release: dict, folder: Path) -> None:
    resources = []
    for table in TABLES:
        columns = columns_of(connection, table)
        files.write(connection, release, table, columns, folder)
        (comment,) = rows(
            connection, "select obj_description(%(table)s::regclass, 'pg_class') as said", table=f"publish.{table.name}"
        )
        for ending in ("csv", "parquet"):
            resources.append(package.of_file(folder / f"{table.name}.{ending}", table, columns, comment["said"]))
    said = json.dumps(package.of_release(connection, release, resources), indent=2, ensure_ascii=False)
    (folder / PACKAGE).write_text(said + "\n", encoding="utf-8", newline="\n")
