"""The ledger: the only writer of ops.submission and ops.message."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.period import Period
from vrn.receive import landing
from vrn.receive.landing import Original
from vrn.settings import Settings

RECEIVED, ACCEPTED, REFUSED = "received", "accepted", "refused"
DUPLICATE, SUPERSEDED = "duplicate", "superseded"
LANDED = (RECEIVED, ACCEPTED, SUPERSEDED)


@dataclass(frozen=True)
class Submission:
    """One row of the ledger, with the contract that judges it."""

    submission_id: int
    feed: str
    supplier: str
    file_name: str
    status: str
    period: Period
    contract: Contract
    original: Original

    @property
    def partition_key(self) -> str:
        """The asset partition that this delivery fills: supplier and period."""
        return f"{self.supplier}|{self.period.label}"


def get(connection: psycopg.Connection, settings: Settings, submission_id: int) -> Submission:
    """A submission that has a period, with its contract as it stood for that period."""
    row = connection.execute("select * from ops.submission where submission_id = %s", [submission_id]).fetchone()
    period = Period.between(row["period_start"], row["period_end"])
    return Submission(
        submission_id=submission_id,
        feed=row["feed"],
        supplier=row["supplier"],
        file_name=row["file_name"],
        status=row["status"],
        period=period,
        contract=contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", period),
        original=landing.original(settings, submission_id, row["file_name"]),
    )


def add(connection: psycopg.Connection, **values: object) -> int:
    """Write a new row; returns its submission_id."""
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    row = connection.execute(f"insert into ops.submission ({names}) values ({places}) returning submission_id", values)
    return row.fetchone()["submission_id"]


def same_bytes(connection: psycopg.Connection, feed: str, sha256: str) -> dict | None:
    """The live submission of this feed with exactly these bytes, if there is one."""
    return connection.execute(
        "select * from ops.submission where feed = %s and sha256 = %s and status = any(%s)", [feed, sha256, list(LANDED)]
    ).fetchone()


def holds(connection: psycopg.Connection, feed: str, *, is_synthetic: bool) -> bool:
    """Whether the feed already holds deliveries of that kind."""
    found = connection.execute(
        "select 1 from ops.submission where feed = %s and is_synthetic = %s and status = any(%s) limit 1",
        [feed, is_synthetic, list(LANDED)],
    )
    return found.fetchone() is not None


def open_work(connection: psycopg.Connection, feed: str) -> list[dict]:
    """What a run has to deal with: every submission not finished, or finished but not reported yet.

    One that waits for a person is left alone: it is judged already, and what the person looked at must not change.
    """
    return connection.execute(
        "select * from ops.submission where feed = %s and case when status = 'received' "
        "then held_at is null or approved_at is not null else reported_at is null end order by submission_id",
        [feed],
    ).fetchall()


def under_way(connection: psycopg.Connection, lately: timedelta) -> bool:
    """Whether a delivery that came lately is neither judged nor held for a person."""
    found = connection.execute(
        "select 1 from ops.submission where status = 'received' and received_at > now() - %s "
        "and (held_at is null or approved_at is not null) limit 1",
        [lately],
    )
    return found.fetchone() is not None


def fingerprint(connection: psycopg.Connection, table: str = "ops.submission") -> str:
    """Fingerprint of the submissions in ops.submission, or in the table that a build took from it."""
    query = (
        "select md5(coalesce(string_agg(submission_id || ' ' || status, ',' order by submission_id), '')) as found "
        "from {} where status in ('accepted', 'superseded', 'refused') and {} is not null"
    )
    column = "period_start" if table == "ops.submission" else "period_start_on"
    return connection.execute(sql.SQL(query).format(sql.SQL(table), sql.Identifier(column))).fetchone()["found"]


def describe(connection: psycopg.Connection, submission_ids: Sequence[int]) -> list[dict]:
    return connection.execute(
        "select * from ops.submission where submission_id = any(%s) order by submission_id", [list(submission_ids)]
    ).fetchall()


def has_come_to(connection: psycopg.Connection, row: dict, step: str) -> bool:
    """Whether a received submission has what a step builds on: accept needs the gate's verdict, gate a staged table."""
    if step == "accept":
        judged = "select 1 from ops.validation_result where submission_id = %s limit 1"
        is_free = row["held_at"] is None or row["approved_at"] is not None
        return is_free and connection.execute(judged, [row["submission_id"]]).fetchone() is not None
    return step == "stage" or row["rows_in_file"] is not None


def messages(connection: psycopg.Connection, submission_id: int) -> list[dict]:
    return connection.execute(
        "select * from ops.message where submission_id = %s order by rule_code, entity", [submission_id]
    ).fetchall()


def mark_reported(connection: psycopg.Connection, submission_ids: Sequence[int]) -> None:
    connection.execute(
        "update ops.submission set reported_at = now() where submission_id = any(%s) and status <> 'received'",
        [list(submission_ids)],
    )


def refuse(connection: psycopg.Connection, submission_id: int, rule_code: str, message: str) -> None:
    """The file is refused: nothing of it serves, the last good data stays."""
    with connection.transaction():
        connection.execute(
            "update ops.submission set status = 'refused', status_reason = %s where submission_id = %s",
            [f"{rule_code}: {message}", submission_id],
        )
        say(connection, submission_id, rule_code, "submission", None, message)


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


def hold(connection: psycopg.Connection, submission_id: int, reason: str) -> None:
    """A person has to approve this delivery before it serves; asked again, an approval already given stands."""
    connection.execute(
        "update ops.submission set held_at = coalesce(held_at, now()), hold_reason = %s where submission_id = %s",
        [reason, submission_id],
    )


def held(connection: psycopg.Connection) -> list[dict]:
    """Every delivery that waits for a person."""
    return connection.execute(
        "select * from ops.submission where status = 'received' and held_at is not null and approved_at is null order by 1"
    ).fetchall()


def past_retention(connection: psycopg.Connection, feed: str, days: int) -> list[dict]:
    """Deliveries whose original is older than may be kept."""
    return connection.execute(
        "select submission_id, file_name from ops.submission where feed = %s and original_forgotten_at is null "
        "and status <> 'received' and received_at < now() - make_interval(days => %s)",
        [feed, days],
    ).fetchall()


def forgotten(connection: psycopg.Connection, submission_id: int) -> None:
    connection.execute("update ops.submission set original_forgotten_at = now() where submission_id = %s", [submission_id])


def approve(connection: psycopg.Connection, submission_id: int, approved_by: str) -> None:
    connection.execute(
        "update ops.submission set approved_at = now(), approved_by = %s where submission_id = %s", [approved_by, submission_id]
    )


def staged(
    connection: psycopg.Connection, submission_id: int, rows_in_file: int, contract_sha256: str, hash_key_version: int
) -> None:
    """Staged anew: what an earlier attempt was told is forgotten, so that nothing builds on another table's verdict."""
    with connection.transaction():
        connection.execute("delete from ops.message where submission_id = %s", [submission_id])
        connection.execute("delete from ops.validation_result where submission_id = %s", [submission_id])
        connection.execute(
            "update ops.submission set rows_in_file = %s, contract_sha256 = %s, hash_key_version = %s where submission_id = %s",
            [rows_in_file, contract_sha256, hash_key_version, submission_id],
        )


def accept(connection: psycopg.Connection, submission: Submission, *, quarantined: int, duplicate: int, warned: int) -> str:
    """Make the submission the current one of its supplier and period, inside the caller's transaction.

    The older one becomes superseded, not gone. If the current one was extracted later than this one, this one goes
    straight into history. Returns the status given.
    """
    key = [submission.feed, submission.supplier, submission.period.start]
    mine = connection.execute(
        "select extract_as_at from ops.submission where submission_id = %s", [submission.submission_id]
    ).fetchone()
    current = connection.execute(
        "select submission_id, extract_as_at from ops.submission "
        "where feed = %s and supplier = %s and period_start = %s and status = 'accepted' for update",
        key,
    ).fetchone()
    older = current is not None and mine["extract_as_at"] < current["extract_as_at"]
    if current is not None and not older:
        _supersede(connection, current["submission_id"], submission.submission_id)
    connection.execute(
        """
        update ops.submission
        set status = %s, accepted_at = now(), superseded_at = case when %s then now() end, superseded_by = %s,
            rows_quarantined = %s, rows_duplicate = %s, rows_warned = %s,
            rows_accepted = rows_in_file - %s - %s
        where submission_id = %s
        """,
        [
            SUPERSEDED if older else ACCEPTED,
            older,
            current["submission_id"] if older else None,
            quarantined,
            duplicate,
            warned,
            quarantined,
            duplicate,
            submission.submission_id,
        ],
    )
    if older:
        say(
            connection,
            submission.submission_id,
            "GEN-009",
            "note",
            None,
            f"This extract is older than that of submission {current['submission_id']}, which serves. It is kept as history.",
        )
    return SUPERSEDED if older else ACCEPTED


def _supersede(connection: psycopg.Connection, older: int, newer: int) -> None:
    connection.execute(
        "update ops.submission set status = 'superseded', superseded_at = now(), superseded_by = %s, "
        "status_reason = 'a later delivery for the same period was accepted' where submission_id = %s",
        [newer, older],
    )


@contextmanager
def step(connection: psycopg.Connection, name: str, submission_id: int | None = None) -> Iterator[None]:
    """Keep in ops.step how long a step took and whether it ended well."""
    started, clock, success = datetime.now(UTC), time.monotonic(), False
    try:
        yield
        success = True
    finally:
        if not connection.closed and not connection.broken:
            connection.execute(
                "insert into ops.step (submission_id, step, started_at, finished_at, is_success) "
                "values (%s, %s, %s, %s::timestamptz + make_interval(secs => %s), %s)",
                [submission_id, name, started, started, time.monotonic() - clock, success],
            )
