"""The steps of an ingest as tasks call them: a submission id in, a small answer out, everything else in the ledger."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence

from vrn import accept as accepting
from vrn import data_docs, protect
from vrn import gate as gating
from vrn import register as registering
from vrn import stage as staging
from vrn import submission as ledger
from vrn.airflow_api import AirflowApi
from vrn.database import connect
from vrn.errors import HomeError, SubmissionRefused
from vrn.settings import Settings
from vrn.submission import Submission

log = logging.getLogger(__name__)

# A staged table and its write-ahead log need room; a full disk is better met before a delivery than within it.
LEAST_FREE_BYTES = 1 << 30


def register(feed: str) -> list[int]:
    """Take in what waits. Returns the ids of every submission that this run deals with."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection, ledger.step(connection, "register"):
        return [row["submission_id"] for row in registering.register(connection, settings, feed)]


def label(submission_id: int) -> str:
    """What a person calls a submission: its file's name."""
    with connect(Settings(), autocommit=True) as connection:
        return ledger.describe(connection, [submission_id])[0]["file_name"]


def settled(submission_id: int) -> dict | None:
    """The ledger's row of a submission that needs no more work (duplicate, refused, accepted), else None."""
    with connect(Settings(), autocommit=True) as connection:
        row = ledger.describe(connection, [submission_id])[0]
        return None if row["status"] == ledger.RECEIVED else row


def stage(submission_id: int) -> int:
    """Returns the rows in the file."""
    settings = Settings()
    _ensure_room(settings)
    with connect(settings, autocommit=True) as connection:
        submission = ledger.get(connection, settings, submission_id)
        with ledger.step(connection, "stage", submission_id), _refusing(connection, submission):
            done = staging.stage(connection, submission.contract, submission.path, submission_id, protect.keys_of(settings))
            ledger.staged(connection, submission_id, done["rows_in_file"], submission.contract.digest)
        return done["rows_in_file"]


def gate(submission_id: int) -> str:
    """Returns the path of the Data Docs page, relative to the Data Docs."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        submission = ledger.get(connection, settings, submission_id)
        with ledger.step(connection, "gate", submission_id), _refusing(connection, submission):
            verdict = gating.gate(connection, settings, submission)
            page = data_docs.write(settings, submission, verdict)
            verdict.enforce()
        return str(page.relative_to(settings.data_docs))


def accept(submission_id: int) -> dict:
    """Returns what the asset event says: partition key, counts, rules that failed."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        submission = ledger.get(connection, settings, submission_id)
        with ledger.step(connection, "accept", submission_id):
            done = accepting.accept(connection, submission)
        return {
            "partition_key": submission.partition_key,
            "submission_id": submission_id,
            "supplier": submission.supplier,
            "period": submission.period.label,
            **done,
            "rules": {row["rule_code"]: row["row_count"] for row in ledger.messages(connection, submission_id)},
        }


def any_accepted(submission_ids: Sequence[int]) -> bool:
    with connect(Settings(), autocommit=True) as connection:
        return any(row["status"] == ledger.ACCEPTED for row in ledger.describe(connection, submission_ids))


def conclude(submission_ids: Sequence[int], dag_id: str, run_id: str) -> str:
    """Close a run: write its note. Returns the reasons of all that was refused or left undone, empty when all is well."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        rows = ledger.describe(connection, submission_ids)
        notes = [_note(row, ledger.messages(connection, row["submission_id"])) for row in rows]
        try:
            AirflowApi(settings).write_note(dag_id, run_id, "\n\n".join(notes))
        except OSError as error:
            # The note is a courtesy; the ledger has it all.
            log.warning("The run's note could not be written: %s", error)
        ledger.mark_reported(connection, submission_ids)
    bad = [row for row in rows if row["status"] in (ledger.REFUSED, ledger.RECEIVED)]
    return "\n".join(f"{row['file_name']} {row['status']}: {row['status_reason'] or 'a step failed'}" for row in bad)


def _note(row: dict, messages: list[dict]) -> str:
    period = f"{row['period_start']:%Y-%m}" if row["period_start"] else "period unknown"
    kind = " (synthetic)" if row["is_synthetic"] else ""
    head = f"**{row['supplier']} {period}**{kind} {row['file_name']}: **{row['status']}**"
    if row["rows_accepted"] is not None:
        head += (
            f", rows in {row['rows_in_file']:,}, accepted {row['rows_accepted']:,}, "
            f"quarantined {row['rows_quarantined']:,}, duplicate {row['rows_duplicate']:,}"
        )
    said = [
        f"- {one['rule_code']} ({one['outcome']}, {'all' if one['row_count'] is None else one['row_count']} rows): {one['message']}"
        for one in messages
    ]
    return "\n".join([head, *said])


class _refusing:
    """Keep a refusal in the ledger and drop what was staged, then let the error go on."""

    def __init__(self, connection, submission: Submission):
        self._connection, self._submission = connection, submission

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        if isinstance(error, SubmissionRefused):
            ledger.refuse(self._connection, self._submission.submission_id, error.rule_code, error.message)
            accepting.discard(self._connection, self._submission)


def _ensure_room(settings: Settings) -> None:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE_BYTES:
        raise HomeError(
            f"The disk of {settings.home} has {free >> 20:,} MiB left; a delivery needs at least "
            f"{LEAST_FREE_BYTES >> 20:,}. Free some space and clear the task; nothing was lost."
        )
