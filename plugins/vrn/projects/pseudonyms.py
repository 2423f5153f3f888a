"""A project's own pseudonyms: HMAC-SHA256(key of the project, domain || 0x1F || what it stands for), as 64 hexadecimal digits.

The key is a secret file of the home and is used in this process only: PostgreSQL sees neither it nor a statement with it. What
is to be hashed comes out of the database and goes back in batches, so that memory does not grow with the events.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import psycopg

from vrn.settings import Settings

SEPARATOR = "\x1f"
BATCH = 20_000


def key_name(project: str) -> str:
    """The name of the secret that holds a project's key."""
    return f"project_key_{project}"


def key_of(settings: Settings, project: str) -> bytes:
    """Raises SecretMissing."""
    return bytes.fromhex(settings.secret(key_name(project)))


def of(key: bytes, identity: str) -> str:
    """The pseudonym of an identity, which is its domain, 0x1F, and what it is within it."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


def fill(connection: psycopg.Connection, key: bytes) -> int:
    """Fill the temporary table `pseudonym` for the identities of the temporary table `identity`. Returns how many there are."""
    count = 0
    with connection.cursor() as writing:
        for batch in _batches(connection):
            with writing.copy("copy pseudonym (identity, pseudonym) from stdin") as copy:
                for identity in batch:
                    copy.write_row((identity, of(key, identity)))
            count += len(batch)
    return count


def _batches(connection: psycopg.Connection) -> Iterator[list[str]]:
    # A cursor of the server's: the rows stay there until they are asked for.
    with connection.cursor(name="identities") as reading:
        reading.execute("select identity from identity")
        while rows := reading.fetchmany(BATCH):
            yield [row["identity"] for row in rows]
