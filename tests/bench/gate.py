"""The gate alone, against one pass of SQL written by hand on the same staged table, and a plain
checkpoint of GX on the same file.

By hand there is no verdict, no count of each rule and no page: it is the least that any gate would
take. The checkpoint is what GX's own documentation shows, on pandas; it judges the rules that need
no other row of another table, and lists twenty bad rows of each.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench import machine, street
from tests.bench.plan import Plan
from tests.bench.table import Figure
from vrn.feeds.contract import Contract
from vrn.gate import gx
from vrn.gate import step as gate
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.stage import raw
from vrn.stage import step as staging
from vrn.warehouse.connection import connect

# pandas holds all rows in memory, several times over.
MOST_OF_PANDAS = 2_000_000
COLUMNS = (
    "crime_id", "month", "reported_by", "falls_within", "longitude", "latitude", "location", "lsoa_code", "lsoa_name", "crime_type",
    "last_outcome_category", "context",
)  # fmt: skip
FORCE, NO_CRIME, NO_PLACE = "Lancashire Constabulary", "Anti-social behaviour", "No Location"
# The feed file's rules about rows, by hand: when a row breaks one, and how GX says it.
RULES = (
    ("reported_by is null", "ExpectColumnValuesToNotBeNull", {"column": "reported_by"}),
    ("falls_within is null", "ExpectColumnValuesToNotBeNull", {"column": "falls_within"}),
    ("lsoa_name is null", "ExpectColumnValuesToNotBeNull", {"column": "lsoa_name"}),
    ("month is null", "ExpectColumnValuesToNotBeNull", {"column": "month"}),
    ("crime_type is null", "ExpectColumnValuesToNotBeNull", {"column": "crime_type"}),
    (f"falls_within <> '{FORCE}'", "ExpectColumnValuesToBeInSet", {"column": "falls_within", "value_set": [FORCE]}),
    (f"reported_by <> '{FORCE}'", "ExpectColumnValuesToBeInSet", {"column": "reported_by", "value_set": [FORCE]}),
    ("to_char(month, 'YYYY-MM') <> '2020-03'", "ExpectColumnValuesToBeInSet", {"column": "month", "value_set": ["2020-03"]}),
    ("crime_type = 'Piracy'", "ExpectColumnValuesToNotBeInSet", {"column": "crime_type", "value_set": ["Piracy"]}),
    ("last_outcome_category = 'None'", "ExpectColumnValuesToNotBeInSet",
     {"column": "last_outcome_category", "value_set": ["None"]}),
    ("longitude not between -9 and 2.5", "ExpectColumnValuesToBeBetween",
     {"column": "longitude", "min_value": -9, "max_value": 2.5}),
    ("latitude not between 49 and 61", "ExpectColumnValuesToBeBetween", {"column": "latitude", "min_value": 49, "max_value": 61}),
    ("length(lsoa_code) <> 9", "ExpectColumnValueLengthsToEqual", {"column": "lsoa_code", "value": 9}),
    (f"crime_id is null and crime_type <> '{NO_CRIME}'", "ExpectColumnValuesToNotBeNull",
     {"column": "crime_id", "row_condition": f"crime_type != '{NO_CRIME}'", "condition_parser": "pandas"}),
    (f"lsoa_code is null and crime_type <> '{NO_PLACE}'", "ExpectColumnValuesToNotBeNull",
     {"column": "lsoa_code", "row_condition": f"location != '{NO_PLACE}'", "condition_parser": "pandas"}),
)  # fmt: skip
BY_HAND = """
create table raw.hits_by_hand as
select row_number, unnest(array_remove(array[{marks}], null)) as rule_code from {staged} where {is_any}
union all
select row_number, 'unique' from (
    select row_number, count(*) over (partition by crime_id) as times from {staged} where crime_id is not null
) as counted where times > 1
union all
select row_number, 'placed' from {staged} as crime
where crime_id is not null and lsoa_code is null
    and not exists (select from {staged} as other where other.crime_id = crime.crime_id and other.lsoa_code is not null)
"""


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds of the gate, of SQL by hand and of the checkpoint, by size of the file."""
    gx.load()
    with machine.server(VRN_CONTRACTS="{home}/contracts") as settings:
        street.write_contract(settings.contracts)
        for rows in plan.sizes:
            path = settings.inbox / street.FEED / street.NAME
            path.parent.mkdir(parents=True, exist_ok=True)
            street.write_file(path, rows, settings)
            kept = settings.home / "source.csv"
            kept.unlink(missing_ok=True)
            kept.hardlink_to(path)
            yield from _of_size(settings, kept, rows, plan.rounds)


def _of_size(settings: Settings, path: Path, rows: int, rounds: int) -> Iterator[Figure]:
    ours, by_hand, checkpoints = [], [], []
    with connect(settings, autocommit=True) as connection:
        submission_id = street.taken_in()
        submission = ledger.get(connection, submission_id)
        contract = street.contract_of(settings, submission)
        staging.take(connection, settings, submission, contract)
        staged = raw.partition(contract.main, submission_id)
        for _ in range(rounds):
            by_hand.append(_by_hand(connection, staged))
            if rows <= MOST_OF_PANDAS:
                checkpoints.append(_checkpoint(path))
            ours.append(_gate(connection, settings, submission_id, contract))
    size = f"{rows:,} rows"
    yield Figure("gate", "the gate, with verdict and page", size, statistics.median(ours), "s")
    yield Figure("gate", "one pass of SQL by hand", size, statistics.median(by_hand), "s")
    if checkpoints:
        yield Figure("gate", "a plain checkpoint of GX on pandas", size, statistics.median(checkpoints), "s")


def _gate(connection: psycopg.Connection, settings: Settings, submission_id: int, contract: Contract) -> float:
    # It is staged again when the block ends, so that the next round judges it again.
    with connection.transaction(force_rollback=True):
        started = time.monotonic()
        gate.take(connection, settings, ledger.get(connection, submission_id), contract)
        return time.monotonic() - started


def _by_hand(connection: psycopg.Connection, staged: sql.Identifier) -> float:
    marks = ", ".join(f"case when {broken} then 'rule {number}' end" for number, (broken, *_) in enumerate(RULES))
    statement = sql.SQL(BY_HAND).format(
        staged=staged, marks=sql.SQL(marks), is_any=sql.SQL(" or ".join(f"({broken})" for broken, *_ in RULES))
    )
    started = time.monotonic()
    connection.execute(statement)
    seconds = time.monotonic() - started
    connection.execute("drop table raw.hits_by_hand")
    return seconds


def _checkpoint(path: Path) -> float:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    expectations = great_expectations.expectations
    started = time.monotonic()
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("files").add_csv_asset("street", filepath_or_buffer=path, names=list(COLUMNS), header=0)
    suite = context.suites.add(great_expectations.ExpectationSuite("street"))
    for _, name, kwargs in RULES:
        suite.add_expectation(getattr(expectations, name)(**kwargs))
    suite.add_expectation(expectations.ExpectColumnValuesToBeUnique(column="crime_id"))
    suite.add_expectation(expectations.ExpectTableRowCountToBeBetween(min_value=1))
    whole = asset.add_batch_definition("whole")
    asked = context.validation_definitions.add(great_expectations.ValidationDefinition(name="street", data=whole, suite=suite))
    context.checkpoints.add(great_expectations.Checkpoint(name="street", validation_definitions=[asked])).run()
    return time.monotonic() - started
