"""Cells that are not in the agreed form and can mean one thing only, put into it: a column's distinct values at a time.

Each function gives the same values, with those it knows rewritten, and notes which tolerance it used. What could be read in two
ways stays as it is written, and is then unreadable: 01/04/2020 where 2020-04-01 is agreed, for it may be the 4th of January; 1,500
where decimals are agreed, for it may be one and a half; a moment with a zone where a day is agreed, unless it is midnight.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.columns import Column
from vrn.feeds.grammar import NUMBERS, TIME_OF_DAY
from vrn.feeds.reading import Reading
from vrn.stage.read.uses import Uses

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMES_OF_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
FIGURE = r"£?\d[\d,]*(?:\.\d+)?\s*%?"
# About so many, at most, at least: numbers of which nobody can say which they are.
NOT_EXACT = re.compile(
    r"(?:[<>≤≥~]|<=|>=|c\.?|ca\.?|circa|about|around|approx\.?|approximately|roughly|nearly|almost|(?:just )?(?:over|under)"
    rf"|(?:fewer|less|more) than|at (?:least|most)|up to)\s*{FIGURE}|{FIGURE}\s*\+",
    re.I,
)
FROM_TO = re.compile(r"(\d{1,9})\s*(?:-|–|to)\s*(\d{1,9})", re.I)
DAY = r"(?P<day>\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4})"
# A time of day without a zone says nothing of the day; with a zone only midnight is the day that is written.
WITH_TIME = re.compile(
    DAY + r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?|[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)|Z|[+-]\d\d:\d\d)"
)
YEAR_FIRST = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# Of two digits only those that no program takes for a year of the century before.
MONTH_NAME = re.compile(rf"({NAMES_OF_MONTHS})[- ]([0-2]\d|\d{{4}})", re.I)
FIRST_OF_MONTH = re.compile(r"(\d{4}-\d\d)-01")
SECONDS = re.compile(r"(\d{1,2}:\d\d):\d\d(?:\.\d+)?")
ONE_DIGIT_HOUR = re.compile(r"\d:\d\d")
FRACTION = re.compile(r"(.*\.\d{6})\d+(.*)")
THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(\.\d+)?")
# A comma before three digits at the end may be a decimal one; before a second such group, or a point, it is none.
PLAINLY_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3}){2,}(\.\d+)?|-?\d{1,3}(?:,\d{3})+\.\d+")
WHOLE = re.compile(r"(-?\d+)\.0+")
PERCENT = re.compile(r"(-?[\d.,]+)\s*%")
CODE_IN_BRACKETS = re.compile(r"\([A-Z0-9]+\)$")
SPACES = "[\u00a0\u2007\u202f]"

Rewritten = tuple[str, str | None]


def blanks(text: pa.Array, column: Column, reading: Reading, uses: Uses) -> pa.Array:
    """Words that mean blank as NULL, but for codes of the column."""
    words = [word for word in reading.blanks if word not in column.codes and word not in column.means]
    is_word = pc.is_in(text, value_set=pa.array(words, pa.string()))
    if not reading.bears("blankWords") or not pc.any(is_word).as_py():
        return text
    uses.add("blankWords", column=column.name)
    return pc.if_else(is_word, None, text)


def codes(text: pa.Array, column: Column, reading: Reading, uses: Uses) -> pa.Array:
    """What stands for a code, or for another value by the feed file, as that; space that does not break as space."""
    if not column.codes and not column.means:
        return text
    text = pc.replace_substring_regex(text, SPACES, " ")
    if column.codes and pc.all(pc.is_in(text, value_set=pa.array([*column.codes, None], pa.string()))).as_py():
        return text
    return _each(text, lambda one: _code(one, column), column, reading, uses)


def _code(written: str, column: Column) -> Rewritten | None:
    if (meant := _meant(written, column)) is not None:
        return meant, "meanings"
    if not column.codes or written in column.codes:
        return None
    if (found := WHOLE.fullmatch(written)) and found[1] in column.codes:
        return found[1], "wholeDecimals"
    widths = {len(code) for code in column.codes}
    if len(widths) == 1 and written.isdecimal() and (padded := written.zfill(*widths)) in column.codes:
        return padded, "leadingZeros"
    return None


def _meant(written: str, column: Column) -> str | None:
    """What the feed file says that a value means: the value itself, or the code in brackets at its end."""
    if not column.means:
        return None
    in_brackets = CODE_IN_BRACKETS.search(written)
    return column.means.get(written) or (column.means.get(in_brackets[0]) if in_brackets else None)


def withheld(text: pa.Array, column: Column, reading: Reading) -> tuple[pa.Array, pa.Array | None]:
    """The numbers without those that are known to the supplier and not said, and a mask of these."""
    if not column.may_be_withheld:
        return text, None
    is_withheld = pa.array([one is not None and _is_withheld(one, reading) for one in text.to_pylist()], pa.bool_())
    return pc.if_else(is_withheld, None, text), is_withheld


def _is_withheld(written: str, reading: Reading) -> bool:
    if span := FROM_TO.fullmatch(written):
        # 2019-20 is a year and no number from one to another.
        return int(span[1]) < int(span[2])
    return written.casefold() in reading.withheld or NOT_EXACT.fullmatch(written) is not None


def forms(text: pa.Array, column: Column, reading: Reading, uses: Uses) -> pa.Array:
    """Dates, times and numbers in another form as the agreed one."""
    rewrite = _time if column.form == TIME_OF_DAY else REWRITE.get(column.logical_type)
    if rewrite is None:
        return text
    # One cell may need two, such as a date with a time in another order.
    for _ in range(2):
        text = _each(text, lambda one: rewrite(one, column), column, reading, uses)
    return text


def _date(written: str, column: Column) -> Rewritten | None:
    if found := WITH_TIME.fullmatch(written):
        return found["day"], "midnights"
    if column.form == "dd/MM/yyyy" and (found := YEAR_FIRST.fullmatch(written)):
        return f"{found[3]}/{found[2]}/{found[1]}", "isoDates"
    if column.form == "yyyy-MM":
        if found := FIRST_OF_MONTH.fullmatch(written):
            return found[1], "midnights"
        if found := MONTH_NAME.fullmatch(written):
            year = found[2] if len(found[2]) == len("2020") else f"20{found[2]}"
            return f"{year}-{MONTHS.index(found[1][:3].lower()) + 1:02}", "monthNames"
    return None


def _time(written: str, column: Column) -> Rewritten | None:
    if found := SECONDS.fullmatch(written):
        return found[1], "seconds"
    return (f"0{written}", "leadingZeros") if ONE_DIGIT_HOUR.fullmatch(written) else None


def _timestamp(written: str, column: Column) -> Rewritten | None:
    found = FRACTION.fullmatch(written)
    return (found[1] + found[2], "fractions") if found else None


def _number(written: str, column: Column) -> Rewritten | None:
    if column.is_percent and (found := PERCENT.fullmatch(written)):
        return found[1], "percentSigns"
    if column.logical_type == "integer" and (found := WHOLE.fullmatch(written)):
        return found[1], "wholeDecimals"
    if (THOUSANDS if column.logical_type == "integer" else PLAINLY_THOUSANDS).fullmatch(written):
        return written.replace(",", ""), "thousands"
    return None


REWRITE = {"date": _date, "timestamp": _timestamp} | dict.fromkeys(NUMBERS, _number)


def _each(text: pa.Array, rewrite: Callable[[str], Rewritten | None], column: Column, reading: Reading, uses: Uses) -> pa.Array:
    values = text.to_pylist()
    for place, written in enumerate(values):
        found = None if written is None else rewrite(written)
        if found is not None and reading.bears(found[1]):
            values[place] = found[0]
            uses.add(found[1], column=column.name)
    return pa.array(values, pa.string())
