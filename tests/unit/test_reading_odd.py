"""Files that nobody expects, each read or refused with a sentence, and never ended by another exception (issue 13, point 4).

What test_reading_fuzz.py found by chance stands here for good.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart

from tests.small import ARCHIVES, BOOKS, CSVS, XML
from tests.spoilt import packed, unpacked
from tests.staged import CIN, GRANTS, LAC, NOMINALS, SEARCHES, TRAINING
from tests.unit.test_reading import encrypted
from vrn.errors import SubmissionRefused
from vrn.stage.read import delivery
from vrn.stage.read.boundary import UNREAD

SHEET, STYLES, BOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"


def with_cell(text: bytes, row: int, column: int, cell: bytes) -> bytes:
    """A CSV with one cell changed; the header is row 1, columns count from 0."""
    lines = text.splitlines()
    cells = lines[row - 1].split(b",")
    cells[column] = cell
    lines[row - 1] = b",".join(cells)
    return b"\n".join(lines) + b"\n"


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An archive with one of its members changed."""
    parts = unpacked(content)
    assert change(parts[name]) != parts[name]
    return packed(parts | {name: change(parts[name])})


def office_file(*streams: str) -> bytes:
    """As much of an old Office file as says what is in it."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1 << 20) + b"".join(one.encode("utf-16-le") + bytes(64) for one in streams)


def without_sheets(*, with_chart: bool) -> bytes:
    book = Workbook()
    if with_chart:
        book.create_chartsheet("a chart").add_chart(BarChart())
    out = io.BytesIO()
    book.save(out)
    # openpyxl writes no workbook without a worksheet, but other programs do.
    return with_part(out.getvalue(), BOOK, lambda part: re.sub(rb'<sheet [^>]*name="Sheet"[^>]*/>', b"", part))


def with_claim(content: bytes, field: int, layout: str, value: int, record: bytes = b"PK\1\2") -> bytes:
    """A zip in whose list the last record of a kind claims something else."""
    claimed = bytearray(content)
    struct.pack_into(layout, claimed, claimed.rindex(record) + field, value)
    return bytes(claimed)


def changed(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def edited(pattern: bytes, new: bytes, feed: str = TRAINING, part: str = SHEET) -> bytes:
    return with_part(BOOKS[feed], part, lambda text: re.sub(pattern, new, text, count=1))


HEAD, ROW = CSVS[SEARCHES].splitlines(keepends=True)[:2]

# What is sent: the feed, the file's name, how its bytes are made, the code that refuses it and words of the sentence.
REFUSED = {
    "a CSV that is of no encoding from its fifth megabyte on": (
        SEARCHES, "a.csv", lambda: HEAD + ROW * 40_000 + ROW.replace(b"202", b"\x8102", 1), "GEN-002", "are not utf-8 or cp1252"),
    "a lone surrogate": (
        LAC, "a.zip", lambda: with_part(ARCHIVES[LAC], "header.csv", lambda text: text.replace(b"WBRI", b"\xed\xa0\x80", 1)),
        "GEN-002", "are not utf-8"),
    "a row too short with bytes that are no text": (
        SEARCHES, "a.csv", lambda: CSVS[SEARCHES] + b"2020\xff,1\n", "GEN-011", "Row 10 has 2 columns where the header has 15"),
    "a note under the table": (
        SEARCHES, "a.csv", lambda: CSVS[SEARCHES] + b"\nSource: our own records\n", "GEN-011",
        "Row 11 has one cell where the header has 15. It is a note beside the table"),
    "UTF-32 with its mark": (
        SEARCHES, "a.csv", lambda: CSVS[SEARCHES].decode().encode("utf-32"), "GEN-002", "The file is UTF-32, not utf-8"),
    "a quotation mark that is never closed": (
        SEARCHES, "a.csv", lambda: HEAD + b'"' + b"x" * (9 << 20), "GEN-011", "never closed"),
    "a header of NULs": (SEARCHES, "a.csv", lambda: bytes(len(HEAD)) + b"\n", "GEN-001", "is missing"),
    "a gzip in a gzip": (SEARCHES, "a.csv.gz", lambda: gzip.compress(gzip.compress(CSVS[SEARCHES])), "GEN-010", "packed twice"),
    "a gzip with a changed byte": (
        SEARCHES, "a.csv.gz", lambda: changed(gzip.compress(CSVS[SEARCHES]), 60), "GEN-010", "cut off or damaged"),
    "a workbook under the name of a CSV": (TRAINING, "a.csv", lambda: BOOKS[TRAINING], "GEN-010", "a workbook where a plain file"),
    "a workbook with a changed byte": (
        TRAINING, "a.xlsx", lambda: changed(BOOKS[TRAINING], BOOKS[TRAINING].index(SHEET.encode()) + 90), "GEN-010", "damaged"),
    "a workbook cut off": (TRAINING, "a.xlsx", lambda: BOOKS[TRAINING][:-300], "GEN-010", "cut off or damaged"),
    "a CSV under the name of a workbook": (TRAINING, "a.xlsx", lambda: CSVS[TRAINING], "GEN-010", "no workbook, whatever"),
    "a workbook of a chart": (TRAINING, "a.xlsx", lambda: without_sheets(with_chart=True), "GEN-010", "no worksheet"),
    "a workbook of nothing": (TRAINING, "a.xlsx", lambda: without_sheets(with_chart=False), "GEN-010", "no worksheet"),
    "a workbook whose sheet is no XML": (
        TRAINING, "a.xlsx", lambda: edited(rb"<sheetData>", b"<"), "GEN-010", "save it as .xlsx again"),
    "a workbook whose sheet breaks off": (
        TRAINING, "a.xlsx", lambda: with_part(BOOKS[TRAINING], SHEET, lambda text: text[: len(text) // 2]), "GEN-010", "cut off"),
    "a workbook whose list of parts is of another": (
        TRAINING, "a.xlsx", lambda: edited(rb"sheet.main", b"sheet.other", part="[Content_Types].xml"), "GEN-010", "be opened"),
    "a workbook with an empty fill": (
        TRAINING, "a.xlsx", lambda: edited(rb"<fill>.*?</fill>", b"<fill />", part=STYLES), "GEN-010", "not keep to the format"),
    "a workbook whose margin is a word": (
        TRAINING, "a.xlsx", lambda: edited(rb'left="[^"]*"', b'left="wide"'), "GEN-010", "does not keep to the format"),
    "a workbook whose text is not in its list": (
        NOMINALS, "a.xlsx", lambda: edited(rb't="s"><v>\d+', b't="s"><v>999999', NOMINALS), "GEN-010", "not keep to the format"),
    "a workbook with a number of five thousand digits": (
        TRAINING, "a.xlsx", lambda: edited(rb't="n"><v>\d+', b't="n"><v>' + b"9" * 5_000), "GEN-010", "not keep to the format"),
    "a workbook with a cell beyond all columns": (
        TRAINING, "a.xlsx", lambda: edited(rb'r="A2"', b'r="ZZZZ2"'), "GEN-010", "does not keep to the format"),
    "a workbook that claims four thousand million rows": (
        TRAINING, "a.xlsx", lambda: edited(rb'<row r="4"', b'<row r="4000000000"'), "GEN-010", "more than 1,048,576 rows"),
    "a workbook with a cell of more than Excel holds": (
        TRAINING, "a.xlsx", lambda: edited(rb"A school", b"x" * 40_000), "GEN-010", "row 3 has more than 32,767 characters"),
    "a workbook with a note beside the table": (
        TRAINING, "a.xlsx", lambda: edited(rb'</row>(?=<row r="4")', b'<c r="Z3" t="inlineStr"><is><t>Zzyzx</t></is></c></row>'),
        "GEN-001", "Row 3 of the worksheet has something in column 26"),
    "a workbook with a password": (
        TRAINING, "a.xlsx", lambda: office_file("EncryptionInfo", "EncryptedPackage"), "GEN-010", "has a password"),
    "a workbook of an old Excel": (TRAINING, "a.xlsx", lambda: office_file("Workbook"), "GEN-010", r"an old form \(.xls\)"),
    "a workbook whose parts are encrypted": (TRAINING, "a.xlsx", lambda: encrypted(BOOKS[TRAINING]), "GEN-010", "encrypted"),
    "a workbook with a part before its start": (
        TRAINING, "a.xlsx", lambda: with_claim(BOOKS[TRAINING], 16, "<L", 0x7FFFFFFF), "GEN-010", "cut off or damaged"),
    "a zip with a member beyond its end": (
        LAC, "a.zip", lambda: with_claim(ARCHIVES[LAC], 42, "<L", 0x7FFFFFFF), "GEN-010", "damaged"),
    "a zip whose list is longer than the zip": (
        LAC, "a.zip", lambda: with_claim(ARCHIVES[LAC], 12, "<L", 0x7FFF, b"PK\5\6"), "GEN-010", "damaged"),
    "a zip with a member before its start": (
        LAC, "a.zip", lambda: with_claim(ARCHIVES[LAC], 16, "<L", 0x7FFFFFFF, b"PK\5\6"), "GEN-010", "damaged"),
    "a zip with a member that is patched": (LAC, "a.zip", lambda: with_claim(ARCHIVES[LAC], 8, "<H", 0x20), "GEN-010", "damaged"),
    "a zip whose members are damaged": (LAC, "a.zip", lambda: changed(ARCHIVES[LAC], 60), "GEN-010", "cut off or damaged"),
    "an XML in an encoding that does not exist": (
        CIN, "a.xml", lambda: XML.replace(b"utf-8", b"klingon", 1), "GEN-017", "names an encoding that does not exist"),
    "an XML in an encoding of several bytes a letter": (
        CIN, "a.xml", lambda: XML.replace(b"utf-8", b"gb18030", 1), "GEN-017", "names an encoding"),
    "an XML in an encoding that is no text": (
        CIN, "a.xml", lambda: XML.replace(b"utf-8", b"base64", 1), "GEN-017", "names an encoding"),
    "an XML that says UTF-16 and is not": (
        CIN, "a.xml", lambda: XML.replace(b"utf-8", b"utf-16", 1), "GEN-017", "encoding|breaks at"),
    "an XML with a NUL": (CIN, "a.xml", lambda: XML.replace(b"WBRI", b"W\0RI", 1), "GEN-017", "breaks at line"),
    "an XML with the number of a surrogate": (
        CIN, "a.xml", lambda: XML.replace(b"WBRI", b"&#xD800;", 1), "GEN-017", "breaks at line"),
    "an XML of one text without an end": (
        CIN, "a.xml", lambda: XML.replace(b"WBRI", b"x" * (20 << 20), 1), "GEN-017", "more than 16 MiB"),
    "an XML without a bottom": (
        CIN, "a.xml", lambda: XML.replace(b"<Ethnicity>", b"<a>" * 2_000 + b"</a>" * 2_000 + b"<Ethnicity>", 1), "GEN-017", "deep"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_a_sentence(ground, kind, recwarn):
    feed, name, make, code, words = REFUSED[kind]
    refusal = ground.take(feed, name, make())
    assert isinstance(refusal, SubmissionRefused)
    assert refusal.rule_code == code
    assert re.search(words, refusal.message), refusal.message
    assert re.search(r"[Ss]end|[Ee]xport|[Ss]ave", refusal.message)
    assert "Zzyzx" not in refusal.message
    # What a library warns of may quote a cell, and ends in a log.
    assert [one for one in recwarn if "Cell" in str(one.message)] == []


# In which column of row 5 the cell stands, and what is staged for that row.
UNREADABLE = {
    "a NUL in a text": (GRANTS, 1, b"Org\0anisation"),
    "a NUL in a code": (GRANTS, 10, b"ex\0act"),
    "a NUL in a number": (GRANTS, 3, b"8\0"),
    "a NUL in an identifier": (NOMINALS, 0, b"\0"),
    "a number that no bigint holds": (GRANTS, 7, b"9" * 19),
    "a number that ends in nothing": (GRANTS, 3, b"inf"),
    "a day of the year 0": (GRANTS, 9, b"0000-01-01"),
    "a day of the year 10000": (GRANTS, 9, b"10000-01-01"),
    "a moment of the year 0": (SEARCHES, 1, b"0000-01-01T00:00:00+00:00"),
    "a moment that a zone moves into the year 0": (SEARCHES, 1, b"0001-01-01T00:00:00+14:00"),
    "a moment that a zone moves into the year 10000": (SEARCHES, 1, b"9999-12-31T23:59:59-12:00"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_cell_that_cannot_be_stored_is_unreadable_in_its_row_and_in_no_other(ground, kind):
    feed, column, cell = UNREADABLE[kind]
    rows = ground.rows(feed, "a.csv", with_cell(CSVS[feed], 5, column, cell))
    assert len(rows) == len(CSVS[feed].splitlines()) - 1
    unreadable = {row["row_number"]: row["unreadable_columns"] for row in rows if row["unreadable_columns"]}
    assert unreadable.keys() == {5}
    (spoilt,) = (row for row in rows if row["row_number"] == 5)
    assert spoilt[unreadable[5].split()[0]] is None


def test_what_is_never_stored_may_hold_a_nul(ground):
    """A surname becomes match codes, of letters alone."""
    (place,) = (place for place, name in enumerate(CSVS[NOMINALS].splitlines()[0].split(b",")) if name == b"surname")
    rows = ground.rows(NOMINALS, "a.csv", with_cell(CSVS[NOMINALS], 5, place, b"Ol\0dham"))
    assert [row["unreadable_columns"] for row in rows] == [None] * len(rows)


def test_the_first_and_the_last_day_of_the_calendar_are_days(ground):
    for cell in (b"0001-01-01", b"9999-12-31"):
        rows = ground.rows(GRANTS, "a.csv", with_cell(CSVS[GRANTS], 5, 9, cell))
        assert [str(row["surveyed_on"]) for row in rows if row["row_number"] == 5] == [cell.decode()]


READ = {
    "a byte order mark before a quotation mark": lambda text: (
        b"\xef\xbb\xbf" + b"\n".join(b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in text.splitlines()) + b"\n"
    ),
    "the mark at which COPY once stopped": lambda text: with_cell(text, 5, 1, b'"a\n\\.\nb"'),
    "a cell of a hundred thousand letters": lambda text: with_cell(text, 5, 1, b"x" * 100_000),
}


@pytest.mark.parametrize("kind", READ)
def test_it_is_read_as_it_is(ground, kind):
    usual = ground.take(GRANTS, "a.csv", CSVS[GRANTS])
    assert ground.take(GRANTS, "a.csv", READ[kind](CSVS[GRANTS])) == usual > 1


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_header_and_nothing_else_is_a_table_without_rows_however_its_line_ends(ground, end):
    assert ground.take(TRAINING, "a.csv", CSVS[TRAINING].splitlines()[0] + end) == 0


@pytest.mark.parametrize("claim", [b"A1:J3", b"A1", b"A1:XFD1048576"])
def test_a_workbook_is_read_to_its_last_row_whatever_it_says_of_its_size(ground, claim):
    usual = ground.take(TRAINING, "a.xlsx", BOOKS[TRAINING])
    assert ground.take(TRAINING, "a.xlsx", edited(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % claim)) == usual > 3


def test_a_long_text_that_every_row_repeats_is_given_on_in_bounded_batches(ground, monkeypatch):
    monkeypatch.setattr("vrn.stage.read.batch.CHARACTERS", 100)
    contract = ground.protections[CIN].contract
    batches = list(delivery.batches(lambda: io.BytesIO(XML), "a.xml", contract, contract.main, "utf-8"))
    assert len(batches) > 1
    numbers = [number for batch in batches for number in batch.numbers.to_pylist()]
    assert numbers == list(range(1, len(numbers) + 1))


# --- where exceptions of readers end


def broken(error: Exception):
    def read(*_, **__):
        raise error

    return read


def test_an_exception_that_nobody_thought_of_refuses_the_delivery_and_the_log_says_its_class_and_place(ground, monkeypatch, caplog):
    monkeypatch.setattr("vrn.stage.read.xml._rows", broken(RuntimeError("Zzyzx")))
    refusal = ground.take(CIN, "a.xml", XML)
    assert refusal.rule_code == UNREAD
    assert "Tell the data team" in refusal.message
    assert "RuntimeError" in caplog.text
    assert "read, line" in caplog.text
    assert "Zzyzx" not in caplog.text + refusal.message


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()], ids=["a disk", "memory"])
@pytest.mark.parametrize(("feed", "name", "content"), [(CIN, "a.xml", XML), (TRAINING, "a.xlsx", BOOKS[TRAINING])])
def test_what_the_machine_fails_at_is_no_fault_of_the_file(ground, monkeypatch, error, feed, name, content):
    monkeypatch.setattr("vrn.stage.read.xml.iterparse", broken(error))
    monkeypatch.setattr(zipfile, "ZipFile", broken(error))
    with pytest.raises(type(error)):
        ground.take(feed, name, content)
