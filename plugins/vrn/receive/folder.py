"""A folder as an inbox: which files in it are deliveries, and which of them are whole as far as can be seen."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vrn.feeds.grammar import WHOLE

# Names under which other programs write what they will rename, and the marker that says so of another file.
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".done")
# What programs put beside the files that people see: locks of office programs, and views of file managers.
NOT_SENT = ("~$", "thumbs.db", "desktop.ini")
# Beside the feeds' folders: several deliveries in one, as data.police.uk hands them out.
ARCHIVE = ".zip"
MARKER, UNFINISHED_SUFFIX = WHOLE


@dataclass(frozen=True)
class Seen:
    """A file as one look at it showed it. Times are in nanoseconds; changed_at moves with whatever was done to the file."""

    name: str
    inode: int
    byte_count: int
    modified_at: int
    changed_at: int
    is_being_written: bool


def waiting(place: Path, whole: Mapping[str, str], rest: float) -> list[Path]:
    """The deliveries in a folder that are whole as far as can be seen, by name. A missing folder holds none.

    whole: how one knows that a file is, where the feed file says it. rest: else, the seconds for which it was left alone.
    """
    return [place / one.name for one in at_rest(seen(place), whole, rest)]


def seen(place: Path) -> list[Seen]:
    """Every file of a folder that is not hidden, by name; links are none. Raises OSError where the folder cannot be read."""
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        names = sorted(one.name for one in entries if not one.name.startswith(".") and one.is_file(follow_symlinks=False))
    return [one for name in names if (one := look(place / name)) is not None]


def look(path: Path) -> Seen | None:
    """A file as it is now; None when it has gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return Seen(path.name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, is_open_to_write(path) is True)


def at_rest(files: Iterable[Seen], whole: Mapping[str, str], rest: float) -> list[Seen]:
    """Those of a folder's files that are deliveries and whole."""
    by_name, now = {one.name: one for one in files}, time.time_ns()
    return [
        one
        for one in by_name.values()
        if is_delivery(one.name, whole) and not one.is_being_written and _is_whole(one, by_name, whole, rest, now)
    ]


def is_delivery(name: str, whole: Mapping[str, str]) -> bool:
    """Whether a file of that name was sent to us and is not written under a name of its own meanwhile."""
    return not name.startswith(".") and not name.lower().startswith(NOT_SENT) and not name.endswith((*UNFINISHED, *whole.values()))


def archives(files: Iterable[Seen], rest: float) -> list[Seen]:
    """Those of the files beside the feeds' folders that are archives of several deliveries, and whole."""
    return [one for one in at_rest(files, {}, rest) if is_archive(one.name)]


def is_archive(name: str) -> bool:
    """Whether a file beside the feeds' folders is taken apart."""
    return is_delivery(name, {}) and name.lower().endswith(ARCHIVE)


def _is_whole(one: Seen, beside: Mapping[str, Seen], whole: Mapping[str, str], rest: float, now: int) -> bool:
    if MARKER in whole:
        # A marker of an earlier file of that name says nothing about this one.
        marker = beside.get(one.name + whole[MARKER])
        return marker is not None and marker.modified_at >= one.modified_at
    return UNFINISHED_SUFFIX in whole or abs(now - one.changed_at) >= rest * 1e9


def unmark(path: Path, whole: Mapping[str, str]) -> None:
    """Take the marker of a file away that is taken: the next file of that name needs one of its own."""
    if MARKER in whole:
        path.with_name(path.name + whole[MARKER]).unlink(missing_ok=True)


def is_open_to_write(path: Path) -> bool | None:
    """Whether a process of this machine can still write to a file. None where the system does not tell.

    A lease to read is given only when nobody has the file open to write; it is given back at once. Source: fcntl(2), Linux.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        # Whoever opens the file in this moment waits for the lease to end, and we are told by a signal, which kills unless it is
        # one that is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except (OSError, AttributeError):
        return None
    finally:
        os.close(descriptor)
    return False
