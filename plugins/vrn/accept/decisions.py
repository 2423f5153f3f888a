"""What a person decides about a delivery: refuse, approve, withdraw, replay. Each leaves who, when and why in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import psycopg

from vrn.accept import held, serving, unlinking
from vrn.errors import ContractError, HomeError, VrnError
from vrn.feeds import days
from vrn.feeds.contract import Contract
from vrn.ledger import agreement, findings, moves, states
from vrn.ledger import store as ledger
from vrn.receive import landing, names
from vrn.settings import Settings
from vrn.stage import raw

REFUSED_BY_A_PERSON = "GEN-021"


def refuse(connection: psycopg.Connection, settings: Settings, submission_id: int, *, by: str, reason: str) -> None:
    """A person refuses a delivery that is under way or held; what it had staged is dropped. Raises NotAllowed."""
    with connection.transaction():
        row = ledger.find(connection, submission_id)
        serving.one_at_a_time(connection, row["feed"])
        moves.refuse(connection, settings, submission_id, REFUSED_BY_A_PERSON, f"{by} refused it: {reason}", by=by)
        # It waits for no agreement any more.
        findings.take_back(connection, submission_id, agreement.RULE)
        raw.forget(connection, row["feed"], submission_id)


def approve(connection: psycopg.Connection, settings: Settings, submission_id: int, *, by: str, reason: str) -> None:
    """A person lets a held delivery go on to be accepted.

    Raises NotAllowed, also where nobody can approve it today (vrn.accept.held), ContractError and HomeError.
    """
    with connection.transaction():
        moves.move(connection, submission_id, states.PASSED, by=by, reason=reason)
        held.check_approval(connection, settings, submission_id)
        # An agreement covers it by now.
        findings.take_back(connection, submission_id, agreement.RULE)


def withdraw(connection: psycopg.Connection, settings: Settings, submission_id: int, *, by: str, reason: str) -> dict[str, int]:
    """Take a delivery back: its rows leave raw, quarantine and linkage, whom no other names leaves persons, its original is
    deleted, and the earlier delivery serves again where an agreement covers it today. Returns the rows deleted from each table,
    which ops.deleted keeps as the proof; without those of persons while the feed file cannot be read, which housekeeping makes
    good (vrn.accept.retention). Raises NotAllowed.
    """
    row = ledger.find(connection, submission_id)
    with connection.transaction():
        serving.one_at_a_time(connection, row["feed"])
        if row["period_start"] is None:
            moves.move(connection, submission_id, states.WITHDRAWN, by=by, reason=reason)
        else:
            moves.withdraw(connection, settings, ledger.get(connection, submission_id), by=by, reason=reason)
        deleted = raw.forget(connection, row["feed"], submission_id)
        with suppress(ContractError):
            deleted |= unlinking.forget(connection, settings, row)
        prove(connection, submission_id, deleted)
    # A crash before this leaves the original, and housekeeping deletes those of withdrawn deliveries.
    forget_original(connection, settings, row)
    return deleted


def instead(connection: psycopg.Connection, settings: Settings, submission_id: int) -> str:
    """What serves for the supplier and period of a delivery that was withdrawn or refused, in sentences; if nothing does, why."""
    row = ledger.find(connection, submission_id)
    if row["period_start"] is None:
        return "It never had a period for which it could serve."
    latest = moves.latest(connection, row)
    if (latest is None or latest["status"] != states.ACCEPTED) and (after := ledger.undecided(connection, row)) is not None:
        now = "is held" if after["status"] == states.HELD else "is under way"
        return f"Nothing serves for its supplier and period yet: submission {after['submission_id']} {now}."
    if latest is None:
        return "Nothing serves for its supplier and period: there is no earlier delivery."
    if latest["status"] == states.ACCEPTED:
        return f"Submission {latest['submission_id']} serves for its supplier and period."
    number = latest["submission_id"]
    try:
        agreement.covering_kept(connection, settings, latest)
    except agreement.NotCovered as error:
        why = f"{error.rule_code}: {error.why} Once an agreement covers it,"
    except VrnError as error:
        why = f"{error} Once that is mended,"
    else:
        why = "By now an agreement covers it:"
    way = (
        f"`make replay SUBMISSION={number}` takes it in anew."
        if landing.is_there(settings, number, latest["file_name"])
        else "its supplier can send it again, because the original is not kept any more."
    )
    return (
        f"Nothing serves for its supplier and period. Submission {number}, the delivery before it, does not come to serve by "
        f"itself. {why} {way}"
    )


def prove(connection: psycopg.Connection, submission_id: int, deleted: Mapping[str, int]) -> None:
    """Keep how many rows of a delivery left each table, in the transaction in which they did."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.deleted (submission_id, what, row_count) values (%s, %s, %s)",
            [(submission_id, table, rows) for table, rows in deleted.items()],
        )


def forget_original(connection: psycopg.Connection, settings: Settings, row: dict) -> bool:
    """Delete the sealed original of a submission and keep that it is gone. Returns whether it may be deleted: not of a submission
    that was replayed meanwhile. Raises OSError when it cannot be deleted.
    """
    with connection.transaction():
        # The row first: a replay waits for it, and then finds that there is nothing to begin with.
        if not ledger.forgotten(connection, row["submission_id"]):
            return False
        if landing.empty(settings, row["submission_id"]):
            connection.execute("insert into ops.deleted (submission_id, what) values (%s, 'original')", [row["submission_id"]])
    # After the proof is there.
    landing.forget(settings, row["submission_id"])
    return True


def replay(
    connection: psycopg.Connection, settings: Settings, contract: Contract, submission_id: int, *, by: str, reason: str
) -> None:
    """A new attempt of a submission, from its sealed original under today's feed file; the steps follow in the feed's DAG.

    contract: today's, for any period. Until the attempt is accepted the submission serves nothing. Raises NotAllowed (also
    where no agreement covers it today), HomeError, SubmissionRefused (today's feed file does not take the file's name).
    """
    row = ledger.find(connection, submission_id)
    _look_for_original(settings, row)
    named = names.read(contract, row["file_name"])
    try:
        agreement_id = agreement.covering(connection, contract, named.supplier, days.today(), is_synthetic=row["is_synthetic"])
    except agreement.NotCovered as error:
        raise states.NotAllowed(
            f"{error.rule_code}: {error.why} So submission {submission_id} is not replayed until an agreement covers it. If none "
            f"will, run `make refuse SUBMISSION={submission_id}`, or `make withdraw SUBMISSION={submission_id}` if it was accepted."
        ) from None
    same = ledger.same_bytes(connection, row["feed"], named.supplier, named.period, row["sha256"])
    if same is not None and same["submission_id"] != submission_id:
        raise states.NotAllowed(
            f"Submission {same['submission_id']} is {same['status']} and has the same bytes for the same supplier and period."
        )
    with connection.transaction():
        serving.one_at_a_time(connection, row["feed"])
        moves.move(connection, submission_id, states.RECEIVED, by=by, reason=reason)
        # Once more, because from here on nobody deletes it (see forget_original).
        _look_for_original(settings, row)
        raw.forget(connection, row["feed"], submission_id)
        # Today's feed file may read the name otherwise.
        connection.execute(
            "update ops.submission set supplier = %s, period_start = %s, period_end = %s, agreement_id = %s "
            "where submission_id = %s",
            [named.supplier, named.period.start, named.period.end, agreement_id, submission_id],
        )


def _look_for_original(settings: Settings, row: dict) -> None:
    if not landing.is_there(settings, row["submission_id"], row["file_name"]):
        raise HomeError(f"The original of submission {row['submission_id']} is not kept; ask the supplier to send it again.")
