"""Every rule of every feed file, met by a row that passes and by one that fails."""

from __future__ import annotations

import csv
import io

import pytest
from psycopg import sql

from tests.conftest import FEEDS
from vrn.feeds.contract import UNREADABLE, Contract
from vrn.gate import judging as gate
from vrn.gate import listing
from vrn.ledger import store as ledger
from vrn.stage import step as staging

MONTH = "2020-02"
NAMES = {
    "police_street_crime": f"{MONTH}-lancashire-street.synthetic.csv",
    "police_stop_search": f"{MONTH}-lancashire-stop-and-search.synthetic.csv",
}

# For each rule that looks at rows: what makes a good row break it, by the file's own column names.
BREAKS = {
    "police_street_crime": {
        "GEN-006": {"Longitude": "two and a half"},
        "PSC-002": {"Falls within": "Leicestershire Police"},
        "PSC-004": {"Month": "2020-01"},
        "PSC-005": {"Month": ""},
        "PSC-006": {"Crime ID": "", "Crime type": "Robbery"},
        "PSC-007": {"Crime ID": "abc", "Crime type": "Robbery"},
        "PSC-008": {"Crime type": "Piracy"},
        "PSC-009": {"Longitude": "53.7"},
        "PSC-010": {"Latitude": "-2.4"},
        "PSC-011": {"LSOA code": "", "Location": "On or near Somewhere"},
        "PSC-012": {"LSOA code": "E0101"},
        "PSC-013": {"Crime type": ""},
        "PSC-014": {"Last outcome category": "Forgotten"},
        "PSC-017": {"LSOA code": "", "Location": "No Location", "Crime type": "Robbery", "Crime ID": "e" * 64},
    },
    "police_stop_search": {
        "GEN-006": {"Date": "yesterday"},
        "PSS-002": {"Type": "Boat search"},
        "PSS-003": {"Type": ""},
        "PSS-005": {"Date": "2020-03-01T00:00:00+00:00"},
        "PSS-006": {"Date": ""},
        "PSS-007": {"Latitude": "-2.4"},
        "PSS-008": {"Longitude": "53.7"},
        "PSS-009": {"Age range": "old"},
        "PSS-010": {"Outcome": "Reward"},
        "PSS-011": {"Type": "Person search", "Age range": ""},
        "PSS-012": {"Type": "Person search", "Self-defined ethnicity": "", "Officer-defined ethnicity": ""},
        "PSS-013": {"Type": "Person search", "Gender": "X"},
        "PSS-014": {"Self-defined ethnicity": "Martian"},
        "PSS-015": {"Officer-defined ethnicity": "Martian"},
    },
}
# Rules on the whole file: what makes every row of a good file break them.
REFUSALS = {
    "police_street_crime": {
        "PSC-003": {"Month": "2020-01"},
        "PSC-016": {"Reported by": "Leicestershire Police"},
        "PSC-020": {"LSOA name": "Leicester 019A"},
    },
    "police_stop_search": {"PSS-004": {"Date": "2020-01-05T10:00:00+00:00"}},
}
# Not row by row: an empty file, and a value that comes twice.
ELSEWHERE = {"police_street_crime": {"PSC-001", "PSC-015", "PSC-020"}, "police_stop_search": {"PSS-001"}}


def rewrite(text: str, change) -> str:
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows, start=2):
        writer.writerow(row | change(number, row))
    return out.getvalue()


def good(inbox, feed: str) -> str:
    """A delivery that breaks no rule. As published, a few crimes in a hundred have no place, which PSC-017 tells of."""
    placed = {"LSOA code": "E01012571", "LSOA name": "Blackburn with Darwen 006E", "Location": "On or near Park Street"}
    return rewrite(inbox.text(feed, MONTH), lambda _, row: placed if row.get("LSOA code") == "" else {})


def judged(inbox, feed: str, text: str, contract: Contract | None = None):
    """Register, stage and judge a delivery; returns the verdict and the hits as (row_number, rule_code)."""
    inbox.drop(feed, NAMES[feed], text)
    contract = contract or inbox.contract(feed, MONTH)
    submission_id = inbox.register(feed)[-1]
    submission = ledger.get(inbox.connection, submission_id)
    staging.take(inbox.connection, inbox.settings, submission, contract)
    verdict = gate.gate(inbox.settings, ledger.get(inbox.connection, submission_id), contract)
    table = listing.hits(contract.main, submission_id)
    hits = inbox.connection.execute(sql.SQL("select row_number, rule_code from {}").format(table)).fetchall()
    return verdict, {(hit["row_number"], hit["rule_code"]) for hit in hits}


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_has_a_row_here_that_breaks_it(inbox, feed):
    rules = {rule.code for rule in inbox.contract(feed).main.rules}
    assert rules == BREAKS[feed].keys() | REFUSALS[feed].keys() | ELSEWHERE[feed]


@pytest.mark.parametrize("feed", FEEDS)
def test_a_good_delivery_breaks_no_rule(inbox, feed):
    verdict, hits = judged(inbox, feed, good(inbox, feed))
    assert [outcome.rule.code for outcome in verdict.failed] == []
    assert hits == set()


@pytest.mark.parametrize("feed", FEEDS)
def test_each_row_that_breaks_a_rule_is_found_by_its_number(inbox, feed):
    breaks = dict(enumerate(BREAKS[feed].items(), start=5))
    text = rewrite(good(inbox, feed), lambda number, _: breaks[number][1] if number in breaks else {})
    verdict, hits = judged(inbox, feed, text)
    assert {(number, code) for number, (code, _) in breaks.items()} <= hits
    # Nobody else's row is touched.
    assert {number for number, _ in hits} == breaks.keys()
    assert verdict.refusing == []


@pytest.mark.parametrize(("feed", "code"), [(feed, code) for feed, codes in REFUSALS.items() for code in codes])
def test_a_file_that_breaks_a_rule_on_the_whole_file_is_refused_or_held(inbox, feed, code):
    verdict, _ = judged(inbox, feed, rewrite(good(inbox, feed), lambda *_: REFUSALS[feed][code]))
    assert code in {outcome.rule.code for outcome in verdict.refusing} | {code for code, _ in verdict.holding}


@pytest.mark.parametrize("feed", FEEDS)
def test_a_few_rows_of_another_month_are_set_aside_and_do_not_refuse_the_file(inbox, feed):
    late = {"police_street_crime": {"Month": "2020-01"}, "police_stop_search": {"Date": "2020-01-05T10:00:00+00:00"}}
    verdict, hits = judged(inbox, feed, rewrite(good(inbox, feed), lambda number, _: late[feed] if number == 9 else {}))
    assert verdict.refusing == []
    assert hits == {(9, "PSC-004" if feed == "police_street_crime" else "PSS-005")}


def test_a_crime_id_that_comes_twice_is_warned_of_in_both_its_rows(inbox):
    twice = {"Crime ID": "f" * 64, "Crime type": "Robbery", "Last outcome category": "Local resolution"}
    text = rewrite(good(inbox, "police_street_crime"), lambda number, _: twice if number in (7, 11) else {})
    _, hits = judged(inbox, "police_street_crime", text)
    assert hits == {(7, "PSC-015"), (11, "PSC-015")}


def test_a_crime_is_placed_when_any_of_its_rows_has_a_place(inbox):
    """Issue 14, point 5. Real files have rows of one Crime ID with and without an LSOA."""
    robbery = {"Crime ID": "f" * 64, "Crime type": "Robbery", "Last outcome category": "Local resolution"}
    rows = {7: robbery, 11: robbery | {"LSOA code": "", "Location": "No Location"}}
    text = rewrite(good(inbox, "police_street_crime"), lambda number, _: rows.get(number, {}))
    _, hits = judged(inbox, "police_street_crime", text)
    assert hits == {(7, "PSC-015"), (11, "PSC-015")}


@pytest.mark.parametrize("feed", FEEDS)
def test_a_file_with_nothing_under_its_header_is_refused(inbox, feed):
    verdict, _ = judged(inbox, feed, inbox.text(feed, MONTH).splitlines()[0] + "\n")
    assert verdict.refusing[0].rule.code in ELSEWHERE[feed]


def test_a_rule_that_cannot_be_judged_refuses_the_file_even_as_a_warning(inbox):
    wrong = UNREADABLE.__class__(
        "X-1", "warning", "Cannot be judged.", "expect_column_values_to_not_be_null", {"column": "nowhere"}
    )
    contract = inbox.contract("police_stop_search", MONTH)
    object.__setattr__(contract.main, "rules", (*contract.main.rules, wrong))
    verdict, _ = judged(inbox, "police_stop_search", inbox.text("police_stop_search", MONTH), contract)
    assert [outcome.rule.code for outcome in verdict.refusing] == ["X-1"]
