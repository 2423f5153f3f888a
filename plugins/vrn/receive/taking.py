"""A file on its way out of the inbox: set aside by rename, watched until it rests there too, then taken or given back.

It lies in `.taking/<number>/<name>` beside the inbox's files. The number is that of its submission, so that after a crash the
ledger tells what became of it: a row of that number is there, then the file was taken; none is, then it is not yet.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vrn.errors import VrnError
from vrn.receive import folder
from vrn.receive.folder import Seen

FOLDER = ".taking"
# Of the longest number that the ledger can give.
DIGITS = 19
# File systems that know of every process that writes to them. Of others a machine far away may.
LOCAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "overlay")
MOUNTS = Path("/proc/self/mountinfo")


class NotWritable(VrnError):
    """No file of a folder can be taken out of it."""


@dataclass(frozen=True)
class Aside:
    """A file set aside for a submission, as it was then."""

    submission_id: int
    path: Path
    seen: Seen

    @property
    def place(self) -> Path:
        """The folder of the inbox that it came from."""
        return self.path.parents[2]

    @property
    def is_unchanged(self) -> bool:
        """Whether it is as it was when it was set aside, and nobody has it open to write."""
        return folder.look(self.path) == self.seen and not self.seen.is_being_written


def set_aside(path: Path, submission_id: int) -> Aside:
    """Take a file from under the eyes of who sent it. Raises NotWritable or OSError, and then it is where it was."""
    try:
        return _moved(path, path.parent, submission_id)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS):
            raise NotWritable(
                f"The folder {path.parent} may be read but not written to, so that no file can be taken out of it. Nothing of them "
                "was kept; allow it, and they are taken."
            ) from None
        raise


def renumber(aside: Aside, submission_id: int) -> Aside:
    """Set aside what is so already, for another submission."""
    moved = _moved(aside.path, aside.place, submission_id)
    _tidy(aside.path.parent)
    return moved


def _moved(path: Path, place: Path, submission_id: int) -> Aside:
    own = place / FOLDER / str(submission_id)
    own.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(own / path.name)
    except OSError:
        _tidy(own)
        raise
    return _aside(own / path.name, submission_id)


def lying(place: Path) -> list[Aside]:
    """What is set aside in a folder of the inbox, in its order."""
    return [_aside(path, int(own.name)) for own in _numbered(place) for path in own.iterdir()]


def left_over(place: Path) -> list[Aside]:
    """What an earlier run set aside and did not come to an end with. Only for who is alone with the folder: it tidies up."""
    found = [aside for aside in lying(place) if not _is_back(aside)]
    for own in _numbered(place):
        _tidy(own)
    return found


def _numbered(place: Path) -> list[Path]:
    owns = [own for own in (place / FOLDER).glob("*") if own.name.isdecimal() and len(own.name) < DIGITS and own.is_dir()]
    return sorted(owns, key=lambda own: int(own.name))


def _aside(path: Path, submission_id: int) -> Aside:
    seen = folder.look(path)
    if seen is None:
        raise FileNotFoundError(path)
    return Aside(submission_id, path, seen)


def _is_back(aside: Aside) -> bool:
    """Whether a crash left a file that was being given back under both of its names; then this one goes."""
    back = folder.look(aside.place / aside.path.name)
    if back is None or back.inode != aside.seen.inode:
        return False
    done(aside)
    return True


def rest(asides: Iterable[Aside], seconds: float, *, is_whole: bool) -> list[Aside]:
    """Those that nobody changed while they lay aside. All rest together; one that is proven closed needs none.

    is_whole: the feed file says how one knows, so none has to rest.
    """
    asides = list(asides)
    if not is_whole and not all(_is_closed(one) for one in asides):
        _wait(seconds)
    return [one for one in asides if one.is_unchanged]


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def _is_closed(aside: Aside) -> bool:
    """Whether it is certain that nobody can write to the file any more, because its name is gone and nobody has it open."""
    return folder.is_open_to_write(aside.path) is False and _is_local(aside.path)


def _is_local(path: Path) -> bool:
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(_kind(line) in LOCAL for line in mounts if line.split(" ")[2] == number)


def _kind(mount: str) -> str:
    # The optional fields before the dash are any number. Source: proc_pid_mountinfo(5).
    return mount.partition(" - ")[2].split(" ")[0]


def give_back(aside: Aside) -> None:
    """Put a file that is not whole under its name again. While another of that name is there it stays aside, for a later run."""
    target = aside.place / aside.path.name
    try:
        # A rename would write over what came meanwhile.
        os.link(aside.path, target)
    except FileExistsError:
        return
    except OSError:
        # No links on this disk, or none for us to a file of somebody else.
        if not target.exists():
            aside.path.rename(target)
            _tidy(aside.path.parent)
        return
    done(aside)


def done(aside: Aside) -> None:
    """Delete what was set aside, now that it is safe elsewhere."""
    aside.path.unlink()
    _tidy(aside.path.parent)


def tidy(aside: Aside) -> None:
    """Take away the folders of what was put elsewhere."""
    _tidy(aside.path.parent)


def _tidy(own: Path) -> None:
    """Take away the folders of what was set aside, as far as they are empty."""
    for one in (own, own.parent):
        try:
            one.rmdir()
        except OSError:
            return
