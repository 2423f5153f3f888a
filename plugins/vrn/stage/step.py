"""What a task does with one received submission: read, protect, copy, and move it to staged."""

from __future__ import annotations

import psycopg

from vrn.feeds.contract import Contract
from vrn.ledger import findings, moves
from vrn.ledger.store import Submission
from vrn.receive import landing
from vrn.settings import Settings
from vrn.stage import protect, staging


def take(connection: psycopg.Connection, settings: Settings, submission: Submission, contract: Contract) -> dict:
    """Returns {"rows_in_file": int, "encoding": str}. Raises SubmissionRefused, SecretMissing."""
    protection = protect.Protection.of(contract, submission.period, submission.supplier, protect.keys_of(settings), settings)
    original = landing.original(settings, submission.submission_id, submission.file_name)
    done = staging.stage(connection, protection, original, submission.submission_id)
    with connection.transaction():
        moves.staged(connection, submission, done["rows_in_file"], contract.digest, settings.key_version)
        if done["encoding"] != contract.encoding:
            findings.say(
                connection,
                submission.submission_id,
                "GEN-002",
                "warning",
                None,
                f"The file is not {contract.encoding} but was read as {done['encoding']}. Save it as UTF-8 next time.",
            )
    return done
