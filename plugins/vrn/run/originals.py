"""Sealed originals as a key meets them: whether it opens any, and all of them sealed anew with another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from vrn.access import keys
from vrn.errors import HomeError
from vrn.receive import landing, seal
from vrn.settings import Settings


def check(connection: psycopg.Connection, settings: Settings) -> None:
    """Raises HomeError when there are sealed originals and the landing key opens none. rows of the connection: dictionaries."""
    key, is_empty = bytes.fromhex(settings.secret(landing.KEY)), True
    for submission_id, path in _sealed(connection, settings):
        if _opens(path, key, submission_id):
            return
        is_empty = False
    if not is_empty:
        raise HomeError(
            f"The key '{landing.KEY}' in {settings.secrets} opens none of the originals in {settings.landing}: it is another than "
            "the one with which they were sealed. Put that one back from the backup and start again. If it is lost, "
            f"{keys.renewal(settings, landing.KEY)} makes a new one and says what that means."
        )


def seal_anew(connection: psycopg.Connection, settings: Settings, old: bytes | None, new: bytes) -> tuple[int, int]:
    """Seal every original with the new key; what neither key opens is noted as lost and stays as it is.

    Returns how many are sealed with the new key, and how many are lost. It may be run again after a kill: what is sealed with the
    new key already is left alone.
    """
    done = lost = 0
    for submission_id, path in _sealed(connection, settings):
        if _opens(path, new, submission_id) or (old is not None and _is_sealed_anew(path, old, new, submission_id)):
            done += 1
            continue
        connection.execute(
            "insert into ops.lost_original (submission_id, key_name) values (%s, %s) on conflict do nothing",
            [submission_id, landing.KEY],
        )
        lost += 1
    return done, lost


def _is_sealed_anew(path: Path, old: bytes, new: bytes, submission_id: int) -> bool:
    try:
        seal.seal_anew(path, old, new, landing.bond(submission_id))
    except seal.NotReadable:
        return False
    return True


def _sealed(connection: psycopg.Connection, settings: Settings) -> Iterator[tuple[int, Path]]:
    """The originals that are there, the newest first."""
    for row in connection.execute("select submission_id, file_name from ops.submission order by 1 desc").fetchall():
        path = landing.path(settings, row["submission_id"], row["file_name"])
        if path.exists():
            yield row["submission_id"], path


def _opens(path: Path, key: bytes, submission_id: int) -> bool:
    try:
        seal.Unsealed(path, key, landing.bond(submission_id)).close()
    except seal.NotReadable:
        return False
    return True
