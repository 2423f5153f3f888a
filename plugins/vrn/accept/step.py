"""What a task does with one submission that passed: it serves from now on, or goes into history."""

from __future__ import annotations

import psycopg

from vrn.accept import held, serving, since_judged
from vrn.feeds import days
from vrn.feeds.contract import Contract
from vrn.ledger import agreement, findings, moves, states
from vrn.ledger import store as ledger
from vrn.ledger.store import Submission
from vrn.settings import Settings

# What a supplier reads of a delivery that was kept and that no agreement covers any more.
KEPT = (
    "The file is kept, and nothing of it serves until an agreement covers it. Nothing in it has to change, and it need not be sent "
    "again."
)


def take(connection: psycopg.Connection, settings: Settings, submission: Submission, contract: Contract) -> dict:
    """Accept a submission that passed. Returns what the asset event says (see event).

    It is held, and NotAllowed raised, where today's feed file is another one and cannot take it, or no agreement covers it today.
    """
    number = submission.submission_id
    if (why := since_judged.why_not(connection, number, contract)) is not None:
        raise _held(connection, settings, submission, why)
    try:
        agreement_id = agreement.covering(
            connection, contract, submission.supplier, days.today(), is_synthetic=submission.is_synthetic
        )
    except agreement.NotCovered as error:
        raise _held(connection, settings, submission, f"{error.why} {KEPT}", error.rule_code) from None
    serving.accept(connection, submission, contract, agreement_id)
    return event(connection, ledger.find(connection, number))


def _held(
    connection: psycopg.Connection, settings: Settings, submission: Submission, why: str, rule_code: str | None = None
) -> states.NotAllowed:
    """Hold the delivery. Returns what is told to whoever wanted it accepted."""
    number, reason = submission.submission_id, f"{rule_code}: {why}" if rule_code else why
    with connection.transaction():
        moves.move(connection, number, states.HELD, by="accept", reason=reason, seen=submission.seen)
        if rule_code:
            findings.say(connection, number, rule_code, "hold", None, why)
    return states.NotAllowed(f"It is held. {held.ways(connection, settings, [number])[number]}")


def event(connection: psycopg.Connection, row: dict) -> dict:
    """What the asset event says of an accepted submission, a row of the ledger: partition key, counts, rules that failed."""
    submission = ledger.of(row)
    return {
        "partition_key": submission.partition_key,
        "submission_id": submission.submission_id,
        "supplier": submission.supplier,
        "period": submission.period.label,
        "status": submission.status,
        **{name: row[name] for name in row if name.startswith("rows_")},
        "rules": {row["rule_code"]: row["row_count"] for row in findings.of(connection, submission.submission_id)},
    }
