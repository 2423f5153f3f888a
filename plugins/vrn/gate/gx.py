"""Great Expectations as the gate asks it: its own verdicts, without what it does over and over.

There is no data context, data source or asset: GX's validator asks a table through our own engine.
A context would test its connections and write its configuration down for each table, and would
keep every table that it ever saw.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.validator.validator import Validator

    from vrn.gate.few_passes import Answers


# More than the rules of one feed ask for, and a few megabytes.
METRICS_KEPT = 2_000
ROW_COUNT = "table.row_count"
# How the metrics begin that GX has of each row, and those that it makes of these.
OF_EACH_ROW = ("column_values.", "compound_columns.")


def load() -> None:
    """Import what a judgement needs. It takes seconds, so nothing else does it."""
    # It must never report to its makers.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations.expectations.core
    import great_expectations.render.renderer
    import great_expectations.render.view  # noqa: F401

    # It tells of each rule several times over, in lines that say nothing of the file.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)


def validator(engine: sa.Engine, schema: str, table: str, answers: Answers) -> Validator:
    """What asks a table. It remembers the answers, so that each judgement makes one of its own.

    answers: what is asked in another way than GX would (see vrn.gate.few_passes).
    """
    from great_expectations.core.batch import Batch
    from great_expectations.core.batch_spec import BatchSpec
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    from vrn.gate.few_passes import FewPasses

    executing = FewPasses(engine, answers)
    data = SqlAlchemyBatchData(executing, schema_name=schema, table_name=table, create_temp_table=False)
    # As a data source of GX's would describe it, for the Data Docs. A batch made like this has no
    # id, so that a metric names no table: what is worked out for the metrics of one delivery holds
    # for those of the next (see _each_metric_once).
    spec = BatchSpec(type="table", data_asset_name=table, table_name=table, schema_name=schema, batch_identifiers={})
    asking = Validator(executing, batches=[Batch(data=data, batch_spec=spec)])
    asking.metrics_calculator.show_progress_bars = False
    return asking


def validate(asking: Validator, name: str, expectations: Sequence[Expectation]) -> ExpectationSuiteValidationResult:
    """GX's result of a suite: yes or no for each expectation, and no value."""
    from great_expectations import __version__
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.validator.validator import calc_validation_statistics

    in_order = asking.process_expectations_for_validation([one.configuration for one in expectations])
    results = asking.graph_validate(in_order, {"result_format": "BOOLEAN_ONLY"})
    statistics = calc_validation_statistics(results)._asdict()
    return ExpectationSuiteValidationResult(
        success=statistics.pop("success"),
        results=results,
        suite_name=name,
        statistics=statistics,
        meta={
            "great_expectations_version": __version__,
            "batch_spec": asking.active_batch_spec,
            "batch_markers": asking.active_batch_markers,
        },
    )


@contextmanager
def remembering() -> Iterator[None]:
    """While it lasts, GX works out once what it would work out many times.

    GX 1.24 makes the configuration of an expectation anew at every look at it, some seventy times
    for a rule that is judged once, and walks down the same dependencies ten times: most of a
    judgement. What is judged does not change meanwhile, so that what was made of it still holds.
    """
    from great_expectations.core.id_dict import IDDict
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.validator.validation_graph import ValidationGraph

    with ExitStack() as changes:
        for owner, name, other in (
            (Expectation, "configuration", property(_once(Expectation.configuration.fget))),
            (ExpectationConfiguration, "to_domain_obj", _once(ExpectationConfiguration.to_domain_obj)),
            (ValidationGraph, "build_metric_dependency_graph", _each_metric_once(ValidationGraph.build_metric_dependency_graph)),
            (IDDict, "to_id", _quick_id(IDDict.to_id)),
            # GX writes each query into a debug line that nobody reads, and compiles it for that.
            # Should it ever ask the database that text, the file is refused (see gate.expectations.raised).
            (sa.Select, "__str__", lambda _: "a query"),
        ):
            changes.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, other)
        yield


def _once(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    made: dict[int, tuple[Any, Any]] = {}

    def remembered(of: Any) -> Any:
        if id(of) not in made:
            # It is kept too, because its id would be given to another one after it.
            made[id(of)] = (of, make(of))
        return made[id(of)][1]

    return remembered


@cache
def _below() -> dict[Any, list[Any]]:
    """The edges below each metric that was asked for lately, by its id. They hold no answer."""
    return {}


def _each_metric_once(build: Callable[..., None]) -> Callable[..., None]:
    """What a metric needs follows from its id: one rule, or one delivery, serves the others."""
    from great_expectations.validator.validation_graph import ValidationGraph

    below = _below()
    if len(below) > METRICS_KEPT:
        below.clear()

    def once(graph: Any, metric_configuration: Any, runtime_configuration: Any = None) -> None:
        if metric_configuration.id not in below:
            part = ValidationGraph(execution_engine=graph._execution_engine)
            build(part, metric_configuration, runtime_configuration)
            below[metric_configuration.id] = [edge for edge in part.edges if not _waits_for_nothing(edge)]
        for edge in below[metric_configuration.id]:
            graph.add(edge)

    return once


def _waits_for_nothing(edge: Any) -> bool:
    """Whether GX would have what it says of each row wait for how many rows there are, which it then makes no use of.

    It is not waited for any more: otherwise the rows would be counted in a reading of their own, before all else that is counted.
    """
    left, right = edge.left, edge.right
    if right is None or right.metric_name != ROW_COUNT or not left.metric_name.startswith(OF_EACH_ROW):
        return False
    left.metric_dependencies.pop(ROW_COUNT, None)
    return True


def _quick_id(to_id: Callable[..., Any]) -> Callable[..., Any]:
    """IDDict's own id of several keys; only what JSON cannot hold is turned into what it can."""
    from great_expectations.util import convert_to_json_serializable

    encode = json.JSONEncoder(sort_keys=True, default=_once(convert_to_json_serializable)).encode

    def quick(self: Any, *keys: Any, **named: Any) -> Any:
        if keys or named or len(self) < 2:
            return to_id(self, *keys, **named)
        return hashlib.md5(encode(self).encode(), usedforsecurity=False).hexdigest()

    return quick
