"""Step 3, gate: Great Expectations judges the staged table by the rules of the feed file.

First GX says of each rule whether it holds (BOOLEAN_ONLY: no value leaves the database). Then the rows that the failed rules
failed for are listed, all of them, by number (see vrn.gate.listing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from psycopg import sql

from vrn.feeds.contract import UNREADABLE, Contract, Entity
from vrn.feeds.grammar import SAYS
from vrn.feeds.rules import Rule
from vrn.gate import expectations, gx, placing, unreadable, whose
from vrn.gate.listing import Listing, hits
from vrn.ledger import findings
from vrn.ledger.store import Submission
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse.roles import LOADER

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

# How many row numbers of a rule are kept for the supplier's message.
ROWS_KEPT = 1_000
# An engine keeps so many statements in compiled form. Those on a delivery's own tables are no use to the next one.
STATEMENTS_KEPT = 100
# What one process hands to another here is narrow: hashes and row numbers, and a home's server has nothing else to do meanwhile.
# PostgreSQL reckons with 0.1 for each, and would look for a million hashes in one process.
SHARED_WORK = "-c parallel_tuple_cost=0.01"
# What a rule that compares periods has to say where there is nothing to compare with.
NOTHING_BEFORE = "GEN-030"
NOT_JUDGED = "The rule could not be judged, so the file is refused; tell the data team."


@dataclass(frozen=True)
class Outcome:
    """What one rule said of one entity's table. rows is None where the rule judges no rows, or tolerates some."""

    entity: str
    rule: Rule
    is_success: bool
    is_judged: bool
    rows: int | None


@dataclass(frozen=True)
class Verdict:
    """All outcomes of a gate, with GX's own result of each entity for the Data Docs.

    waiting: the rules that look back, where no delivery serves for the period before.
    """

    outcomes: tuple[Outcome, ...]
    results: Mapping[str, ExpectationSuiteValidationResult]
    waiting: tuple[Rule, ...] = ()

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.is_success]

    @property
    def refusing(self) -> list[Outcome]:
        return [outcome for outcome in self.failed if outcome.rule.outcome == "submission" or not outcome.is_judged]

    @property
    def holding(self) -> list[tuple[str, str]]:
        """Rule code and sentence of each rule for whose failing a person has to look at the file."""
        return [(one.rule.code, one.rule.description) for one in self.failed if one.rule.outcome == "hold"]

    @property
    def refusal(self) -> tuple[str, str] | None:
        """Rule code and sentence when a rule that decides on the whole file failed, or any rule could not be judged."""
        if not self.refusing:
            return None
        first = self.refusing[0]
        return first.rule.code, first.rule.description if first.is_judged else NOT_JUDGED


def gate(settings: Settings, submission: Submission, contract: Contract) -> Verdict:
    """Judge a staged submission and list the failing rows in its hits tables. What that means for the file, vrn.gate.step says."""
    engine = _engine(settings.url(LOADER))
    try:
        return judge(engine, submission, contract)
    finally:
        engine.dispose()


# It holds no connection between deliveries, but the compiled form of what is asked of every table.
@lru_cache(maxsize=1)
def _engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url, query_cache_size=STATEMENTS_KEPT, skip_autocommit_rollback=True, connect_args={"options": SHARED_WORK}
    )


def judge(engine: sa.Engine, submission: Submission, contract: Contract) -> Verdict:
    """Run the rules on the submission's tables and fill their hits tables."""
    gx.load()
    outcomes: list[Outcome] = []
    results = {}
    backward = [rule for entity in contract.entities for rule in entity.rules if rule.looks_back]
    earlier = placing.before(engine, submission) if backward else None
    waiting = () if earlier is not None else tuple(backward)
    with gx.remembering():
        for entity in contract.entities:
            judged = [rule for rule in entity.rules if rule not in waiting]
            placed = [placing.placed(rule, entity, submission, contract, earlier) for rule in judged]
            results[entity.name] = _judge_entity(engine, submission, contract, entity, placed, outcomes)
    return Verdict(tuple(outcomes), results, waiting)


def _judge_entity(
    engine: sa.Engine, submission: Submission, contract: Contract, entity: Entity, rules: list[Rule], outcomes: list[Outcome]
):
    # GX asks many times a delivery, of tables that nobody else writes to: a transaction for each is most of the round trips.
    asking = engine.execution_options(isolation_level="AUTOCOMMIT")
    listing = Listing(asking, entity, submission, rules)
    listing.begin()
    validator = gx.validator(asking, raw.RAW, raw.partition_name(entity, submission.submission_id), listing.answers)
    with _database_faults_raised(asking):
        result = gx.validate(validator, entity.table, [expectations.of(rule) for rule in rules])

    by_code = {item.expectation_config.meta["rule_code"]: item for item in result.results}
    failing = [rule for rule in rules if not by_code[rule.code].success and not expectations.raised(by_code[rule.code])]
    listing.add_conditions(validator, failing)
    counts = listing.counted(failing)
    told = {rule.code: whose.told(engine, rule, contract) for rule in failing if SAYS in rule.description}
    if UNREADABLE in failing:
        told[UNREADABLE.code] = _naming_columns(engine, entity, submission.submission_id)
    outcomes += [_outcome(entity, told.get(rule.code, rule), by_code[rule.code], counts) for rule in rules]
    return result


@contextmanager
def _database_faults_raised(engine: sa.Engine) -> Iterator[None]:
    """Raises what the database failed with meanwhile, because GX takes all that it meets for a rule's fault, which refuses a file.

    A database that has no room, or ends a query, says nothing of the file: the step is tried again.
    """
    met: list[psycopg.OperationalError] = []

    def note(context: sa.engine.ExceptionContext) -> None:
        if isinstance(context.original_exception, psycopg.OperationalError):
            met.append(context.original_exception)

    sa.event.listen(engine, "handle_error", note)
    try:
        yield
    finally:
        sa.event.remove(engine, "handle_error", note)
    if met:
        raise met[0]


def _naming_columns(engine: sa.Engine, entity: Entity, submission_id: int) -> Rule:
    with engine.connect() as connection:
        return replace(UNREADABLE, description=unreadable.sentence(connection, entity, submission_id))


def _outcome(entity: Entity, rule: Rule, item, counts: dict[str, int]) -> Outcome:
    tolerant = rule.kwargs.get("mostly", 1) < 1
    rows = counts.get(rule.code, None if tolerant and item.success else 0)
    if not item.success and rule.code not in counts:
        rows = None
    # A rule about rows has nothing to say where all that broke it are cells that could not be read.
    is_success = bool(item.success) or (rows == 0 and rule.outcome in ("record", "warning"))
    return Outcome(entity.name, rule, is_success, expectations.raised(item) is None, rows)


def keep(connection: psycopg.Connection, submission: Submission, contract: Contract, verdict: Verdict) -> None:
    """Write what each rule said, inside the transaction of the verdict."""
    connection.execute("delete from ops.validation_result where submission_id = %s", [submission.submission_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.validation_result "
            "(submission_id, entity, rule_code, expectation, severity, is_success, unexpected_count) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    submission.submission_id,
                    one.entity,
                    one.rule.code,
                    one.rule.expectation,
                    one.rule.outcome,
                    one.is_success,
                    one.rows,
                )
                for one in verdict.outcomes
            ],
        )
    if verdict.waiting:
        codes = ", ".join(sorted(rule.code for rule in verdict.waiting))
        message = (
            f"No delivery of the supplier serves for {submission.period.before.label}, so that the rules that compare with it "
            f"were not judged: {codes}. Nothing needs to be done."
        )
        findings.say(connection, submission.submission_id, NOTHING_BEFORE, "note", None, message)
    for outcome in verdict.failed:
        findings.say(
            connection,
            submission.submission_id,
            outcome.rule.code,
            outcome.rule.outcome if outcome.is_judged else "submission",
            outcome.rows,
            outcome.rule.description if outcome.is_judged else NOT_JUDGED,
            entity=outcome.entity,
            row_numbers=_row_numbers(connection, submission, contract, outcome),
        )


def _row_numbers(connection: psycopg.Connection, submission: Submission, contract: Contract, outcome: Outcome) -> list[int]:
    if not outcome.rows:
        return []
    table = hits(contract.entity(outcome.entity), submission.submission_id)
    found = connection.execute(
        sql.SQL("select row_number from {} where rule_code = %s order by row_number limit %s").format(table),
        [outcome.rule.code, ROWS_KEPT],
    )
    return [row["row_number"] for row in found]
