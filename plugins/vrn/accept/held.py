"""What a person may do about a held delivery now: one answer for whoever approves it and for whoever is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import psycopg

from vrn.accept import since_judged
from vrn.errors import ContractError, HomeError, safe_text
from vrn.feeds import contract as contracts
from vrn.feeds import days
from vrn.ledger import agreement, states
from vrn.ledger import store as ledger
from vrn.settings import Settings


def check_approval(connection: psycopg.Connection, settings: Settings, submission_id: int) -> None:
    """Raises NotAllowed where nobody can approve a delivery today: no rule judged it, today's feed file cannot take it or no
    agreement covers it. The sentence says what a person may do. Raises ContractError and HomeError while nobody can tell.
    """
    number = f"SUBMISSION={submission_id}"
    if not _is_judged(connection, submission_id):
        raise states.NotAllowed(
            f"Submission {submission_id} was never judged, so nobody can approve it. Mend the cause and run `make replay "
            f"{number}`, or `make refuse {number}`."
        )
    submission = ledger.get(connection, submission_id)
    contract = contracts.load(settings.contracts / f"{submission.feed}.odcs.yaml", submission.period, submission.supplier)
    if (why := since_judged.why_not(connection, submission_id, contract)) is not None:
        raise states.NotAllowed(f"{why} Run `make replay {number}`, which judges it anew, or `make refuse {number}`.")
    try:
        agreement.covering(connection, contract, submission.supplier, days.today(), is_synthetic=submission.is_synthetic)
    except agreement.NotCovered as error:
        raise states.NotAllowed(
            f"{error.rule_code}: {error.why} So nobody can approve submission {submission_id} today. Once an agreement covers it, "
            f"`make approve {number}` lets it serve; if none will, `make refuse {number}` refuses it."
        ) from None


def ways(connection: psycopg.Connection, settings: Settings, submission_ids: Sequence[int]) -> dict[int, str]:
    """What a person may do about each of these held deliveries, by the register as it is now: sentences that name the commands.

    They are no part of the reason that the ledger keeps: its supplier reads that, and it is of the day on which it was written.
    """
    if submission_ids:
        # Where nothing can be written, as on a full disk, the register of last time answers.
        with suppress(psycopg.Error):
            agreement.publish(connection, settings)
    return {submission_id: _way(connection, settings, submission_id) for submission_id in submission_ids}


def _way(connection: psycopg.Connection, settings: Settings, submission_id: int) -> str:
    number = f"SUBMISSION={submission_id}"
    try:
        check_approval(connection, settings, submission_id)
    except states.NotAllowed as error:
        return str(error)
    except (ContractError, HomeError) as error:
        return f"{error} Once that is mended, `make approve {number}` lets it serve; `make refuse {number}` refuses it."
    except (OSError, psycopg.Error) as error:
        # Whoever holds a delivery in trouble goes on to the next.
        return f"What may be done about it cannot be said now ({safe_text(error)}); `make status` says so later."
    return f"`make approve {number}` lets it serve, `make refuse {number}` refuses it."


def _is_judged(connection: psycopg.Connection, submission_id: int) -> bool:
    """Whether there is a verdict: its rows are written in the transaction that moves the delivery on from `staged`."""
    found = connection.execute("select 1 from ops.validation_result where submission_id = %s limit 1", [submission_id])
    return found.fetchone() is not None
