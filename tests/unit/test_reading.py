"""What is wrong with real files (traps T80 to T95): each is read right, or set aside by row, or refused with a sentence."""

from __future__ import annotations

import gzip
import io
import re
import struct
from datetime import date, datetime

import pyarrow as pa
import pytest
from openpyxl import load_workbook
from openpyxl.chart import BarChart

from tests.inbox import Inbox
from tests.made import csv_text, file_name, rewrite, spoil, table, unzip, workbook, zipped
from vrn.feeds.period import Period
from vrn.ledger import findings
from vrn.receive import folder
from vrn.stage.read import csv, delivery
from vrn.stage.read.source import Source
from vrn.stage.read.uses import Uses
from vrn.synthetic import deliveries

ED, TRAINING, GRANTS, CIN, LAC = "tiig_ed_attendance", "programme_training", "programme_grants", "cin_census", "ssda903"
# A return that takes workbooks, and in which nothing at all is no answer.
COMMUNICATIONS = "programme_communications"
PERIODS = {ED: "2020-06", CIN: "2019-20", LAC: "2019-20"} | dict.fromkeys((TRAINING, GRANTS, COMMUNICATIONS), "2020-21-Q1")


def content(inbox: Inbox, feed: str, period: str) -> bytes:
    contract = inbox.contract(feed, period)
    return deliveries.content(contract, Period.parse(contract.kind, period), inbox.places)


def take(inbox: Inbox, feed: str, sent: str | bytes, *, period: str | None = None, ending: str | None = None) -> dict:
    """Drop a delivery under its proper name (or with another ending), take it in, and give the ledger's row of it."""
    name = file_name(inbox.contract(feed), period or PERIODS[feed])
    if ending is not None:
        name = f"{name.rsplit('.', 1)[0]}.{ending}"
    inbox.drop(feed, name, sent)
    (row,) = inbox.take_in(feed)
    return row


def said(inbox: Inbox, row: dict) -> dict[str, dict]:
    return {one["rule_code"]: one for one in findings.of(inbox.connection, row["submission_id"])}


def set_aside(inbox: Inbox, table_name: str) -> dict[int, list[str]]:
    found = inbox.connection.execute(f"select row_number, rule_codes from quarantine.{table_name} order by 1").fetchall()
    return {one["row_number"]: one["rule_codes"] for one in found}


def stored(inbox: Inbox, table_name: str, *columns: str) -> dict[int, tuple]:
    found = inbox.connection.execute(f"select row_number, {', '.join(columns)} from raw.{table_name} order by 1").fetchall()
    return {one["row_number"]: tuple(one[column] for column in columns) for one in found}


def read(inbox: Inbox, feed: str, sent: bytes, name: str, encoding: str = "utf-8") -> list[tuple]:
    """A delivery's rows as text, read and not stored."""
    contract = inbox.contract(feed, PERIODS[feed])
    batches = delivery.batches(lambda: io.BytesIO(sent), name, contract, contract.main, encoding)
    return [row for batch in batches for row in zip(*(_texts(one) for one in batch.arrays), strict=True)]


def _texts(values: pa.Array) -> list:
    return (values.dictionary_decode() if pa.types.is_dictionary(values.type) else values).to_pylist()


def nothing_is_loaded(inbox: Inbox) -> bool:
    return not any(rows for name, rows in inbox.tables().items() if name.startswith(("raw.", "quarantine.")))


# --- T80 to T82: the text


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
        gzip.compress,
        lambda text: b"".join(b",".join(b'"%s"' % cell for cell in line.split(b",")) + b"\n" for line in text.splitlines()),
    ],
    ids=["a byte order mark", "Windows line ends", "both", "gzip", "quotation marks around every cell"],
)
def test_t080_t082_a_file_in_another_wrapping_is_read_as_the_same_rows(inbox, wrap):
    text = inbox.text(ED, PERIODS[ED]).encode()
    assert read(inbox, ED, wrap(text), "a.csv") == read(inbox, ED, text, "a.csv") != []


def test_t081_a_windows_file_keeps_its_pounds_accents_and_quotes_and_is_warned_of(inbox):
    name = "St John’s Café, £5 a head"
    row = take(inbox, GRANTS, spoil(inbox.text(GRANTS, PERIODS[GRANTS]), {4: {"organisation": name}}).encode("cp1252"))
    assert row["status"] == "accepted"
    assert stored(inbox, "programme_grants__grant", "organisation")[4] == (name,)
    assert said(inbox, row)["GEN-002"]["outcome"] == "warning"


@pytest.mark.parametrize(
    ("feed", "sent"),
    [
        (TRAINING, lambda text: text.replace("A school", "A sch\x81ol").encode("latin-1")),
        (TRAINING, lambda text: text.encode("utf-16-le")),
        (LAC, lambda text: zipped({"header.csv": text.replace("WBRI", "WBRÍ", 1).encode("cp1252")})),
    ],
    ids=["bytes that no encoding of the contract has", "UTF-16 without its mark", "cp1252 where the contract has no fallback"],
)
def test_t081_a_file_in_no_agreed_encoding_is_refused_and_not_guessed_at(inbox, feed, sent):
    text = unzip(content(inbox, LAC, PERIODS[LAC]))["header.csv"] if feed == LAC else inbox.text(feed, PERIODS[feed])
    row = take(inbox, feed, sent(text))
    assert row["status"] == "refused"
    assert "Send" in row["status_reason"] or "send" in row["status_reason"]
    assert nothing_is_loaded(inbox)


def test_t082_commas_semicolons_and_line_breaks_in_quotation_marks_are_text_and_rows_keep_a_spreadsheets_numbers(inbox):
    name = 'A school; with "quotes", a comma\r\nand a second line'
    text = inbox.text(GRANTS, PERIODS[GRANTS])
    sent = spoil(text, {3: {"organisation": name}, 6: {"young_people": "a few"}}).replace("\n", "\r\n").replace("\r\r\n", "\r\n")
    row = take(inbox, GRANTS, sent.encode())
    assert row["rows_in_file"] == len(table(text))
    assert stored(inbox, "programme_grants__grant", "organisation")[3] == (name,)
    assert set_aside(inbox, "programme_grants__grant") == {6: ["GEN-006"]}


# --- T83, T84: what a spreadsheet does


def sheet(inbox: Inbox, feed: str = TRAINING) -> list[list]:
    """A delivery as the cells of a worksheet, header first."""
    rows = table(inbox.text(feed, PERIODS[feed]))
    return [list(rows[0]), *([value or None for value in row.values()] for row in rows)]


def test_t083_blank_rows_blank_columns_and_a_total_row_of_a_workbook_are_no_rows(inbox):
    cells = sheet(inbox)
    width = len(cells[0])
    blank = [None] * width
    total = ["Total", *blank[1:7], 999, 999, None]
    padded = [[*row, None, " "] for row in [blank, *cells, blank, total, blank]]
    row = take(inbox, TRAINING, workbook(padded), ending="xlsx")
    assert (row["status"], row["rows_in_file"], row["rows_accepted"]) == ("accepted", len(cells) - 1, len(cells) - 1)
    # The header stands in row 2 of this sheet, so the first row is the third.
    assert min(stored(inbox, "programme_training__event", "sessions")) == 3


def test_t083_a_blank_row_within_a_worksheet_shifts_nobodys_number(inbox):
    cells = sheet(inbox)
    cells.insert(4, [None] * len(cells[0]))
    cells[6][7] = "a few"
    row = take(inbox, TRAINING, workbook(cells), ending="xlsx")
    assert set_aside(inbox, "programme_training__event") == {7: ["GEN-006"]}
    assert said(inbox, row)["GEN-006"]["row_numbers"] == [7]


def test_t083_a_workbook_saved_as_csv_brings_its_total_and_its_blank_rows_along_and_none_of_them_is_a_row(inbox):
    text = inbox.text(TRAINING, PERIODS[TRAINING])
    count = len(table(text))
    row = take(inbox, TRAINING, text + "Total,,,,,,19,999,,\n" + "," * 9 + "\n")
    assert (row["status"], row["rows_in_file"], row["rows_accepted"]) == ("accepted", count, count)
    assert set(said(inbox, row)) & {"GEN-006", "GEN-023"} == {"GEN-023"}


# What a spreadsheet made of a cell, by feed: the column of the file, the cell, and the code that finds it.
SPOILED_CELLS = {
    ED: {
        "an Excel serial number for a date": ("arrival_date", "43983", "GEN-006"),
        "a date with the day first where the year comes first": ("arrival_date", "03/06/2020", "GEN-006"),
        "a day that the month does not have": ("arrival_date", "2020-06-31", "GEN-006"),
        "a whole number in scientific notation": ("age", "1.2E+01", "GEN-006"),
        "a time with words": ("arrival_time", "5 past 9", "ED-021"),
    },
    GRANTS: {
        "an amount with a pound sign": ("spend_gbp", "£8182", "GEN-006"),
        "a number that is none": ("spend_gbp", "NaN", "GEN-006"),
        "a number without end": ("spend_gbp", "1e999", "GEN-006"),
        "an error of a formula": ("spend_gbp", "#REF!", "GEN-006"),
    },
}


@pytest.mark.parametrize("feed", SPOILED_CELLS)
def test_t084_what_a_spreadsheet_did_to_a_cell_sets_its_row_aside_and_no_other(inbox, feed):
    cells = dict(enumerate(SPOILED_CELLS[feed].items(), start=3))
    row = take(
        inbox, feed, spoil(inbox.text(feed, PERIODS[feed]), {number: {one[0]: one[1]} for number, (_, one) in cells.items()})
    )
    assert row["status"] == "accepted"
    aside = set_aside(inbox, f"{feed}__{inbox.contract(feed).main.name}")
    assert {kind: one[2] in aside.get(number, []) for number, (kind, one) in cells.items()} == dict.fromkeys(
        SPOILED_CELLS[feed], True
    )
    assert aside.keys() == cells.keys()


def test_t084_codes_that_lost_leading_zeros_are_found(inbox):
    crimes = inbox.text("police_crime", "2019-05")
    row = take(
        inbox, "police_crime", spoil(crimes, {5: {"ho_suboffence": "008/06"}, 7: {"ho_suboffence": "8/6"}}), period="2019-05"
    )
    assert said(inbox, row)["POL-037"]["row_numbers"] == [7]


def test_t084_a_pupil_number_in_scientific_notation_is_no_number_and_is_never_hashed(inbox):
    text = content(inbox, CIN, PERIODS[CIN]).decode()
    start = text.index("<UPN>") + 5
    row = take(inbox, CIN, text[:start] + "1.23E+12" + text[start + 13 :])
    assert row["status"] == "accepted"
    assert set_aside(inbox, "cin_census__child")[1] == ["CIN-1510"]
    kept = inbox.connection.execute("select upn, upn_is_valid from quarantine.cin_census__child where row_number = 1").fetchone()
    assert kept == {"upn": None, "upn_is_valid": False}


def test_t084_a_workbooks_own_dates_and_numbers_are_read_and_a_bare_serial_number_is_not(inbox):
    cells = sheet(inbox)
    cells[1][0] = datetime(2020, 4, 9)
    cells[1][6], cells[1][7] = 1.0, 150
    cells[2][0] = 43964
    row = take(inbox, TRAINING, workbook(cells), ending="xlsx")
    assert row["status"] == "accepted"
    assert stored(inbox, "programme_training__event", "event_on", "sessions", "attendees")[2] == (date(2020, 4, 9), 1, 150)
    aside = set_aside(inbox, "programme_training__event")
    assert aside.keys() == {3}
    assert "GEN-006" in aside[3]


# --- T85, T86: columns and codes that change


def test_t085_columns_in_another_order_case_and_spacing_give_the_same_rows(inbox):
    rows = table(inbox.text(ED, PERIODS[ED]))
    turned = csv_text([dict(reversed(row.items())) for row in rows])
    header, _, rest = turned.partition("\n")
    take(inbox, ED, header.upper().replace(",", " , ") + "\n" + rest)
    after = stored(inbox, "tiig_ed_attendance__attendance", "arrival_time", "age", "injury_group")
    assert len(after) == len(rows)
    assert all(after[number] == (row["arrival_time"], int(row["age"]), row["injury_group"]) for number, row in enumerate(rows, 2))


HEADERS = {
    "renamed": (lambda row: {("arrival_day" if name == "arrival_date" else name): cell for name, cell in row.items()}, "renamed"),
    "added": (lambda row: row | {"nhs_number": "9434765919"}, "the heading of column 26 is not one of"),
    "dropped": (lambda row: {name: cell for name, cell in row.items() if name != "sex"}, "'sex' is missing"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_t085_a_column_renamed_added_or_dropped_refuses_the_file_and_loads_nothing(inbox, kind):
    change, words = HEADERS[kind]
    row = take(inbox, ED, csv_text([change(row) for row in table(inbox.text(ED, PERIODS[ED]))]))
    assert row["status"] == "refused"
    assert row["status_reason"].startswith("GEN-001")
    assert words in row["status_reason"]
    assert "9434765919" not in str(inbox.tables())
    assert nothing_is_loaded(inbox)


def test_t085_a_column_that_comes_twice_refuses_the_file(inbox):
    lines = inbox.text(ED, PERIODS[ED]).splitlines()
    sent = "".join(f"{line},{'sex' if number == 0 else 'F'}\n" for number, line in enumerate(lines))
    assert "'sex' comes more than once" in take(inbox, ED, sent)["status_reason"]


def test_t085_an_element_of_an_xml_that_nobody_declared_refuses_it_by_its_path(inbox):
    text = content(inbox, CIN, PERIODS[CIN]).decode()
    row = take(inbox, CIN, text.replace("<PersonBirthDate>", "<Surname>Zzyzx</Surname><PersonBirthDate>", 1))
    assert row["status_reason"].startswith("GEN-001")
    assert "ChildIdentifiers/Surname" in row["status_reason"]
    assert "Zzyzx" not in str(inbox.tables())


def census(inbox: Inbox, period: str) -> str:
    """A synthetic census of any year: its header says the year that the file's name says."""
    text, ends = content(inbox, CIN, period).decode(), int(period[:4]) + 1
    head, _, rest = text.partition("</CollectionDetails>")
    for year in (2019, 2020):
        head = head.replace(f"{year}-03-31", f"{ends}-03-31").replace(f"<Year>{year}<", f"<Year>{ends}<")
    if period >= "2024":
        rest = rest.replace("GenderCurrent>1<", "GenderCurrent>M<").replace("GenderCurrent>2<", "GenderCurrent>F<")
        rest = rest.replace("GenderCurrent>", "Sex>")
    return f"{head}</CollectionDetails>{rest}"


def filled(text: str, element: str, values: list[str]) -> str:
    """An XML whose first elements of a name have these texts."""
    at = 0
    for value in values:
        at = text.index(f"<{element}>", at) + len(element) + 2
        text = text[:at] + value + text[text.index("<", at) :]
    return text


# The collection year, and which codes of it serve.
FACTORS = {
    "2019-20": {"18A": True, "18B": False, "19A": True, "19C": False, "24A": False, "99Z": False},
    "2020-21": {"18A": False, "18B": True, "19A": False, "19C": True, "24A": False},
    "2021-22": {"18A": False, "18C": True, "24A": True},
}


@pytest.mark.parametrize("period", FACTORS)
def test_t086_a_factor_is_judged_by_the_collection_years_codes_whenever_the_file_comes(inbox, period):
    # An assessment can have several factors: here each has one.
    codes = iter(FACTORS[period])
    one = re.compile(r"(<FactorsIdentifiedAtAssessment>).*?(</FactorsIdentifiedAtAssessment>)")
    text = one.sub(
        lambda found: f"{found[1]}<AssessmentFactors>{next(codes, '21')}</AssessmentFactors>{found[2]}", census(inbox, period)
    )
    row = take(inbox, CIN, text, period=period)
    assert row["status"] == "accepted"
    numbers = [number for number, codes in set_aside(inbox, "cin_census__assessment").items() if "CINL-020" in codes]
    # The rows of assessments that have a factor at all.
    having = [number for number, part in enumerate(text.split("<Assessments>")[1:], start=1) if "<AssessmentFactors>" in part]
    assert numbers == [number for number, serves in zip(having, FACTORS[period].values(), strict=False) if not serves]


SEXES = {
    "2023-24": ("GenderCurrent", {"1": True, "2": True, "9": True, "M": False, "U": False, "3": False}),
    "2024-25": ("Sex", {"1": False, "M": True, "F": True, "U": True, "9": False}),
}


@pytest.mark.parametrize("period", SEXES)
def test_t086_a_childs_sex_is_judged_by_the_collection_years_codes(inbox, period):
    element, codes = SEXES[period]
    row = take(inbox, CIN, filled(census(inbox, period), element, list(codes)), period=period)
    assert row["status"] == "accepted"
    numbers = [number for number, found in set_aside(inbox, "cin_census__child").items() if "CIN-4180" in found]
    assert numbers == [number for number, serves in enumerate(codes.values(), start=1) if not serves]


@pytest.mark.parametrize(("period", "serving", "aside"), [("2019-20", "1", "M"), ("2024-25", "M", "1")])
def test_t086_the_codes_of_sex_in_the_return_on_children_looked_after_change_with_its_year(inbox, period, serving, aside):
    members = unzip(content(inbox, LAC, period))
    sexes = {number: {"SEX": aside if number == 4 else serving} for number in range(200)}
    # Of the children of another year too few fit the tables on health and on those who came alone.
    bare = {name: members[name].splitlines()[0] + "\n" for name in ("oc2.csv", "uasc.csv")}
    take(inbox, LAC, zipped(members | bare | {"header.csv": spoil(members["header.csv"], sexes)}), period=period)
    assert [number for number, codes in set_aside(inbox, "ssda903__header").items() if "903-101" in codes] == [4]


# --- T87: dates of the 903

BAD_903_DATES = {
    "the month first": "04/25/2019",
    "a year of two digits": "01/04/19",
    "a day that the month does not have": "31/02/2019",
    "a moment of another zone": "01/04/2019 23:00:00Z",
    "a serial number": "43556",
}


def test_t087_a_date_of_the_903_that_could_be_two_or_none_sets_its_row_aside(inbox):
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    spoiled = {number: {"REVIEW": text} for number, text in enumerate(BAD_903_DATES.values(), start=4)}
    sent = spoil(members["reviews.csv"], spoiled | {20: {"REVIEW": "1/4/2019"}})
    row = take(inbox, LAC, zipped(members | {"reviews.csv": sent}))
    assert row["status"] == "accepted"
    aside = set_aside(inbox, "ssda903__reviews")
    assert {number: "GEN-006" in aside.get(number, []) for number in spoiled} == dict.fromkeys(spoiled, True)
    assert 20 not in aside


# --- T88: XML that means harm

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "an empty document type": "<!DOCTYPE Message>",
    "a document type from elsewhere": '<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x.dtd">',
    "an entity of its own": '<!DOCTYPE Message [<!ENTITY e "x">]>',
    "an entity that is a file of this machine": '<!DOCTYPE Message [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "a parameter entity": '<!DOCTYPE Message [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    "a billion laughs": f'<!DOCTYPE Message [<!ENTITY l0 "ha">{LAUGHS}]>',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", DOCTYPES)
def test_t088_an_xml_with_a_document_type_or_entities_is_refused_before_anything_is_expanded(inbox, kind, encoding):
    text = content(inbox, CIN, PERIODS[CIN]).decode()
    name = {"a billion laughs": "l9"}.get(kind, "e")
    text = text.replace("utf-8", encoding, 1).replace("<Message>", DOCTYPES[kind] + "<Message>", 1)
    row = take(inbox, CIN, text.replace("<Ethnicity>WBRI", f"<Ethnicity>&{name};", 1).encode(encoding))
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-017")
    assert "without a DTD" in row["status_reason"]
    assert nothing_is_loaded(inbox)
    assert "root:" not in str(inbox.tables())


def test_t088_an_entity_that_is_never_declared_is_refused_too(inbox):
    text = content(inbox, CIN, PERIODS[CIN]).decode()
    row = take(inbox, CIN, text.replace("<Ethnicity>WBRI", "<Ethnicity>&e;", 1))
    assert row["status_reason"].startswith("GEN-017")


@pytest.mark.parametrize("share", [0.3, 0.999])
def test_t088_an_xml_that_is_cut_off_is_refused_whole(inbox, share):
    sent = content(inbox, CIN, PERIODS[CIN])
    row = take(inbox, CIN, sent[: int(len(sent) * share)])
    assert row["status_reason"].startswith("GEN-017")
    assert "cut off" in row["status_reason"]
    assert nothing_is_loaded(inbox)


# --- T89: nothing in it

EMPTY = {
    "a CSV of no bytes": (ED, "csv", lambda _: b""),
    "a CSV of blanks": (ED, "csv", lambda _: b" \n\n"),
    "a CSV with a header and nothing else": (ED, "csv", lambda text: text.splitlines(keepends=True)[0]),
    "a gzip of no bytes": (ED, "csv.gz", lambda _: gzip.compress(b"")),
    "a workbook of no bytes": (TRAINING, "xlsx", lambda _: b""),
    "a workbook with an empty sheet": (TRAINING, "xlsx", lambda _: workbook([[None, " "]])),
    "a workbook with a header and nothing else": (COMMUNICATIONS, "xlsx", lambda text: workbook([text.splitlines()[0].split(",")])),
    "a zip of no bytes": (LAC, "zip", lambda _: b""),
    "a zip without a file": (LAC, "zip", lambda _: zipped({})),
    "an XML of no bytes": (CIN, "xml", lambda _: b""),
    "an XML without a child": (CIN, "xml", lambda _: "<Message><Children/></Message>"),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_t089_a_delivery_with_nothing_in_it_is_refused_with_what_to_do(inbox, kind):
    feed, ending, make = EMPTY[kind]
    text = inbox.text(feed, PERIODS[feed]) if ending in ("csv", "xlsx") else ""
    row = take(inbox, feed, make(text), ending=ending)
    assert row["status"] == "refused"
    assert any(word in row["status_reason"].casefold() for word in ("send", "export", "save", "make it again"))
    assert nothing_is_loaded(inbox)


def test_t089_a_zip_whose_main_table_is_only_a_header_is_refused(inbox):
    members = unzip(content(inbox, LAC, PERIODS[LAC]))
    row = take(inbox, LAC, zipped(members | {"header.csv": members["header.csv"].splitlines(keepends=True)[0]}))
    assert (row["status"], row["status_reason"][:8]) == ("refused", "903L-001")


# --- T90: size


class Repeated(io.RawIOBase):
    """A header and then the same block over and over, made as it is read."""

    def __init__(self, header: bytes, block: bytes, times: int):
        super().__init__()
        self._left, self._rest, self._block = times, header, block

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._rest and self._left:
            self._rest, self._left = self._block, self._left - 1
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def test_t090_a_million_rows_are_read_in_the_memory_of_a_few_blocks(inbox):
    contract = inbox.contract(ED, PERIODS[ED])
    header, _, rest = inbox.text(ED, PERIODS[ED]).encode().partition(b"\n")
    count, times = rest.count(b"\n"), 4000
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for batch in csv.batches(lambda: Source(Repeated(header + b"\n", rest, times), 1), contract, contract.main, "utf-8", Uses()):
        rows += batch.rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == count * times > 1_000_000
    assert most < 12 * csv.BLOCK_BYTES < len(rest) * times / 2


# --- T91: archives that mean harm


def encrypted(content_: bytes) -> bytes:
    """A zip whose members say that they are encrypted."""
    marked = bytearray(content_)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(magic)
        while at >= 0:
            struct.pack_into("<H", marked, at + place, 1)
            at = marked.find(magic, at + 4)
    return bytes(marked)


HARMFUL = {
    "a name that leads out of it": (lambda members: zipped(members | {"../../header.csv": "x"}), "GEN-010", "leads out"),
    "an absolute name": (lambda members: zipped(members | {"/srv/header.csv": "x"}), "GEN-010", "leads out"),
    "a password": (lambda members: encrypted(zipped(members)), "GEN-010", "encrypted"),
    "a bomb": (lambda members: zipped(members | {"header.csv": b"0" * (64 << 20)}), "GEN-010", "times its size"),
    "a zip in it": (lambda members: zipped(members | {"more.zip": zipped(members)}), "GEN-010", "another archive"),
    "a table that nobody declared": (
        lambda members: zipped(members | {"names.csv": "CHILD\n1\n"}),
        "GEN-001",
        "not in the contract",
    ),
    "no main table": (
        lambda members: zipped({name: text for name, text in members.items() if name != "header.csv"}),
        "GEN-001",
        "no file for 'header'",
    ),
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_t091_a_zip_that_means_harm_is_refused_and_writes_nothing_anywhere(inbox, kind):
    make, code, words = HARMFUL[kind]
    row = take(inbox, LAC, make(unzip(content(inbox, LAC, PERIODS[LAC]))))
    assert (row["status"], row["status_reason"][:7]) == ("refused", code)
    assert words in row["status_reason"]
    assert nothing_is_loaded(inbox)
    assert not list(inbox.settings.home.rglob("header.csv"))


# --- issue 13, point 4: what no reader took


def sheetless(inbox: Inbox) -> bytes:
    """A workbook of which only a chart is left."""
    book = load_workbook(io.BytesIO(workbook(sheet(inbox))))
    book.create_chartsheet("a chart").add_chart(BarChart())
    book.move_sheet(book.worksheets[0], 1)
    out = io.BytesIO()
    book.save(out)
    parts = {name: part.encode() for name, part in unzip(out.getvalue()).items()}
    parts["xl/workbook.xml"] = re.sub(rb'<sheet [^>]*name="Sheet"[^>]*/>', b"", parts["xl/workbook.xml"])
    return zipped(parts)


# What is sent, and the code that refuses it or sets its row 4 aside.
NEVER_ENDING = {
    "a NUL in one row": (
        GRANTS, "csv", lambda inbox: spoil(inbox.text(GRANTS, PERIODS[GRANTS]), {4: {"organisation": "A\0"}}), None),
    "a day of the year 0": (
        TRAINING, "csv", lambda inbox: spoil(inbox.text(TRAINING, PERIODS[TRAINING]), {4: {"event_date": "0000-04-09"}}), None),
    "a workbook that is cut off": (TRAINING, "xlsx", lambda inbox: workbook(sheet(inbox))[:-200], "GEN-010"),
    "a workbook of a chart": (TRAINING, "xlsx", sheetless, "GEN-010"),
    "an XML in no encoding": (
        CIN, "xml", lambda inbox: content(inbox, CIN, PERIODS[CIN]).replace(b"utf-8", b"klingon", 1), "GEN-017"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NEVER_ENDING)
def test_what_no_reader_took_comes_to_an_end_and_its_supplier_is_told(inbox, kind):
    """Each of them once stayed `received` for ever, and every later run of the feed met it first (issue 13, point 4)."""
    feed, ending, make, code = NEVER_ENDING[kind]
    row = take(inbox, feed, make(inbox), ending=ending)
    if code is None:
        assert row["status"] == "accepted"
        assert "GEN-006" in set_aside(inbox, inbox.contract(feed).main.table)[4]
        assert said(inbox, row)["GEN-006"]["row_numbers"] == [4]
    else:
        assert row["status"] == "refused"
        assert row["status_reason"].startswith(code)
        assert nothing_is_loaded(inbox)
    # The next run has nothing left to do.
    assert inbox.take_in(feed) == []


# --- T93 to T95


@pytest.mark.parametrize("suffix", folder.UNFINISHED)
def test_t093_a_file_named_as_unfinished_is_left_alone(inbox, suffix):
    path = inbox.drop(ED, file_name(inbox.contract(ED), PERIODS[ED]) + suffix, "half a")
    assert inbox.take_in(ED) == []
    assert path.read_text() == "half a"


OTHER_PERIODS = [
    (ED, "2020-06", "2020-05", "ED-019"),
    ("police_crime", "2019-05", "2019-06", "POL-0"),
    (TRAINING, "2020-21-Q1", "2020-21-Q2", "TRN-0"),
    (CIN, "2019-20", "2020-21", "CINL-005"),
]


@pytest.mark.parametrize(("feed", "holds", "says", "code"), OTHER_PERIODS)
def test_t094_a_file_whose_rows_are_of_another_period_than_its_name_is_refused(inbox, feed, holds, says, code):
    row = take(inbox, feed, content(inbox, feed, holds), period=says)
    assert row["status"] == "refused"
    assert row["status_reason"].startswith(code)
    assert nothing_is_loaded(inbox)


def test_t095_codes_in_another_case_and_with_blanks_around_them_are_the_same_codes(inbox):
    admissions = inbox.text("hes_violence_admissions", "2019-20")
    row = take(inbox, "hes_violence_admissions", spoil(admissions, {5: {"external_cause_1": " x99 "}}), period="2019-20")
    assert 5 not in set_aside(inbox, "hes_violence_admissions__admission"), row
    assert stored(inbox, "hes_violence_admissions__admission", "external_cause_1")[5] == ("X99",)
    take(inbox, ED, spoil(inbox.text(ED, PERIODS[ED]), {5: {"sex": " m ", "injury_group": " Fall"}}))
    assert stored(inbox, "tiig_ed_attendance__attendance", "sex", "injury_group")[5] == ("M", "fall")
    crimes = rewrite(inbox.text("police_crime", "2019-05"), lambda n, r: {"ho_code": f" {r['ho_code'].lower()} "} if n == 5 else {})
    take(
        inbox,
        "police_crime",
        spoil(crimes, {5: {"status": "Active ", "victim_sex": " f", "lad_code": "", "lsoa_code": ""}}),
        period="2019-05",
    )
    assert stored(inbox, "police_crime__crime", "ho_code", "status", "victim_sex")[5] == (
        table(crimes)[3]["ho_code"].strip().upper(),
        "active",
        "F",
    )
