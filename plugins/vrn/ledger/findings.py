"""What the rules found in a delivery, as its supplier is told: the rows of ops.message."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg


def say(
    connection: psycopg.Connection,
    submission_id: int,
    rule_code: str,
    outcome: str,
    row_count: int | None,
    message: str,
    *,
    entity: str = "",
    row_numbers: Sequence[int] = (),
) -> None:
    """Keep what a rule had to say; said again, it replaces what was said before."""
    connection.execute(
        """
        insert into ops.message (submission_id, rule_code, outcome, row_count, message, entity, row_numbers)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (submission_id, entity, rule_code) do update
        set outcome = excluded.outcome, row_count = excluded.row_count, message = excluded.message,
            row_numbers = excluded.row_numbers
        """,
        [submission_id, rule_code, outcome, row_count, message, entity, list(row_numbers)],
    )


def of(connection: psycopg.Connection, submission_id: int) -> list[dict]:
    return connection.execute(
        "select * from ops.message where submission_id = %s order by rule_code, entity", [submission_id]
    ).fetchall()


def take_back(connection: psycopg.Connection, submission_id: int, rule_code: str) -> None:
    """Delete what a rule said that says it no more."""
    connection.execute("delete from ops.message where submission_id = %s and rule_code = %s", [submission_id, rule_code])


def forget(connection: psycopg.Connection, submission_id: int) -> None:
    """Delete what was said of an earlier attempt."""
    connection.execute("delete from ops.message where submission_id = %s", [submission_id])
