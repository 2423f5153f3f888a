"""Exports, releases and replays, in ops.audit_event: who did what, and which bytes left."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

EXPORT, RELEASE, REPLAY = "export", "release", "replay"


def record(
    connection: psycopg.Connection,
    kind: str,
    what: str,
    *,
    release_id: str | None = None,
    sha256: str | None = None,
    row_count: int | None = None,
) -> None:
    """Add one event, as the owner of ops. It counts when the connection's transaction does."""
    connection.execute(
        "insert into ops.audit_event (kind, done_by, what, release_id, sha256, row_count) values (%s, %s, %s, %s, %s, %s)",
        [kind, who(), what, release_id, sha256, row_count],
    )


def exported(settings: Settings, release_id: str, folder: Path, package: str) -> None:
    """Record each file of a data package that is about to be put in its place: a crash in between leaves a record too many,
    never one too few."""
    resources = json.loads((folder / package).read_text(encoding="utf-8"))["resources"]
    with connect(settings, OWNER) as connection:
        for resource in resources:
            table = folder / resource["path"]
            record(
                connection,
                EXPORT,
                resource["path"],
                release_id=release_id,
                sha256=resource["hash"].removeprefix("sha256:"),
                row_count=pq.ParquetFile(table.with_suffix(".parquet")).metadata.num_rows,
            )


def replayed(settings: Settings, submission_id: int) -> None:
    with connect(settings, OWNER) as connection:
        record(connection, REPLAY, f"submission {submission_id}")


def who() -> str:
    """The user of the operating system; a container may run as one without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
