"""git takes nothing of a home, which may lie in a working copy: keys, originals, figures before disclosure control.

Each folder that a home makes says so itself: the home's own `.gitignore` may be that of somebody whose folder became a home.
"""

from __future__ import annotations

from pathlib import Path

from vrn import whole_file

IGNORES, EVERYTHING = ".gitignore", "*\n"


def keep(folder: Path) -> None:
    """Let git take nothing of a folder. What somebody says of it themselves stays."""
    if not (folder / IGNORES).exists():
        whole_file.write(folder / IGNORES, EVERYTHING)
