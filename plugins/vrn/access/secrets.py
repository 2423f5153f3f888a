"""The secrets of a home as files: readable by their owner only, never printed, and written over by no start.

Which there are say the rooms that use them; vrn.run.secrets has all of them in one table.
"""

from __future__ import annotations

import secrets

from vrn import whole_file
from vrn.settings import Settings

FILE_MODE = 0o600


def hexadecimal() -> str:
    """256 random bits, as the keys of HMAC and AES are kept."""
    return secrets.token_hex(32)


def is_there(settings: Settings, name: str) -> bool:
    path = settings.secrets / name
    return path.exists() and path.stat().st_size > 0


def once(settings: Settings, name: str, value: str) -> bool:
    """Write a secret unless it is there. Returns whether it was written."""
    if is_there(settings, name):
        return False
    replace(settings, name, value)
    return True


def password(settings: Settings, role: str) -> bool:
    """Make the password of a role and its libpq password file, unless they are there. Returns whether the password is new."""
    is_new = once(settings, f"password_{role}", secrets.token_urlsafe(24))
    write_passfile(settings, role)
    return is_new


def write_passfile(settings: Settings, role: str) -> None:
    """The password once more, as libpq reads it."""
    line = f"*:*:*:{role}:{settings.password(role)}\n"
    path = settings.passfile(role)
    if not path.exists() or path.read_text(encoding="utf-8") != line:
        replace(settings, path.name, line)


def replace(settings: Settings, name: str, value: str) -> None:
    """Write a secret, whatever was there."""
    if not settings.secrets.exists():
        settings.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole_file.sync(settings.secrets.parent)
    # On the disk before anything rests on it: an original that is sealed with a lost key is lost.
    whole_file.write(settings.secrets / name, value, mode=FILE_MODE)


def remove(settings: Settings, name: str) -> None:
    """Delete a secret for good: after a power cut it is not there again."""
    (settings.secrets / name).unlink()
    whole_file.sync(settings.secrets)
