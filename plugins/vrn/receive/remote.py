"""What every remote transport shares: where a feed's files are, what was fetched of them, and how a file comes in whole.

A file is written as `<name>.part`, gets its name when it is whole and on the disk, and is remembered last. A kill between
any two of these costs at most a second download, and register sees by the sha256 that it has those bytes already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.rows import class_row

from vrn import whole_file
from vrn.errors import VrnError
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD
from vrn.receive import names
from vrn.settings import Settings
from vrn.warehouse import locks

MOST_BYTES = 4 << 30
BLOCK_BYTES = 1 << 20
# What stands beside a delivery and is none itself.
BESIDE = (".sha256",)
SHA256 = "sha256"


class RemoteError(VrnError):
    """Something at a partner's server, or in our connection to it, has to be put right. Nothing half is in the inbox."""


@dataclass(frozen=True)
class Remote:
    """Where a feed's files come from, as its feed file says.

    kind: sftp or http
    connection: the name of the Airflow connection, which holds the host and every secret
    path: the remote folder; for http what stands before each of the files
    files: http: the files' URLs or paths; sftp: patterns of names to take, such as `street-*.csv` (none: every file)
    checksum: sha256 when each file has a `<file>.sha256` beside it
    """

    kind: str
    connection: str
    path: str = ""
    files: tuple[str, ...] = ()
    checksum: str | None = None


@dataclass(frozen=True)
class Fetched:
    """One file as it was when it was last fetched."""

    name: str
    byte_count: int
    modified_at: datetime | None
    etag: str | None
    sha256: str


class Memory(Protocol):
    """What was fetched before. A location is a place in the words of the feed file: it never holds a secret."""

    def recall(self, location: str, name: str) -> Fetched | None: ...

    def remember(self, location: str, fetched: Fetched) -> None: ...


class WarehouseMemory:
    """The memory of one feed, in ops.fetched."""

    def __init__(self, connection: psycopg.Connection, feed: str):
        self._connection = connection
        self._feed = feed

    def recall(self, location: str, name: str) -> Fetched | None:
        with self._connection.cursor(row_factory=class_row(Fetched)) as cursor:
            return cursor.execute(
                "select name, byte_count, modified_at, etag, sha256 from ops.fetched "
                "where feed = %s and location = %s and name = %s",
                [self._feed, location, name],
            ).fetchone()

    def remember(self, location: str, fetched: Fetched) -> None:
        # On a connection with autocommit this is durable at once: a later file's failure does not undo it.
        with self._connection.transaction():
            self._connection.execute(
                """
                insert into ops.fetched (feed, location, name, byte_count, modified_at, etag, sha256)
                values (%s, %s, %s, %s, %s, %s, %s)
                on conflict (feed, location, name) do update
                set byte_count = excluded.byte_count, modified_at = excluded.modified_at, etag = excluded.etag,
                    sha256 = excluded.sha256, fetched_at = now()
                """,
                [
                    self._feed,
                    location,
                    fetched.name,
                    fetched.byte_count,
                    fetched.modified_at,
                    fetched.etag,
                    fetched.sha256,
                ],
            )


def fetch(connection: psycopg.Connection, settings: Settings, feed: str, remote: Remote) -> list[Path]:
    """Bring what is new and whole at a feed's server into its folder in the inbox. Returns the files that came.

    One bad file does not hold up the others: they come first, and then a RemoteError says what did not.
    """
    # Here, because both need this module, and a feed with a folder needs neither of them.
    if remote.kind == "sftp":
        from vrn.receive import sftp as transport
    elif remote.kind == "http":
        from vrn.receive import http as transport
    else:
        raise RemoteError(f"The feed {feed} has a server of type '{remote.kind}'; the remote ones are sftp and http.")
    if remote.checksum not in (None, SHA256):
        raise RemoteError(f"The feed {feed} declares the checksum '{remote.checksum}'; only {SHA256} is known.")
    folder = contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD).folder
    with _alone(connection, feed):
        return transport.fetch(remote, settings.inbox / folder, WarehouseMemory(connection, feed))


@contextmanager
def _alone(connection: psycopg.Connection, feed: str) -> Iterator[None]:
    """One fetch of a feed at a time: a run given up for dead may still be writing the same `.part` file."""
    with locks.unless_taken(connection, locks.Job.FETCH, feed) as is_mine:
        if not is_mine:
            raise RemoteError(f"Another run is fetching {feed} at this moment. Let it end, then run this again.")
        yield


def is_safe(name: str) -> bool:
    """Whether a remote name is one plain path component that leads nowhere else and can be stored."""
    return bool(name) and names.is_storable(name) and not name.startswith(".") and not any(sign in name for sign in "/\\:")


def part_of(final: Path) -> Path:
    """Where a file is while it comes; such a name is never taken for a delivery."""
    return final.with_name(f"{final.name}.part")


def read_checksum(text: str, name: str) -> str:
    """The sha256 out of a `.sha256` file: the digest alone, or as sha256sum writes it."""
    digest = (text.split() or [""])[0].removeprefix("\\").lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise RemoteError(f"{name}.sha256 holds no sha256. {name} was left there; ask the sender to write its checksum anew.")
    return digest


def settle(
    final: Path,
    location: str,
    memory: Memory,
    *,
    modified_at: datetime | None,
    etag: str | None = None,
    expected: str | None = None,
) -> Path | None:
    """Give a file that has come whole its name, and remember it. None when the last fetch brought the same bytes."""
    part = part_of(final)
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        whole_file.to_disk(file)
    if expected is not None and digest != expected:
        part.unlink()
        raise RemoteError(
            f"{final.name} does not have the sha256 that {final.name}.sha256 says. It was kept out, and the next run fetches "
            "it anew. If this is said again, ask the sender to put both files there once more."
        )
    before = memory.recall(location, final.name)
    known = before is not None and before.sha256 == digest
    if known:
        part.unlink()
    else:
        part.rename(final)
        # The name must be on the disk before the memory is: the other way round, a power cut could lose the file for good.
        whole_file.sync(final.parent)
    memory.remember(location, Fetched(final.name, size, modified_at, etag, digest))
    return None if known else final
