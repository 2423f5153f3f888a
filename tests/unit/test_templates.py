"""Templates of returns: a partner who fills one in sends a delivery that its own feed accepts."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from tests.made import file_name, table, workbook
from vrn.feeds import templates
from vrn.feeds.contract import load
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD, span
from vrn.settings import REPOSITORY
from vrn.stage.read import delivery, header

FILES = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))
# What a publisher's workbook has on a sheet of its own nobody fills in.
FEEDS = [
    feed_name(path)
    for path in FILES
    if "xlsx" in load(path, ANY_PERIOD).file_name.pattern and load(path, ANY_PERIOD).main.sheet is None
]


@pytest.fixture
def written(home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in templates.write_all(home)}


def test_every_feed_that_takes_a_workbook_has_a_csv_and_a_workbook_and_no_other_feed_has(written):
    assert len(FEEDS) > 5
    assert sorted(written) == sorted(f"{feed}.{ending}" for feed in FEEDS for ending in ("csv", "xlsx"))


def test_the_header_of_every_template_is_the_one_that_its_contract_takes(written):
    for feed in FEEDS:
        contract = load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
        (cells,) = csv.reader(io.StringIO(written[f"{feed}.csv"].decode()))
        filled = {column.name for columns in header.match(cells, contract.main.columns) for column in columns}
        assert filled == {column.name for column in contract.main.columns}, feed
        sheet = written[f"{feed}.xlsx"]
        # An empty template brings no rows, and no complaint about its header.
        assert list(delivery.batches(lambda sheet=sheet: io.BytesIO(sheet), "a.xlsx", contract, contract.main, "utf-8")) == []


def test_a_workbook_says_what_each_column_is_and_offers_the_codes(written):
    for feed in FEEDS:
        contract = load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
        book = load_workbook(io.BytesIO(written[f"{feed}.xlsx"]))
        first, guide = book.worksheets
        explained = {row[0]: row for row in guide.iter_rows(min_row=2, values_only=True) if row[0]}
        short = [
            column for column in contract.main.columns if column.codes and len(",".join(column.codes)) < templates.LONGEST_LIST
        ]
        assert all(explained[column.source_names[0]][1] for column in contract.main.columns), feed
        assert explained["Save as"][1] == contract.file_name_example
        offered = {one.formula1 for one in first.data_validations.dataValidation}
        assert offered == {f'"{",".join(column.codes)}"' for column in short}, feed


def test_every_template_filled_in_and_saved_is_accepted_with_the_rows_of_the_same_csv(inbox, written):
    outcome = {}
    for feed in FEEDS:
        contract = inbox.contract(feed)
        period = list(span(contract.kind, contract.main.synthetic["from"], contract.main.synthetic["until"]))[-1].name
        rows = table(inbox.text(feed, period))
        headings = [cell.value for cell in load_workbook(io.BytesIO(written[f"{feed}.xlsx"])).worksheets[0][1]]
        filled = workbook([headings, *([_typed(row.get(name, "")) for name in headings] for row in rows)])
        inbox.drop(feed, file_name(contract, period).removesuffix("csv") + "xlsx", filled)
        (row,) = inbox.take_in(feed)
        outcome[feed] = (row["status"], row["rows_in_file"] == len(rows), row["rows_quarantined"])
    assert outcome == dict.fromkeys(FEEDS, ("accepted", True, 0))


def _typed(text: str):
    """A cell as a person's spreadsheet has it: a number where it looks like one, nothing where it is blank."""
    if text == "":
        return None
    if text.isdigit() and (text == "0" or text[0] != "0"):
        return int(text)
    return text
