"""An entry of agreements.yaml is drafted from the feed file, and what one lacks of it is named."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.unit.test_agreements import FEED, NAME, TODAY, _today, entry, marked, register  # noqa: F401  the day it is
from vrn import __main__ as commands
from vrn.ledger import agreement


def test_a_draft_has_every_column_of_the_feed_file_its_class_and_what_it_is_for(inbox, capsys):
    """Issue 14, point 9."""
    assert commands.main(["agreement", "--feed", "cin_census", "--supplier", "888"]) == 0
    drafted = capsys.readouterr().out
    contract = inbox.contract("cin_census")
    (said,) = yaml.safe_load(drafted)
    assert set(said["fields"]) == contract.fields
    assert (said["feed"], said["suppliers"], said["status"]) == ("cin_census", ["888"], "active")
    for entity in contract.entities:
        for column in (one for one in entity.columns if f"{entity.name}.{one.name}" in contract.fields):
            (line,) = [one for one in drafted.splitlines() if f"- {entity.name}.{column.name} " in one]
            assert f"# {column.classification}" in line
            assert " ".join(column.description.split()) in line


def test_a_draft_covers_nothing_until_what_is_left_open_is_filled_in(inbox, capsys):
    """Issue 14, point 9: it can be appended to the register as it is; the delivery waits, and what is open is named."""
    register(inbox, entry(inbox, suppliers=["rxr"]))
    commands.main(["agreement", "--feed", FEED, "--supplier", "rxl"])
    drafted = capsys.readouterr().out
    with inbox.settings.agreements.open("a", encoding="utf-8") as file:
        file.write(drafted)
    good, (mistake,) = agreement.read(inbox.settings)
    assert len(good) == 1
    opened = "agreement, purpose, legal_gateway, controller, valid_from, valid_to are left open; fill in what was agreed"
    assert re.search(rf"line \d+, entry 2: {opened}", mistake.told)
    assert (mistake.feed, mistake.suppliers) == (FEED, ["rxl"])

    filled = {"agreement": "LVRN-DSA-016", "purpose": "x", "legal_gateway": "x", "controller": "x"}
    (said,) = yaml.safe_load(drafted)
    register(inbox, entry(inbox, suppliers=["rxr"]), said | filled | {"valid_from": TODAY, "valid_to": TODAY})
    inbox.drop(FEED, NAME, marked(inbox))
    (row,) = inbox.take_in(FEED)
    assert (row["status"], row["agreement_id"]) == ("accepted", "LVRN-DSA-016")


@pytest.mark.parametrize(
    ("feed", "supplier", "told"),
    [
        ("", "", "Say which feed and whose: make agreement FEED=cin_census SUPPLIER=888."),
        ("cin", "888", "There is no feed 'cin'. Say one of cin_census, "),
        ("cin_census", "rxl", "'rxl' is no supplier of cin_census. Say one of 888, "),
        ("police_street_crime", "lancashire", "police_street_crime is published under an open licence and needs no agreement."),
    ],
)
def test_what_no_agreement_can_be_drafted_for_is_said(inbox, capsys, feed, supplier, told):
    assert commands.main(["agreement", "--feed", feed, "--supplier", supplier]) == 1
    assert f"error: {told}" in capsys.readouterr().err


def test_what_an_entry_lacks_is_named_with_the_entry_and_the_columns(inbox):
    """Issue 14, point 9."""
    contract = inbox.contract(FEED)
    fields = [*sorted(contract.fields - {"attendance.sex", "attendance.age"}), "attendance.sexx"]
    short = entry(inbox, fields=fields, suppliers=["rxl", "rxr"])
    (told,) = agreement.lacking([short], {FEED: contract})
    assert told.startswith(f"agreements.yaml, LVRN-DSA-014 ({FEED}, rxl, rxr): fields lacks attendance.age, attendance.sex, so")
    assert "It names attendance.sexx, which the feed file does not have." in told


def test_an_entry_that_another_one_makes_up_for_or_that_was_withdrawn_lacks_nothing(inbox):
    contract = inbox.contract(FEED)
    short = entry(inbox, fields=["attendance.age"], suppliers=["rxl", "rxr"])
    whole = entry(inbox, agreement="LVRN-DSA-015")
    assert list(agreement.lacking([short | {"status": "withdrawn"}], {FEED: contract})) == []
    assert list(agreement.lacking([short | {"suppliers": ["rxl"]}, whole], {FEED: contract})) == []
    (told,) = agreement.lacking([short, whole], {FEED: contract})
    assert f"LVRN-DSA-014 ({FEED}, rxr): fields lacks" in told
