"""What a task does with one received submission: read, protect, copy, and move it to staged."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from vrn.feeds.contract import Contract
from vrn.ledger import findings, moves, profiles
from vrn.ledger.store import Submission
from vrn.receive import landing
from vrn.settings import Settings
from vrn.stage import protect, staging
from vrn.stage.staging import Staged


def take(connection: psycopg.Connection, settings: Settings, submission: Submission, contract: Contract) -> dict:
    """Returns {"rows_in_file": int, "encoding": str}. Raises SubmissionRefused, SecretMissing."""
    protection = protect.Protection.of(contract, submission.period, submission.supplier, protect.keys_of(settings), settings)
    original = landing.original(settings, submission.submission_id, submission.file_name)
    staging.make_room(connection, contract, submission.submission_id)
    with connection.transaction():
        done = staging.stage(connection, protection, original, submission.submission_id)
        profiles.keep(connection, submission.submission_id, done.profiles)
        moves.staged(connection, submission, done.rows, contract.digest, settings.key_version)
        for code, sentence in _sentences(done, contract):
            findings.say(connection, submission.submission_id, code, "warning", None, sentence)
    return {"rows_in_file": done.rows, "encoding": done.encoding}


def _sentences(done: Staged, contract: Contract) -> Iterator[tuple[str, str]]:
    """What the supplier reads of a file that was read although it is not quite as agreed, by the code of each rule."""
    if done.encoding != contract.encoding:
        yield "GEN-002", f"The file is not {contract.encoding} but was read as {done.encoding}. Save it as UTF-8 next time."
    if done.uses.sentence is not None:
        yield "GEN-023", done.uses.sentence
    if done.uses.withheld:
        yield (
            "GEN-024",
            f"Numbers are withheld or not exact (such as <5, * or c. 150) in {', '.join(sorted(done.uses.withheld))}. The rows "
            "serve, and figures that would add these numbers up say that they are incomplete. Send the numbers if you may.",
        )
