"""The rows of ops.submission, read and added; vrn.ledger.moves moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import sql

from vrn.feeds.period import Period
from vrn.ledger import states
from vrn.ledger.states import HELD, NOT_ENDED, SUPERSEDED, UNDER_WAY

# The status and the attempt with which a step began.
Seen = tuple[str, int]


@dataclass(frozen=True)
class Submission:
    """One row of the ledger that has a period. tries: how often its step began, by which the worker is known that began last."""

    submission_id: int
    feed: str
    supplier: str
    file_name: str
    status: str
    attempt: int
    tries: int
    period: Period
    rows_in_file: int | None
    is_synthetic: bool

    @property
    def seen(self) -> Seen:
        return self.status, self.attempt

    @property
    def partition_key(self) -> str:
        """The asset partition that this delivery fills: supplier and period."""
        return f"{self.supplier}|{self.period.label}"


def get(connection: psycopg.Connection, submission_id: int) -> Submission:
    """A submission that has a period."""
    return of(find(connection, submission_id))


def of(row: dict) -> Submission:
    """A row of the ledger that has a period."""
    names = ("submission_id", "feed", "supplier", "file_name", "status", "attempt", "tries", "rows_in_file", "is_synthetic")
    return Submission(period=Period.between(row["period_start"], row["period_end"]), **{name: row[name] for name in names})


def find(connection: psycopg.Connection, submission_id: int) -> dict:
    """The row of a submission. Raises NotAllowed when there is none."""
    row = connection.execute("select * from ops.submission where submission_id = %s", [submission_id]).fetchone()
    if row is None:
        raise states.NotAllowed(f"There is no submission {submission_id}. `select * from ops.submission` lists them.")
    return row


def describe(connection: psycopg.Connection, submission_ids: Sequence[int]) -> list[dict]:
    return connection.execute(
        "select * from ops.submission where submission_id = any(%s) order by submission_id", [list(submission_ids)]
    ).fetchall()


def is_replayed(row: dict) -> bool:
    """Whether a submission waits for its steps to be taken again."""
    return row["status"] == states.RECEIVED and row["attempt"] > 1


def next_id(connection: psycopg.Connection) -> int:
    """A submission_id for a row to come. One that is never used leaves a gap and nothing else."""
    row = connection.execute("select nextval(pg_get_serial_sequence('ops.submission', 'submission_id')) as next").fetchone()
    return row["next"]


def add(connection: psycopg.Connection, **values: object) -> int:
    """Write a new row, which is `received`, under a number from next_id or the next one; returns its submission_id."""
    columns = sql.SQL(", ").join(map(sql.Identifier, values))
    places = sql.SQL(", ").join(map(sql.Placeholder, values))
    with connection.transaction():
        connection.execute("select set_config('vrn.moved_by', 'register', true)")
        row = connection.execute(
            sql.SQL("insert into ops.submission ({}) overriding system value values ({}) returning submission_id").format(
                columns, places
            ),
            values,
        )
        return row.fetchone()["submission_id"]


def same_bytes(connection: psycopg.Connection, feed: str, supplier: str, period: Period, sha256: str) -> dict | None:
    """The last of what serves or is under way for a supplier and period, if it has exactly these bytes.

    The last and not any: who sends a correction and then the first file again takes the correction back, though the first still
    serves until the correction is judged.
    """
    return connection.execute(
        """
        select * from (
            select * from ops.submission where feed = %s and supplier = %s and period_start = %s and status = any(%s)
            order by extract_as_at desc, submission_id desc limit 1
        ) as last where sha256 = %s
        """,
        [feed, supplier, period.start, list(NOT_ENDED), sha256],
    ).fetchone()


def undecided(connection: psycopg.Connection, row: dict) -> dict | None:
    """The last of what is held or under way for the supplier and period of a submission, which has a period."""
    return connection.execute(
        "select * from ops.submission where feed = %s and supplier = %s and period_start = %s and status = any(%s) "
        "order by submission_id desc limit 1",
        [row["feed"], row["supplier"], row["period_start"], [*UNDER_WAY, HELD]],
    ).fetchone()


def holds(connection: psycopg.Connection, feed: str, *, is_synthetic: bool) -> bool:
    """Whether the feed already holds deliveries of that kind."""
    found = connection.execute(
        "select 1 from ops.submission where feed = %s and is_synthetic = %s and status = any(%s) limit 1",
        [feed, is_synthetic, [*NOT_ENDED, SUPERSEDED]],
    )
    return found.fetchone() is not None


def open_work(connection: psycopg.Connection, feed: str) -> list[dict]:
    """What a run has to deal with: every submission that is under way, and what its supplier was not told yet."""
    return connection.execute(
        "select * from ops.submission where feed = %s and (status = any(%s) or reported_at is null) order by submission_id",
        [feed, list(UNDER_WAY)],
    ).fetchall()


def under_way(connection: psycopg.Connection, lately: timedelta) -> bool:
    """Whether a delivery that moved lately is under way."""
    found = connection.execute(
        "select 1 from ops.submission where status = any(%s) and moved_at > now() - %s limit 1", [list(UNDER_WAY), lately]
    )
    return found.fetchone() is not None


def held(connection: psycopg.Connection) -> list[dict]:
    """Every delivery that waits for a person."""
    return connection.execute("select * from ops.submission where status = %s order by 1", [HELD]).fetchall()


def fingerprint(connection: psycopg.Connection, table: str = "ops.submission") -> str:
    """Fingerprint of the submissions in ops.submission, or in the table that a build took from it."""
    query = (
        "select md5(coalesce(string_agg(concat_ws(' ', submission_id, status, attempt), ',' order by submission_id), '')) as found "
        "from {} where status in ('accepted', 'superseded', 'refused') and {} is not null"
    )
    column = "period_start" if table == "ops.submission" else "period_start_on"
    return connection.execute(sql.SQL(query).format(sql.SQL(table), sql.Identifier(column))).fetchone()["found"]


def feeds(connection: psycopg.Connection) -> list[str]:
    """Every feed that something ever came of."""
    return [row["feed"] for row in connection.execute("select distinct feed from ops.submission order by feed").fetchall()]


def past_retention(connection: psycopg.Connection, feed: str, days: int) -> list[dict]:
    """Deliveries whose original is older than may be kept, or was withdrawn."""
    return connection.execute(
        "select submission_id, file_name from ops.submission where feed = %s and original_forgotten_at is null "
        "and (status = 'withdrawn' or status <> all(%s) and received_at < now() - make_interval(days => %s))",
        [feed, [*UNDER_WAY, HELD], days],
    ).fetchall()


def forgotten(connection: psycopg.Connection, submission_id: int) -> bool:
    """Keep that a submission's original is deleted. Returns whether it may be: not while the submission is under way or held."""
    found = connection.execute(
        "update ops.submission set original_forgotten_at = now() where submission_id = %s and status <> all(%s) returning 1",
        [submission_id, [*UNDER_WAY, HELD]],
    )
    return found.fetchone() is not None


def mark_reported(connection: psycopg.Connection, submission_ids: Sequence[int]) -> None:
    """The supplier's message says what became of these, unless they are still under way."""
    connection.execute(
        "update ops.submission set reported_at = now() where submission_id = any(%s) and status <> all(%s)",
        [list(submission_ids), list(UNDER_WAY)],
    )
