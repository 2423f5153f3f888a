"""A folder as an inbox. A file that is still being written is left alone until it has rested."""

from __future__ import annotations

import time
from pathlib import Path

UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".done")
SECONDS_AT_REST = 2.0


def waiting(folder: Path) -> list[Path]:
    """The deliveries in a folder that are whole as far as can be seen, by name. A missing folder holds none."""
    if not folder.is_dir():
        return []
    now = time.time()
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and not path.name.endswith(UNFINISHED)
        and abs(now - path.stat().st_ctime) >= SECONDS_AT_REST
    )
