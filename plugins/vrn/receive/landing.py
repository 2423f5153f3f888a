"""The landing zone: originals as they came, each in a folder of its submission, encrypted, and forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vrn import whole_file
from vrn.receive import seal
from vrn.receive.seal import Content
from vrn.settings import Settings

SEALED = ".sealed"
KEY = "landing_key"


@dataclass(frozen=True)
class Original:
    """A landed file: its name as it came, and how to open its content from the start."""

    file_name: str
    opened: Callable[[], BinaryIO]


def path(settings: Settings, submission_id: int, file_name: str) -> Path:
    return _place(settings, submission_id) / f"{file_name}{SEALED}"


def original(settings: Settings, submission_id: int, file_name: str) -> Original:
    """The original of a submission; to open it raises NotReadable when it is not the one that was sealed for it."""
    sealed = path(settings, submission_id, file_name)
    return Original(file_name, lambda: seal.Unsealed(sealed, _key(settings), bond(submission_id)))


def take(settings: Settings, clear: BinaryIO, submission_id: int, file_name: str) -> Content:
    """Seal a stream as the original of a submission, whole or not at all; one that is there already is replaced."""
    target, key = path(settings, submission_id, file_name), _key(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = seal.seal(clear, target, key, bond(submission_id))
    whole_file.sync(settings.landing)
    return content


def is_there(settings: Settings, submission_id: int, file_name: str) -> bool:
    return path(settings, submission_id, file_name).exists()


def empty(settings: Settings, submission_id: int) -> bool:
    """Delete the original of a submission for good. Returns whether it had a place, which stays until `forget`: after a crash
    before the deletion is written down, the place says that something was deleted. Raises OSError when it cannot be deleted.
    """
    place = _place(settings, submission_id)
    if not place.exists():
        return False
    for one in place.iterdir():
        one.unlink()
    whole_file.sync(place)
    return True


def forget(settings: Settings, submission_id: int) -> None:
    """Delete the original of a submission for good, and its place. Raises OSError when it cannot be deleted."""
    if empty(settings, submission_id):
        _place(settings, submission_id).rmdir()
        whole_file.sync(settings.landing)


def _place(settings: Settings, submission_id: int) -> Path:
    return settings.landing / f"{submission_id:06d}"


def _key(settings: Settings) -> bytes:
    return bytes.fromhex(settings.secret(KEY))


def bond(submission_id: int) -> bytes:
    """What an original is sealed with beside its key, so that it opens as that of its submission only."""
    return f"submission {submission_id}".encode()
