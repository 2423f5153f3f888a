"""Every rule of every feed of CSV files is met by a row that breaks it. A new rule needs a row.

The rows of a feed are broken in one delivery: each rule has a row (or a few) of its own, and must be found there by number.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.contracts import between_years_903
from tests.contracts.breaks import BREAKS, GIVEN, OF_SUPPLIERS
from tests.contracts.judged import ROW_COUNT, judged
from tests.made import Row, csv_text, table, unzip, zipped
from vrn.feeds import contract as contracts
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity, Rule, load
from vrn.feeds.document import feed_name
from vrn.feeds.grammar import NOT_NULL, UNEXPECTED_ROWS_QUERY
from vrn.feeds.period import ANY_PERIOD, Period, span
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries

FILES = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))
# The first two have every rule broken in test_rules.py, the census, which is XML, in test_every_rule_of_the_census.py, and the
# reference data, which nobody makes up, in files named as they are.
REFERENCE = {feed_name(path) for path in FILES if feed_name(path).startswith("reference_")}
ELSEWHERE = {"police_street_crime", "police_stop_search", "cin_census"} | REFERENCE
# Rules that look back are met in test_rules_between_years.py.
BETWEEN_YEARS = {"ssda903": set(between_years_903.BREAKS)}
FEEDS = [feed_name(path) for path in FILES if feed_name(path) not in ELSEWHERE]
# The period that a feed's rows in breaks.py are of, where it is not the last of its synthetic ones.
PERIODS = {"police_crime": "2019-05", "police_adr": "2019-20-Q2", "police_weapons": "2019-05", "police_marac": "2019-20-Q3"}
PERIODS |= {"police_encompass": "2020-04"}
# Fewer than a hundred rows, so that one row outside the period is more than the hundredth that a file may have.
MOST_ROWS = 95
LAYOUTS = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM": "%Y-%m", "dd/MM/yyyy": "%d/%m/%Y", None: "%Y-%m-%d"}
UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


def broken_by(entity: Entity, rule: Rule) -> list[Row] | None:
    """Rows' cells that break a rule, or None when nobody has said any."""
    said = BREAKS.get(entity.feed, {}).get(rule.code)
    if said is not None:
        return said if isinstance(said, list) else [said]
    # A filled column may be one whose number is withheld; a blank cell is none.
    is_conditional = "row_condition" in rule.kwargs and rule.expectation != NOT_NULL
    if is_conditional or UNEXPECTED_ROWS_QUERY in rule.kwargs or rule.expectation == ROW_COUNT:
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


def any_row(entity: Entity) -> Row:
    return {column.source_names[0]: _some(column) for column in entity.columns}


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


def spoiled(rows: list[Row], breaks: dict[str, list[Row]], given: list[Row] = ()) -> tuple[list[Row], dict[str, range]]:
    """Rows of which each rule has some of its own, after those that are given, and their numbers.

    A small delivery's rows are used again.
    """
    breaks = {"given": list(given)} | breaks
    needed = sum(map(len, breaks.values()))
    made = [dict(rows[place % len(rows)]) for place in range(max(needed, min(len(rows), MOST_ROWS)))]
    places, at = {}, 0
    for code, cells in breaks.items():
        for offset, one in enumerate(cells):
            assert one.keys() <= made[0].keys(), (code, one.keys() - made[0].keys())
            made[at + offset] |= one
        places[code] = range(at + 2, at + 2 + len(cells))
        at += len(cells)
    del places["given"]
    return made, places


def missed(places: dict[str, dict[str, range]], hits: dict[str, set[tuple[int, str]]]) -> set[tuple[str, str]]:
    """The rules that did not find any of their rows, as (entity, rule_code)."""
    return {
        (entity, code)
        for entity, numbers in places.items()
        for code, place in numbers.items()
        if not {(number, code) for number in place} & hits[entity]
    }


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


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_has_a_row_that_breaks_it(feed):
    """Issue 14, point 5. The empty file of the test below breaks the rules on the number of rows."""
    contract = load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
    rules = {rule.code: (entity, rule) for entity in contract.entities for rule in entity.rules}
    of_others = {code for _, breaks in OF_SUPPLIERS.get(feed, []) for code in breaks} | BETWEEN_YEARS.get(feed, set())
    broken = {code for code, (entity, rule) in rules.items() if rule.expectation == ROW_COUNT or broken_by(entity, rule)}
    assert rules.keys() - broken == of_others - broken
    # And no row is for a rule that is gone.
    assert BREAKS.get(feed, {}).keys() | of_others <= rules.keys()


@pytest.mark.parametrize("feed", FEEDS)
def test_each_rule_finds_the_row_that_breaks_it_and_an_empty_file_is_refused_unless_it_may_say_nothing(inbox, feed):
    contract, period, rows = good(inbox, feed)
    places: dict[str, dict[str, range]] = {}
    texts = {}
    for entity in contract.entities:
        breaks = {rule.code: cells for rule in entity.rules if (cells := broken_by(entity, rule)) is not None}
        # A table that the synthetic zip leaves out is made of any cells that it can hold.
        made, places[entity.name] = spoiled(
            rows.get(entity.name) or [any_row(entity)], breaks, GIVEN.get(feed, {}).get(entity.name, [])
        )
        texts[entity.name] = csv_text(made)
    verdict, hits = judged(inbox, contract, period, packed(contract, texts))
    assert missed(places, hits) == set()
    assert all(outcome.is_judged for outcome in verdict.outcomes)

    empty = {name: text.splitlines(keepends=True)[0] if name == contract.main.name else text for name, text in texts.items()}
    verdict, _ = judged(inbox, contract, period, packed(contract, empty))
    counting = {rule.code for rule in contract.main.rules if rule.expectation == ROW_COUNT}
    assert counting & {outcome.rule.code for outcome in verdict.refusing} == counting
    assert bool(counting) is not contract.allows_nil


@pytest.mark.parametrize(("feed", "supplier", "breaks"), [(feed, *one) for feed, some in OF_SUPPLIERS.items() for one in some])
def test_each_rule_for_some_of_a_feeds_suppliers_finds_the_row_that_breaks_it(inbox, feed, supplier, breaks):
    _, period, rows = good(inbox, feed)
    contract = load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", period, supplier)
    made, places = spoiled(rows[contract.main.name], breaks)
    _, hits = judged(inbox, contract, period, csv_text(made), supplier)
    assert missed({contract.main.name: places}, hits) == set()
