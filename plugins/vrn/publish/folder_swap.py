"""Folders that are made aside and swapped in, so that a reader sees the old one or the new one and never half of either."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def swapped_in(place: Path, mode: int = 0o755) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `place` when the block ends well; else `place` stays as it was.

    mode: the permissions of the folder and of what is in it, files without the right to be run. A kill between the two renames
    leaves the old one under another name; the next call puts it back before it begins.
    """
    if not place.parent.exists():
        place.parent.mkdir(parents=True)
        place.parent.chmod(mode)
    old = place.with_name(f".{place.name}.old")
    if old.exists() and not place.exists():
        old.rename(place)
    new = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
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
