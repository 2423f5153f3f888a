"""What GX remembers while it judges: the same verdicts, and nothing that outlives a delivery."""

from __future__ import annotations

import gc
from contextlib import nullcontext, suppress
from datetime import date

import pytest
import sqlalchemy as sa

from tests.conftest import FEEDS
from tests.contracts.test_rules import BREAKS, MONTH, NAMES, rewrite
from vrn.feeds import contract as contracts
from vrn.gate import expectations, gx, listing
from vrn.gate import judging as gate
from vrn.ledger import findings
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.stage import step as staging
from vrn.warehouse.roles import LOADER

STREET = "police_street_crime"
MONTHS = ("2020-01", "2020-02", "2020-03")


def name(month: str) -> str:
    return f"{month}-lancashire-street.synthetic.csv"


def staged(inbox, feed: str, text: str) -> ledger.Submission:
    inbox.drop(feed, NAMES[feed], text)
    submission_id = inbox.register(feed)[-1]
    staging.take(inbox.connection, inbox.settings, ledger.get(inbox.connection, submission_id), inbox.contract(feed, MONTH))
    return ledger.get(inbox.connection, submission_id)


def told(inbox, submission: ledger.Submission, contract: contracts.Contract) -> dict:
    """All that a judgement says of a delivery, without the time of day."""
    engine = sa.create_engine(inbox.settings.url(LOADER))
    try:
        verdict = gate.judge(engine, submission, contract)
        with engine.connect() as connection:
            table = sa.table(listing.hits_name(contract.main, submission.submission_id), schema="raw")
            hits = sorted(connection.execute(sa.select(sa.text("*")).select_from(table)).tuples())
    finally:
        engine.dispose()
    results = [item.to_json_dict() for item in verdict.results[contract.main.name].results]
    for item in results:
        # Where in the code GX met an exception differs, and not which one.
        item["exception_info"] = str(expectations.raised(item_of(verdict, contract, item)) is None)
    return {"outcomes": verdict.outcomes, "hits": hits, "results": results}


def item_of(verdict: gate.Verdict, contract: contracts.Contract, item: dict):
    code = item["expectation_config"]["meta"]["rule_code"]
    results = verdict.results[contract.main.name].results
    return next(one for one in results if one.expectation_config.meta["rule_code"] == code)


@pytest.mark.parametrize("feed", FEEDS)
def test_what_is_remembered_changes_nothing_that_gx_says(inbox, monkeypatch, feed):
    contract = inbox.contract(feed, MONTH)
    wrong = contracts.Rule("X-1", "warning", "Cannot be judged.", "expect_column_values_to_not_be_null", {"column": "nowhere"})
    breaks = dict(enumerate(BREAKS[feed].items(), start=5))
    text = rewrite(inbox.text(feed, MONTH), lambda number, _: breaks[number][1] if number in breaks else {})
    submission = staged(inbox, feed, text)
    object.__setattr__(contract.main, "rules", (*contract.main.rules, wrong))
    quick = told(inbox, submission, contract)
    monkeypatch.setattr(gx, "remembering", nullcontext)
    plain = told(inbox, submission, contract)
    assert {code for _, code in plain["hits"]} >= BREAKS[feed].keys()
    assert [outcome.rule.code for outcome in plain["outcomes"] if not outcome.is_judged] == ["X-1"]
    assert quick == plain


def test_an_id_of_a_metric_is_gxs_own():
    gx.load()
    from great_expectations.core.id_dict import IDDict
    from great_expectations.expectations.row_conditions import Column

    asked = [
        {},
        {"column": "age"},
        {"column": "age", "batch_id": None, "row_condition": None},
        {"column": "age", "row_condition": (Column("sex") == "F") & (Column("age") > 17)},
        {"min_value": date(2020, 1, 1), "max_value": 1.5, "strict_min": False},
        {"value_set": ["b", "ä", 1, None], "mostly": 1},
    ]
    plain = [IDDict(one).to_id() for one in asked]
    with gx.remembering():
        quick = [IDDict(one).to_id() for one in asked]
    assert quick == plain


def test_gx_is_as_it_was_once_a_judgement_is_over():
    gx.load()
    from great_expectations.expectations.core import ExpectColumnValuesToNotBeNull

    rule = ExpectColumnValuesToNotBeNull(column="age")
    with suppress(ZeroDivisionError), gx.remembering():
        assert rule.configuration is rule.configuration
        raise ZeroDivisionError
    assert rule.configuration is not rule.configuration
    assert str(sa.select(sa.column("age"))) == "SELECT age"


def test_the_deliveries_of_a_batch_are_judged_each_by_its_own_rows(inbox):
    spoil = {
        "2020-01": lambda number, _: {"Falls within": "Kent Police"} if number == 4 else {},
        "2020-02": lambda number, _: {},
        "2020-03": lambda number, _: {"Falls within": "Kent Police"} if number in (6, 7) else {},
    }
    for month in MONTHS:
        inbox.drop(STREET, name(month), rewrite(inbox.text(STREET, month), spoil[month]))
    rows = {row["file_name"]: row["submission_id"] for row in inbox.take_in(STREET)}
    found = {
        month: [
            (message["rule_code"], message["row_numbers"])
            for message in findings.of(inbox.connection, rows[name(month)])
            if message["rule_code"] == "PSC-002"
        ]
        for month in MONTHS
    }
    assert found == {"2020-01": [("PSC-002", [4])], "2020-02": [], "2020-03": [("PSC-002", [6, 7])]}
    pages = {month: (Settings().data_docs / STREET / f"{rows[name(month)]:06d}.html").read_text() for month in MONTHS}
    for month in MONTHS:
        assert {one for one in MONTHS if f"__s{rows[name(one)]:06d}" in pages[month]} == {month}
    assert ["2 unexpected values found" in pages[month] for month in MONTHS] == [False, False, True]


def test_nothing_of_a_judgement_outlives_it(inbox, monkeypatch):
    gx.load()
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    monkeypatch.setattr(gx, "METRICS_KEPT", 1)
    gx._below.cache_clear()
    kept = []
    for month in MONTHS:
        inbox.drop(STREET, name(month), inbox.text(STREET, month))
        inbox.take_in(STREET)
        kept.append(len(gx._below()))
        assert gate._engine(inbox.settings.url(LOADER)).pool.checkedin() == 0
    gc.collect()
    assert kept[0] == kept[1] == kept[2] > 1
    assert [one for one in gc.get_objects() if isinstance(one, SqlAlchemyExecutionEngine)] == []
