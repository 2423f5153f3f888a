"""What a person decides, carried out: in the ledger, in the feed's DAG or the build, and in the supplier's message."""

from __future__ import annotations

from collections.abc import Sequence

from vrn.accept import decisions
from vrn.access.audit import events
from vrn.errors import HomeError, SubmissionRefused, VrnError
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.ledger import agreement, findings, states
from vrn.ledger import store as ledger
from vrn.report import messages
from vrn.run import ingest
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.run.local.runs import INGEST, Runs
from vrn.settings import Settings
from vrn.warehouse.connection import connect


def approve(settings: Settings, submission_id: int, *, by: str, reason: str) -> str:
    """Let a held delivery serve; it is accepted at once. Raises NotAllowed, HomeError, ContractError.

    An approval that was killed before its delivery was accepted, or before the supplier's message said so, is made good by the
    next one. Returns who approved it, which is whose approval was killed then and not `by`.
    """
    with connect(settings, autocommit=True) as connection:
        # What is in the register now, and not when something came last.
        agreement.publish(connection, settings)
        row = ledger.find(connection, submission_id)
        if not _is_approved_and_not_told(row):
            decisions.approve(connection, settings, submission_id, by=by, reason=reason)
            row = ledger.find(connection, submission_id)
    done = ingest.each("accept", [submission_id])
    tell(settings, submission_id)
    if done.broken:
        raise HomeError("; ".join(done.broken))
    if not done.results:
        # Somebody refused it meanwhile, or another accepts it.
        raise states.NotAllowed("; ".join([*done.refused, *done.settled]))
    return row["approved_by"]


def _is_approved_and_not_told(row: dict) -> bool:
    after = (states.PASSED, states.ACCEPTED, states.SUPERSEDED)
    return row["approved_at"] is not None and row["reported_at"] is None and row["status"] in after


def refuse(settings: Settings, submission_id: int, *, by: str, reason: str) -> None:
    """Refuse a delivery that is under way or held. Raises NotAllowed."""
    with connect(settings, autocommit=True) as connection:
        agreement.publish(connection, settings)
        decisions.refuse(connection, settings, submission_id, by=by, reason=reason)
    tell(settings, submission_id)


def withdraw(settings: Settings, submission_id: int, *, by: str, reason: str) -> dict[str, int]:
    """Take a delivery back. Returns the rows that were deleted from each table. Raises NotAllowed."""
    with connect(settings, autocommit=True) as connection:
        agreement.publish(connection, settings)
        deleted = decisions.withdraw(connection, settings, submission_id, by=by, reason=reason)
    tell(settings, submission_id)
    return deleted


def instead(settings: Settings, submission_id: int) -> str:
    """What serves in the place of a delivery that was withdrawn or refused, in sentences; if nothing does, why."""
    with connect(settings, autocommit=True) as connection:
        return decisions.instead(connection, settings, submission_id)


def replay(settings: Settings, submission_ids: Sequence[int], *, by: str, reason: str) -> dict[int, str]:
    """Begin a new attempt of each that waits for none. Returns why not, of those of which it could not begin."""
    not_begun = {}
    with connect(settings, autocommit=True) as connection:
        agreement.publish(connection, settings)
        for submission_id in submission_ids:
            try:
                row = ledger.find(connection, submission_id)
                if ledger.is_replayed(row):
                    # By a command that was killed before it began a run.
                    continue
                contract = contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", ANY_PERIOD)
                decisions.replay(connection, settings, contract, submission_id, by=by, reason=reason)
                events.replayed(settings, submission_id)
            except (VrnError, SubmissionRefused) as error:
                not_begun[submission_id] = str(error)
    return not_begun


def of_feed(settings: Settings, feed: str, first: str, last: str) -> list[int]:
    """The submissions of a feed whose periods begin within two months, such as 2019-04 and 2020-03, and that can be replayed."""
    with connect(settings, autocommit=True) as connection:
        rows = connection.execute(
            "select * from ops.submission where feed = %s and period_start between %s and %s order by submission_id",
            [feed, Period.month(first).start, Period.month(last).end],
        ).fetchall()
    can_be = states.sources(states.RECEIVED)
    return [row["submission_id"] for row in rows if row["status"] in can_be or ledger.is_replayed(row)]


def dags_of(settings: Settings, submission_ids: Sequence[int]) -> list[str]:
    """The DAGs whose feeds these submissions are of."""
    with connect(settings, autocommit=True) as connection:
        return sorted({f"{INGEST}{row['feed']}" for row in ledger.describe(connection, submission_ids)})


def tell(settings: Settings, submission_id: int) -> None:
    """Write the supplier's message anew, now that a person has decided."""
    with connect(settings, autocommit=True) as connection:
        (row,) = ledger.describe(connection, [submission_id])
        messages.write(settings, row, findings.of(connection, submission_id))
        ledger.mark_reported(connection, [submission_id])


def begin(settings: Settings, dag_id: str) -> str:
    """Start a run of a DAG. Returns a sentence that says what follows."""
    try:
        if Runs(AirflowApi(settings)).start(dag_id):
            return f"A run of {dag_id} was started in Airflow."
        why = "does not know it; its page Dag Import Errors and `make check` say which file cannot be read"
    except OSError as error:
        why = trouble(error)
    return f"No run of {dag_id} was started, because Airflow {why}. `make run` starts what does not run, and goes on from here."
