"""A file of ours appears whole or not at all: it is written aside, brought to the disk, and given its name.

A reader, another process and the start after a power cut find the file of before or the new one, and never half of either.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write(path: Path, content: str | bytes, *, mode: int | None = None, is_synced: bool = True) -> None:
    """Write a file, whatever was there. Arguments as those of `opened`."""
    with opened(path, mode=mode, is_synced=is_synced) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def opened(path: Path, *, mode: int | None = None, is_synced: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` when the block ends well; else `path` stays as it was.

    mode: its permissions, where the umask does not say them. is_synced: whether file and name are on the disk afterwards. What is
    made anew when it is lost need not wait for that.
    """
    aside, file = _aside(path, mode)
    with file:
        try:
            yield file
            if is_synced:
                to_disk(file)
            else:
                file.flush()
            aside.rename(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    if is_synced:
        sync(path.parent)


def to_disk(file: BinaryIO) -> None:
    """Bring what was written to an open file to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Bring a folder's names to the disk: what follows may rest on them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _aside(path: Path, mode: int | None) -> tuple[Path, BinaryIO]:
    """An empty file beside `path` that nobody else writes to, and its name: hidden, so that nothing takes it for a file of ours.

    It is locked as long as it is open. A lock goes with its process, so that what a killed one left is used again; a number of the
    process would not tell, because those of two containers are the same.
    """
    number = 0
    while True:
        aside = path.with_name(f".{path.name}{f'.{number}' if number else ''}.new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666 if mode is None else mode)
        file = os.fdopen(descriptor, "wb")
        if _is_mine(file, aside):
            file.truncate()
            if mode is not None:
                os.fchmod(descriptor, mode)
            return aside, file
        file.close()
        number += 1


def _is_mine(file: BinaryIO, aside: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some file systems that are shared over a network lock nothing.
        return True
    try:
        # Whoever had it locked until now may have given it its name.
        return os.path.samestat(os.fstat(file.fileno()), aside.lstat())
    except FileNotFoundError:
        return False
