"""The steps of an ingest as tasks call them: a submission id in, a small answer out, everything else in the ledger."""

from __future__ import annotations

import logging
import math
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path

import psycopg

from vrn.accept import serving as accepting
from vrn.errors import HomeError, SubmissionRefused, VrnError
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.gate import data_docs
from vrn.gate import history as drift
from vrn.gate import judging as gating
from vrn.ledger import store as ledger
from vrn.ledger.store import Submission
from vrn.receive import folder, landing, remote
from vrn.receive import register as registering
from vrn.report import messages, notes
from vrn.run.airflow_api import AirflowApi
from vrn.settings import Settings
from vrn.stage import protect, staging
from vrn.warehouse.connection import connect

log = logging.getLogger(__name__)

# A staged table and its write-ahead log need room; a full disk is better met before a delivery than within it.
LEAST_FREE_BYTES = 1 << 30
# As many as there are cores to work on them, and no more than a run's page shows at a glance.
MOST_BATCHES = min(4, os.cpu_count() or 1)
# What is worth a task of its own: to start one and to load Great Expectations takes as long as about so much work.
DELIVERIES_A_BATCH = 10
BYTES_A_BATCH = 50 << 20
# Of a remote feed whose files are named by their period.
PERIODS_ASKED_FOR = 12


def register(feed: str) -> list[list[int]]:
    """Take in what waits. Returns the ids of all that this run deals with, in batches that run side by side.

    A few deliveries are one batch. A first load, a backfill or large files are shared out.
    """
    settings = Settings()
    with connect(settings, autocommit=True) as connection, ledger.step(connection, "register"):
        rows = registering.register(connection, settings, feed)
    worth = max(len(rows) / DELIVERIES_A_BATCH, sum(row["byte_count"] for row in rows) / BYTES_A_BATCH)
    batches = min(MOST_BATCHES, math.ceil(worth))
    ids = [row["submission_id"] for row in rows]
    return [batch for start in range(batches) if (batch := ids[start::batches])]


def label(batch: Sequence[int]) -> str:
    """What a person calls a batch: its file's name, and how many more."""
    with connect(Settings(), autocommit=True) as connection:
        names = [row["file_name"] for row in ledger.describe(connection, batch)]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


@dataclass
class Done:
    """What a step did with a batch: results, sentences on what was refused, broke, or needed nothing."""

    results: list[dict] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)


def each(step: str, batch: Sequence[int]) -> Done:
    """Take every submission of a batch through a step, if it has come that far. None holds up another."""
    work = {"stage": stage, "gate": gate, "accept": accept}[step]
    settings, done = Settings(), Done()
    _ensure_room(settings)
    with connect(settings, autocommit=True) as connection:
        for row in ledger.describe(connection, batch):
            name = row["file_name"]
            if row["status"] == ledger.REFUSED and step == "stage":
                done.refused.append(f"{name}: {row['status_reason']}")
            elif row["status"] != ledger.RECEIVED:
                done.settled.append(f"{name} {row['status']}: {row['status_reason'] or 'nothing to do'}")
            elif ledger.has_come_to(connection, row, step):
                _take(work, connection, ledger.get(connection, settings, row["submission_id"]), settings, done)
    return done


def _take(work, connection: psycopg.Connection, submission: Submission, settings: Settings, done: Done) -> None:
    try:
        with ledger.step(connection, work.__name__, submission.submission_id):
            done.results.append(work(connection, settings, submission))
    except SubmissionRefused as error:
        ledger.refuse(connection, submission.submission_id, error.rule_code, error.message)
        accepting.discard(connection, submission)
        done.refused.append(f"{submission.file_name}: {error}")
    except (VrnError, OSError, psycopg.Error) as error:
        # The class and not the text: a database's message may quote a value.
        told = str(error) if isinstance(error, VrnError) else type(error).__name__
        done.broken.append(f"{submission.file_name} at {work.__name__}: {told}")


def stage(connection: psycopg.Connection, settings: Settings, submission: Submission) -> dict:
    protection = protect.Protection.of(
        submission.contract, submission.period, submission.supplier, protect.keys_of(settings), settings
    )
    done = staging.stage(connection, protection, submission.original, submission.submission_id)
    ledger.staged(connection, submission.submission_id, done["rows_in_file"], submission.contract.digest, settings.key_version)
    if done["encoding"] != submission.contract.encoding:
        ledger.say(
            connection,
            submission.submission_id,
            "GEN-002",
            "warning",
            None,
            f"The file is not {submission.contract.encoding} but was read as {done['encoding']}. Save it as UTF-8 next time.",
        )
    return done


def gate(connection: psycopg.Connection, settings: Settings, submission: Submission) -> dict:
    verdict = gating.gate(connection, settings, submission)
    page = data_docs.write(settings, submission, verdict, drift.profile(connection, submission))
    verdict.enforce()
    _judge_by_history(connection, submission)
    return {"data_docs": str(page.relative_to(settings.data_docs))}


def _judge_by_history(connection: psycopg.Connection, submission: Submission) -> None:
    for entity, columns in groupby(drift.blank_drift(connection, submission), key=lambda one: one.entity):
        named = ", ".join(f"'{one.column}' ({one.share:.0%} instead of {one.usual:.0%})" for one in columns)
        ledger.say(
            connection,
            submission.submission_id,
            "GEN-007",
            "warning",
            None,
            f"The share of blanks moved in {named}. Look whether the export changed.",
            entity=entity,
        )
    rows = ledger.describe(connection, [submission.submission_id])[0]["rows_in_file"]
    reason = drift.unusual_volume(connection, submission, rows)
    if reason is not None:
        ledger.hold(connection, submission.submission_id, f"GEN-005: {reason}")


def held(batches: Sequence[Sequence[int]]) -> list[int]:
    """Which submissions of a run wait for a person."""
    with connect(Settings(), autocommit=True) as connection:
        waiting = {row["submission_id"] for row in ledger.held(connection)}
    return sorted(waiting & set(chain(*batches)))


def questions(submission_ids: Sequence[int]) -> list[dict]:
    """What to ask about each held submission; about all that wait when none is named."""
    with connect(Settings(), autocommit=True) as connection:
        waiting = [row for row in ledger.held(connection) if not submission_ids or row["submission_id"] in submission_ids]
    return [
        {
            "submission_id": row["submission_id"],
            "subject": f"{row['feed']}: let {row['file_name']} serve?",
            "body": f"{row['hold_reason']}\n\n[Data Docs](/data-docs/{row['feed']}/{row['submission_id']:06d}.html)",
        }
        for row in waiting
    ]


def forget_originals() -> int:
    """Delete the originals of deliveries older than their feed's retention. Returns how many."""
    settings, forgotten = Settings(), 0
    with connect(settings, autocommit=True) as connection:
        for path in sorted(settings.contracts.glob("*.odcs.yaml")):
            contract = contracts.load(path, ANY_PERIOD)
            for row in ledger.past_retention(connection, contract.feed, contract.retention_days):
                landing.forget(settings, row["submission_id"], row["file_name"])
                ledger.forgotten(connection, row["submission_id"])
                forgotten += 1
    return forgotten


def record_reads() -> dict:
    """Take what the server logged of people's reads into ops.read_log. Returns how many are new, and the last hash of each log."""
    # It brings a parser of SQL, which no other step has to wait for.
    from vrn.access.audit import reads

    return reads.record(Settings())


def fetch(feed: str) -> int:
    """Bring a remote feed's new files into its inbox. Returns how many."""
    settings = Settings()
    contract = contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD)
    with connect(settings, autocommit=True) as connection, ledger.step(connection, "fetch"):
        files = remote.fetch(connection, settings, feed, _place(contract))
    if files:
        # What was just written counts as unfinished until it has rested; register follows at once.
        time.sleep(folder.SECONDS_AT_REST)
    return len(files)


def _place(contract: Contract) -> remote.Remote:
    """Where a remote feed's files are. A file's name may hold the period, as {month}: the last year's are asked for."""
    said = contract.remote
    periods = Period.latest(contract.kind, datetime.now(UTC).date(), PERIODS_ASKED_FOR)
    files = [name.replace("{" + contract.kind + "}", period.name) for name in said.get("remoteFiles", []) for period in periods]
    return remote.Remote(
        kind=said["kind"],
        connection=said["connection"],
        path=said.get("remotePath", ""),
        files=tuple(dict.fromkeys(files)),
        checksum=said.get("checksum"),
    )


def replay(submission_id: int) -> Path:
    """Put a refused delivery's original back into the inbox. Returns where it is now."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        rows = ledger.describe(connection, [submission_id])
    if not rows or rows[0]["status"] != ledger.REFUSED:
        raise HomeError(f"Submission {submission_id} is not a refused delivery; only those can be replayed.")
    row = rows[0]
    if not landing.is_there(settings, submission_id, row["file_name"]):
        raise HomeError(f"The original of submission {submission_id} is not kept; ask the supplier to send it again.")
    contract = contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", ANY_PERIOD)
    target = settings.inbox / contract.folder / row["file_name"]
    landing.give_back(settings, submission_id, row["file_name"], target)
    return target


def approve(submission_id: int, approved_by: str) -> None:
    """A person looked at a held delivery and lets it serve; it is accepted at once."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        ledger.approve(connection, submission_id, approved_by)
    done = each("accept", [submission_id])
    if done.broken:
        raise HomeError("; ".join(done.broken))
    _tell(settings, submission_id)


def reject(submission_id: int, rejected_by: str) -> None:
    """A person looked at a held delivery and refuses it."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        submission = ledger.get(connection, settings, submission_id)
        if submission.status != ledger.RECEIVED:
            return
        ledger.refuse(connection, submission_id, "GEN-005", f"{rejected_by} looked at its unusual size and rejected it.")
        accepting.discard(connection, submission)
    _tell(settings, submission_id)


def _tell(settings: Settings, submission_id: int) -> None:
    """Write the supplier's message anew, now that a person has decided."""
    with connect(settings, autocommit=True) as connection:
        (row,) = ledger.describe(connection, [submission_id])
        messages.write(settings, row, ledger.messages(connection, submission_id))
        ledger.mark_reported(connection, [submission_id])


def accept(connection: psycopg.Connection, settings: Settings, submission: Submission) -> dict:
    """Returns what the asset event says: partition key, counts, rules that failed."""
    done = accepting.accept(connection, submission)
    return {
        "partition_key": submission.partition_key,
        "submission_id": submission.submission_id,
        "supplier": submission.supplier,
        "period": submission.period.label,
        **done,
        "rules": {row["rule_code"]: row["row_count"] for row in ledger.messages(connection, submission.submission_id)},
    }


def any_accepted(batches: Sequence[Sequence[int]]) -> bool:
    with connect(Settings(), autocommit=True) as connection:
        return any(row["status"] == ledger.ACCEPTED for row in ledger.describe(connection, list(chain(*batches))))


def conclude(batches: Sequence[Sequence[int]], dag_id: str, run_id: str) -> str:
    """Close a run: write its note. Returns the reasons of all that was refused or left undone, empty when all is well."""
    settings, submission_ids = Settings(), list(chain(*batches))
    with connect(settings, autocommit=True) as connection:
        # What was refused comes first: Airflow keeps the first thousand characters of a note.
        rows = sorted(ledger.describe(connection, submission_ids), key=lambda row: row["status"] != ledger.REFUSED)
        said = {row["submission_id"]: ledger.messages(connection, row["submission_id"]) for row in rows}
        for row in rows:
            messages.write(settings, row, said[row["submission_id"]])
        try:
            AirflowApi(settings).write_note(dag_id, run_id, notes.of_run(rows, said))
        except OSError as error:
            # The note is a courtesy; the ledger has it all.
            log.warning("The run's note could not be written: %s", error)
        ledger.mark_reported(connection, submission_ids)
    bad = [row for row in rows if row["status"] in (ledger.REFUSED, ledger.RECEIVED)]
    return "\n".join(
        f"{row['file_name']} {'held' if row['hold_reason'] else row['status']}: "
        f"{row['status_reason'] or row['hold_reason'] or 'a step failed'}"
        for row in bad
    )


def _ensure_room(settings: Settings) -> None:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE_BYTES:
        raise HomeError(
            f"The disk of {settings.home} has {free >> 20:,} MiB left; a delivery needs at least "
            f"{LEAST_FREE_BYTES >> 20:,}. Free some space and clear the task; nothing was lost."
        )
