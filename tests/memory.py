"""Folders in memory, for servers whose data need not outlive the tests.

A test's warehouse is a few hundred files that are copied, written and deleted again: on a disk that takes three to four times as
much of the system's time as in memory.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vrn.run.local import postgres
from vrn.settings import Settings

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
PREFIX = "vrn-tests-"
# Held by the process whose folder it is: what nobody holds was left by a killed one.
LOCK = "in use"
# What two workers' servers take at most, and what the machine needs beside them.
ROOM, BESIDE = 4 << 30, 6 << 30


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards: in memory where there is room for it, and else on the disk."""
    clear()
    new = Path(tempfile.mkdtemp(dir=SHARED_MEMORY if _has_room() else None))
    # For root PostgreSQL runs as another user, who has to find its files there.
    new.chmod(0o711)
    with (new / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Before it has its name nobody looks whether it is in use.
        made = new.rename(new.with_name(f"{PREFIX}{new.name}"))
        try:
            yield made
        finally:
            shutil.rmtree(made)


def clear() -> None:
    """Delete the folders of processes that were killed, because memory is not cleared until the machine starts anew. What still
    runs in them is stopped."""
    for left in [left for place in (SHARED_MEMORY, Path(tempfile.gettempdir())) for left in place.glob(f"{PREFIX}*")]:
        with suppress(OSError), (left / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            postgres.stop(Settings(home=left))
            shutil.rmtree(left, ignore_errors=True)


def _has_room() -> bool:
    if not SHARED_MEMORY.is_dir() or not os.access(SHARED_MEMORY, os.W_OK):
        return False
    return shutil.disk_usage(SHARED_MEMORY).free >= ROOM and _available() >= ROOM + BESIDE


def _available() -> int:
    """Bytes of memory that processes can still take, as Linux reckons."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0
