"""How a text file is laid out, by its first lines: its encoding, what separates its cells, and where its header stands.

What is found is either what was agreed, or one of the feed's tolerances, or the reason of a refusal. Nothing is a guess: another
separator, or a header further down, is taken only where the cells are then the contract's header.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vrn.errors import SubmissionRefused
from vrn.feeds.columns import Column
from vrn.feeds.reading import SEPARATORS, Reading
from vrn.stage.read import header
from vrn.stage.read.header import Filled
from vrn.stage.read.uses import Uses

# Lines above a header: a title, who made it, when, and a blank one or two.
MOST_TITLE_ROWS = 5
COMMA = ","
BREAK = re.compile(r"\r\r\n|\r\n|\n|\r")
DOUBLED = "\r\r\n"
NAMES_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?', re.IGNORECASE)
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
UTF_16 = "utf-16"
# Of letters in UTF-16 every other byte is zero, and none between.
LOOKED_AT, MOST_ZEROS = 200, 0.9
# How files begin that are no table. No heading begins so.
NO_TABLES = (
    (b"<", "XML or a web page"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text of a word processor"),
    (b"{", "JSON"),
    (b"[{", "JSON"),
)
REFUSALS = {
    "doubledLineBreaks": "The file's line breaks are doubled carriage returns, as a transfer in text mode leaves them. Transfer "
    "it in binary mode and send it again.",
    "sepLine": "The file's first line is 'sep=', which is for Excel alone. Take that line out and send the file again.",
    "separator": "The file's cells are separated by {separators}, not by commas. Save it as 'CSV UTF-8 (comma delimited)' and "
    "send it again.",
    "titleRows": "The first {times} row(s) of the file are a title and no header. Take out what stands above the header and send "
    "the file again.",
    "blankColumns": "{times} of the file's columns have no heading. Send the agreed columns only.",
}
HOW_TO_SAVE = "Save the file as 'CSV UTF-8 (comma delimited)' and send it again."


@dataclass(frozen=True)
class Layout:
    """encoding: as Python names it. above: lines before the header, no rows. offset: how many of them a spreadsheet shows."""

    encoding: str
    separator: str
    above: int
    offset: int
    is_doubled: bool
    filled: list[Filled]


def of(start: bytes, encoding: str, columns: Sequence[Column], reading: Reading, uses: Uses) -> Layout:
    """The layout of a file by its first bytes, whose last line may be cut.

    Raises SubmissionRefused for what is no table of the contract, UnicodeError when the bytes are not of that encoding.
    """
    _refuse_no_table(start)
    encoding = _encoding(start, encoding, reading, uses)
    text = codecs.getincrementaldecoder(encoding)().decode(start)
    is_doubled = (found := BREAK.search(text)) is not None and found[0] == DOUBLED
    lines = BREAK.split(text)
    named = NAMES_SEPARATOR.fullmatch(lines[0])
    separator, above, cells = _header(lines[1:] if named else lines, columns, named[1] if named else None)
    met = {
        "doubledLineBreaks": int(is_doubled),
        "sepLine": int(named is not None),
        "separator": int(separator != COMMA),
        "titleRows": above,
    }
    for tolerance, times in met.items():
        _bear(reading, uses, tolerance, times, SEPARATORS[separator])
    filled = header.match(cells, columns)
    _bear(reading, uses, "blankColumns", sum(not columns for columns in filled))
    return Layout(encoding, separator, above + bool(named), above, is_doubled, filled)


def _refuse_no_table(start: bytes) -> None:
    """Say what a file is that is no table at all, for no header would ever fit."""
    begins = start.removeprefix(codecs.BOM_UTF8).lstrip()
    kind = next((name for mark, name in NO_TABLES if begins.startswith(mark)), None)
    if kind is not None:
        raise SubmissionRefused(
            "GEN-010", f"The file is {kind}, not a table with commas, whatever its name says. Export the table itself."
        )


def _encoding(start: bytes, encoding: str, reading: Reading, uses: Uses) -> str:
    # Its mark begins with that of UTF-16, as which every letter would be followed by a zero.
    if start.startswith(UTF_32_MARKS):
        raise SubmissionRefused("GEN-002", f"The file is UTF-32, not {encoding}. {HOW_TO_SAVE}")
    is_marked = start.startswith(UTF_16_MARKS)
    if is_marked and reading.bears("utf16"):
        uses.add("utf16")
        return UTF_16
    zeros = sorted(part.count(0) / max(len(part), 1) for part in (start[:LOOKED_AT:2], start[1:LOOKED_AT:2]))
    # Without its mark nobody can tell which of the two kinds it is but by trying.
    if is_marked or (zeros[1] > MOST_ZEROS and zeros[0] < 1 - MOST_ZEROS):
        raise SubmissionRefused("GEN-002", f"The file is UTF-16 (Excel's 'Unicode text'), not {encoding}. {HOW_TO_SAVE}")
    return encoding


def _header(lines: Sequence[str], columns: Sequence[Column], separator: str | None) -> tuple[str, int, list[str]]:
    """The separator, the lines above the header, and its cells: those that fit, or else those that come nearest."""
    nearest, most = (COMMA if separator not in SEPARATORS else separator, 0, _cells(lines[0], separator or COMMA)), 0
    for above, by, cells in _readings(lines, separator):
        if header.fits(cells, columns):
            return by, above, cells
        known = header.known(cells, columns)
        # A name in the first line or two of somebody's data is no header.
        if known > max(most, 1):
            nearest, most = (by, above, cells), known
    return nearest


def _readings(lines: Sequence[str], separator: str | None) -> Iterator[tuple[int, str, list[str]]]:
    for above, line in enumerate(lines[: MOST_TITLE_ROWS + 1]):
        for by in [separator] if separator in SEPARATORS else SEPARATORS:
            yield above, by, _cells(line, by)


def _cells(line: str, separator: str) -> list[str]:
    # A quotation mark after a byte order mark would be one of the cell's own.
    return next(csv.reader(io.StringIO(line.removeprefix("\ufeff")), delimiter=separator), [])


def _bear(reading: Reading, uses: Uses, tolerance: str, times: int, separators: str = "") -> None:
    if times and not reading.bears(tolerance):
        raise SubmissionRefused(header.CODE, REFUSALS[tolerance].format(times=times, separators=separators))
    if times:
        uses.add(tolerance, times=times, name=separators if tolerance == "separator" else "")
