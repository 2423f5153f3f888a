"""Step 3, gate: Great Expectations judges the staged table by the rules of the feed file.

Two passes. First GX says of each rule whether it holds (BOOLEAN_ONLY: no value leaves the database). Then GX's own
condition of each failed rule is run once more to list the rows it failed for, all of them, by number.

GX's rendered `unexpected_index_query` is not used for that: in 1.24 it leaves out a rule's row_condition and writes
dates as Python writes them. The condition metric behind it is right in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from vrn.feeds.contract import UNREADABLE, Contract, Entity
from vrn.feeds.grammar import SAYS
from vrn.feeds.grammar import UNEXPECTED_ROWS_QUERY as QUERY
from vrn.feeds.rules import Rule
from vrn.gate import expectations, gx, placing, unreadable, whose
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
# What a rule that compares periods has to say where there is nothing to compare with.
NOTHING_BEFORE = "GEN-030"
# GX writes these as a window over the whole table, which cannot be asked for row numbers.
UNIQUENESS_METRICS = ("column_values.unique", "compound_columns.unique")
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


def hits_name(entity: Entity, submission_id: int) -> str:
    return raw.partition_name(entity, submission_id) + raw.HITS


def hits(entity: Entity, submission_id: int) -> sql.Identifier:
    """The table that lists the rows of a staged entity that broke a rule: row_number, rule_code."""
    return sql.Identifier(raw.RAW, hits_name(entity, submission_id))


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
    return sa.create_engine(url, query_cache_size=STATEMENTS_KEPT, skip_autocommit_rollback=True)


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
    # GX asks some twenty times a delivery, of tables that nobody writes to: a transaction for each is most of the round trips.
    asking = engine.execution_options(isolation_level="AUTOCOMMIT")
    validator = gx.validator(asking, raw.RAW, raw.partition_name(entity, submission.submission_id))
    result = gx.validate(validator, entity.table, [expectations.of(rule) for rule in rules])

    by_code = {item.expectation_config.meta["rule_code"]: item for item in result.results}
    failing = [rule for rule in rules if not by_code[rule.code].success and not expectations.raised(by_code[rule.code])]
    counts = _list_rows(engine, validator, entity, submission.submission_id, failing)
    told = {rule.code: whose.told(engine, rule, contract) for rule in failing if SAYS in rule.description}
    if UNREADABLE in failing:
        told[UNREADABLE.code] = _naming_columns(engine, entity, submission.submission_id)
    outcomes += [_outcome(entity, told.get(rule.code, rule), by_code[rule.code], counts) for rule in rules]
    return result


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


def _list_rows(engine: sa.Engine, validator, entity: Entity, submission_id: int, failing: Sequence[Rule]) -> dict[str, int]:
    """Fill the hits table with (row_number, rule_code) of every failing row; returns the rows of each rule that lists any."""
    hits = sa.Table(
        hits_name(entity, submission_id),
        sa.MetaData(),
        sa.Column("row_number", sa.Integer),
        sa.Column("rule_code", sa.Text),
        schema=raw.RAW,
    )
    selects = _failing_rows(validator, failing)
    with engine.begin() as connection:
        connection.execute(sa.schema.DropTable(hits, if_exists=True))
        connection.execute(sa.schema.CreateTable(hits))
        if not selects:
            return {}
        connection.execute(hits.insert().from_select(["row_number", "rule_code"], sa.union_all(*selects)))
        counted = sa.select(hits.c.rule_code, sa.func.count()).group_by(hits.c.rule_code)
        rows = dict(connection.execute(counted).all())
        if UNREADABLE in failing:
            unreadable.forgive(connection, hits, entity, submission_id, failing)
            rows = dict.fromkeys(rows, 0) | dict(connection.execute(counted).all())
        return rows


def _failing_rows(validator, failing: Sequence[Rule]) -> list[sa.Select]:
    """What selects the rows that break each rule; nothing for a rule that judges the table and not its rows."""
    conditions = {rule.code: metric for rule in failing if (metric := _condition(rule)) is not None}
    # All in one graph, whose common metrics are asked for once.
    answers, _ = validator.compute_metrics(list(conditions.values()))
    selects = []
    for rule in failing:
        if QUERY in rule.kwargs:
            query = rule.kwargs[QUERY].replace(":", r"\:")
            found = sa.text(query).columns(sa.column("row_number", sa.Integer)).subquery()
            selects.append(sa.select(found.c.row_number, sa.literal(rule.code)).distinct())
        elif rule.code in conditions:
            condition, compute, access = answers[conditions[rule.code].id]
            source = _rows_looked_at(validator, {**compute, **access})
            selects.append(sa.select(sa.column("row_number"), sa.literal(rule.code)).select_from(source).where(condition))
        elif _map_metric(rule) in UNIQUENESS_METRICS:
            selects.append(_repeating_rows(validator, rule))
    return selects


def _map_metric(rule: Rule) -> str | None:
    from great_expectations.expectations.registry import get_expectation_impl

    return getattr(get_expectation_impl(rule.expectation), "map_metric", None)


def _condition(rule: Rule):
    """GX's metric of the condition that a row breaks a rule by, where it has one that can be asked for row numbers."""
    from great_expectations.expectations.registry import get_metric_kwargs
    from great_expectations.validator.metric_configuration import MetricConfiguration

    metric = _map_metric(rule)
    if metric is None or metric in UNIQUENESS_METRICS:
        return None
    name = f"{metric}.condition"
    kwargs = get_metric_kwargs(name, configuration=expectations.of(rule).configuration)
    return MetricConfiguration(name, kwargs["metric_domain_kwargs"], kwargs["metric_value_kwargs"])


def _repeating_rows(validator, rule: Rule) -> sa.Select:
    names = rule.kwargs.get("column_list") or [rule.kwargs["column"]]
    domain = {"row_condition": expectations.of(rule).row_condition} if "row_condition" in rule.kwargs else {}
    source = _rows_looked_at(validator, domain)
    columns = [sa.column(name) for name in names]
    filled = sa.and_(*(column.is_not(None) for column in columns))
    repeated = sa.select(*columns).select_from(source).where(filled).group_by(*columns).having(sa.func.count() > 1)
    key = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
    return sa.select(sa.column("row_number"), sa.literal(rule.code)).select_from(source).where(key.in_(repeated))


def _rows_looked_at(validator, domain: dict[str, Any]) -> sa.FromClause:
    """The staged table as GX sees it: whole, or narrowed by a rule's row_condition."""
    rows = validator.execution_engine.get_domain_records(domain_kwargs=domain)
    return rows.subquery() if isinstance(rows, sa.Select) else rows


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
