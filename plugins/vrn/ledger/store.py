"""The ledger: the only writer of ops.submission. vrn.ledger.states says which moves there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import sql

from vrn.feeds.period import Period
from vrn.ledger import findings, states
from vrn.ledger.states import ACCEPTED, HELD, NOT_ENDED, REFUSED, STAGED, SUPERSEDED, UNDER_WAY, WITHDRAWN

# After so many attempts at a step a person has to look.
MOST_TRIES = 3
# Who moves a delivery when no person does.
PIPELINE = "pipeline"


@dataclass(frozen=True)
class Submission:
    """One row of the ledger that has a period."""

    submission_id: int
    feed: str
    supplier: str
    file_name: str
    status: str
    attempt: int
    period: Period
    rows_in_file: int | None
    is_synthetic: bool

    @property
    def partition_key(self) -> str:
        """The asset partition that this delivery fills: supplier and period."""
        return f"{self.supplier}|{self.period.label}"


def get(connection: psycopg.Connection, submission_id: int) -> Submission:
    """A submission that has a period."""
    row = connection.execute("select * from ops.submission where submission_id = %s", [submission_id]).fetchone()
    names = ("submission_id", "feed", "supplier", "file_name", "status", "attempt", "rows_in_file", "is_synthetic")
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


def move(connection: psycopg.Connection, submission_id: int, to: str, *, by: str, reason: str | None = None) -> None:
    """Move a delivery to another state; the database keeps the move in ops.submission_move.

    by: the step or the person. reason: a sentence without a person's value. Raises NotAllowed, which says what it is now.
    """
    with connection.transaction():
        connection.execute("select set_config('vrn.moved_by', %s, true)", [by])
        moved = connection.execute(
            "update ops.submission set status = %s, status_reason = %s where submission_id = %s and status = any(%s) returning 1",
            [to, reason, submission_id, states.sources(to)],
        ).fetchone()
        if moved is None:
            now = find(connection, submission_id)["status"]
            raise states.NotAllowed(f"Submission {submission_id} is {now}, and from there no delivery becomes {to}.")


def refuse(connection: psycopg.Connection, submission_id: int, rule_code: str, message: str, *, by: str = PIPELINE) -> None:
    """The file is refused: nothing of it serves, the last good data stays, or serves again where this one had served before."""
    with connection.transaction():
        move(connection, submission_id, REFUSED, by=by, reason=f"{rule_code}: {message}")
        findings.say(connection, submission_id, rule_code, "submission", None, message)
        row = find(connection, submission_id)
        if row["attempt"] > 1 and row["period_start"] is not None:
            _let_earlier_serve(connection, row, by=by, reason=f"submission {submission_id} was refused when it was replayed")


def begin(connection: psycopg.Connection, submission_id: int) -> int:
    """Count that a step begins with a delivery. Returns the how manieth time it is since the last move."""
    row = connection.execute(
        "update ops.submission set tries = tries + 1 where submission_id = %s returning tries", [submission_id]
    ).fetchone()
    return row["tries"]


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


def forgotten(connection: psycopg.Connection, submission_id: int) -> None:
    connection.execute("update ops.submission set original_forgotten_at = now() where submission_id = %s", [submission_id])


def mark_reported(connection: psycopg.Connection, submission_ids: Sequence[int]) -> None:
    """The supplier's message says what became of these, unless they are still under way."""
    connection.execute(
        "update ops.submission set reported_at = now() where submission_id = any(%s) and status <> all(%s)",
        [list(submission_ids), list(UNDER_WAY)],
    )


def staged(
    connection: psycopg.Connection, submission_id: int, rows_in_file: int, contract_sha256: str, hash_key_version: int
) -> None:
    """The delivery's table is there. Staging deletes the messages and the verdict of the earlier attempt."""
    with connection.transaction():
        findings.forget(connection, submission_id)
        connection.execute("delete from ops.validation_result where submission_id = %s", [submission_id])
        connection.execute(
            "update ops.submission set rows_in_file = %s, contract_sha256 = %s, hash_key_version = %s where submission_id = %s",
            [rows_in_file, contract_sha256, hash_key_version, submission_id],
        )
        move(connection, submission_id, STAGED, by="stage")


def serving(connection: psycopg.Connection, feed: str, supplier: str, period: Period) -> dict | None:
    """What serves for a supplier's period; locked until the transaction ends."""
    return connection.execute(
        "select * from ops.submission where feed = %s and supplier = %s and period_start = %s and status = 'accepted' for update",
        [feed, supplier, period.start],
    ).fetchone()


def accept(connection: psycopg.Connection, submission: Submission, *, quarantined: int, duplicate: int, warned: int) -> str:
    """Make the submission the current one of its supplier and period, inside the caller's transaction.

    The older one becomes superseded, not gone. If the current one was extracted later than this one, this one goes
    straight into history. Returns the status given.
    """
    connection.execute(
        """
        update ops.submission
        set rows_quarantined = %s, rows_duplicate = %s, rows_warned = %s, rows_accepted = rows_in_file - %s - %s,
            accepted_at = now()
        where submission_id = %s
        """,
        [quarantined, duplicate, warned, quarantined, duplicate, submission.submission_id],
    )
    current = serving(connection, submission.feed, submission.supplier, submission.period)
    if current is not None and _age(find(connection, submission.submission_id)) < _age(current):
        reason = f"the extract is older than that of submission {current['submission_id']}, which serves"
        _supersede(connection, submission.submission_id, current["submission_id"], reason)
        findings.say(
            connection,
            submission.submission_id,
            "GEN-009",
            "note",
            None,
            f"This extract is older than that of submission {current['submission_id']}, which serves. It is kept as history.",
        )
        return SUPERSEDED
    if current is not None:
        reason = "a later delivery for the same period was accepted"
        _supersede(connection, current["submission_id"], submission.submission_id, reason)
    move(connection, submission.submission_id, ACCEPTED, by="accept")
    return ACCEPTED


def withdraw(connection: psycopg.Connection, submission: Submission, *, by: str, reason: str) -> int | None:
    """Take a delivery back, inside the caller's transaction. Returns the earlier one that serves again, if there is one."""
    move(connection, submission.submission_id, WITHDRAWN, by=by, reason=reason)
    if submission.status != ACCEPTED:
        return None
    row = find(connection, submission.submission_id)
    return _let_earlier_serve(connection, row, by=by, reason=f"submission {submission.submission_id} was withdrawn")


def _let_earlier_serve(connection: psycopg.Connection, row: dict, *, by: str, reason: str) -> int | None:
    """Where nothing serves for a submission's supplier and period any more, the latest of the history serves again."""
    key = [row["feed"], row["supplier"], row["period_start"]]
    latest = connection.execute(
        "select submission_id, status from ops.submission where feed = %s and supplier = %s and period_start = %s "
        "and status in ('accepted', 'superseded') order by status, extract_as_at desc, submission_id desc limit 1 for update",
        key,
    ).fetchone()
    if latest is None or latest["status"] == ACCEPTED:
        return None
    connection.execute(
        "update ops.submission set superseded_at = null, superseded_by = null where submission_id = %s", [latest["submission_id"]]
    )
    move(connection, latest["submission_id"], ACCEPTED, by=by, reason=reason)
    return latest["submission_id"]


def _age(row: dict) -> tuple:
    """Of two extracts cut at the same time the one that came later is the later."""
    return row["extract_as_at"], row["submission_id"]


def _supersede(connection: psycopg.Connection, older: int, newer: int, reason: str) -> None:
    connection.execute(
        "update ops.submission set superseded_at = now(), superseded_by = %s where submission_id = %s", [newer, older]
    )
    move(connection, older, SUPERSEDED, by="accept", reason=reason)
