"""Text to the contract's types, a column at a time. What cannot be read becomes NULL and is marked.

Work is done once for each distinct value of a batch, which is what makes codes, months and street points cheap.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.contract import Column

TRUE = ["true", "t", "yes", "y", "1", "1.0"]
LOCAL = "local"
DAY_FIRST = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"
FALSE = ["false", "f", "no", "n", "0", "0.0"]


def read(values: pa.Array, column: Column) -> tuple[pa.Array, pa.Array | None]:
    """The values in the column's type, and a mask of the cells that could not be read (None when all could)."""
    is_plain = column.logical_type == "string" and not column.codes and not column.case
    if is_plain and not pa.types.is_dictionary(values.type):
        return values, None
    encoded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    text = encoded.dictionary if is_plain else pc.utf8_trim_whitespace(encoded.dictionary)
    text = pc.if_else(pc.equal(text, ""), None, text)
    if column.case:
        text = pc.utf8_upper(text) if column.case == "upper" else pc.utf8_lower(text)
    try:
        return pc.take(_convert(text, column), encoded.indices), None
    except pa.ArrowInvalid:
        converted, unreadable = _one_by_one(text, column)
        return pc.take(converted, encoded.indices), pc.fill_null(pc.take(unreadable, encoded.indices), False)


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
        return pc.cast(pc.cast(text, pa.timestamp("us")), pa.string())
    return pc.cast(text, pa.timestamp("us", tz="UTC"))


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
    return pc.cast(text, pa.date32())


def _year_first(text: pa.Array) -> pa.Array:
    """1/4/2020 as 2020-04-01. Not strptime: it takes 31/02 for the 2nd of March and 20 for the year 20."""
    if pc.any(pc.invert(pc.match_substring_regex(text, DAY_FIRST))).as_py():
        raise pa.ArrowInvalid("not day, month and year")
    padded = pc.replace_substring_regex(text, r"\b(\d)/", r"0\1/")
    return pc.replace_substring_regex(padded, r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\2-\1")
