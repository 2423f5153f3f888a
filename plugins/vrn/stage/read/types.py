"""Text to the contract's types, a column at a time. What cannot be read becomes NULL and is marked.

Work is done once for each distinct value of a batch, which is what makes codes, months and street points cheap.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.columns import Column
from vrn.feeds.reading import Reading
from vrn.stage.read import tolerant
from vrn.stage.read.uses import Uses

TRUE = ["true", "t", "yes", "y", "1", "1.0"]
LOCAL = "local"
NUL = "\0"
DAY_FIRST = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"
FALSE = ["false", "f", "no", "n", "0", "0.0"]
# What a spreadsheet writes where a formula went wrong.
ERRORS = ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"]

SHORTENED = r"(?i)^\d+([.,]\d+)?E\+\d+$"
# Space, and characters of no width that come with what is copied from a page or a chat.
OUTER = "".join(one for one in map(chr, range(0x3001)) if one.isspace()) + "\u200b\u200c\u200d\u2060\ufeff"


@dataclass(frozen=True)
class Cells:
    """A column's cells in its type. unreadable, withheld: masks of cells that are NULL for that reason; None where none is."""

    values: pa.Array
    unreadable: pa.Array | None
    withheld: pa.Array | None = None


def read(values: pa.Array, column: Column, reading: Reading, uses: Uses) -> Cells:
    """The cells of a column of the file in the column's type."""
    if _is_number(column) and not pa.types.is_dictionary(values.type):
        borne = Uses()
        with suppress(pa.ArrowInvalid):
            text, unreadable = _tidied(values, column, reading, borne)
            converted = _convert(text, column)
            # Otherwise some are in another form, which is looked for in each distinct value.
            if not borne.made:
                return Cells(converted, unreadable)
    encoded = values if pa.types.is_dictionary(values.type) or _is_plain(column) else pc.dictionary_encode(values)
    if not pa.types.is_dictionary(encoded.type):
        return Cells(*_distinct(encoded, column, reading, uses)[:2])
    converted, unreadable, withheld = _distinct(encoded.dictionary, column, reading, uses)
    values = (_apart if column.classification == "hash" else pc.take)(converted, encoded.indices)
    return Cells(values, *(_of_cells(mask, encoded.indices) for mask in (unreadable, withheld)))


def _is_plain(column: Column) -> bool:
    """Whether a column's cells are mostly different and need no conversion, so that to look for repetitions is work for nothing."""
    needs_work = column.codes or column.case or column.means or column.form or column.classification == "hash"
    return column.logical_type == "string" and not needs_work


def _is_number(column: Column) -> bool:
    """Whether to convert a column's cells is less work than to look for repetitions."""
    return column.logical_type in ("integer", "number") and not (column.codes or column.means)


def _apart(distinct: pa.Array, indices: pa.Array) -> pa.DictionaryArray:
    """The cells with their distinct values apart, for these are hashed. A cell of which nothing is left is NULL itself."""
    if distinct.null_count:
        indices = pc.if_else(pc.take(distinct.is_valid(), indices), indices, None)
    return pa.DictionaryArray.from_arrays(indices, distinct)


def _of_cells(mask: pa.Array | None, indices: pa.Array) -> pa.Array | None:
    if mask is None or not pc.any(mask).as_py():
        return None
    return pc.fill_null(pc.take(mask, indices), False)


def _distinct(text: pa.Array, column: Column, reading: Reading, uses: Uses) -> tuple[pa.Array, pa.Array | None, pa.Array | None]:
    """The values, which are unreadable, and which are withheld."""
    text, unreadable = _tidied(text, column, reading, uses)
    if column.case:
        text = pc.utf8_upper(text) if column.case == "upper" else pc.utf8_lower(text)
    text = tolerant.codes(text, column, reading, uses)
    if column.logical_type == "string":
        return tolerant.forms(text, column, reading, uses), unreadable, None
    withheld = None
    try:
        converted = _convert(text, column)
    except pa.ArrowInvalid:
        text, withheld = tolerant.withheld(text, column, reading)
        converted, in_another_form = _one_by_one(tolerant.forms(text, column, reading, uses), column)
        unreadable = in_another_form if unreadable is None else pc.or_(unreadable, in_another_form)
    return converted, unreadable, withheld


def _tidied(text: pa.Array, column: Column, reading: Reading, uses: Uses) -> tuple[pa.Array, pa.Array | None]:
    """The text without what cannot be stored and without outer space, blank where nothing is left; and which is unreadable."""
    text, unreadable = _storable(text, column)
    text = pc.utf8_trim(text, characters=OUTER)
    return tolerant.blanks(pc.if_else(pc.equal(text, ""), None, text), column, reading, uses), unreadable


def _storable(text: pa.Array, column: Column) -> tuple[pa.Array, pa.Array | None]:
    """The text without a NUL, for which PostgreSQL has no place, what says that a formula went wrong, and identifiers without a
    check that a spreadsheet shortened (1.2E+11, which many share); and a mask of the cells that had them.

    Such a cell is unreadable like any other, and sets aside its own row: an export that stumbled over one record is no reason to
    do without the others. A file that is full of them is none of these, and is judged by its share of rows set aside.
    """
    bad = pc.is_in(text, value_set=pa.array(ERRORS))
    # A pattern takes longer than to look for a sign that is in all that it fits.
    if column.classification == "hash" and not column.has_check and pc.any(pc.match_substring(text, "+")).as_py():
        bad = pc.or_(bad, pc.fill_null(pc.match_substring_regex(text, SHORTENED), False))
    data = text.buffers()[2]
    # Looked at as bytes first, which costs next to nothing. They may be of more than this array, so that a find proves nothing.
    if data is not None and not np.frombuffer(data, np.uint8).all():
        bad = pc.or_(bad, pc.fill_null(pc.match_substring(text, NUL), False))
    return (pc.if_else(bad, None, text), bad) if pc.any(bad).as_py() else (text, None)


def _one_by_one(text: pa.Array, column: Column) -> tuple[pa.Array, pa.Array]:
    converted, unreadable = [], []
    for position in range(len(text)):
        value = text.slice(position, 1)
        try:
            converted.append(_convert(value, column))
            unreadable.append(False)
        except pa.ArrowInvalid:
            converted.append(_convert(pa.nulls(1, pa.string()), column))
            unreadable.append(True)
    return pa.concat_arrays(converted), pa.array(unreadable, pa.bool_())


def _convert(text: pa.Array, column: Column) -> pa.Array:
    match column.logical_type:
        case "integer":
            return _integer(text)
        case "number":
            return _number(text)
        case "boolean":
            return _boolean(pc.utf8_lower(text))
        case "timestamp":
            return _timestamp(text, is_local=column.form == LOCAL)
        case "date":
            return _date(text, column.form)
    raise ValueError(f"no reader for the type {column.logical_type}")


def _timestamp(text: pa.Array, *, is_local: bool) -> pa.Array:
    """With an offset: a moment. Local: the wall clock as written, for an hour of each autumn comes twice."""
    if is_local:
        return pc.cast(_of_our_era(pc.cast(text, pa.timestamp("us"))), pa.string())
    return _of_our_era(pc.cast(text, pa.timestamp("us", tz="UTC")))


def _integer(text: pa.Array) -> pa.Array:
    # Arrow takes 0x10 for 16.
    if pc.any(pc.match_substring(text, "x", ignore_case=True)).as_py():
        raise pa.ArrowInvalid("not a number of ten digits")
    return pc.cast(text, pa.int64())


def _number(text: pa.Array) -> pa.Array:
    numbers = pc.cast(text, pa.float64())
    if pc.any(pc.invert(pc.is_finite(numbers))).as_py():
        raise pa.ArrowInvalid("a number is not finite")
    return numbers


def _boolean(lower: pa.Array) -> pa.Array:
    known = pc.is_in(lower, value_set=pa.array([*TRUE, *FALSE, None], pa.string()))
    if pc.any(pc.invert(known)).as_py():
        raise pa.ArrowInvalid("neither true nor false")
    return pc.if_else(pc.is_null(lower), None, pc.is_in(lower, value_set=pa.array(TRUE, pa.string())))


def _date(text: pa.Array, layout: str | None) -> pa.Array:
    if layout == "yyyy-MM":
        text, layout = pc.binary_join_element_wise(text, "01", "-"), "yyyy-MM-dd"
    if layout == "dd/MM/yyyy":
        text = _year_first(text)
    return _of_our_era(pc.cast(text, pa.date32()))


def _of_our_era(moments: pa.Array) -> pa.Array:
    """Arrow knows years that PostgreSQL or Python do not: 0000, and the one into which a zone moves the last hours of 9999."""
    ends = pc.min_max(moments)
    if ends["min"].is_valid and not MINYEAR <= pc.year(ends["min"]).as_py() <= pc.year(ends["max"]).as_py() <= MAXYEAR:
        raise pa.ArrowInvalid("a year that no calendar has")
    return moments


def _year_first(text: pa.Array) -> pa.Array:
    """1/4/2020 as 2020-04-01. Not strptime: it takes 31/02 for the 2nd of March and 20 for the year 20."""
    if pc.any(pc.invert(pc.match_substring_regex(text, DAY_FIRST))).as_py():
        raise pa.ArrowInvalid("not day, month and year")
    padded = pc.replace_substring_regex(text, r"\b(\d)/", r"0\1/")
    return pc.replace_substring_regex(padded, r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\2-\1")
