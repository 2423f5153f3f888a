"""Every rule of every feed of CSV files is met by a row that breaks it; what has no such row yet is listed by name.

The rows of a feed are broken in one delivery: each rule has a row (or a few) of its own, and must be found there by number.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from psycopg import sql

from tests.contracts.breaks import BREAKS
from tests.made import Row, csv_text, file_name, table, unzip, zipped
from vrn.feeds import contract as contracts
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity, Rule, load
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD, Period, span
from vrn.gate import judging as gate
from vrn.ledger import states
from vrn.ledger import store as ledger
from vrn.settings import REPOSITORY
from vrn.stage import step as staging
from vrn.synthetic import deliveries

FILES = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))
# These have every rule broken in test_rules.py, and this one is XML: its rules are met in test_children.py.
ELSEWHERE = {"police_street_crime", "police_stop_search", "cin_census"}
FEEDS = [feed_name(path) for path in FILES if feed_name(path) not in ELSEWHERE]
CHILDREN = Path(__file__).parents[1] / "expected_children.csv"

# Rules that no row here breaks. A new rule needs a row, not a line here.
NOT_BROKEN_YET: dict[str, set[str]] = {
    # They are of trusts that send for themselves: tests/unit/test_whose_rows.py.
    "hes_violence_admissions": {"HES-030", "HES-031"},
    # They ask for a child who was looked after all year without a break.
    "ssda903": {"903-186", "903-191", "903-543"},
    # XML cannot be spoiled by column yet.
    "cin_census": {
        "CIN-1104B",
        "CIN-1520",
        "CIN-2884",
        "CIN-2884B",
        "CIN-4000",
        "CIN-4001",
        "CIN-4003",
        "CIN-4004",
        "CIN-4008",
        "CIN-4009",
        "CIN-4010",
        "CIN-4011",
        "CIN-4012Q",
        "CIN-4014",
        "CIN-4015",
        "CIN-4017",
        "CIN-4220",
        "CIN-8500",
        "CIN-8510",
        "CIN-8520",
        "CIN-8540",
        "CIN-8568",
        "CIN-8590",
        "CIN-8600",
        "CIN-8606",
        "CIN-8610",
        "CIN-8614",
        "CIN-8630",
        "CIN-8640",
        "CIN-8650",
        "CIN-8670Q",
        "CIN-8675Q",
        "CIN-8720",
        "CIN-8730",
        "CIN-8770Q",
        "CIN-8772",
        "CIN-8775Q",
        "CIN-8790",
        "CIN-8805",
        "CIN-8810",
        "CIN-8815",
        "CIN-8816",
        "CIN-8820",
        "CIN-8840",
        "CIN-8841",
        "CIN-8869",
        "CIN-8898",
        "CIN-8905",
        "CIN-8910",
        "CIN-8915",
        "CIN-8920",
        "CIN-8925",
        "CIN-8935",
        "CIN-8940",
        "CIN-8945Q",
        "CIN-8950Q",
        "CINL-002",
        "CINL-003",
        "CINL-004",
        "CINL-006",
        "CINL-010",
        "CINL-011",
        "CINL-021",
        "CINL-022",
        "CINL-030",
        "CINL-031",
        "CINL-040",
        "CINL-050",
        "GEN-006",
    },
}

# The period that a feed's rows in breaks.py are of, where it is not the last of its synthetic ones.
PERIODS = {"police_crime": "2019-05", "police_adr": "2019-20-Q2", "police_weapons": "2019-05", "police_marac": "2019-20-Q3"}
PERIODS |= {"police_encompass": "2020-04"}
# Rules of the census that tests/unit/test_reading.py breaks.
MET_IN_READING = {"CIN-1510", "CIN-4180", "CINL-005", "CINL-020"}
# And those about its authority, which tests/unit/test_whose_rows.py breaks.
MET_IN_READING |= {"CINL-007", "CINL-008", "CINL-023", "CINL-032", "CINL-041", "CINL-051", "CINL-052"}
# Fewer than a hundred rows, so that one row outside the period is more than the hundredth that a file may have.
MOST_ROWS = 95
LAYOUTS = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM": "%Y-%m", "dd/MM/yyyy": "%d/%m/%Y", None: "%Y-%m-%d"}
UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
ROW_COUNT = "expect_table_row_count_to_be_between"


def broken_by(entity: Entity, rule: Rule) -> list[Row] | None:
    """Rows' cells that break a rule, or None when nobody has said any."""
    said = BREAKS.get(entity.feed, {}).get(rule.code)
    if said is not None:
        return said if isinstance(said, list) else [said]
    if "row_condition" in rule.kwargs or gate.QUERY in rule.kwargs or rule.expectation == ROW_COUNT:
        return None
    if rule.code == contracts.UNREADABLE.code:
        column = next((one for one in entity.columns if one.is_stored and one.logical_type != "string"), None)
        return [{column.source_names[0]: "?"}] if column else None
    if rule.expectation in UNIQUE:
        names = rule.kwargs.get("column_list") or [rule.kwargs["column"]]
        return [{_column(entity, name).source_names[0]: _some(_column(entity, name)) for name in names}] * 2
    column = _column(entity, rule.kwargs["column"])
    cell = _cell(column, rule)
    return None if cell is None else [{column.source_names[0]: cell}]


def _column(entity: Entity, name: str) -> Column:
    return next(column for column in entity.columns if column.name == name)


def _some(column: Column) -> str:
    """A cell that a column can hold."""
    if column.codes:
        return column.codes[0]
    return {"date": date(2020, 4, 30).strftime(LAYOUTS[column.form])}.get(column.logical_type, "1")


def _cell(column: Column, rule: Rule) -> str | None:
    """A cell that breaks a rule on one column."""
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            return ""
        case "expect_column_values_to_not_be_in_set":
            return str(rule.kwargs["value_set"][0])
        case "expect_column_values_to_be_in_set":
            return "no such code" if column.logical_type == "string" else "77"
        case "expect_column_values_to_match_regex":
            return "?"
        case "expect_column_value_lengths_to_be_between":
            return "1" * (rule.kwargs["max_value"] + 1)
        case "expect_column_values_to_be_between":
            return _outside(column, rule.kwargs.get("min_value"), rule.kwargs.get("max_value"))
    return None


def _outside(column: Column, least: object, most: object) -> str:
    if column.classification == "age":
        return date(2020 if least else 1850, 1, 1).strftime(LAYOUTS[column.form])
    if column.logical_type in ("integer", "number"):
        return str(least - 1 if least is not None else most + 1)
    if column.logical_type == "timestamp":
        return "1999-12-31T12:00:00" if column.form else "1999-12-31T12:00:00+00:00"
    off = timedelta(days=40)
    day = date.fromisoformat(str(least)[:10]) - off if least is not None else date.fromisoformat(str(most)[:10]) + off
    return day.strftime(LAYOUTS[column.form])


def spoiled(rows: list[Row], breaks: dict[str, list[Row]]) -> tuple[list[Row], dict[str, range]]:
    """Rows of which each rule has some of its own, and their numbers. A small delivery's rows are used again."""
    needed = sum(map(len, breaks.values()))
    made = [dict(rows[place % len(rows)]) for place in range(max(needed, min(len(rows), MOST_ROWS)))]
    places, at = {}, 0
    for code, cells in breaks.items():
        for offset, one in enumerate(cells):
            assert one.keys() <= made[0].keys(), (code, one.keys() - made[0].keys())
            made[at + offset] |= one
        places[code] = range(at + 2, at + 2 + len(cells))
        at += len(cells)
    return made, places


def judged(inbox, contract: Contract, period: Period, content: str | bytes) -> tuple[gate.Verdict, dict[str, set[tuple[int, str]]]]:
    """A delivery's verdict, and for each entity the rows that broke a rule as (row_number, rule_code)."""
    inbox.drop(contract.feed, file_name(contract, period.name), content)
    submission_id = inbox.register(contract.feed)[-1]
    submission = ledger.get(inbox.connection, submission_id)
    assert submission.status == states.RECEIVED
    staging.take(inbox.connection, inbox.settings, submission, contract)
    verdict = gate.gate(inbox.settings, submission, contract)
    hits = {}
    for entity in contract.entities:
        found = inbox.connection.execute(
            sql.SQL("select row_number, rule_code from {}").format(gate.hits(entity, submission_id))
        ).fetchall()
        hits[entity.name] = {(row["row_number"], row["rule_code"]) for row in found}
    return verdict, hits


def packed(contract: Contract, tables: dict[str, str]) -> str | bytes:
    if contract.format == "zip":
        return zipped({f"{name}.csv": text for name, text in tables.items()})
    return tables[contract.main.name]


def good(inbox, feed: str) -> tuple[Contract, Period, dict[str, list[Row]]]:
    """A feed's contract for a period, and the rows of each of its tables."""
    asked = inbox.contract(feed)
    last = list(span(asked.kind, asked.main.synthetic["from"], asked.main.synthetic["until"]))[-1]
    period = Period.parse(asked.kind, PERIODS.get(feed, last.name))
    contract = inbox.contract(feed, period.name)
    content = deliveries.content(contract, period, inbox.places)
    texts = unzip(content) if contract.format == "zip" else {contract.main.name: content.decode()}
    return contract, period, {name.removesuffix(".csv"): table(text) for name, text in texts.items()}


def met_elsewhere() -> set[str]:
    """Codes that test_children.py meets with counts, in files that others made."""
    with CHILDREN.open(encoding="utf-8", newline="") as file:
        return {row["rule_code"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_has_a_row_that_breaks_it_or_is_listed_as_not_broken_yet(feed):
    contract = load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
    without = {
        rule.code
        for entity in contract.entities
        for rule in entity.rules
        if rule.expectation != ROW_COUNT and broken_by(entity, rule) is None
    }
    assert without - met_elsewhere() == NOT_BROKEN_YET.get(feed, set())
    # And no row is for a rule that is gone.
    assert BREAKS.get(feed, {}).keys() <= {rule.code for entity in contract.entities for rule in entity.rules}


def test_every_rule_of_the_census_is_met_in_a_file_that_others_made_or_is_listed():
    contract = load(REPOSITORY / "expectations" / "cin_census.odcs.yaml", ANY_PERIOD)
    codes = {rule.code for entity in contract.entities for rule in entity.rules if rule.expectation != ROW_COUNT}
    assert codes - met_elsewhere() - MET_IN_READING == NOT_BROKEN_YET["cin_census"]


@pytest.mark.parametrize("feed", FEEDS)
def test_each_rule_finds_the_row_that_breaks_it_and_an_empty_file_is_refused_unless_it_may_say_nothing(inbox, feed):
    contract, period, rows = good(inbox, feed)
    places: dict[str, dict[str, range]] = {}
    texts = {}
    for entity in contract.entities:
        breaks = {rule.code: cells for rule in entity.rules if (cells := broken_by(entity, rule)) is not None}
        # A table that the synthetic zip leaves out is made of blank rows.
        blank = {column.source_names[0]: "" for column in entity.columns}
        made, places[entity.name] = spoiled(rows.get(entity.name) or [blank], breaks)
        texts[entity.name] = csv_text(made)
    verdict, hits = judged(inbox, contract, period, packed(contract, texts))
    missed = {
        (entity, code)
        for entity, numbers in places.items()
        for code, place in numbers.items()
        if not {(number, code) for number in place} & hits[entity]
    }
    assert missed == set()
    assert all(outcome.is_judged for outcome in verdict.outcomes)

    empty = {name: text.splitlines(keepends=True)[0] if name == contract.main.name else text for name, text in texts.items()}
    verdict, _ = judged(inbox, contract, period, packed(contract, empty))
    counting = {rule.code for rule in contract.main.rules if rule.expectation == ROW_COUNT}
    assert counting & {outcome.rule.code for outcome in verdict.refusing} == counting
    assert bool(counting) is not contract.allows_nil
