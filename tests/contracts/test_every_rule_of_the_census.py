"""Every rule of the census is met by a child that breaks it, through the reader of XML (issue 14, point 5)."""

from __future__ import annotations

import pytest

from tests.contracts import census
from tests.contracts.census_breaks import BREAKS, HEADERS, LATER, LATER_CODES
from tests.contracts.judged import ROW_COUNT, judged
from vrn.feeds.contract import load
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.settings import REPOSITORY

FEED, YEAR = "cin_census", "2019-20"


def sent(breaks: dict, *codes: census.Content) -> tuple[list[census.Content], dict[str, range]]:
    """A child that is as it should be, those that break a rule, and the places of each rule's children among them."""
    children, places = [census.child("GOOD1", *codes)], {}
    for code, change in breaks.items():
        changes = change if isinstance(change, tuple) else (change,)
        places[code] = range(len(children), len(children) + len(changes))
        children += [census.child(f"C{len(children) + place}", *codes, one) for place, one in enumerate(changes)]
    return children, places


def test_every_rule_of_the_census_has_a_child_or_a_header_that_breaks_it():
    contract = load(REPOSITORY / "expectations" / f"{FEED}.odcs.yaml", ANY_PERIOD)
    codes = {rule.code for entity in contract.entities for rule in entity.rules if rule.expectation != ROW_COUNT}
    assert (
        BREAKS.keys() | {code for one in LATER.values() for code in one} | set().union(*(broken for broken, _ in HEADERS)) == codes
    )


@pytest.mark.parametrize(("year", "breaks"), [(YEAR, BREAKS), *LATER.items()], ids=[YEAR, *LATER])
def test_each_rule_of_the_census_finds_the_child_that_breaks_it_and_none_finds_the_one_that_breaks_nothing(inbox, year, breaks):
    contract = inbox.contract(FEED, year)
    children, places = sent(breaks, LATER_CODES.get(year, {}))
    period = Period.parse(contract.kind, year)
    content = census.text(census.HEADER, children, later=int(year[:4]) - int(YEAR[:4]))
    verdict, hits = judged(inbox, contract, period, content)
    assert all(outcome.is_judged for outcome in verdict.outcomes)
    found = set()
    for entity in contract.entities:
        rows = census.rows(entity, children)
        for place, numbers in enumerate(rows):
            found |= {(place, code) for number, code in hits[entity.name] if number in numbers}
    assert {code for place, code in found if place == 0} == set()
    assert {code for code, place in places.items() if not found >= {(one, code) for one in place}} == set()


@pytest.mark.parametrize(("codes", "header"), HEADERS, ids=[", ".join(sorted(codes)) for codes, _ in HEADERS])
def test_each_rule_on_the_header_of_a_census_is_broken_by_a_header(inbox, codes, header):
    contract = inbox.contract(FEED, YEAR)
    children = [census.child("GOOD1"), census.child("GOOD2", BREAKS["CINL-050"])]
    content = census.text(census.changed(census.HEADER, header), children)
    verdict, _ = judged(inbox, contract, Period.parse(contract.kind, YEAR), content)
    assert {outcome.rule.code for outcome in verdict.failed} >= codes
