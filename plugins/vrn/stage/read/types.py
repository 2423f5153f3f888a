"""Text to the contract's types, a column at a time. What cannot be read becomes NULL and is marked.

Work is done once for each distinct value of a batch, which is what makes codes, months and street points cheap.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.contract import Column

TRUE = ["true", "t", "yes", "y", "1", "1.0"]
LOCAL = "local"
NUL = "\0"
DAY_FIRST = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"
FALSE = ["false", "f", "no", "n", "0", "0.0"]


def read(values: pa.Array, column: Column) -> tuple[pa.Array, pa.Array | None]:
    """The values in the column's type, and a mask of the cells that could not be read (None when all could)."""
    is_plain = column.logical_type == "string" and not column.codes and not column.case
    if is_plain and not pa.types.is_dictionary(values.type):
        return _storable(values)
    encoded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    text, unreadable = _storable(encoded.dictionary)
    if not is_plain:
        text = pc.utf8_trim_whitespace(text)
    text = pc.if_else(pc.equal(text, ""), None, text)
    if column.case:
        text = pc.utf8_upper(text) if column.case == "upper" else pc.utf8_lower(text)
    try:
        converted = _convert(text, column)
    except pa.ArrowInvalid:
        converted, in_another_form = _one_by_one(text, column)
        unreadable = in_another_form if unreadable is None else pc.or_(unreadable, in_another_form)
    mask = None if unreadable is None else pc.fill_null(pc.take(unreadable, encoded.indices), False)
    return pc.take(converted, encoded.indices), mask


def _storable(text: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """The text without what PostgreSQL has no place for, which is a NUL, and a mask of the cells that had one.

    Such a cell is unreadable like any other, and sets aside its own row: an export that stumbled over one record is no reason to
    do without the others. A file that is full of them is none of these, and is judged by its share of rows set aside.
    """
    data = text.buffers()[2]
    # Looked at as bytes first, which costs next to nothing. They may be of more than this array, so that a find proves nothing.
    if data is None or np.frombuffer(data, np.uint8).all():
        return text, None
    bad = pc.fill_null(pc.match_substring(text, NUL), False)
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
        case "string":
            return text
        case "integer":
            return pc.cast(text, pa.int64())
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
