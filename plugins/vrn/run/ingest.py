"""The steps of an ingest as tasks call them: submission ids in, a small answer out, everything else in the ledger."""

from __future__ import annotations

import logging
import math
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

import psycopg

from vrn.accept import step as accepting
from vrn.accept.held import ways
from vrn.build import steps as build
from vrn.errors import HomeError, SubmissionRefused, safe_text
from vrn.feeds import contract as contracts
from vrn.feeds import days
from vrn.feeds.contract import Contract
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.gate import step as gating
from vrn.ledger import findings, moves, states, timing
from vrn.ledger import store as ledger
from vrn.receive import problems, register, remote
from vrn.report import messages, notes
from vrn.run import archives
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.settings import Settings
from vrn.stage import raw
from vrn.stage import step as staging
from vrn.stage.read import delivery
from vrn.stage.refusals import refusal_of
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

log = logging.getLogger(__name__)

# A staged table and its write-ahead log need room; a full disk is better met before a delivery than within it.
LEAST_FREE_BYTES = 1 << 30
# As many as there are cores to work on them, and no more than a run's page shows at a glance.
MOST_BATCHES = min(4, os.cpu_count() or 1)
# Where tasks run in workers, of which nobody here knows how many there are.
MOST_BATCHES_IN_WORKERS = 16
# What is worth a task of its own: to start one and to load Great Expectations takes as long as about so much work.
DELIVERIES_A_BATCH = 10
BYTES_A_BATCH = 50 << 20
# Of a remote feed whose files are named by their period.
PERIODS_ASKED_FOR = 12
# The state from which each step takes a delivery on, and what does the work.
STEPS = {
    "stage": (states.RECEIVED, staging.take),
    "gate": (states.STAGED, gating.take),
    "accept": (states.PASSED, accepting.take),
}


def take_in(feed: str) -> list[list[int]]:
    """Take in what waits. Returns the ids of all that this run deals with, in batches that run side by side.

    A few deliveries are one batch. A first load, a backfill or large files are shared out.
    """
    settings = Settings()
    if _contract(settings, feed).takes_archives:
        _ensure_room(settings)
        with connect(settings, autocommit=True) as connection, locks.alone(connection, locks.Job.ARCHIVES):
            archives.take_apart(settings)
    with connect(settings, autocommit=True) as connection, timing.step(connection, "register"):
        rows = register.register(connection, settings, feed, delivery.check_header).rows
    worth = max(len(rows) / DELIVERIES_A_BATCH, sum(row["byte_count"] for row in rows) / BYTES_A_BATCH)
    batches = min(MOST_BATCHES_IN_WORKERS if settings.queue else MOST_BATCHES, math.ceil(worth))
    ids = [row["submission_id"] for row in rows]
    return [batch for start in range(batches) if (batch := ids[start::batches])]


def _contract(settings: Settings, feed: str) -> Contract:
    return contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD)


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
    """Take every submission of a batch through a step, if it has come that far. None holds up another.

    A worker that was taken for dead may be at work on one still. That comes last: this waits for it, and takes on what it left.
    """
    settings, done, taken = Settings(), Done(), []
    _ensure_room(settings)
    with connect(settings, autocommit=True) as connection:
        for row in ledger.describe(connection, batch):
            if row["status"] == STEPS[step][0]:
                with locks.unless_taken(connection, locks.Job.DELIVERY, str(row["submission_id"])) as is_free:
                    if is_free:
                        _take(step, connection, row, settings, done)
                    else:
                        taken.append(row)
            elif step == "accept" and row["status"] in (states.ACCEPTED, states.SUPERSEDED):
                # The try before accepted it and was killed, so that no event has named it.
                done.results.append(accepting.event(connection, row))
            elif row["status"] == states.REFUSED and step == "stage":
                done.refused.append(f"{row['file_name']}: {row['status_reason']}")
            elif row["status"] not in states.UNDER_WAY:
                done.settled.append(f"{row['file_name']} {row['status']}: {row['status_reason'] or 'nothing to do'}")
        for row in taken:
            with locks.alone(connection, locks.Job.DELIVERY, str(row["submission_id"])):
                _take(step, connection, row, settings, done)
    return done


def _take(step: str, connection: psycopg.Connection, row: dict, settings: Settings, done: Done) -> None:
    """One submission through one step. Whatever goes wrong ends this step of this submission and nothing else."""
    try:
        _try(step, connection, row, settings, done)
    except states.NotAllowed as error:
        # A person decided meanwhile, or another worker is through with it.
        done.settled.append(f"{row['file_name']}: {error}")


def _try(step: str, connection: psycopg.Connection, row: dict, settings: Settings, done: Done) -> None:
    """Raises NotAllowed where the submission is no longer as the row says."""
    submission_id = row["submission_id"]
    tries = moves.begin(connection, submission_id, _seen(row))
    if tries > moves.MOST_TRIES:
        done.settled.append(_hold_unended(connection, row))
        return
    try:
        submission = ledger.of(row | {"tries": tries})
        contract = contracts.load(settings.contracts / f"{submission.feed}.odcs.yaml", submission.period, submission.supplier)
        with timing.step(connection, step, submission_id):
            result = STEPS[step][1](connection, settings, submission, contract)
    except Exception as error:
        if connection.closed or connection.broken or isinstance(error, states.NotAllowed):
            raise
        # What a person refused meanwhile has no tables any more: that is no failure.
        moves.look(connection, submission_id, _seen(row))
        _fail(step, connection, row, tries, error, done)
    else:
        if result.get("status") == states.REFUSED:
            done.refused.append(f"{row['file_name']}: {result['reason']}")
        else:
            done.results.append(result)


def _seen(row: dict) -> ledger.Seen:
    return row["status"], row["attempt"]


def _fail(step: str, connection: psycopg.Connection, row: dict, tries: int, error: Exception, done: Done) -> None:
    """The file's fault refuses the delivery. Anything else is tried again, and after the last try a person looks."""
    submission_id, name = row["submission_id"], row["file_name"]
    refusal = error if isinstance(error, SubmissionRefused) else refusal_of(error)
    if refusal is not None:
        with connection.transaction():
            moves.refuse(connection, Settings(), submission_id, refusal.rule_code, refusal.message, by=step, seen=_seen(row))
            raw.forget(connection, row["feed"], submission_id)
        done.refused.append(f"{name}: {refusal}")
        return
    done.broken.append(f"{name} at {step}: {safe_text(error)}")
    if tries >= moves.MOST_TRIES:
        done.settled.append(_hold(connection, row, f"{step} failed {tries} times: {safe_text(error)}"))


def _hold_unended(connection: psycopg.Connection, row: dict) -> str:
    (step,) = (name for name, (before, _) in STEPS.items() if before == row["status"])
    return _hold(connection, row, f"{step} began {moves.MOST_TRIES} times and never came to an end")


def _hold(connection: psycopg.Connection, row: dict, why: str) -> str:
    """So that no build and no later file waits for this one. Returns a sentence that says so. Raises NotAllowed."""
    submission_id = row["submission_id"]
    moves.move(connection, submission_id, states.HELD, by=moves.PIPELINE, reason=f"{why}.", seen=_seen(row))
    return f"submission {submission_id} held: {why}. {ways(connection, Settings(), [submission_id])[submission_id]}"


def hold_killed(batches: Sequence[Sequence[int]]) -> None:
    """Hold what was killed at its last try too and could not say so, because the feed's next run may be a month away.

    The ledger does not tell a worker that was killed from one that is at work still: this waits for the delivery, and what has
    moved on by then is left as it is.
    """
    with connect(Settings(), autocommit=True) as connection:
        for row in ledger.describe(connection, list(chain(*batches))):
            if row["status"] in states.UNDER_WAY and row["tries"] >= moves.MOST_TRIES:
                with suppress(states.NotAllowed), locks.alone(connection, locks.Job.DELIVERY, str(row["submission_id"])):
                    _hold_unended(connection, row)


def held(batches: Sequence[Sequence[int]]) -> list[int]:
    """Which submissions of a run wait for a person."""
    with connect(Settings(), autocommit=True) as connection:
        waiting = {row["submission_id"] for row in ledger.held(connection)}
    return sorted(waiting & set(chain(*batches)))


def questions(submission_ids: Sequence[int]) -> list[dict]:
    """What to ask about each held submission; about all that wait when none is named."""
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        waiting = [row for row in ledger.held(connection) if not submission_ids or row["submission_id"] in submission_ids]
        said = ways(connection, settings, [row["submission_id"] for row in waiting])
    return [
        {
            "submission_id": row["submission_id"],
            "subject": f"{row['feed']}: let {row['file_name']} serve?",
            "body": f"{row['hold_reason']}\n\n{said[row['submission_id']]}\n\n"
            f"[Data Docs](/data-docs/{row['feed']}/{row['submission_id']:06d}.html)",
        }
        for row in waiting
    ]


def fetch(feed: str) -> int:
    """Bring a remote feed's new files into its inbox. Returns how many."""
    settings = Settings()
    contract = _contract(settings, feed)
    with connect(settings, autocommit=True) as connection, timing.step(connection, "fetch"):
        files = remote.fetch(connection, settings, feed, _place(contract))
    if files:
        # What was just written counts as unfinished until it has rested; register follows at once.
        time.sleep(settings.rest_seconds)
    return len(files)


def _place(contract: Contract) -> remote.Remote:
    """Where a remote feed's files are. A file's name may hold the period, as {month}: the last year's are asked for."""
    said = contract.remote
    periods = Period.latest(contract.kind, days.today(), PERIODS_ASKED_FOR)
    files = [name.replace("{" + contract.kind + "}", period.name) for name in said.get("remoteFiles", []) for period in periods]
    return remote.Remote(
        kind=said["kind"],
        connection=said["connection"],
        path=said.get("remotePath", ""),
        files=tuple(dict.fromkeys(files)),
        checksum=said.get("checksum"),
    )


def is_news(batches: Sequence[Sequence[int]]) -> bool:
    """Whether what is built is no longer what the ledger says, so that a build has something to do."""
    settings = Settings()
    with connect(settings, OWNER) as connection:
        return bool(list(chain(*batches))) and build.unbuilt(connection, settings) is not None


def conclude(batches: Sequence[Sequence[int]], dag_id: str, run_id: str, failed: Sequence[str] = ()) -> list[str]:
    """Close a run: write its note. failed: sentences on what failed before any delivery was judged.

    Returns the reasons of all that was refused, held or left undone; none when all is well.
    """
    settings, submission_ids = Settings(), list(chain(*batches))
    feed = dag_id.removeprefix("ingest__")
    failed = [*failed, *problems.say(settings, feed)]
    if _contract(settings, feed).takes_archives:
        failed += problems.say(settings, problems.ARCHIVES)
    with connect(settings, autocommit=True) as connection:
        rows = sorted(ledger.describe(connection, submission_ids), key=lambda row: notes.URGENCY.index(row["status"]))
        words = {row["submission_id"]: findings.of(connection, row["submission_id"]) for row in rows}
        for row in rows:
            messages.write(settings, row, words[row["submission_id"]])
        try:
            AirflowApi(settings).write_note(dag_id, run_id, notes.fitting(notes.of_run(rows, words, failed), feed))
        except OSError as error:
            # The note is a courtesy; the ledger has it all.
            log.warning("The run's note could not be written: Airflow %s", trouble(error))
        ledger.mark_reported(connection, submission_ids)
    bad = [row for row in rows if row["status"] in (states.REFUSED, states.HELD, *states.UNDER_WAY)]
    return [*failed, *(f"{row['file_name']} {row['status']}: {row['status_reason'] or 'a step failed'}" for row in bad)]


def _ensure_room(settings: Settings) -> None:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE_BYTES:
        raise HomeError(
            f"The disk of {settings.home} has {free >> 20:,} MiB left; a delivery needs at least "
            f"{LEAST_FREE_BYTES >> 20:,}. Free some space and clear the task; nothing was lost."
        )
