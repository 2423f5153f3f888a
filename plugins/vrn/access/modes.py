"""What other users of the machine may see of a home: nothing but what is published.

Every process of ours runs under UMASK. Named exceptions: the home and its logs may be passed through, because PostgreSQL's stand-in
user `nobody` and readers of the site go on from there, but not listed; what is published sets its own modes
(vrn.publish.folder_swap); and what the owner opened to a group stays so, above all the inbox.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from vrn.settings import Settings

UMASK = 0o077
PASSAGE = 0o711
OTHERS = 0o007
# Whoever may drop files into a folder of the inbox may see what of them was refused; nobody else.
OWNER_AND_GROUP = 0o2770


def close(settings: Settings, public: Collection[Path]) -> None:
    """Close a home in which other users may see something, as one from before UMASK. public: its folders that stay as they are.

    An inbox elsewhere, and what belongs to other users, is theirs to open or close.
    """
    settings.home.chmod(PASSAGE)
    settings.logs.chmod(PASSAGE)
    for path in (*settings.home.iterdir(), *settings.logs.iterdir()):
        if path not in (settings.logs, *public):
            _close(path)


def of_inbox(folder: Path) -> None:
    """Open a folder that is new in a folder of the inbox to whom that one is open, other users of the machine left out."""
    folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode) & OWNER_AND_GROUP)


def _close(path: Path) -> None:
    is_ours = path.lstat().st_uid == os.geteuid() and not path.is_symlink()
    mode = stat.S_IMODE(path.lstat().st_mode)
    # A group that may see it and others not: somebody chose that.
    if is_ours and mode & OTHERS:
        path.chmod(mode & ~UMASK)
