"""Rows that say whose they are, under another supplier's name: turned away, and both codes are named."""

from __future__ import annotations

import pytest

from tests.made import csv_text, file_name, rewrite, table
from vrn.feeds.contract import load
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.synthetic import deliveries

# A feed, its period, who sent it, under whose name, and the two codes.
MIXED_UP = [
    ("tiig_ed_attendance", "2020-05", "rxl", "rxr", "ED-044", ("RXL", "RXR")),
    ("istv_assault", "2020-05", "rxl", "rxn", "ISTV-016", ("RXL", "RXN")),
    ("cin_census", "2019-20", "889", "888", "CINL-052", ("889", "888")),
    ("yot_caseload", "2019-20-Q4", "bpl", "lan", "YJ-070", ("BPL", "LAN")),
    ("yot_kpi", "2019-20-Q4", "bwd", "lan", "YK-018", ("BWD", "LAN")),
]


def sent(inbox, feed: str, period: str, supplier: str) -> bytes:
    """A supplier's own synthetic delivery."""
    path = inbox.settings.contracts / f"{feed}.odcs.yaml"
    when = Period.parse(load(path, ANY_PERIOD).kind, period)
    return deliveries.content(load(path, when, supplier), when, inbox.places, supplier)


@pytest.mark.parametrize(("feed", "period", "own", "other", "code", "told"), MIXED_UP, ids=[one[0] for one in MIXED_UP])
def test_a_delivery_under_another_suppliers_name_is_refused_and_both_codes_are_named(inbox, feed, period, own, other, code, told):
    """Issue 13, part D (case 06 of ../shared/cases); under its own name it is accepted."""
    contract, content = inbox.contract(feed), sent(inbox, feed, period, own)
    inbox.drop(feed, file_name(contract, period, other), content)
    inbox.drop(feed, file_name(contract, period, own), content)
    rows = {row["supplier"]: row for row in inbox.take_in(feed)}
    assert rows[other]["status_reason"].startswith(f"{code}: ")
    assert all(one in rows[other]["status_reason"] for one in told), rows[other]["status_reason"]
    assert rows[own]["status"] == "accepted", rows[own]["status_reason"]


def test_a_file_of_a_supplier_for_a_period_in_which_it_does_not_send_is_refused_with_its_dates(inbox):
    """Issue 13, point 12: Southport's trust ended in June 2023, and its successor sends from then on."""
    feed, text = "tiig_ed_attendance", inbox.text("tiig_ed_attendance", "2020-05")
    for period, supplier in (("2023-07", "rvy"), ("2023-06", "rbn")):
        inbox.drop(feed, file_name(inbox.contract(feed), period, supplier), text)
    told = {row["supplier"]: row["status_reason"] for row in inbox.take_in(feed)}
    assert told["unknown"].startswith("GEN-015: ")
    reasons = inbox.connection.execute(
        "select message from ops.message where rule_code = 'GEN-015' order by submission_id"
    ).fetchall()
    assert sorted(row["message"] for row in reasons) == [
        "The file is named for 'rbn' and 2023-06; Mersey and West Lancashire Teaching Hospitals sends tiig_ed_attendance from "
        "2023-07-01. Check the supplier and the period in the file's name.",
        "The file is named for 'rvy' and 2023-07; Southport and Ormskirk Hospital sends tiig_ed_attendance until 2023-06-30, "
        "succeeded by rbn. Check the supplier and the period in the file's name.",
    ]


def test_a_stray_row_of_another_trust_is_set_aside_and_the_others_serve(inbox):
    feed, period = "tiig_ed_attendance", "2020-05"
    text = sent(inbox, feed, period, "rxl").decode()
    inbox.drop(
        feed,
        file_name(inbox.contract(feed), period, "rxl"),
        rewrite(text, lambda number, _: {"provider_code": "RXN"} if number == 5 else {}),
    )
    (row,) = inbox.take_in(feed)
    assert (row["status"], row["rows_quarantined"]) == ("accepted", 1)
    told = inbox.connection.execute("select message, row_numbers from ops.message where rule_code = 'ED-045'").fetchone()
    assert (told["message"], told["row_numbers"]) == ("The row is of RXN, and the name of the file says RXL.", [5])


def test_what_a_row_says_is_not_repeated_unless_it_is_a_suppliers_code(inbox):
    """A column that has moved may hold anything, a person's name too."""
    feed, period = "istv_assault", "2020-05"
    text = sent(inbox, feed, period, "rxl").decode()
    inbox.drop(feed, file_name(inbox.contract(feed), period, "rxl"), rewrite(text, lambda *_: {"site_code_of_treatment": "SMITH"}))
    (row,) = inbox.take_in(feed)
    assert row["status_reason"].startswith("ISTV-016: More than one row in a hundred is of another supplier, and the name")
    assert "SMI" not in row["status_reason"]


def test_nhs_england_sends_for_every_trust_and_a_trust_for_itself(inbox):
    feed, period = "hes_violence_admissions", "2019-20"
    content, contract = sent(inbox, feed, period, "nhs-england"), inbox.contract(feed)
    own = csv_text([row | {"provider_code": "RXL"} for row in table(content.decode())])
    inbox.drop(feed, file_name(contract, period, "nhs-england"), content)
    inbox.drop(feed, file_name(contract, period, "rxl"), own)
    inbox.drop(feed, file_name(contract, period, "rxr"), own)
    inbox.drop(
        feed, file_name(contract, period, "rxn"), rewrite(own, lambda number, _: {"provider_code": "RXN" if number > 5 else "RXR"})
    )
    rows = {row["supplier"]: row for row in inbox.take_in(feed)}
    assert {supplier: row["status"] for supplier, row in rows.items()} == {
        "nhs-england": "accepted", "rxl": "accepted", "rxr": "refused", "rxn": "accepted",
    }  # fmt: skip
    assert rows["rxr"]["status_reason"].startswith("HES-030: More than one row in a hundred is of RXL")
    assert rows["rxn"]["rows_quarantined"] == 4


def test_a_census_that_does_not_say_whose_it_is_is_not_used(inbox):
    content = sent(inbox, "cin_census", "2019-20", "888").replace(b"<LEA>888</LEA>", b"<LEA></LEA>")
    content = content.replace(b"</CINdetails>", b"<CINPlanDates /></CINdetails>", 1)
    inbox.drop("cin_census", file_name(inbox.contract("cin_census"), "2019-20", "888"), content)
    (row,) = inbox.take_in("cin_census")
    assert row["status"] == "refused"
    told = inbox.connection.execute("select rule_code from ops.message where rule_code like 'CINL-%%'").fetchall()
    # Every table of the census has the header's authority.
    assert {"CINL-007", "CINL-008", "CINL-023", "CINL-032", "CINL-041", "CINL-051"} <= {one["rule_code"] for one in told}


def test_synthetic_deliveries_say_whose_they_are(inbox):
    for feed, period, supplier, column, codes in (
        ("tiig_ed_attendance", "2020-05", "rtx", "provider_code", {"RTX"}),
        ("tiig_ed_attendance", "2020-05", "rxr", "site_code", {"RXR20"}),
        ("yot_kpi", "2019-20-Q4", "bpl", "yot_code", {"BPL"}),
    ):
        assert {row[column] for row in table(sent(inbox, feed, period, supplier).decode())} == codes
