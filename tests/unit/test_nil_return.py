"""A return without rows says that nothing happened, where its feed file lets it."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from vrn.build import dbt
from vrn.feeds import templates
from vrn.settings import Settings

NIL, QUARTERS = "programme_divert", ("2019-20-Q1", "2019-20-Q2")


def name(quarter: str, ending: str = "csv") -> str:
    return f"{quarter}-lvrn-divert.synthetic.{ending}"


def test_a_return_of_a_header_alone_is_accepted_and_so_is_the_same_one_of_the_next_quarter(inbox):
    """Issue 13, point 12: nobody this quarter, twice running and byte for byte."""
    header = inbox.text(NIL, QUARTERS[0]).splitlines()[0] + "\n"
    for quarter in QUARTERS:
        inbox.drop(NIL, name(quarter), header)
    rows = inbox.take_in(NIL)
    assert [(row["status"], row["rows_in_file"], row["rows_accepted"]) for row in rows] == [("accepted", 0, 0)] * 2


def test_an_empty_template_is_a_nil_return_too(inbox):
    templates.write_all(inbox.settings)
    book = load_workbook(inbox.settings.home / "templates" / f"{NIL}.xlsx")
    saved = io.BytesIO()
    book.save(saved)
    inbox.drop(NIL, name(QUARTERS[0], "xlsx"), saved.getvalue())
    (row,) = inbox.take_in(NIL)
    assert (row["status"], row["rows_accepted"]) == ("accepted", 0)


@pytest.mark.parametrize(
    ("feed", "delivery", "code"),
    [
        ("police_stop_search", "2020-02-lancashire-stop-and-search.synthetic.csv", "PSS-001"),
        ("programme_communications", "2019-20-Q1-lvrn-communications.synthetic.csv", "COM-001"),
    ],
)
def test_a_feed_in_which_something_always_happens_takes_no_nil_return(inbox, feed, delivery, code):
    period = "2020-02" if feed == "police_stop_search" else QUARTERS[0]
    inbox.drop(feed, delivery, inbox.text(feed, period).splitlines()[0] + "\n")
    (row,) = inbox.take_in(feed)
    assert (row["status"], row["status_reason"].partition(":")[0]) == ("refused", code)


def test_a_file_of_no_bytes_is_no_nil_return_but_a_transfer_that_failed(inbox):
    inbox.drop(NIL, name(QUARTERS[0]), b"")
    (row,) = inbox.take_in(NIL)
    assert row["status_reason"].startswith("GEN-013")


def test_models_take_a_nil_return_for_a_delivery_and_one_of_which_no_row_serves_for_none(built_server, inbox, owner):
    """Issue 13, point 12."""
    inbox.drop(NIL, name(QUARTERS[0]), inbox.text(NIL, QUARTERS[0]).splitlines()[0] + "\n")
    (nil,) = inbox.take_in(NIL)
    inbox.drop(NIL, name(QUARTERS[1]), inbox.text(NIL, QUARTERS[1]))
    (emptied,) = inbox.take_in(NIL)
    owner.execute(
        "update ops.submission set rows_quarantined = rows_in_file, rows_accepted = 0 where submission_id = %s",
        [emptied["submission_id"]],
    )
    assert dbt.invoke(Settings(), ["--quiet", "run", "--select", "stg_ops__submission"]).success
    found = owner.execute("select submission_id, has_rows from staging.stg_ops__submission").fetchall()
    assert {row["submission_id"]: row["has_rows"] for row in found} == {nil["submission_id"]: True, emptied["submission_id"]: False}
