"""The keys on which kept data rests, known again: ops.key_fingerprint has a fingerprint of each that is in use.

A key is made for a home that is new, or when its name is. Over data that rests on another one a start stops with a sentence,
because a new key in its place would open no original and make two persons of one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

import psycopg

from vrn.access import secrets
from vrn.errors import HomeError
from vrn.settings import Settings
from vrn.warehouse import locks

# Of a key that was already missing when fingerprints were first taken: no key has it.
UNKNOWN = "unknown"
SAY = "fingerprint of a key of this home\x1f"


def fingerprint(name: str, key: str) -> str:
    """HMAC-SHA256(key, a sentence and the name) as 64 hexadecimal digits: it shows that a key is the same, and nothing of it."""
    return hmac.digest(key.encode(), (SAY + name).encode(), "sha256").hex()


def ensure(
    connection: psycopg.Connection,
    settings: Settings,
    wanted: Mapping[str, Callable[[], str]],
    first_look: Callable[[], None],
    *,
    only_new: bool = False,
) -> list[str]:
    """Make the keys that are new, and stop when one that is in use is missing or is another. As owner; rows as dictionaries.

    wanted: the names of the keys that the home needs, and how each is made. first_look: called in a home that has data from before
    there were fingerprints; it raises HomeError unless the keys at hand open that data. only_new: pass over those in use, which a
    start has looked at or will. Returns the names of the keys made. Raises HomeError, and then nothing was made.
    """
    with connection.transaction():
        known = _known(connection)
        has_data = connection.execute("select exists (select from ops.submission) as has").fetchone()["has"]
        is_from_before = has_data and not known
        looked_at = [name for name in wanted if not (only_new and name in known)]
        problems = [_problem(settings, name, known.get(name), is_from_before) for name in looked_at]
        if any(problems):
            raise HomeError("\n".join(one for one in problems if one))
        if is_from_before:
            first_look()
        return [name for name, make in wanted.items() if name not in known and _take(connection, settings, name, make)]


def check(connection: psycopg.Connection, settings: Settings, name: str) -> None:
    """Raises HomeError unless the key at hand is the one in use. As owner; rows as dictionaries."""
    with connection.transaction():
        if problem := _problem(settings, name, _known(connection).get(name), is_from_before=True):
            raise HomeError(problem)


def take(connection: psycopg.Connection, settings: Settings, wanted: Mapping[str, Callable[[], str]]) -> None:
    """Take the fingerprints of a home from before there were any, whatever is missing. As owner."""
    with connection.transaction():
        if _known(connection):
            return
        for name in wanted:
            _write(connection, name, _fingerprint_of_file(settings, name) or UNKNOWN)


def in_use(connection: psycopg.Connection, settings: Settings, name: str) -> str | None:
    """The key that is in use, if it is at hand; None if it is lost. As owner; rows as dictionaries."""
    with connection.transaction():
        is_it = _known(connection).get(name, UNKNOWN) == _fingerprint_of_file(settings, name)
    return settings.secret(name) if is_it else None


def renew(connection: psycopg.Connection, settings: Settings, name: str, key: str) -> None:
    """Put another key in the place of one. A crash between file and database leaves a start that stops, until this is run again."""
    with connection.transaction():
        _write(connection, name, fingerprint(name, key))
        secrets.replace(settings, name, key)


def renewal(settings: Settings, name: str) -> str:
    """The command by which a person says that a key is lost."""
    if settings.is_deployed:
        return f"`docker compose run --rm migrate python -m vrn rotate-key {name}`"
    return f"`make rotate-key KEY={name}`"


def _problem(settings: Settings, name: str, in_use: str | None, is_from_before: bool) -> str | None:
    found = _fingerprint_of_file(settings, name)
    if found is None and (in_use or is_from_before):
        what = f"The key '{name}' is not in {settings.secrets}, and data of this home rest on it."
    elif in_use and found != in_use:
        what = f"The key '{name}' in {settings.secrets} is another than the one on which data of this home rest."
    else:
        return None
    return (
        f"{what} Nothing was done. Put it back from the backup of that folder and start again. If it is lost, "
        f"{renewal(settings, name)} makes a new one and says what that means."
    )


def _take(connection: psycopg.Connection, settings: Settings, name: str, make: Callable[[], str]) -> bool:
    is_new = secrets.once(settings, name, make())
    _write(connection, name, fingerprint(name, settings.secret(name)))
    return is_new


def _fingerprint_of_file(settings: Settings, name: str) -> str | None:
    return fingerprint(name, settings.secret(name)) if secrets.is_there(settings, name) else None


def _known(connection: psycopg.Connection) -> dict[str, str]:
    # Two starts at once would both take the home for new.
    locks.for_transaction(connection, locks.Job.KEYS)
    rows = connection.execute("select name, fingerprint from ops.key_fingerprint").fetchall()
    return {row["name"]: row["fingerprint"] for row in rows}


def _write(connection: psycopg.Connection, name: str, value: str) -> None:
    connection.execute(
        "insert into ops.key_fingerprint (name, fingerprint) values (%s, %s) "
        "on conflict (name) do update set fingerprint = excluded.fingerprint, since = now()",
        [name, value],
    )
