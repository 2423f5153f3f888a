"""The verdict on one submission: written in the transaction that moves it from staged to passed, held or refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import psycopg

from vrn.errors import safe_text
from vrn.feeds.contract import Contract
from vrn.gate import data_docs, history, judging, set_aside
from vrn.gate.history import BlankDrift
from vrn.ledger import findings, moves, states
from vrn.ledger.profiles import Profile
from vrn.ledger.store import Submission
from vrn.settings import Settings
from vrn.stage import raw

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """What becomes of a delivery: a state, and why by which rule where it is not `passed`."""

    to: str
    rule_code: str = ""
    reason: str = ""


def take(connection: psycopg.Connection, settings: Settings, submission: Submission, contract: Contract) -> dict:
    """Judge a staged submission. Returns {"status": passed, held or refused}."""
    verdict = judging.gate(settings, submission, contract)
    profiles = history.profile(connection, submission, contract)
    drifts = history.blank_drift(connection, submission, profiles)
    decision = _decide(connection, submission, contract, verdict, profiles, drifts)
    # Before the verdict: a delivery that is judged has its pages, or the ledger says why not.
    unwritten = _write_docs(settings, submission, contract, verdict, profiles)
    with connection.transaction():
        if unwritten:
            findings.say(connection, submission.submission_id, "GEN-020", "note", None, unwritten)
        judging.keep(connection, submission, contract, verdict)
        _say_drift(connection, submission, drifts)
        _enforce(connection, settings, submission, decision)
    return {"status": decision.to, "reason": decision.reason}


def _decide(
    connection: psycopg.Connection,
    submission: Submission,
    contract: Contract,
    verdict: judging.Verdict,
    profiles: Mapping[str, Profile],
    drifts: Sequence[BlankDrift],
) -> Decision:
    if verdict.refusal is not None:
        return Decision(states.REFUSED, *verdict.refusal)
    aside = set_aside.counted(connection, submission, contract, profiles)
    if (most := set_aside.refusing(aside, profiles, contract)) is not None:
        return Decision(states.REFUSED, "GEN-018", f"{most.sentence} Correct the file and send it again.")
    reasons = verdict.holding
    reasons += [("GEN-018", one.sentence) for one in aside if set_aside.holds(one, contract)]
    for code, find in (("GEN-019", history.shrunk), ("GEN-005", history.unusual_volume)):
        if (reason := find(connection, submission, contract)) is not None:
            reasons.append((code, reason))
    reasons += [("GEN-007", f"Far more is blank than usual: {_named(drifts)}.")] if any(one.holds for one in drifts) else []
    if not reasons:
        return Decision(states.PASSED)
    return Decision(states.HELD, reasons[0][0], " ".join(f"{code}: {reason}" for code, reason in reasons))


def _enforce(connection: psycopg.Connection, settings: Settings, submission: Submission, decision: Decision) -> None:
    number = submission.submission_id
    if decision.to == states.REFUSED:
        moves.refuse(connection, settings, number, decision.rule_code, decision.reason, by="gate", seen=submission.seen)
        raw.forget(connection, submission.feed, number)
    else:
        moves.move(connection, number, decision.to, by="gate", reason=decision.reason or None, seen=submission.seen)


def _say_drift(connection: psycopg.Connection, submission: Submission, drifts: Sequence[BlankDrift]) -> None:
    for entity, columns in groupby(drifts, key=lambda one: one.entity):
        message = f"The share of blanks moved in {_named(list(columns))}. Look whether the export changed."
        findings.say(connection, submission.submission_id, "GEN-007", "warning", None, message, entity=entity)


def _named(drifts: Sequence[BlankDrift]) -> str:
    return ", ".join(f"'{one.column}' ({one.share:.0%} instead of {one.usual:.0%})" for one in drifts)


def _write_docs(
    settings: Settings, submission: Submission, contract: Contract, verdict: judging.Verdict, profiles: Mapping[str, Profile]
) -> str | None:
    """Write the pages, which decide nothing. Returns a sentence on why they could not be written."""
    try:
        data_docs.write(settings, submission, contract, verdict, {name: one.rows for name, one in profiles.items()})
    except Exception as error:
        why = safe_text(error)
        log.error("The Data Docs of submission %s were not written: %s", submission.submission_id, why)
        return f"The pages of Data Docs could not be written ({why}). The verdict stands."
    return None
