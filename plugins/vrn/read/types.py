"""Text to the contract's types, a column at a time. What cannot be read becomes NULL and is marked.

Work is done once for each distinct value of a batch, which is what makes codes, months and street points cheap.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from vrn.contract import Column

TRUE = ["true", "t", "yes", "y", "1", "1.0"]
FALSE = ["false", "f", "no", "n", "0", "0.0"]


def read(values: pa.Array, column: Column) -> tuple[pa.Array, pa.Array | None]:
    """The values in the column's type, and a mask of the cells that could not be read (None when all could)."""
    if column.logical_type == "string" and not column.codes:
        return values, None
    encoded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    text = pc.utf8_trim_whitespace(encoded.dictionary)
    text = pc.if_else(pc.equal(text, ""), None, text)
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
            return pc.cast(text, pa.timestamp("us", tz="UTC"))
        case "date":
            return _date(text, column.date_format)
    raise ValueError(f"no reader for the type {column.logical_type}")


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
        return pc.cast(pc.strptime(text, format="%d/%m/%Y", unit="s"), pa.date32())
    return pc.cast(text, pa.date32())
