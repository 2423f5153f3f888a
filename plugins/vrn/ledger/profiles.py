"""How many rows each table of a delivery has, and of how many of them each column is blank: counted as it is staged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Profile:
    """How many rows an entity's table has, and of how many of them each column is blank."""

    rows: int
    blanks: dict[str, int]


def keep(connection: psycopg.Connection, submission_id: int, profiles: Mapping[str, Profile]) -> None:
    """Write the profiles of a submission's entities, inside the caller's transaction; earlier ones are replaced."""
    connection.execute("delete from ops.column_profile where submission_id = %s", [submission_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.column_profile values (%s, %s, %s, %s, %s)",
            [
                (submission_id, entity, column, one.rows, blank)
                for entity, one in profiles.items()
                for column, blank in one.blanks.items()
            ],
        )


def kept(connection: psycopg.Connection, submission_id: int) -> dict[str, Profile]:
    """The profiles that were written of a submission, by entity; none of one that was staged by an older version."""
    found: dict[str, Profile] = {}
    for row in connection.execute("select * from ops.column_profile where submission_id = %s", [submission_id]):
        blanks = found.setdefault(row["entity"], Profile(row["row_count"], {})).blanks
        blanks[row["column_name"]] = row["null_count"]
    return found
