"""Great Expectations' own engine, which asks a table as seldom as its rules allow. To be imported only where GX is loaded.

GX 1.24 counts in a query of its own whatever became countable in one round of its graph, and whatever has a row_condition of its
own: a table of two million rows was read some twenty times. Here all that is counted is counted in one reading, at the end, with
the row_condition as the FILTER of the count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
from great_expectations.expectations.row_conditions import Condition, deserialize_row_condition
from great_expectations.validator.metric_configuration import MetricConfiguration

# What is asked in another way than GX would, by the name of the metric.
Answers = Mapping[str, Callable[[SqlAlchemyExecutionEngine, MetricConfiguration], Any]]


class FewPasses(SqlAlchemyExecutionEngine):
    """answers: what gives the value of a metric in GX's stead. An exception of theirs is the rule's, as one of GX's would be."""

    def __init__(self, engine: sa.Engine, answers: Answers):
        super().__init__(engine=engine, create_temp_table=False)
        self._answers = answers
        self._counted: dict[Any, Any] = {}

    def _process_direct_and_bundled_metric_computation_configurations(
        self,
        metric_fn_direct_configurations: list[MetricComputationConfiguration],
        metric_fn_bundle_configurations: list[MetricComputationConfiguration],
    ) -> dict:
        direct = [self._answered(one) for one in metric_fn_direct_configurations]
        # What is left out of a round is asked for again in the next one, with what became ready meanwhile.
        return super()._process_direct_and_bundled_metric_computation_configurations(
            direct, [] if direct else metric_fn_bundle_configurations
        )

    def _answered(self, asked: MetricComputationConfiguration) -> MetricComputationConfiguration:
        answer = self._answers.get(asked.metric_configuration.metric_name)
        if answer is None:
            return asked
        return replace(asked, metric_fn=lambda **_: answer(self, asked.metric_configuration))

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[MetricComputationConfiguration]) -> dict:
        asked = list(metric_fn_bundle)
        # Each condition that rows are listed by asks once more how many rows there are.
        new = [self._over_the_whole_table(one) for one in asked if one.metric_configuration.id not in self._counted]
        self._counted |= super().resolve_metric_bundle(new)
        return {one.metric_configuration.id: self._counted[one.metric_configuration.id] for one in asked}

    def _over_the_whole_table(self, counted: MetricComputationConfiguration) -> MetricComputationConfiguration:
        # What is not said is left out, because otherwise the same rows would be told apart by how nothing is said of them.
        domain = {name: value for name, value in (counted.compute_domain_kwargs or {}).items() if value is not None}
        function = counted.metric_fn
        if not isinstance(function, sa.sql.functions.FunctionElement):
            return replace(counted, compute_domain_kwargs=domain)
        chosen = [self.chosen(domain.pop("row_condition"))] if "row_condition" in domain else []
        if (broken := _summed(function)) is not None:
            function, chosen = sa.func.count(), [*chosen, broken]
        return replace(counted, metric_fn=function.filter(*chosen) if chosen else function, compute_domain_kwargs=domain)

    def chosen(self, condition: Condition | Mapping[str, Any] | None) -> sa.ColumnElement:
        """Which rows a row_condition looks at, all where there is none. GX hands one on as it is or as what it is written like."""
        if condition is None:
            return sa.true()
        return self.condition_to_filter_clause(deserialize_row_condition(condition) if isinstance(condition, dict) else condition)


def _summed(function: sa.sql.functions.FunctionElement) -> sa.ColumnElement | None:
    """The condition, where a function is GX's sum of 1 for each row for which it holds and 0 for each other; None otherwise.

    To count these rows is half the work. A table without rows has the sum NULL and the count 0, and no rule is broken by either.
    """
    cases = list(function.clauses)
    if function.name != "sum" or len(cases) != 1 or not isinstance(cases[0], sa.Case):
        return None
    whens, otherwise = cases[0].whens, cases[0].else_
    if len(whens) != 1 or (getattr(whens[0][1], "value", None), getattr(otherwise, "value", None)) != (1, 0):
        return None
    return whens[0][0]
