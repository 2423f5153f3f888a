"""The message to a supplier: what it says of a delivery as a whole and of its rows."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from vrn.report import messages
from vrn.settings import Settings

QUARTER = {"period_start": date(2020, 7, 1), "period_end": date(2020, 9, 30)}
SET_ASIDE = {"rule_code": "AMB-013", "outcome": "record", "entity": "call", "message": "It is blank.", "row_count": 2,
             "row_numbers": [3, 7]}  # fmt: skip
WARNING = SET_ASIDE | {"rule_code": "AMB-020", "outcome": "warning"}


def lines(tmp_path, status: str, said: list[dict], **columns: object) -> list[dict]:
    row = dict.fromkeys(("status_reason", "rows_in_file", "rows_accepted", "rows_quarantined", "rows_duplicate", "hold_reason"))
    row |= QUARTER | {"feed": "a_feed", "supplier": "somebody", "submission_id": 1, "status": status, "file_name": "a.csv"}
    path = messages.write(Settings(home=tmp_path), row | columns, said)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("status", "of_rows"),
    [
        ("accepted", ["these rows are set aside, the others serve", "the rows serve, but look at them"]),
        ("refused", ["these rows are wrong too", "look at these rows too"]),
        ("held", ["these rows would be set aside", "the rows would serve, but look at them"]),
        ("withdrawn", ["these rows were set aside", "look at these rows"]),
    ],
)
def test_a_message_says_that_rows_serve_only_where_the_delivery_serves(tmp_path, status, of_rows):
    counts = {"rows_in_file": 9, "rows_accepted": 7, "rows_quarantined": 2, "rows_duplicate": 0}
    _, *said = lines(tmp_path, status, [SET_ASIDE, WARNING], **counts)
    assert [line["outcome"] for line in said] == of_rows


def test_a_held_message_says_what_the_supplier_does(tmp_path):
    (whole,) = lines(tmp_path, "held", [], status_reason="Far fewer rows came.", hold_reason="Far fewer rows came.", rows_in_file=9)
    assert whole["outcome"] == "the file waits until a person has looked at it"
    assert whole["what_to_do"].startswith("Far fewer rows came. The data team decides")
    assert "send a corrected file; else wait" in whole["what_to_do"]


def test_a_return_without_rows_is_told_what_it_is_taken_for(tmp_path):
    counts = dict.fromkeys(("rows_in_file", "rows_accepted", "rows_quarantined", "rows_duplicate"), 0)
    (whole,) = lines(tmp_path, "accepted", [], **counts)
    assert whole["what_to_do"] == (
        "No row: it counts as a zero for July to September 2020. If nothing was recorded rather than nothing happened, tell us."
    )
