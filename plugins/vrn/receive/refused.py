"""Files that are refused before a byte of them is kept: put aside, in clear, where they came, for a person to return.

vrn.accept.retention deletes them in time.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path

from vrn.access import modes
from vrn.receive import names

# Beside the deliveries of a feed, and beside the feeds' folders for archives of several.
FOLDER = "refused"


def put_aside(path: Path, place: Path) -> None:
    """Move a file of the inbox into the folder of what is refused. place: the folder of the inbox to which it came."""
    refused = place / FOLDER
    if not refused.exists():
        refused.mkdir()
        modes.of_inbox(refused)
    name = names.stored(path.name)
    target = _free(refused, name)
    path.rename(target)
    if path.name != name:
        # Whoever sent it looks for it under the name that they know. Not every disk has links.
        with suppress(OSError):
            (refused / path.name).symlink_to(target.name)


def _free(refused: Path, name: str) -> Path:
    """Where a file can lie: an earlier refused one of its name may hold other rows, and nothing is written over."""
    numbered = (refused / f"{number}-{name}" for number in itertools.count(2))
    return next(path for path in itertools.chain([refused / name], numbered) if not os.path.lexists(path))
