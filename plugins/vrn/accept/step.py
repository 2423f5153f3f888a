"""What a task does with one submission that passed: it serves from now on, or goes into history."""

from __future__ import annotations

import psycopg

from vrn.accept import covered, serving, since_judged
from vrn.feeds.contract import Contract
from vrn.ledger import findings, moves, states
from vrn.ledger import store as ledger
from vrn.ledger.store import Submission
from vrn.settings import Settings


def take(connection: psycopg.Connection, _: Settings, submission: Submission, contract: Contract) -> dict:
    """Accept a submission that passed. Returns what the asset event says (see event).

    It is held, and NotAllowed raised, where today's feed file is another one and cannot take it, or no agreement covers it today.
    """
    try:
        if (why := since_judged.why_not(connection, submission.submission_id, contract)) is not None:
            raise states.NotAllowed(why)
        covered.by(connection, contract, submission.supplier, submission.submission_id, is_synthetic=submission.is_synthetic)
    except states.NotAllowed as error:
        moves.move(connection, submission.submission_id, states.HELD, by="accept", reason=str(error), seen=submission.seen)
        raise
    serving.accept(connection, submission, contract)
    return event(connection, ledger.find(connection, submission.submission_id))


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
