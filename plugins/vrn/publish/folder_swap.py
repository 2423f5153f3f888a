"""Folders that are made aside and swapped in, so that a reader sees the old one or the new one and never half of either."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What tempfile puts behind a prefix.
ENDING = r"[a-z0-9_]{8}"


@contextmanager
def swapped_in(place: Path, mode: int = 0o755) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `place` when the block ends well; else `place` stays as it was.

    mode: the permissions of the folder and of what is in it, files without the right to be run. A kill between the two renames
    leaves the old one under another name, and any kill the one that was being filled; the next call puts the old one back and
    removes the other before it begins.
    """
    if not place.parent.exists():
        place.parent.mkdir(parents=True)
        place.parent.chmod(mode)
    old = place.with_name(f".{place.name}.old")
    if old.exists() and not place.exists():
        old.rename(place)
    _remove_abandoned(place)
    with _made_aside(place) as new:
        try:
            yield new
            for path in (new, *new.rglob("*")):
                path.chmod(mode if path.is_dir() else mode & 0o666)
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                place.rename(old)
            new.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _made_aside(place: Path) -> Iterator[Path]:
    """A folder that is locked as long as this process fills it: a lock goes with its process, however that ends."""
    while True:
        new = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        with _locked(new, without_locks=True) as is_mine:
            # Another call may have looked before it was locked, and removed it.
            if is_mine and new.exists():
                yield new
                return


def _remove_abandoned(place: Path) -> None:
    """Folders that somebody began to fill for `place`, and nobody is filling any more."""
    name = re.compile(re.escape(f".{place.name}.") + ENDING)
    for left in [one for one in place.parent.iterdir() if name.fullmatch(one.name)]:
        with _locked(left, without_locks=False) as is_mine:
            if is_mine:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, without_locks: bool) -> Iterator[bool]:
    """Whether the folder is there and nobody else has it locked; if so it is, until the block ends.

    without_locks: the answer where the file system locks no folders (some that are shared over a network).
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        yield False
        return
    try:
        is_mine = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_mine = False
        except OSError:
            is_mine = without_locks
        yield is_mine
    finally:
        os.close(descriptor)
