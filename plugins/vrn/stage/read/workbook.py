"""A workbook opened: the cells of its first worksheet, or of the one that the feed file names, and what a person should know of
the rest. openpyxl is used nowhere else.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Entity
from vrn.feeds.reading import GUIDE_SHEET, Reading
from vrn.stage.read import archive, header
from vrn.stage.read.boundary import refusing
from vrn.stage.read.source import OFFICE_MAGIC
from vrn.stage.read.uses import Uses

# What Excel itself can hold. A file that claims more was not written by a spreadsheet, and would be read for ever.
MOST_ROWS = 1 << 20
# A workbook with a password is one of these in an old Office file.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SEARCHED_BYTES = 1 << 20
# How a formula begins in the XML of a worksheet.
FORMULAS = (b"<f>", b"<f ")
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

# Cells of openpyxl's, with a value and a number_format.
Row = tuple[Any, ...]
Numbered = Iterator[tuple[int, Row]]


def rows(raw: BinaryIO, entity: Entity, reading: Reading, uses: Uses) -> Numbered:
    """The rows of the entity's worksheet by their numbers; blank ones may be without cells. Raises SubmissionRefused.

    raw: the workbook as a stream that can be sought in; it stays open. entity: whose rows they are.
    """
    from openpyxl.utils.exceptions import InvalidFileException

    # Its warnings quote cells, which belong into no log.
    warnings.filterwarnings("ignore", module=r"openpyxl\b")
    _refuse_office_file(raw)
    archive.check(raw, DAMAGED)
    with refusing("GEN-010", DAMAGED, InvalidFileException, *DAMAGE):
        # Buffered and whole: the zip reader within does not bear short reads.
        whole = archive.Whole(io.BufferedReader(raw))
        sheets = _sheets(whole)
        place = _place(sheets, entity)
        if entity.sheet is None:
            _look_at_others(sheets[1:], entity, reading, uses)
        cells = _cells(sheets[place])
        yield from _with_results(whole, cells, place) if _has_formulas(whole) else cells


def is_filled(value: Any) -> bool:
    """Whether a cell's value is more than space."""
    return value is not None and str(value).strip() != ""


def _place(sheets: list[Any], entity: Entity) -> int:
    """Which of the worksheets has the entity's rows: the first, or the one whose name fits the feed file's pattern."""
    if not sheets:
        raise SubmissionRefused(
            "GEN-010", "The workbook has no worksheet (a chart alone is none). Put the rows into its first sheet and send it again."
        )
    if entity.sheet is None:
        return 0
    found = [place for place, sheet in enumerate(sheets) if entity.sheet.search(sheet.title)]
    if len(found) != 1:
        raise SubmissionRefused(
            "GEN-010",
            f"The workbook has {len(found) or 'no'} worksheet(s) for '{entity.name}', whose name fits {entity.sheet.pattern}. Send "
            "the workbook as it was published, with one of them.",
        )
    return found[0]


def _sheets(whole: archive.Whole, *, results: bool = True) -> list[Any]:
    from openpyxl import load_workbook

    return load_workbook(whole, read_only=True, data_only=results).worksheets


def _cells(sheet: Any) -> Numbered:
    # What the file says of its size need not be true: rows beyond it would be passed over.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise SubmissionRefused(
                "GEN-010", f"The worksheet says that it has more than {MOST_ROWS:,} rows. Save it as .xlsx again."
            )
        yield number, row


def _has_formulas(whole: archive.Whole) -> bool:
    with zipfile.ZipFile(whole) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                with parts.open(name) as part:
                    before = b""
                    while block := part.read(SEARCHED_BYTES):
                        if any(begun in before + block for begun in FORMULAS):
                            return True
                        before = block[-len(FORMULAS[0]) :]
    return False


def _with_results(whole: archive.Whole, results: Numbered, sheet: int) -> Numbered:
    """The rows, none of which has a formula without its result: a program that is no spreadsheet writes the formula alone."""
    for (number, row), (_, written) in zip(results, _cells(_sheets(whole, results=False)[sheet]), strict=True):
        for place, (cell, as_written) in enumerate(zip(row, written, strict=False), start=1):
            if as_written.data_type == "f" and cell.value is None:
                raise SubmissionRefused(
                    "GEN-010",
                    f"Row {number:,} of the worksheet has a formula in column {place} and not its result. Open the workbook in a "
                    "spreadsheet, save it and send that.",
                )
        yield number, row


def _look_at_others(sheets: list[Any], entity: Entity, reading: Reading, uses: Uses) -> None:
    """Refuse rows of the table on another sheet; say of any other sheet that it is not read."""
    unread = 0
    for place, sheet in enumerate(sheets, start=2):
        filled = [row for _, row in _cells(sheet) if any(is_filled(cell.value) for cell in row)]
        if not filled or sheet.title == GUIDE_SHEET:
            continue
        if any(header.fits([str(cell.value or "") for cell in row], entity.columns) for row in filled[:-1]):
            raise SubmissionRefused(
                "GEN-010",
                f"Worksheet {place} of the workbook has the same header as the first, and rows. Put all rows into the first, or "
                "take out those that are not of this delivery, and send it again.",
            )
        unread += 1
    if unread and not reading.bears("furtherSheets"):
        raise SubmissionRefused(
            "GEN-010", f"The workbook has {unread} worksheet(s) beside the first. Send the first alone, for no other is read."
        )
    if unread:
        uses.add("furtherSheets", times=unread)


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
    if block and not block.startswith(archive.MAGIC[: len(block)]):
        raise SubmissionRefused(
            "GEN-010", "The file is no workbook, whatever its name says. Save it as .xlsx in a spreadsheet, or send it as .csv."
        )
    raw.seek(0)
