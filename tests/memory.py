"""Folders in memory, for servers whose data need not outlive the tests.

A test's warehouse is a few hundred files that are copied, written and deleted again: on a disk that takes three to four times as
much of the system's time as in memory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vrn.run.local import postgres
from vrn.settings import Settings

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
# The name of a folder has the process that made it, so that the folders of killed processes are known.
PREFIX = "vrn-tests-"
# What two workers' servers take at most, and what the machine needs beside them.
ROOM, BESIDE = 4 << 30, 6 << 30


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards: in memory where there is room for it, and else on the disk."""
    clear()
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=SHARED_MEMORY if _has_room() else None))
    # For root PostgreSQL runs as another user, who has to find its files there.
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def clear() -> None:
    """Delete the folders in memory of processes that were killed, because memory is not cleared until the machine starts anew.
    What still runs in them is stopped."""
    for left in SHARED_MEMORY.glob(f"{PREFIX}*"):
        number = left.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", number).exists():
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
