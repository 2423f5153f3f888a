"""Rows in PostgreSQL's binary COPY format, made a column at a time.

A row is the number of its cells (16 bits) and, for each cell, its length in bytes (32 bits, -1 for NULL) and the bytes as its
type receives them, all in network order. Source: PostgreSQL 18, COPY, Binary Format. The server then neither looks for commas
nor reads numbers and dates from text, which is two fifths of its work.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vrn.errors import VrnError
from vrn.stage.refusals import not_of_type

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = pa.scalar(b"\xff\xff\xff\xff", pa.binary())
NOTHING = pa.scalar(b"", pa.binary())
# PostgreSQL counts from the year 2000, Arrow from 1970.
DAYS = 10_957
MICROSECONDS = DAYS * 86_400_000_000
# The type text, as an array names that of its members.
TEXT = 25

# What a row's cell is joined from, for each row or, where it is the same for all, once.
Pieces = list[pa.Array | pa.Scalar]
Cells = Callable[[pa.Array], Pieces]


def rows(columns: Mapping[str, pa.Array], types: Mapping[str, str]) -> memoryview:
    """Rows of these columns, without START and END. types: of the columns to fill, in their order, as PostgreSQL calls them.

    Raises SubmissionRefused for a value that is not of its column's type, VrnError for a type that no file is copied into.
    """
    count = len(next(iter(columns.values())))
    if not count:
        return memoryview(b"")
    pieces: Pieces = [pa.repeat(pa.scalar(struct.pack(">h", len(types)), pa.binary()), count)]
    for name, kind in types.items():
        values = columns[name]
        pieces += [NULL] if values.null_count == count else _cells(name, values, kind)
    joined = pc.binary_join_element_wise(*pieces, NOTHING, null_handling="replace", null_replacement="")
    offsets = np.frombuffer(joined.buffers()[1], np.int32)[joined.offset : joined.offset + len(joined) + 1]
    return memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]]


def _cells(name: str, values: pa.Array, kind: str) -> Pieces:
    # Whatever a length is given for has the cells of what has none; the server judges the length.
    plain, _, _ = kind.partition("(")
    if plain not in CELLS:
        raise VrnError(f"The column '{name}' is of the type {kind}, which no file is copied into. Change the type of the column.")
    if (plain == "uuid") != pa.types.is_fixed_size_binary(values.type):
        raise VrnError(
            f"The column '{name}' is of the type {kind} in its table, and pseudonyms are uuid and nothing else is: the feed file "
            "gave it another class. Call it by another name, or withdraw the deliveries of before and start the services."
        )
    ways, cells = CELLS[plain]
    try:
        for way in ways:
            values = values.cast(way)
    except pa.ArrowInvalid:
        # The table is older than a change of the column's type in the feed file.
        raise not_of_type(name) from None
    return cells(values)


def _fixed(number: str, since: int = 0) -> Cells:
    """Cells of one width, as numbers of that type of numpy's, counted from `since`."""
    kind = np.dtype([("length", ">i4"), ("value", number)])

    def cells(values: pa.Array) -> Pieces:
        laid_out = np.empty(len(values), kind)
        laid_out["length"] = kind["value"].itemsize
        laid_out["value"] = pc.fill_null(values, 0).to_numpy(zero_copy_only=False) - since
        whole = _of_one_width(laid_out)
        return [pc.if_else(values.is_valid(), whole, NULL) if values.null_count else whole]

    return cells


def _uuids(values: pa.Array) -> Pieces:
    laid_out = np.empty(len(values), [("length", ">i4"), ("value", "V16")])
    laid_out["length"] = 16
    laid_out["value"] = np.frombuffer(values.buffers()[1], "V16", len(values), values.offset * 16)
    whole = _of_one_width(laid_out)
    return [pc.if_else(values.is_valid(), whole, NULL) if values.null_count else whole]


def _text(values: pa.Array) -> Pieces:
    lengths = pc.fill_null(pc.binary_length(values), -1).to_numpy(zero_copy_only=False)
    return [_of_one_width(lengths.astype(">i4")), values.cast(pa.binary())]


def _texts(values: pa.Array) -> Pieces:
    return _text(pa.array([None if one is None else _array(one) for one in values.to_pylist()], pa.binary()))


def _array(texts: Sequence[str]) -> bytes:
    """An array of one dimension: its dimensions, whether it holds a NULL, its type, how many there are from 1, and these."""
    members = [text.encode() for text in texts]
    start = struct.pack(">5i", 1, 0, TEXT, len(members), 1) if members else struct.pack(">3i", 0, 0, TEXT)
    return start + b"".join(struct.pack(">i", len(member)) + member for member in members)


def _of_one_width(items: np.ndarray) -> pa.Array:
    offsets = np.arange(0, items.nbytes + 1, items.itemsize, dtype=np.int32) if len(items) else np.zeros(1, np.int32)
    return pa.BinaryArray.from_buffers(pa.binary(), len(items), [None, pa.py_buffer(offsets), pa.py_buffer(items)])


# By the type of the table's column: the types of Arrow's by way of which its cells are made, and how.
CELLS: Mapping[str, tuple[tuple[pa.DataType, ...], Cells]] = {
    "text": ((pa.string(),), _text),
    "character varying": ((pa.string(),), _text),
    "text[]": ((pa.list_(pa.string()),), _texts),
    "uuid": ((), _uuids),
    "boolean": ((pa.bool_(), pa.uint8()), _fixed("u1")),
    "integer": ((pa.int32(),), _fixed(">i4")),
    "bigint": ((pa.int64(),), _fixed(">i8")),
    "double precision": ((pa.float64(),), _fixed(">f8")),
    "date": ((pa.date32(), pa.int32()), _fixed(">i4", DAYS)),
    "timestamp without time zone": ((pa.timestamp("us"), pa.int64()), _fixed(">i8", MICROSECONDS)),
    "timestamp with time zone": ((pa.timestamp("us", "UTC"), pa.int64()), _fixed(">i8", MICROSECONDS)),
}
