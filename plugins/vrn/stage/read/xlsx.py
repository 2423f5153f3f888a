"""A worksheet to batches: the first sheet of a workbook, whose header stands in its first filled rows.

Dates are written in the form that the contract gives their column, whole numbers without a decimal point: what a
spreadsheet shows as 1, 03/04/2020 or 35% is read as a CSV would have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import DATE_FORMATS, NUMBERS
from vrn.feeds.reading import Reading
from vrn.stage.read import header, workbook
from vrn.stage.read import rows as of_rows
from vrn.stage.read.batch import Batch, Gathered
from vrn.stage.read.header import Filled
from vrn.stage.read.layout import MOST_TITLE_ROWS
from vrn.stage.read.uses import Uses
from vrn.stage.read.workbook import Numbered, Row, is_filled

LONGEST_CELL = 32_767


def batches(raw: BinaryIO, contract: Contract, entity: Entity, uses: Uses) -> Iterator[Batch]:
    """Yield the rows of the first worksheet. Raises SubmissionRefused."""
    lines = workbook.rows(raw, entity, contract.reading, uses)
    filled = _head(lines, entity, contract.reading, uses)
    yield from of_rows.of_table(_gathered(lines, filled), contract.reading, uses)


def check_header(raw: BinaryIO, contract: Contract, entity: Entity) -> None:
    """Refuse a workbook whose header is not the contract's, or that has something under no heading. Raises SubmissionRefused."""
    uses = Uses()
    lines = workbook.rows(raw, entity, contract.reading, uses)
    filled = _head(lines, entity, contract.reading, uses)
    if not all(filled):
        for _ in of_rows.of_table(_gathered(lines, filled), contract.reading, uses):
            pass


def _head(lines: Numbered, entity: Entity, reading: Reading, uses: Uses) -> list[Filled]:
    """What each column of the sheet fills, by the first of its filled rows that is the contract's header; the row is taken."""
    first: list[str] | None = None
    above = 0
    for _, row in lines:
        cells = _headings(row)
        if not cells:
            continue
        first = cells if first is None else first
        if header.fits(cells, entity.columns) or above == MOST_TITLE_ROWS:
            break
        above += 1
    if first is None:
        raise SubmissionRefused("GEN-013", "The first worksheet is empty. Fill in the template and send it again.")
    if not header.fits(cells, entity.columns):
        return header.match(first, entity.columns)
    filled = header.match(cells, entity.columns)
    if above and not reading.bears("titleRows"):
        raise SubmissionRefused(
            header.CODE, f"The worksheet has {above} row(s) of a title above its header. Take them out and send it again."
        )
    if above:
        uses.add("titleRows", times=above)
    if blank := sum(not columns for columns in filled):
        uses.add("blankColumns", times=blank)
    return filled


def _headings(row: Row) -> list[str]:
    cells = [str(cell.value or "") for cell in row]
    width = max((place for place, cell in enumerate(cells, start=1) if is_filled(cell)), default=0)
    return cells[:width]


def _gathered(lines: Numbered, filled: list[Filled]) -> Iterator[Batch]:
    width, gathered = len(filled), Gathered(filled)
    for number, row in lines:
        _refuse_beside(number, row, width)
        row = (*row[:width], *(None,) * (width - len(row)))
        gathered.add(number, [_text(cell, columns, number) for cell, columns in zip(row, filled, strict=True)])
        if gathered.is_enough:
            yield from gathered.take()
    yield from gathered.take()


def _refuse_beside(number: int, row: Row, width: int) -> None:
    place = next((place for place, cell in enumerate(row[width:], start=width + 1) if is_filled(cell.value)), None)
    if place is not None:
        raise SubmissionRefused(
            header.CODE,
            f"Row {number:,} of the worksheet has something in column {place}, which has no heading. Send the agreed columns and "
            "nothing beside them.",
        )


def _text(cell: Any, columns: Filled, number: int) -> str | None:
    value = None if cell is None else cell.value
    if not is_filled(value):
        return None
    column = columns[0] if columns else None
    kind = column.logical_type if column else "string"
    match value:
        case bool():
            return str(value).lower()
        # A day whose cell has a time of day too says so, as a CSV would.
        case datetime() if kind == "date" and value.time() == time():
            return value.strftime(DATE_FORMATS[column.form])
        case datetime() | date() | time():
            return value.isoformat()
        case int() | float() if kind in NUMBERS and "%" in (cell.number_format or ""):
            return f"{value * 100:.12g}%"
        case float() if value.is_integer():
            return str(int(value))
        case str() if len(value) > LONGEST_CELL:
            raise SubmissionRefused(
                "GEN-010",
                f"A cell of row {number:,} has more than {LONGEST_CELL:,} characters, which no spreadsheet holds. Shorten it and "
                "send the workbook again.",
            )
    return str(value)
