"""The files of a folder that people wrote as code, without what editors and tools leave there."""

from __future__ import annotations

from pathlib import Path


def of(folder: Path, *patterns: str) -> list[Path]:
    """Its regular files of these patterns, in order. Nothing whose name begins with a dot: Emacs's lock of a file has that file's
    ending and is a link to nothing."""
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(path for path in found if path.is_file() and not any(part[0] == "." for part in path.relative_to(folder).parts))
