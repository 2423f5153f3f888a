"""A worksheet to batches: the first sheet of a workbook, its first filled row as the header.

Dates are written in the form that the contract gives their column, whole numbers without a decimal point: what a
spreadsheet shows as 1 or 03/04/2020 is read as a CSV would have it. Rows that are wholly blank, and one whose
first cell says Total, are a spreadsheet's own and no rows.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Column, Entity
from vrn.feeds.grammar import DATE_FORMATS
from vrn.stage.read import header
from vrn.stage.read.batch import ROWS, Batch, of_rows

TOTALS = ("total", "totals", "grand total")


def batches(raw, entity: Entity) -> Iterator[Batch]:
    """Yield the rows of the first worksheet. Raises SubmissionRefused."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Buffered: the zip reader within does not bear short reads.
            book = load_workbook(io.BufferedReader(raw), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise SubmissionRefused("GEN-010", "The file is not a workbook that can be opened. Save it as .xlsx again.") from None
    rows = enumerate(book.worksheets[0].iter_rows(values_only=True), start=1)
    cells = next((row for _, row in rows if any(_filled(cell) for cell in row)), ())
    width = max((place for place, cell in enumerate(cells, start=1) if _filled(cell)), default=0)
    if not width:
        raise SubmissionRefused("GEN-013", "The first worksheet is empty. Fill in the template and send it again.")
    filled = header.match([str(cell or "") for cell in cells[:width]], entity.columns)
    waiting: list[list[str | None]] = []
    for number, row in rows:
        is_row = not _is_a_spreadsheets_own(row)
        if is_row:
            waiting.append([_text(cell, columns[0]) for cell, columns in zip(_padded(row, width), filled, strict=True)])
        if waiting and (not is_row or len(waiting) == ROWS):
            yield of_rows(number + is_row - len(waiting), filled, waiting)
            waiting = []
    if waiting:
        yield of_rows(number + 1 - len(waiting), filled, waiting)


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _is_a_spreadsheets_own(row: tuple[Any, ...]) -> bool:
    words = [cell for cell in row if _filled(cell)]
    return not words or str(words[0]).strip().casefold().rstrip(":") in TOTALS


def _padded(row: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    return (*row[:width], *(None,) * (width - len(row)))


def _text(cell: Any, column: Column) -> str | None:
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
    return str(cell)
