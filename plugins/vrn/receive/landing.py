"""The landing zone: originals as they came, each in a folder of its submission, encrypted, and forgotten in time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vrn.receive import seal
from vrn.settings import Settings

SEALED = ".sealed"
KEY = "landing_key"


@dataclass(frozen=True)
class Original:
    """A landed file: its name as it came, and how to open its content from the start."""

    file_name: str
    opened: Callable[[], BinaryIO]


def path(settings: Settings, submission_id: int, file_name: str) -> Path:
    return settings.landing / f"{submission_id:06d}" / f"{file_name}{SEALED}"


def original(settings: Settings, submission_id: int, file_name: str) -> Original:
    return Original(file_name, lambda: seal.Unsealed(path(settings, submission_id, file_name), bytes.fromhex(settings.secret(KEY))))


def take(settings: Settings, delivery: Path, submission_id: int, file_name: str) -> None:
    """Take a delivery in: at every moment it is whole, in clear in the inbox or sealed here."""
    key = bytes.fromhex(settings.secret(KEY))
    target = path(settings, submission_id, file_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    seal.seal(delivery, target, key)
    delivery.unlink()


def is_there(settings: Settings, submission_id: int, file_name: str) -> bool:
    return path(settings, submission_id, file_name).exists()


def give_back(settings: Settings, submission_id: int, file_name: str, target: Path) -> None:
    """Write the original in clear, for a replay: aside first, so that the inbox never sees half of it."""
    aside = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with original(settings, submission_id, file_name).opened() as content, aside.open("wb") as out:
        shutil.copyfileobj(content, out, seal.CHUNK_BYTES)
    aside.rename(target)


def forget(settings: Settings, submission_id: int, file_name: str) -> None:
    shutil.rmtree(path(settings, submission_id, file_name).parent, ignore_errors=True)
