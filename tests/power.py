"""What a power cut would leave: of a file what was brought to the disk, and of a folder the names that it had when it was."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """What of a folder is on the disk. All that lies there at first is; from then on what this process brings there by fsync."""

    def __init__(self, base: Path):
        self._base = base
        self._names: dict[int, dict[str, int]] = {}
        self._bytes: dict[int, bytes] = {}
        self._when_deleted: dict[Path, tuple[dict[int, dict[str, int]], dict[int, bytes]]] = {}
        for path in (base, *base.rglob("*")):
            if not path.is_symlink():
                self._keep(path)

    def left(self, path: Path, *, when_deleted: Path | None = None) -> bytes | None:
        """The content that a file would have, and None where no name would lead to it: after a power cut now, or in the moment in
        which `when_deleted` was."""
        names, contents = self._when_deleted[when_deleted] if when_deleted else (self._names, self._bytes)
        number = self._base.stat().st_ino
        for part in path.relative_to(self._base).parts:
            if (number := names.get(number, {}).get(part)) is None:
                return None
        return contents.get(number, b"")

    def keep(self, descriptor: int) -> None:
        self._keep(Path(f"/proc/self/fd/{descriptor}"))

    def delete(self, path: Path) -> None:
        self._when_deleted[path] = ({number: dict(names) for number, names in self._names.items()}, dict(self._bytes))

    def _keep(self, path: Path) -> None:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {name: (path / name).lstat().st_ino for name in os.listdir(path)}
        else:
            self._bytes[status.st_ino] = path.read_bytes()


@contextmanager
def disk(base: Path) -> Iterator[Disk]:
    """What is on the disk of `base` while the block runs, whatever the tests' own disk is."""
    kept, fsync, unlink = Disk(base), os.fsync, os.unlink

    def keep(descriptor):
        fsync(descriptor)
        kept.keep(descriptor if isinstance(descriptor, int) else descriptor.fileno())

    def delete(path, **options):
        kept.delete(Path(path))
        unlink(path, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", keep)
        patched.setattr(os, "unlink", delete)
        yield kept
