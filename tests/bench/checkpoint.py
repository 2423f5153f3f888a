"""A plain checkpoint of GX on a file, as GX's own documentation shows it: on pandas, with twenty bad
rows of each rule.

It is asked the rules of the feed file that a file of its own can answer: not the one that is SQL, nor
the one about what our reader could not read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from vrn.feeds.contract import UNREADABLE, Contract
from vrn.feeds.grammar import UNEXPECTED_ROWS_QUERY
from vrn.feeds.rules import Rule
from vrn.gate import expectations

COLUMNS = (
    "crime_id", "month", "reported_by", "falls_within", "longitude", "latitude", "location", "lsoa_code", "lsoa_name", "crime_type",
    "last_outcome_category", "context",
)  # fmt: skip


def rules(contract: Contract) -> list[Rule]:
    asked = [rule for rule in contract.main.rules if rule != UNREADABLE and UNEXPECTED_ROWS_QUERY not in rule.kwargs]
    return [_of_text(rule) if rule.kwargs.get("column") == "month" and "min_value" in rule.kwargs else rule for rule in asked]


def _of_text(rule: Rule) -> Rule:
    """A file says a month as `2020-03`, and GX holds texts to no limits."""
    kwargs = {name: value for name, value in rule.kwargs.items() if name not in ("min_value", "max_value")}
    months = [f"{rule.kwargs['min_value']}"[: len("2020-03")]]
    return replace(rule, expectation="expect_column_values_to_be_in_set", kwargs=kwargs | {"value_set": months})


def ask(path: Path, contract: Contract) -> dict[str, int]:
    """How many rows break each rule."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    files = context.data_sources.add_pandas("files")
    asset = files.add_csv_asset("street", filepath_or_buffer=path, names=list(COLUMNS), header=0)
    suite = context.suites.add(great_expectations.ExpectationSuite("street"))
    for rule in rules(contract):
        suite.add_expectation(expectations.of(rule))
    whole = asset.add_batch_definition("whole")
    asked = context.validation_definitions.add(great_expectations.ValidationDefinition(name="street", data=whole, suite=suite))
    done = context.checkpoints.add(great_expectations.Checkpoint(name="street", validation_definitions=[asked])).run()
    (judged,) = done.run_results.values()
    for one in judged.results:
        if said := expectations.raised(one):
            raise SystemExit(f"{one.expectation_config.meta['rule_code']} could not be asked: {said}")
    return {one.expectation_config.meta["rule_code"]: one.result.get("unexpected_count", 0) for one in judged.results}
