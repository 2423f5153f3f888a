"""Small deliveries of every format: whole, so that a test may spoil them, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

from tests.made import workbook
from tests.spoilt import packed, unpacked
from tests.staged import CIN, GRANTS, LAC, NOMINALS, PERIODS, SEARCHES, TRAINING, YOT, contract_of
from vrn.feeds.period import Period
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

TABLES, SHEETS, ZIPS = (NOMINALS, SEARCHES, GRANTS), (TRAINING, GRANTS, NOMINALS), (LAC, YOT)
LINES = 9
CHILDREN = 4
# What a workbook keeps of when it was written.
HOUR = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# A cell's text as openpyxl writes it, in the cell.
INLINE = re.compile(rb't="inlineStr"><is>(.*?)</is></c>')
SHEETS_ML = b"http://schemas.openxmlformats.org/spreadsheetml/2006"


def _made(feed: str) -> bytes:
    contract = contract_of(feed)
    return deliveries.content(contract, Period.parse(contract.kind, PERIODS[feed]), Places(REPOSITORY / "dbt_project" / "seeds"))


def _few(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[:LINES])


def _book(text: bytes) -> bytes:
    """The rows of a CSV as the cells of a worksheet, with numbers and days of its own kind."""
    made = workbook([[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text.decode()))])
    # Without the hour, so that what is spoilt is the same bytes each time.
    return packed({name: HOUR.sub(b"2020-01-01T00:00:00Z", part) for name, part in unpacked(made).items()})


def _as_excel_writes(content: bytes) -> bytes:
    """The workbook with its texts in a list of their own, as Excel keeps them."""
    parts, texts = unpacked(content), []

    def listed(found: re.Match[bytes]) -> bytes:
        texts.append(b"<si>%s</si>" % found[1])
        return b't="s"><v>%d</v></c>' % (len(texts) - 1)

    sheet, types, relations = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    parts[sheet] = INLINE.sub(listed, parts[sheet])
    parts["xl/sharedStrings.xml"] = b'<sst xmlns="%s/main">%s</sst>' % (SHEETS_ML, b"".join(texts))
    parts[types] = parts[types].replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
    )
    parts[relations] = parts[relations].replace(
        b"</Relationships>",
        b'<Relationship Id="rId9" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/sharedStrings"/></Relationships>',
    )
    return packed(parts)


def _cell(text: str) -> object:
    for kind in (int, float, date.fromisoformat):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


CSVS = {feed: _few(_made(feed)) for feed in {*TABLES, *SHEETS}}
BOOKS = {feed: _book(CSVS[feed]) for feed in SHEETS}
BOOKS[NOMINALS] = _as_excel_writes(BOOKS[NOMINALS])
ARCHIVES = {feed: packed({name: _few(text) for name, text in unpacked(_made(feed)).items()}) for feed in ZIPS}
XML = b"</Child>".join(_made(CIN).split(b"</Child>")[:CHILDREN]) + b"</Child></Children></Message>"
WHOLE = [
    *((feed, "a.csv", CSVS[feed]) for feed in TABLES),
    *((feed, "a.xlsx", BOOKS[feed]) for feed in SHEETS),
    *((feed, "a.zip", ARCHIVES[feed]) for feed in ZIPS),
    (CIN, "a.xml", XML),
]
