"""Another user of the machine: what of a folder they can see."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

# Whoever may enter a folder but not list it has to know the names: the worst case is that they do.
TRY = 'while IFS= read -r path; do if test -r "$path"; then printf "%s\\n" "$path"; fi; done'


def seen_by_others(folder: Path) -> set[str]:
    """The files that another user can read and the folders that they can list, relative to a folder.

    By the modes; and where the tests run as root, as whom the system's user `nobody` tries them, by what happens.
    """
    paths = [folder, *sorted(folder.rglob("*"))]
    by_modes = {str(path.relative_to(folder)) for path in paths if _may_read(path, folder)}
    if os.geteuid() == 0 and _may_enter(folder):
        user = pwd.getpwnam("nobody")
        tried = subprocess.run(
            ["sh", "-c", TRY], input="".join(f"{path}\n" for path in paths), user=user.pw_uid, group=user.pw_gid, extra_groups=[],
            cwd="/", capture_output=True, text=True, check=True,
        )  # fmt: skip
        by_trying = {str(Path(path).relative_to(folder)) for path in tried.stdout.splitlines()}
        # What the server owns as `nobody` that user reads, for it is the server's.
        assert {one for one in by_trying if (folder / one).lstat().st_uid != user.pw_uid} == by_modes
    return by_modes


def _may_read(path: Path, top: Path) -> bool:
    above = [one for one in path.parents if one == top or top in one.parents]
    try:
        return not path.is_symlink() and path.stat().st_mode & 0o004 != 0 and all(one.stat().st_mode & 0o001 for one in above)
    except FileNotFoundError:
        # A server that runs removes files of its own meanwhile, and what is not there nobody reads.
        return False


def _may_enter(folder: Path) -> bool:
    return all(one.stat().st_mode & 0o001 for one in folder.parents)
