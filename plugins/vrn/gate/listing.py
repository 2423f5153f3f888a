"""The rows that break a rule, by number, in a table beside the staged one.

What GX has a condition for is listed in one reading of the table for all rules that fail. Rules that are queries, and
uniqueness, are listed as GX asks how many rows break them: the list is counted, and the table is not asked twice.

GX's rendered `unexpected_index_query` is not used: in 1.24 it leaves out a rule's row_condition and writes dates as Python writes
them. The condition metric behind it is right in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql

from vrn.feeds.contract import UNREADABLE, Entity
from vrn.feeds.grammar import UNEXPECTED_ROWS_QUERY as QUERY
from vrn.feeds.rules import Rule
from vrn.gate import expectations, unreadable
from vrn.ledger import moves
from vrn.ledger.store import Submission
from vrn.stage import raw

# GX writes these as a window over the whole table, which cannot be asked for row numbers.
UNIQUENESS_METRICS = ("column_values.unique", "compound_columns.unique")
# Ways of GX's to leave rows out beside a row_condition.
LEAVING_OUT = ("ignore_row_if", "filter_conditions")
# The ledger's row, if no other worker began with the delivery since, and no person decided.
AS_BEGUN = (
    "select from ops.submission where submission_id = %(id)s and (status, attempt, tries) = (%(status)s, %(attempt)s, %(tries)s)"
)


def hits_name(entity: Entity, submission_id: int) -> str:
    return raw.partition_name(entity, submission_id) + raw.HITS


def hits(entity: Entity, submission_id: int) -> sql.Identifier:
    """The table that lists the rows of a staged entity that broke a rule: row_number, rule_code."""
    return sql.Identifier(raw.RAW, hits_name(entity, submission_id))


@dataclass(frozen=True)
class Rows:
    """A query of row numbers, of the driver's form, and the values that it names."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """The list of one entity's staged table.

    It is made in sessions that do not hold the worker's lock on the delivery, and go on when the session that holds it is lost and
    another worker has the delivery. So what writes looks whether the delivery is as this worker began with it.
    """

    engine: sa.Engine
    entity: Entity
    submission: Submission
    rules: Sequence[Rule]

    @property
    def submission_id(self) -> int:
        return self.submission.submission_id

    @property
    def table(self) -> sa.Table:
        return sa.Table(
            hits_name(self.entity, self.submission_id),
            sa.MetaData(),
            sa.Column("row_number", sa.Integer),
            sa.Column("rule_code", sa.Text),
            schema=raw.RAW,
        )

    def begin(self) -> None:
        """Make the list, empty. Raises NotAllowed where the delivery is not as this worker began with it."""
        # The engine's own way is to do each statement by itself.
        with self.engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            # Who refuses the delivery waits for the list then, and drops it with the delivery's other tables.
            if connection.exec_driver_sql(f"{AS_BEGUN} for share", self._begun).first() is None:
                row = sa.text("select submission_id, status, attempt from ops.submission where submission_id = :id")
                raise moves.not_what_it_was(connection.execute(row, {"id": self.submission_id}).mappings().one())
            connection.execute(sa.schema.DropTable(self.table, if_exists=True))
            connection.execute(sa.schema.CreateTable(self.table))

    @property
    def _begun(self) -> dict[str, Any]:
        one = self.submission
        return {"id": one.submission_id, "status": one.status, "attempt": one.attempt, "tries": one.tries}

    @property
    def answers(self) -> dict[str, Callable[[Any, Any], Any]]:
        """What GX asks of rules whose rows are listed at once, by the name of its metric: how many they are."""
        return {
            # Asked for as well, and used for nothing where GX says no more than yes or no.
            "unexpected_rows_query.table": lambda *_: [],
            "unexpected_rows_query.row_count": self._of_query,
            **{f"{metric}.unexpected_count": self._repeating for metric in UNIQUENESS_METRICS},
        }

    def _of_query(self, _, asked) -> int:
        query = asked.metric_value_kwargs[QUERY]
        # To the driver a percent sign begins the name of a value.
        rows = Rows("select distinct row_number from ({}) as broken".format(query.replace("%", "%%")))
        return self._list(rows, [one for one in self.rules if one.kwargs.get(QUERY) == query])

    def _repeating(self, executing, asked) -> int:
        domain = asked.metric_domain_kwargs
        names = list(domain.get("column_list") or [domain["column"]])
        chosen = executing.chosen(domain.get("row_condition"))
        same = [one for one in self.rules if _unique_names(one) == names]
        rules = [one for one in same if executing.chosen(expectations.of(one).row_condition).compare(chosen)]
        return self._list(self._compiled(_rows_that_repeat(self._own, names, chosen)), rules)

    @property
    def _own(self) -> sa.TableClause:
        return sa.table(raw.partition_name(self.entity, self.submission_id), schema=raw.RAW)

    def _list(self, rows: Rows, rules: Sequence[Rule]) -> int:
        """Put rows on the list for each of the rules that ask the same; returns how many they are."""
        codes = {"codes": [one.code for one in rules]}
        listed = Rows(f"select row_number, unnest(%(codes)s::text[]) as rule_code from ({rows.text}) as asked", rows.values | codes)
        return self._put(listed) // len(rules)

    def _compiled(self, rows: sa.Select | sa.CompoundSelect) -> Rows:
        compiled = rows.compile(dialect=self.engine.dialect, compile_kwargs={"render_postcompile": True})
        return Rows(compiled.string, compiled.construct_params())

    def _put(self, listed: Rows) -> int:
        """Put row numbers and codes on the list; returns how many they are. Those of a large table are looked for in parallel.

        Nothing is put on a list that another worker made since: the statement has the list before it looks, and from then on
        nobody makes it anew until the statement ends. What goes around `listed` is text, because SQLAlchemy compiles the statements
        of every delivery anew, whose tables no other has, and that takes longer than the rows of a small delivery.
        """
        rows, values = f"({listed.text})", listed.values
        with self.engine.begin() as connection:
            if self._is_large:
                connection.exec_driver_sql(f"create temporary table found as {listed.text}", values)
                rows, values = "pg_temp.found", {}
            into = hits(self.entity, self.submission_id).as_string()
            adding = f"insert into {into} select row_number, rule_code from {rows} as listed where exists ({AS_BEGUN})"
            put = connection.exec_driver_sql(adding, values | self._begun).rowcount
            if self._is_large:
                connection.exec_driver_sql("drop table pg_temp.found")
        return put

    @cached_property
    def _is_large(self) -> bool:
        asking = sa.text(raw.asking_whether_large(raw.partition(self.entity, self.submission_id)))
        with self.engine.begin() as connection:
            return connection.execute(asking).scalar_one()

    def add_conditions(self, validator, failing: Sequence[Rule]) -> None:
        """Put the rows on the list for which GX's condition of a failing rule holds, if the rule has one."""
        conditions = {rule.code: metric for rule in failing if (metric := _condition(rule)) is not None}
        if not conditions:
            return
        # All in one graph, whose common metrics are asked for once.
        answers, _ = validator.compute_metrics(list(conditions.values()))
        at_once: list[tuple[str, sa.ColumnElement]] = []
        selects: list[sa.Select] = []
        for code, metric in conditions.items():
            broken, compute, access = answers[metric.id]
            domain = {**compute, **access}
            if any(domain.get(way) for way in LEAVING_OUT):
                rows = validator.execution_engine.get_domain_records(domain_kwargs=domain)
                source = rows.subquery() if isinstance(rows, sa.Select) else rows
                selects.append(sa.select(sa.column("row_number"), sa.literal(code)).select_from(source).where(broken))
            else:
                at_once.append((code, sa.and_(validator.execution_engine.chosen(domain.get("row_condition")), broken)))
        if at_once:
            selects.append(_rows_that_break_any(self._own, at_once))
        self._put(self._compiled(sa.union_all(*selects)))

    def counted(self, failing: Sequence[Rule]) -> dict[str, int]:
        """How many rows each failing rule that lists any has on the list, once those are off it that no rule could look at."""
        counting = sa.select(self.table.c.rule_code, sa.func.count()).group_by(self.table.c.rule_code)
        with self.engine.begin() as connection:
            rows = dict(connection.execute(counting).all())
            if UNREADABLE in failing:
                unreadable.forgive(connection, self.table, self.entity, self.submission_id, failing)
                rows = dict.fromkeys(rows, 0) | dict(connection.execute(counting).all())
        return rows


def _rows_that_break_any(own: sa.TableClause, conditions: Sequence[tuple[str, sa.ColumnElement]]) -> sa.Select:
    """Each row with the code of each condition that it breaks, in one reading of the table."""
    codes = postgresql.array([sa.case((broken, sa.literal(code, sa.Text))) for code, broken in conditions], type_=sa.Text)
    broken = sa.or_(*(broken for _, broken in conditions))
    each = sa.select(sa.column("row_number"), sa.func.unnest(codes).label("rule_code")).select_from(own).where(broken).subquery()
    return sa.select(each).where(each.c.rule_code.is_not(None))


def _rows_that_repeat(own: sa.TableClause, names: Sequence[str], chosen: sa.ColumnElement) -> sa.Select:
    """The rows of which others have the same in all of the columns. A row with a blank in one of them repeats none.

    Only rows whose hash of eight bytes comes more than once are compared. The hashes are put in order before they are grouped,
    because a table of groups that outgrows work_mem, as a million different ones do, is written to the disk over and over.
    """
    columns = [sa.column(name) for name in names]
    looked_at = sa.and_(chosen, *(column.is_not(None) for column in columns))
    hashed = _hash(columns)
    # With an offset, even of nothing, PostgreSQL keeps to the order that is asked for.
    in_order = sa.select(hashed.label("hashed")).select_from(own).where(looked_at).order_by(sa.text("hashed"))
    hashes = in_order.offset(sa.literal_column("0")).subquery().c.hashed
    again = sa.select(hashes).group_by(hashes).having(sa.func.count() > 1)
    times = sa.func.count().over(partition_by=columns).label("times")
    rows = sa.select(sa.column("row_number"), times).select_from(own).where(looked_at, hashed.in_(again)).subquery()
    return sa.select(rows.c.row_number).where(rows.c.times > 1)


def _hash(columns: Sequence[sa.ColumnClause]) -> sa.ColumnElement:
    return sa.func.hash_record_extended(sa.func.row(*columns), sa.literal_column("0"))


def _unique_names(rule: Rule) -> list[str] | None:
    """The columns that a rule says are unique together, None of a rule that says no such thing."""
    if _map_metric(rule) not in UNIQUENESS_METRICS:
        return None
    return rule.kwargs.get("column_list") or [rule.kwargs["column"]]


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
