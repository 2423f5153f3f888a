"""Files as people really send them: read as if they were as agreed, and the supplier is told (issue 14, points 1 to 3).

A table a kind, with small files of its own. The handed cases of others are the same kinds from outside.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace

import openpyxl
import pyarrow as pa
import pytest

from tests.made import csv_text, spoil, table, unzip, workbook, zipped
from tests.unit.test_reading import (
    CIN,
    ED,
    GRANTS,
    LAC,
    PERIODS,
    TRAINING,
    content,
    nothing_is_loaded,
    said,
    set_aside,
    stored,
    take,
)
from vrn.feeds.reading import TOLERANCES, Reading
from vrn.stage.read import delivery, types
from vrn.stage.read.uses import Uses

SEARCH, STREET, HES, SURVEYS = "police_stop_search", "police_street_crime", "hes_violence_admissions", "programme_surveys"
ALL_PERIODS = PERIODS | {SEARCH: "2020-04", STREET: "2020-04", HES: "2018-19", SURVEYS: "2020-21-Q1"}


def text_of(inbox, feed: str) -> str:
    return inbox.text(feed, ALL_PERIODS[feed])


def batches(inbox, feed: str, sent: bytes, name: str = "a.csv", reading: Reading | None = None, encoding: str = "utf-8"):
    """The rows of a file as text by their numbers, and the uses of its reading."""
    contract = inbox.contract(feed, ALL_PERIODS[feed])
    contract = replace(contract, reading=reading) if reading else contract
    uses, rows = Uses(), {}
    for batch in delivery.batches(lambda: io.BytesIO(sent), name, contract, contract.main, encoding, uses):
        columns = [one.dictionary_decode().to_pylist() if hasattr(one, "dictionary") else one.to_pylist() for one in batch.arrays]
        rows |= dict(zip(batch.numbers.to_pylist(), zip(*columns, strict=True), strict=True))
    return rows, uses


def semicolons(text: str) -> str:
    return text.replace(",", ";")


# What was done to a text file, the tolerance by which it is read all the same, and how far its rows then stand below.
LAYOUTS = {
    "Excel's Unicode text": (lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"), "utf16", 0),
    "big-endian UTF-16 with commas": (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf16", 0),
    "semicolons": (lambda text: semicolons(text).encode(), "separator", 0),
    "tabs": (lambda text: text.replace(",", "\t").encode(), "separator", 0),
    "vertical bars": (lambda text: text.replace(",", "|").encode(), "separator", 0),
    "a line for Excel": (lambda text: b"sep=,\n" + text.encode(), "sepLine", 0),
    "a line for Excel, and semicolons": (lambda text: b"sep=;\r\n" + semicolons(text).encode(), "sepLine", 0),
    "a title": (lambda text: b"Training return Q1\n" + text.encode(), "titleRows", 1),
    "a title and a blank line": (lambda text: b"Training return Q1\n\n" + text.encode(), "titleRows", 2),
    "a title in the width of the table": (lambda text: b"Return,,,,,,,,,\n" + text.encode(), "titleRows", 1),
    "doubled carriage returns": (lambda text: text.encode().replace(b"\n", b"\r\r\n"), "doubledLineBreaks", 0),
    "columns without a heading": (lambda text: "".join(f"{line},,\n" for line in text.splitlines()).encode(), "blankColumns", 0),
    "a total": (lambda text: text.encode() + b"TOTAL:,,,,,,19,999,,\n", "totalRows", 0),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_text_file_in_another_layout_is_read_as_the_same_rows_and_the_use_is_noted(inbox, kind):
    text = text_of(inbox, TRAINING)
    change, tolerance, below = LAYOUTS[kind]
    whole, none = batches(inbox, TRAINING, text.encode())
    found, uses = batches(inbox, TRAINING, change(text))
    assert found == {number + below: row for number, row in whole.items()}
    assert not none.made
    assert tolerance in uses.made


@pytest.mark.parametrize("kind", LAYOUTS)
def test_what_a_feed_does_without_is_refused_with_its_true_reason_or_is_a_row(inbox, kind):
    change, tolerance, _ = LAYOUTS[kind]
    row_count = len(table(text_of(inbox, TRAINING)))
    strict = Reading(refuses=frozenset({tolerance}))
    if tolerance == "totalRows":
        assert len(batches(inbox, TRAINING, change(text_of(inbox, TRAINING)), reading=strict)[0]) == row_count + 1
        return
    with pytest.raises(Exception, match=REASONS[tolerance]) as refused:
        batches(inbox, TRAINING, change(text_of(inbox, TRAINING)), reading=strict)
    assert "is missing" not in str(refused.value)


REASONS = {
    "utf16": "UTF-16",
    "separator": "separated by (semicolons|tabs|vertical bars)",
    "sepLine": "sep=",
    "titleRows": "a title",
    "doubledLineBreaks": "doubled carriage returns",
    "blankColumns": "no heading",
}


def test_lines_without_a_cell_are_no_rows_wherever_they_stand_and_nobody_is_told(inbox):
    lines = text_of(inbox, TRAINING).splitlines()
    lines[3:3] = ["", " , ,,,,,,,,"]
    row = take(inbox, TRAINING, "\n".join([*lines, "", "," * 9, ""]) + "\n")
    count = len(lines) - 3
    assert (row["status"], row["rows_in_file"], row["rows_accepted"]) == ("accepted", count, count)
    assert set(stored(inbox, "programme_training__event", "sessions")) == {2, 3, *range(6, count + 4)}
    assert said(inbox, row).keys() <= {"TRN-020", "GEN-007"}


def test_a_column_without_a_heading_that_holds_something_turns_the_file_away_before_a_byte_is_kept(inbox):
    lines = text_of(inbox, TRAINING).splitlines()
    sent = "\n".join([f"{lines[0]},", *(f"{line},{'x' if number == 5 else ''}" for number, line in enumerate(lines[1:], 2))]) + "\n"
    contract = inbox.contract(TRAINING, PERIODS[TRAINING])
    with pytest.raises(Exception, match="Row 5 has something in column 11"):
        delivery.check_header(lambda: io.BytesIO(sent.encode()), "a.csv", contract)


# The feed, its column, the cell as agreed, the same otherwise written, and the tolerance.
CELLS = [
    (ED, "arrival_time", "09:15", "09:15:00", "seconds"),
    (ED, "arrival_time", "09:15", "09:15:59.123", "seconds"),
    (ED, "arrival_time", "09:15", "9:15", "leadingZeros"),
    (ED, "incident_time", "09:15", "09:15:00", "seconds"),
    (ED, "arrival_date", "2020-06-03", "2020-06-03T00:00:00", "midnights"),
    (ED, "arrival_date", "2020-06-03", "2020-06-03 14:20", "midnights"),
    (ED, "arrival_date", "2020-06-03", "2020-06-03T00:00:00.000Z", "midnights"),
    (ED, "arrival_date", "2020-06-03", "2020-06-03+01:00", "midnights"),
    (ED, "department_type", "01", "1", "leadingZeros"),
    (ED, "age", "12", "12.0", "wholeDecimals"),
    (ED, "lsoa_residence", "", "NULL", "blankWords"),
    (ED, "lsoa_residence", "", "#N/A", "blankWords"),
    (STREET, "Month", "2020-04", "Apr-20", "monthNames"),
    (STREET, "Month", "2020-04", "April 2020", "monthNames"),
    (STREET, "Month", "2020-04", "2020-04-01", "midnights"),
    (SEARCH, "Date", "2020-04-03T10:00:00+00:00", "2020-04-03T10:00:00.0000000+00:00", "fractions"),
    # The described case 27: a label of before 2018 is read by the code in its brackets.
    (SEARCH, "Self-defined ethnicity", "Asian/Asian British - Pakistani", "Asian or Asian British - Pakistani (A2)", "meanings"),
    (HES, "age", "0", "7003", "meanings"),
    (GRANTS, "young_people", "1200", '"1,200"', "thousands"),
    (GRANTS, "spend_gbp", "1234567.5", '"1,234,567.50"', "thousands"),
    (SURVEYS, "value", "35", "35%", "percentSigns"),
    # Not a tolerance but the rule: outer space, and space that does not break, are no part of a cell.
    (ED, "lsoa_residence", "E01012345", " E01012345\u00a0", None),
    (SEARCH, "Type", "Person search", " Person\u00a0search ", None),
]


@pytest.mark.parametrize(("feed", "column", "agreed", "written", "tolerance"), CELLS)
def test_a_cell_in_another_form_is_stored_as_the_agreed_one_and_the_supplier_is_told(
    inbox, feed, column, agreed, written, tolerance
):
    text, name = text_of(inbox, feed), column.lower().replace(" ", "_").replace("-", "_")
    entity = inbox.contract(feed, ALL_PERIODS[feed]).main
    ours = next(one.name for one in entity.columns if one.source_names[0].lower() == column.lower() or one.name == name)
    row = take(inbox, feed, spoil(text, {2: {column: agreed}, 3: {column: written.strip('"')}}), period=ALL_PERIODS[feed])
    assert row["status"] == "accepted", row
    kept = stored(inbox, entity.table, ours)
    aside = set_aside(inbox, entity.table) if row["rows_quarantined"] else {}
    assert not {code for number in (2, 3) for code in aside.get(number, []) if code == "GEN-006"}
    assert kept[2] == kept[3]
    told = said(inbox, row)
    assert ("GEN-023" in told) == (tolerance is not None)
    if tolerance:
        assert re.search(re.escape(TOLERANCES[tolerance].split("{}")[0]), told["GEN-023"]["message"])
        assert ours in told["GEN-023"]["message"]


# What could be two things, or is none, stays unreadable.
TWO_READINGS = [
    (ED, "arrival_date", "03/06/2020"),
    (ED, "arrival_date", "2020-06-03T23:00:00Z"),
    (ED, "arrival_date", "03-Jun"),
    (STREET, "Month", "04/2020"),
    (STREET, "Month", "20-Apr-01"),
    (GRANTS, "spend_gbp", "1,500"),
    (GRANTS, "young_people", "12,00"),
    (GRANTS, "young_people", "35%"),
    (GRANTS, "young_people", "-"),
    (ED, "attendance_key", "1.23457E+11"),
    (ED, "attendance_key", "#VALUE!"),
]


@pytest.mark.parametrize(("feed", "column", "written"), TWO_READINGS)
def test_a_cell_that_can_be_read_in_two_ways_sets_its_row_aside(inbox, feed, column, written):
    row = take(inbox, feed, spoil(text_of(inbox, feed), {3: {column: written}}), period=ALL_PERIODS[feed])
    entity = inbox.contract(feed, ALL_PERIODS[feed]).main
    assert "GEN-006" in set_aside(inbox, entity.table)[3]
    assert "GEN-023" not in said(inbox, row)


def test_a_word_for_a_blank_is_kept_where_the_feed_file_has_it_as_a_code(inbox):
    code = inbox.contract("yot_caseload", "2020-21-Q1").main.column("care_status")
    words = Reading(blanks=("none", "NULL"))
    assert types.read(pa.array(["none", "NULL"]), code, words, Uses()).values.to_pylist() == ["none", None]


@pytest.mark.parametrize("marker", ["<5", "*", "c", ":", "..", "c. 150", "~20", "150+", "[c]", "fewer than 5", "≤ 4"])
def test_a_number_that_is_known_and_not_said_is_neither_blank_nor_zero_nor_a_broken_row(inbox, marker):
    row = take(inbox, TRAINING, spoil(text_of(inbox, TRAINING), {3: {"attendees": marker}}))
    assert row["status"] == "accepted"
    assert set_aside(inbox, "programme_training__event") == {} if row["rows_quarantined"] else True
    kept = stored(inbox, "programme_training__event", "attendees", "attendees_is_withheld")
    assert kept[3] == (None, True)
    assert kept[4][0] is not None
    assert kept[4][1] is None
    assert "attendees" in said(inbox, row)["GEN-024"]["message"]


def sheets(*tables: list[list], titles: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(tables):
        sheet = book.create_sheet(titles[number] if titles else None)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells_of(inbox, feed: str) -> list[list]:
    rows = table(text_of(inbox, feed))
    return [list(rows[0]), *([value or None for value in row.values()] for row in rows)]


def test_rows_on_a_second_sheet_turn_the_workbook_away_and_any_other_sheet_is_said(inbox):
    cells = cells_of(inbox, TRAINING)
    row = take(inbox, TRAINING, sheets(cells[:10], [cells[0], *cells[10:]]), ending="xlsx")
    assert row["status"] == "refused"
    assert "Worksheet 2" in row["status_reason"]
    row = take(inbox, TRAINING, sheets(cells, [["a note"]]), ending="xlsx")
    assert row["status"] == "accepted"
    assert "1 further worksheet(s)" in said(inbox, row)["GEN-023"]["message"]


def test_the_guide_of_our_own_template_and_an_empty_sheet_are_nothing_to_speak_of(inbox):
    cells = cells_of(inbox, TRAINING)
    row = take(inbox, TRAINING, sheets(cells, [["Column"]], [], titles=("a", "What to fill in", "b")), ending="xlsx")
    assert (row["status"], "GEN-023" in said(inbox, row)) == ("accepted", False)


def test_a_title_above_a_worksheets_header_is_passed_over(inbox):
    cells = cells_of(inbox, TRAINING)
    row = take(inbox, TRAINING, workbook([["Training return"], [], *cells]), ending="xlsx")
    assert (row["status"], row["rows_accepted"]) == ("accepted", len(cells) - 1)
    assert min(stored(inbox, "programme_training__event", "sessions")) == 4
    assert "above the header" in said(inbox, row)["GEN-023"]["message"]


def test_a_formula_without_its_result_turns_the_workbook_away_by_its_place(inbox):
    cells = cells_of(inbox, TRAINING)
    cells[3][7] = "=1+2"
    row = take(inbox, TRAINING, workbook(cells), ending="xlsx")
    assert row["status"] == "refused"
    assert "Row 4 of the worksheet has a formula in column 8" in row["status_reason"]


def test_a_percent_cell_of_a_workbook_is_the_number_that_the_spreadsheet_shows(inbox):
    cells = cells_of(inbox, SURVEYS)
    place = cells[0].index("value")
    book = openpyxl.load_workbook(io.BytesIO(workbook(cells)))
    cell = book.active.cell(row=2, column=place + 1)
    cell.value, cell.number_format = 0.35, "0%"
    out = io.BytesIO()
    book.save(out)
    row = take(inbox, SURVEYS, out.getvalue(), period=ALL_PERIODS[SURVEYS], ending="xlsx")
    assert row["status"] == "accepted", row
    assert stored(inbox, "programme_surveys__answer", "value")[2] == (35.0,)


def test_two_encodings_in_one_file_turn_it_away_by_the_line_and_one_whole_in_the_other_is_read(inbox):
    lines = spoil(text_of(inbox, TRAINING), {n: {"organisation": "Café"} for n in (3, 4, 5)}).encode().splitlines(keepends=True)
    lines[6] = lines[6].replace(b",", b",caf\xe9 ", 1)
    row = take(inbox, TRAINING, b"".join(lines))
    assert row["status"] == "refused"
    assert "line(s) 7 " in row["status_reason"]
    assert nothing_is_loaded(inbox)


# --- zips


def test_what_a_computer_puts_into_a_zip_is_passed_over_and_said(inbox):
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    own = {"__MACOSX/._header.csv": "x", ".DS_Store": "x", "Thumbs.db": "x", "~$notes.xlsx": "x", "desktop.ini": "x"}
    row = take(inbox, LAC, zipped(members | own))
    assert row["status"] == "accepted"
    assert "5 file(s) of the computer's own" in said(inbox, row)["GEN-023"]["message"]


def test_the_usual_other_names_of_a_table_are_its_names_whatever_their_case(inbox):
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    other = {"placed_adoption.csv": "Placed_For_Adoption.CSV", "sw_episodes.csv": "SWEpisodes.csv", "header.csv": "HEADER.CSV"}
    row = take(inbox, LAC, zipped({other.get(name, name): text for name, text in members.items()}))
    assert row["status"] == "accepted", row


@pytest.mark.parametrize(
    ("name", "is_named"), [("dolo.csv", True), ("Dolo Smith 2011.csv", False), ("JohnSmith.csv", False), ("x" * 60 + ".csv", False)]
)
def test_a_table_that_nobody_agreed_to_is_named_where_its_name_can_be_no_persons(inbox, name, is_named):
    """The described case 42: a table that is new this year."""
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    row = take(inbox, LAC, zipped(members | {name: "a,b\n1,2\n"}))
    assert row["status"] == "refused"
    assert "1 of the zip's files is not in the contract" in row["status_reason"]
    assert (name in row["status_reason"]) == is_named


def test_a_day_of_a_census_with_a_time_behind_it_is_that_day(inbox):
    text = content(inbox, CIN, PERIODS[CIN]).decode()
    row = take(inbox, CIN, re.sub(r"(\d)</CINreferralDate>", r"\1T00:00:00</CINreferralDate>", text))
    assert row["status"] == "accepted"
    assert "a time of day after a date" in said(inbox, row)["GEN-023"]["message"]


def test_dates_of_the_903_that_another_tool_wrote_with_the_year_first_are_read(inbox):
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    text = re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1", members["episodes.csv"])
    row = take(inbox, LAC, zipped(members | {"episodes.csv": text}))
    assert row["status"] == "accepted"
    assert set_aside(inbox, "ssda903__episodes") == {}
    assert "2020-04-01 instead of" in said(inbox, row)["GEN-023"]["message"]


# --- the true reason


def test_a_refusal_says_three_things_and_how_many_more(inbox):
    rows = [{f"x{place}": cell for place, cell in enumerate(row.values())} for row in table(text_of(inbox, TRAINING))]
    row = take(inbox, TRAINING, csv_text(rows))
    assert row["status_reason"].count(";") == 3
    assert re.search(r"; and \d+ more\. Send", row["status_reason"])
    assert "feed file" not in row["status_reason"]


# A file that is of another kind than its folder takes, and what its refusal speaks of (an XML for a zip: the described case 42).
WRONG_KINDS = {
    "an XML for a zip": (LAC, "2019-20-888-ssda903.xml", "The file is XML.*Export the return in that form"),
    "a zip for a CSV": (STREET, "2020-04-lancashire-street.zip", "The file is a zip"),
    "outcomes for crimes": (STREET, "2020-04-lancashire-outcomes.csv", "The file holds outcomes"),
    "another feed's": (STREET, "2020-04-lancashire-stop-and-search.csv", "into the folder police_stop_search"),
    "a workbook for a CSV": (ED, "2020-06-rxl-ed-attendance.xlsx", "The file is a workbook"),
    "a PDF": (TRAINING, "2020-21-Q1-lvrn-training.pdf", "The file is a PDF"),
}


@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_a_file_of_another_kind_is_never_told_to_take_another_name(inbox, kind):
    feed, name, reason = WRONG_KINDS[kind]
    inbox.drop(feed, name, "x")
    (row,) = inbox.take_in(feed)
    assert row["status"] == "refused"
    assert re.search(reason, row["status_reason"])
    assert "Name it" not in row["status_reason"]


# What is in a file under the right name, and what its refusal speaks of.
WRONG_CONTENTS = {
    "a web page": (TRAINING, "csv", b"<html><body>Sign in</body></html>", "XML or a web page"),
    "a PDF": (TRAINING, "csv", b"%PDF-1.7 ...", "a PDF"),
    "JSON": (TRAINING, "csv", b'{"error": "expired"}', "JSON"),
    "a CSV as a workbook": (TRAINING, "xlsx", b"a,b\n1,2\n", "no workbook"),
    "a CSV as a zip": (LAC, "zip", b"a,b\n1,2\n", "no zip"),
    "a CSV as XML": (CIN, "xml", b"a,b\n1,2\n", "no XML"),
}


@pytest.mark.parametrize("kind", WRONG_CONTENTS)
def test_a_file_that_is_not_what_its_name_says_is_refused_for_what_it_is(inbox, kind):
    feed, ending, sent, reason = WRONG_CONTENTS[kind]
    row = take(inbox, feed, sent, ending=ending)
    assert row["status"] == "refused"
    assert reason in row["status_reason"]


def test_every_tolerance_is_used_by_a_test_of_this_file():
    used = {one[1] for one in LAYOUTS.values()} | {one[4] for one in CELLS if one[4]} | {"officeFiles", "furtherSheets", "isoDates"}
    assert used == set(TOLERANCES)
