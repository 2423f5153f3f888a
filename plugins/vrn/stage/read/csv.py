"""CSV to batches: one streaming pass with bounded memory, on pyarrow's reader.

A row's number is the one a spreadsheet shows: the header is row 1, the first row under it is row 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import layout, rows
from vrn.stage.read.batch import Batch
from vrn.stage.read.layout import Layout
from vrn.stage.read.source import Source, Undoubled
from vrn.stage.read.uses import Uses

BLOCK_BYTES = 4 << 20
HEADER_BYTES = 64 << 10
CUT_OFF = "The file looks cut off in transfer; send it again."
# What pyarrow says, before it quotes the row.
UNEVEN_ROW = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected \d+ columns, got (\d+)")
NOT_UTF_8 = "invalid UTF8 data"
ONLY_A_HEADER = ("Empty CSV", "Could not skip initial")
LINE_BREAKS = (b"\n", b"\r")


def batches(opened: Callable[[], Source], contract: Contract, entity: Entity, encoding: str, uses: Uses) -> Iterator[Batch]:
    """Yield the rows. Columns with a code list come dictionary-encoded, which makes work on them cheap.

    Raises SubmissionRefused for anything that is not a table of the contract in that encoding, UnicodeError when the
    bytes are not of that encoding.
    """
    with opened() as source:
        laid_out = head(source, contract, entity, encoding, uses)
    with opened() as source:
        yield from rows.of_table(_numbered(_read(source, laid_out), laid_out), contract.reading, uses)
        if contract.ends_with_line_break and _last_byte(source, laid_out) not in LINE_BREAKS:
            raise SubmissionRefused(
                "GEN-012", f"The file's last row does not end with a line break, as this supplier's files do. {CUT_OFF}"
            )


def check_header(opened: Callable[[], Source], contract: Contract, entity: Entity, encoding: str) -> None:
    """Refuse a file whose header is not the contract's, or that has something under no heading at all."""
    with opened() as source:
        has_blank_columns = not all(head(source, contract, entity, encoding, Uses()).filled)
    if has_blank_columns:
        for _ in batches(opened, contract, entity, encoding, Uses()):
            pass


def head(source: Source, contract: Contract, entity: Entity, encoding: str, uses: Uses) -> Layout:
    """How the file is laid out, by its first lines."""
    start = source.read(HEADER_BYTES) or b""
    if not start:
        raise SubmissionRefused("GEN-013", f"The file is empty (0 bytes). {CUT_OFF}")
    return layout.of(start, encoding, entity.columns, contract.reading, uses)


def _numbered(batches: Iterator[pa.RecordBatch], laid_out: Layout) -> Iterator[Batch]:
    first = laid_out.offset + 2
    for batch in batches:
        yield Batch(pa.array(np.arange(first, first + batch.num_rows, dtype=np.int32)), laid_out.filled, batch.columns)
        first += batch.num_rows


def _last_byte(source: Source, laid_out: Layout) -> bytes:
    return source.last_letter if laid_out.encoding == layout.UTF_16 else source.last_byte


def _read(source: Source, laid_out: Layout) -> Iterator[pa.RecordBatch]:
    filled = laid_out.filled
    names = [str(position) for position in range(len(filled))]
    types = {
        name: pa.dictionary(pa.int32(), pa.string()) if columns and columns[0].codes else pa.string()
        for name, columns in zip(names, filled, strict=True)
    }
    stream = pa.PythonFile(Undoubled(source) if laid_out.is_doubled else source, mode="r")
    if laid_out.encoding != "utf-8":
        stream = pa.transcoding_input_stream(stream, laid_out.encoding, "utf-8")
    try:
        yield from pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=laid_out.above + 1
            ),
            parse_options=pacsv.ParseOptions(delimiter=laid_out.separator, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pacsv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        said = str(error)
        if said.endswith(NOT_UTF_8):
            raise UnicodeError("the bytes are not UTF-8") from None
        if not said.startswith(ONLY_A_HEADER):
            raise SubmissionRefused("GEN-011", _broken(UNEVEN_ROW.match(said), laid_out)) from None


def _broken(uneven: re.Match[str] | None, laid_out: Layout) -> str:
    if uneven is None:
        return f"The file cannot be read as a table: a quotation mark is opened and never closed. {CUT_OFF}"
    row = f"Row {int(uneven[1]):,}" if uneven[1] else "A row"
    if uneven[2] == "1":
        return (
            f"{row} has one cell where the header has {len(laid_out.filled)}. It is a note beside the table, or part of a value "
            "with a line break and without quotation marks, or the file is cut off there. Send the table alone and whole."
        )
    return (
        f"{row} has {uneven[2]} columns where the header has {len(laid_out.filled)}. Either a value holds the separator or a line "
        f"break without quotation marks, or the file is cut off. {CUT_OFF}"
    )
