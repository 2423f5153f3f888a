"""What a task does with one submission that passed: it serves from now on, or goes into history."""

from __future__ import annotations

import psycopg

from vrn.accept import serving
from vrn.feeds.contract import Contract
from vrn.ledger import findings
from vrn.ledger.store import Submission
from vrn.settings import Settings


def take(connection: psycopg.Connection, _: Settings, submission: Submission, contract: Contract) -> dict:
    """Returns what the asset event says: partition key, counts, rules that failed."""
    done = serving.accept(connection, submission, contract)
    return {
        "partition_key": submission.partition_key,
        "submission_id": submission.submission_id,
        "supplier": submission.supplier,
        "period": submission.period.label,
        **done,
        "rules": {row["rule_code"]: row["row_count"] for row in findings.of(connection, submission.submission_id)},
    }
