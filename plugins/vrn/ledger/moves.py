"""Every move of a delivery, and with it what serves: the writer of ops.submission.status. vrn.ledger.states has the table."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import psycopg

from vrn.errors import VrnError
from vrn.feeds.period import Period
from vrn.ledger import agreement, findings, states
from vrn.ledger.states import ACCEPTED, PASSED, REFUSED, STAGED, SUPERSEDED, WITHDRAWN
from vrn.ledger.store import Seen, Submission, find
from vrn.settings import Settings

log = logging.getLogger(__name__)

# After so many attempts at a step a person has to look.
MOST_TRIES = 3
# Who moves a delivery when no person does.
PIPELINE = "pipeline"


def move(
    connection: psycopg.Connection,
    submission_id: int,
    to: str,
    *,
    by: str,
    reason: str | None = None,
    seen: Seen | None = None,
) -> None:
    """Move a delivery to another state; the database keeps the move in ops.submission_move.

    by: the step or the person. reason: a sentence without a person's value. seen: the delivery as a step began with it; what a
    person refused or replayed meanwhile is no longer that. Raises NotAllowed, which says what it is now.
    """
    sources, attempt = (states.sources(to), None) if seen is None else ([seen[0]], seen[1])
    with connection.transaction():
        connection.execute("select set_config('vrn.moved_by', %s, true)", [by])
        moved = connection.execute(
            "update ops.submission set status = %s, status_reason = %s where submission_id = %s and status = any(%s) "
            "and attempt = coalesce(%s, attempt) returning 1",
            [to, reason, submission_id, sources, attempt],
        ).fetchone()
        if moved is None:
            now = find(connection, submission_id)
            if seen is not None:
                raise not_what_it_was(now)
            way = ""
            if (now["status"], to) == (REFUSED, PASSED):
                way = f" Replay it (`make replay SUBMISSION={submission_id}`), or take in a corrected file."
            raise states.NotAllowed(f"Submission {submission_id} is {now['status']}, and from there no delivery becomes {to}.{way}")


def refuse(
    connection: psycopg.Connection,
    settings: Settings,
    submission_id: int,
    rule_code: str,
    message: str,
    *,
    by: str = PIPELINE,
    seen: Seen | None = None,
) -> None:
    """The file is refused: nothing of it serves, and the last good data stays. Where this one had served before, the delivery
    before it serves again if an agreement covers it today."""
    with connection.transaction():
        move(connection, submission_id, REFUSED, by=by, reason=f"{rule_code}: {message}", seen=seen)
        findings.say(connection, submission_id, rule_code, "submission", None, message)
        row = find(connection, submission_id)
        if row["attempt"] > 1 and row["period_start"] is not None:
            reason = f"submission {submission_id} was refused when it was replayed"
            _let_earlier_serve(connection, settings, row, by=by, reason=reason)


def begin(connection: psycopg.Connection, submission_id: int, seen: Seen) -> int:
    """Count that a step begins with a delivery. Returns the how manieth time it is since the last move.

    Raises NotAllowed where the delivery is no longer as it was seen.
    """
    row = connection.execute(
        "update ops.submission set tries = tries + 1 where submission_id = %s and status = %s and attempt = %s returning tries",
        [submission_id, *seen],
    ).fetchone()
    if row is None:
        raise not_what_it_was(find(connection, submission_id))
    return row["tries"]


def look(connection: psycopg.Connection, submission_id: int, seen: Seen) -> None:
    """Raises NotAllowed where the delivery is no longer as it was seen."""
    now = find(connection, submission_id)
    if (now["status"], now["attempt"]) != seen:
        raise not_what_it_was(now)


def not_what_it_was(now: Mapping[str, object]) -> states.NotAllowed:
    """now: the delivery's number, status and attempt."""
    return states.NotAllowed(
        f"Submission {now['submission_id']} is {now['status']} (attempt {now['attempt']}) and not what the step began with."
    )


def staged(
    connection: psycopg.Connection, submission: Submission, rows_in_file: int, contract_sha256: str, hash_key_version: int
) -> None:
    """The delivery's tables are there with the end of the caller's transaction. Staging deletes the messages and the verdict of the
    earlier attempt."""
    with connection.transaction():
        findings.forget(connection, submission.submission_id)
        connection.execute("delete from ops.validation_result where submission_id = %s", [submission.submission_id])
        connection.execute(
            "update ops.submission set rows_in_file = %s, contract_sha256 = %s, hash_key_version = %s where submission_id = %s",
            [rows_in_file, contract_sha256, hash_key_version, submission.submission_id],
        )
        move(connection, submission.submission_id, STAGED, by="stage", seen=submission.seen)


def serving(connection: psycopg.Connection, feed: str, supplier: str, period: Period) -> dict | None:
    """What serves for a supplier's period; locked until the transaction ends."""
    return connection.execute(
        "select * from ops.submission where feed = %s and supplier = %s and period_start = %s and status = 'accepted' for update",
        [feed, supplier, period.start],
    ).fetchone()


def accept(
    connection: psycopg.Connection, submission: Submission, *, agreement_id: str, quarantined: int, duplicate: int, warned: int
) -> None:
    """Make the submission the current one of its supplier and period, inside the caller's transaction.

    The older one becomes superseded, not gone. If the current one was extracted later than this one, this one goes
    straight into history. agreement_id: what covers it today.
    """
    connection.execute(
        """
        update ops.submission
        set rows_quarantined = %s, rows_duplicate = %s, rows_warned = %s, rows_accepted = rows_in_file - %s - %s,
            accepted_at = now(), agreement_id = %s
        where submission_id = %s
        """,
        [quarantined, duplicate, warned, quarantined, duplicate, agreement_id, submission.submission_id],
    )
    current = serving(connection, submission.feed, submission.supplier, submission.period)
    if current is not None and _age(find(connection, submission.submission_id)) < _age(current):
        reason = f"the extract is older than that of submission {current['submission_id']}, which serves"
        _supersede(connection, submission.submission_id, current["submission_id"], reason, seen=submission.seen)
        findings.say(
            connection,
            submission.submission_id,
            "GEN-009",
            "note",
            None,
            f"This extract is older than that of submission {current['submission_id']}, which serves. It is kept as history.",
        )
        return
    if current is not None:
        reason = "a later delivery for the same period was accepted"
        _supersede(connection, current["submission_id"], submission.submission_id, reason)
    move(connection, submission.submission_id, ACCEPTED, by="accept", seen=submission.seen)


def withdraw(connection: psycopg.Connection, settings: Settings, submission: Submission, *, by: str, reason: str) -> None:
    """Take a delivery back, inside the caller's transaction; where it served, the delivery before it serves again if an agreement
    covers it today."""
    move(connection, submission.submission_id, WITHDRAWN, by=by, reason=reason)
    if submission.status == ACCEPTED:
        row = find(connection, submission.submission_id)
        reason = f"submission {submission.submission_id} was withdrawn"
        _let_earlier_serve(connection, settings, row, by=by, reason=reason)


def latest(connection: psycopg.Connection, row: dict) -> dict | None:
    """What serves for the supplier and period of a submission; where nothing does, the latest of the history. Locked until the
    transaction ends."""
    return connection.execute(
        "select * from ops.submission where feed = %s and supplier = %s and period_start = %s "
        "and status in ('accepted', 'superseded') order by status, extract_as_at desc, submission_id desc limit 1 for update",
        [row["feed"], row["supplier"], row["period_start"]],
    ).fetchone()


def _let_earlier_serve(connection: psycopg.Connection, settings: Settings, row: dict, *, by: str, reason: str) -> None:
    """Where nothing serves for a submission's supplier and period any more, the latest of the history serves again.

    An agreement that does not cover it covers none before it: they are of one supplier and period. So it stays history then, and
    while nobody can tell; a replay takes it in anew.
    """
    earlier = latest(connection, row)
    if earlier is None or earlier["status"] == ACCEPTED:
        return
    number = earlier["submission_id"]
    try:
        agreement_id = agreement.covering_kept(connection, settings, earlier)
    except agreement.NotCovered as error:
        log.warning("Submission %s does not serve again. %s: %s", number, error.rule_code, error.why)
        return
    except VrnError as error:
        log.warning("Submission %s does not serve again. %s", number, error)
        return
    connection.execute(
        "update ops.submission set superseded_at = null, superseded_by = null, agreement_id = %s where submission_id = %s",
        [agreement_id, number],
    )
    move(connection, number, ACCEPTED, by=by, reason=reason)


def _age(row: dict) -> tuple:
    """Of two extracts cut at the same time the one that came later is the later."""
    return row["extract_as_at"], row["submission_id"]


def _supersede(connection: psycopg.Connection, older: int, newer: int, reason: str, *, seen: Seen | None = None) -> None:
    connection.execute(
        "update ops.submission set superseded_at = now(), superseded_by = %s where submission_id = %s", [newer, older]
    )
    move(connection, older, SUPERSEDED, by="accept", reason=reason, seen=seen)
