"""A worksheet to batches: the first sheet of a workbook, its first filled row as the header.

Dates are written in the form that the contract gives their column, whole numbers without a decimal point: what a
spreadsheet shows as 1 or 03/04/2020 is read as a CSV would have it. Rows that are wholly blank, and one whose
first cell says Total, are a spreadsheet's own and no rows.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Column, Entity
from vrn.feeds.grammar import DATE_FORMATS
from vrn.stage.read import archive, header
from vrn.stage.read.batch import Batch, Gathered
from vrn.stage.read.boundary import refusing
from vrn.stage.read.header import Filled
from vrn.stage.read.source import OFFICE_MAGIC

TOTALS = ("total", "totals", "grand total")
# What Excel itself can hold. A file that claims more was not written by a spreadsheet, and would be read for ever.
MOST_ROWS = 1 << 20
LONGEST_CELL = 32_767
# A workbook with a password is one of these in an old Office file.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SEARCHED_BYTES = 1 << 20
DAMAGED = (
    "The file is not a workbook that can be opened: it is cut off or damaged, or was written by a program that does not keep to "
    "the format. Open it in a spreadsheet, save it as .xlsx again and send that."
)
# openpyxl passes on what zipfile, zlib and the XML parser say, and raises these itself where a part is missing, twice or not as
# the format has it.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ParseError,
    KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, OSError,
)  # fmt: skip

Row = tuple[Any, ...]


def batches(raw: BinaryIO, entity: Entity) -> Iterator[Batch]:
    """Yield the rows of the first worksheet. Raises SubmissionRefused."""
    rows = _rows(raw)
    filled = _head(rows, entity)
    width, gathered = len(filled), Gathered(filled)
    for number, row in rows:
        is_row = not _is_a_spreadsheets_own(row)
        if is_row:
            _refuse_beside(number, row, width)
            cells = zip(_padded(row, width), filled, strict=True)
            gathered.add(number, [_text(cell, columns[0], number) for cell, columns in cells])
        if not is_row or gathered.is_enough:
            yield from gathered.take()
    yield from gathered.take()


def check_header(raw: BinaryIO, entity: Entity) -> None:
    """Refuse a workbook whose first filled row is not the contract's header. Raises SubmissionRefused."""
    _head(_rows(raw), entity)


def _head(rows: Iterator[tuple[int, Row]], entity: Entity) -> list[Filled]:
    cells = next((row for _, row in rows if any(_filled(cell) for cell in row)), ())
    width = max((place for place, cell in enumerate(cells, start=1) if _filled(cell)), default=0)
    if not width:
        raise SubmissionRefused("GEN-013", "The first worksheet is empty. Fill in the template and send it again.")
    return header.match([str(cell or "") for cell in cells[:width]], entity.columns)


def _rows(raw: BinaryIO) -> Iterator[tuple[int, Row]]:
    """The rows of the first worksheet by their numbers; blank ones may be without cells. All that openpyxl does is done here."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    # Its warnings quote cells, which belong into no log.
    warnings.filterwarnings("ignore", module=r"openpyxl\b")
    _refuse_office_file(raw)
    archive.check(raw, DAMAGED)
    with refusing("GEN-010", DAMAGED, InvalidFileException, *DAMAGE):
        # Buffered and whole: the zip reader within does not bear short reads.
        sheets = load_workbook(archive.Whole(io.BufferedReader(raw)), read_only=True, data_only=True).worksheets
        if sheets:
            # What the file says of its size need not be true: rows beyond it would be passed over.
            sheets[0].reset_dimensions()
            for number, row in enumerate(sheets[0].iter_rows(values_only=True), start=1):
                if number > MOST_ROWS:
                    raise SubmissionRefused(
                        "GEN-010", f"The worksheet says that it has more than {MOST_ROWS:,} rows. Save it as .xlsx again."
                    )
                yield number, row
    if not sheets:
        raise SubmissionRefused(
            "GEN-010", "The workbook has no worksheet (a chart alone is none). Put the rows into its first sheet and send it again."
        )


def _refuse_office_file(raw: BinaryIO) -> None:
    """A workbook with a password, or one of an old Excel, is no zip. It stays open, at its start."""
    raw.seek(0)
    block = raw.read(SEARCHED_BYTES)
    if block.startswith(OFFICE_MAGIC):
        while ENCRYPTED not in block and (more := raw.read(SEARCHED_BYTES)):
            block = block[-len(ENCRYPTED) :] + more
        raise SubmissionRefused(
            "GEN-010",
            "The workbook has a password. Remove it (File, Info, Protect Workbook, Encrypt with Password), save the workbook and "
            "send it again; the way it is sent protects it."
            if ENCRYPTED in block
            else "The file is a workbook of an old form (.xls) under the name of a new one. Save it as .xlsx and send it again.",
        )
    raw.seek(0)


def _refuse_beside(number: int, row: Row, width: int) -> None:
    place = next((place for place, cell in enumerate(row[width:], start=width + 1) if _filled(cell)), None)
    if place is not None:
        raise SubmissionRefused(
            "GEN-001",
            f"Row {number:,} of the worksheet has something in column {place}, which has no heading. Send the agreed columns and "
            "nothing beside them.",
        )


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _is_a_spreadsheets_own(row: Row) -> bool:
    first = next((cell for cell in row if _filled(cell)), None)
    return first is None or str(first).strip().casefold().rstrip(":") in TOTALS


def _padded(row: Row, width: int) -> Row:
    return (*row[:width], *(None,) * (width - len(row)))


def _text(cell: Any, column: Column, number: int) -> str | None:
    if not _filled(cell):
        return None
    match cell:
        case bool():
            return str(cell).lower()
        case datetime() if column.logical_type == "date":
            return cell.strftime(DATE_FORMATS[column.form])
        case datetime() | date() | time():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case str() if len(cell) > LONGEST_CELL:
            raise SubmissionRefused(
                "GEN-010",
                f"A cell of row {number:,} has more than {LONGEST_CELL:,} characters, which no spreadsheet holds. Shorten it and "
                "send the workbook again.",
            )
    return str(cell)
