"""Rules that compare a return with the one that serves for the year before (issue 14, point 5)."""

from __future__ import annotations

from tests.contracts.between_years_903 import BREAKS, UNCHANGED
from tests.contracts.judged import judged
from tests.inbox import Inbox
from tests.made import Row, csv_text, file_name, table, unzip, zipped
from vrn.feeds.period import Period
from vrn.ledger import findings
from vrn.run import deciding, ingest
from vrn.synthetic import deliveries

FEED = "ssda903"
YEARS = ("2018-19", "2019-20")
SAME_PERSON = {"DOB": "01/05/2008", "SEX": "1", "ETHNIC": "WBRI", "UPN": "P123456789123", "MOTHER": "", "MC_DOB": ""}
CHILDREN = {"SAME1": UNCHANGED} | {code.replace("-", ""): tables for code, tables in BREAKS.items()}


def sent(inbox: Inbox, year: str) -> tuple[bytes, dict[str, dict[str, list[int]]]]:
    """A year's return, and the rows of each child in each of its tables."""
    contract = inbox.contract(FEED, year)
    made = unzip(deliveries.content(contract, Period.parse(contract.kind, year), inbox.places))
    texts, places = {}, {}
    for entity in contract.entities:
        rows = table(made.get(f"{entity.name}.csv", ""))
        # A table that the synthetic zip leaves out has blank rows.
        like: Row = dict.fromkeys([column.source_names[0] for column in entity.columns], "") | (rows[0] if rows else {})
        like |= {name: text for name, text in SAME_PERSON.items() if name in like}
        places[entity.name] = {}
        for child, tables in CHILDREN.items():
            cells = tables.get(entity.name, ({}, {}) if entity.name == "header" else (None, None))[YEARS.index(year)]
            if cells is not None:
                rows.append(like | {"CHILD": child} | cells)
                places[entity.name].setdefault(child, []).append(len(rows) + 1)
        if rows:
            texts[f"{entity.name}.csv"] = csv_text(rows)
    return zipped(texts), places


def taken_in(inbox: Inbox, year: str, supplier: str | None = None) -> dict:
    inbox.drop(FEED, file_name(inbox.contract(FEED, year), year, supplier), sent(inbox, year)[0])
    (row,) = inbox.take_in(FEED)
    return row


def test_every_rule_that_looks_back_has_a_child_that_breaks_it(inbox):
    rules = {rule.code for entity in inbox.contract(FEED, YEARS[1]).entities for rule in entity.rules if rule.looks_back}
    assert BREAKS.keys() == rules


def test_each_rule_finds_the_child_that_is_not_as_last_year_and_none_finds_the_one_that_is(inbox):
    assert taken_in(inbox, YEARS[0])["status"] == "accepted"
    content, places = sent(inbox, YEARS[1])
    contract = inbox.contract(FEED, YEARS[1])
    verdict, hits = judged(inbox, contract, Period.parse(contract.kind, YEARS[1]), content)
    assert verdict.waiting == ()
    assert all(outcome.is_judged for outcome in verdict.outcomes)
    found = {
        (child, code)
        for entity, children in places.items()
        for child, numbers in children.items()
        for number, code in hits[entity]
        if number in numbers and code in BREAKS
    }
    assert {code for code in BREAKS if (code.replace("-", ""), code) not in found} == set()
    assert {code for child, code in found if child == "SAME1"} == set()


def test_where_no_return_serves_for_the_year_before_these_rules_are_not_judged_and_a_note_says_so(inbox):
    """Another authority's return is none to compare with."""
    taken_in(inbox, YEARS[0], "889")
    row = taken_in(inbox, YEARS[1])
    assert row["status"] == "accepted"
    told = {one["rule_code"]: one for one in findings.of(inbox.connection, row["submission_id"])}
    assert not told.keys() & BREAKS.keys()
    assert told["GEN-030"]["outcome"] == "note"
    assert told["GEN-030"]["message"].startswith("No delivery of the supplier serves for 2018/19, so that the rules that compare")
    assert "903-503A" in told["GEN-030"]["message"]


def test_a_return_of_another_key_is_none_to_compare_with(inbox):
    """A child's identifier is another hash under a new key, and would look like another child."""
    earlier = taken_in(inbox, YEARS[0])
    inbox.connection.execute(
        "update ops.submission set hash_key_version = hash_key_version - 1 where submission_id = %s", [earlier["submission_id"]]
    )
    row = taken_in(inbox, YEARS[1])
    assert "GEN-030" in {one["rule_code"] for one in findings.of(inbox.connection, row["submission_id"])}


def test_once_last_years_return_serves_a_replay_compares_with_it(inbox):
    row = taken_in(inbox, YEARS[1])
    taken_in(inbox, YEARS[0])
    assert deciding.replay(inbox.settings, [row["submission_id"]], by="a person", reason="last year's return came") == {}
    for step in ("stage", "gate", "accept"):
        ingest.each(step, [row["submission_id"]])
    told = {one["rule_code"] for one in findings.of(inbox.connection, row["submission_id"])}
    assert "GEN-030" not in told
    assert told >= BREAKS.keys()


def test_a_return_that_serves_no_more_is_none_to_compare_with(inbox):
    earlier = taken_in(inbox, YEARS[0])
    deciding.withdraw(inbox.settings, earlier["submission_id"], by="a person", reason="a test")
    row = taken_in(inbox, YEARS[1])
    assert "GEN-030" in {one["rule_code"] for one in findings.of(inbox.connection, row["submission_id"])}
