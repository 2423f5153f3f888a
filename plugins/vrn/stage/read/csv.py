"""CSV to batches: one streaming pass with bounded memory, on pyarrow's reader.

A row's number is the one a spreadsheet shows: the header is row 1, the first row under it is row 2.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.csv as pacsv

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import header
from vrn.stage.read.batch import Batch
from vrn.stage.read.header import Filled
from vrn.stage.read.source import Source

BLOCK_BYTES = 4 << 20
HEADER_BYTES = 64 << 10
CUT_OFF = "The file looks cut off in transfer; send it again."
# What pyarrow says, before it quotes the row.
UNEVEN_ROW = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected \d+ columns, got (\d+)")
NOT_UTF_8 = "invalid UTF8 data"
ONLY_A_HEADER = ("Empty CSV", "Could not skip initial")


def batches(opened: Callable[[], Source], contract: Contract, entity: Entity, encoding: str) -> Iterator[Batch]:
    """Yield the rows. Columns with a code list come dictionary-encoded, which makes work on them cheap.

    Raises SubmissionRefused for anything that is not a table of the contract in that encoding, UnicodeError when the
    bytes are not of that encoding.
    """
    with opened() as source:
        filled = head(source, entity, encoding)
    first = 2
    with opened() as source:
        for batch in _read(source, filled, encoding):
            yield Batch(first, filled, batch.columns)
            first += batch.num_rows
        if contract.ends_with_line_break and source.last_byte not in (b"\n", b"\r"):
            raise SubmissionRefused(
                "GEN-012", f"The file's last row does not end with a line break, as this supplier's files do. {CUT_OFF}"
            )


def head(source: Source, entity: Entity, encoding: str) -> list[Filled]:
    """What each column of the file fills, by its first line."""
    start = source.read(HEADER_BYTES) or b""
    if not start:
        raise SubmissionRefused("GEN-013", f"The file is empty (0 bytes). {CUT_OFF}")
    line = start.splitlines()[0] if start.strip() else b""
    # A quotation mark after a byte order mark would be one of the cell's own.
    cells = next(csv.reader(io.StringIO(line.decode(encoding).removeprefix("\ufeff"))), [])
    return header.match(cells, entity.columns)


def _read(source: Source, filled: list[Filled], encoding: str) -> Iterator[pa.RecordBatch]:
    names = [str(position) for position in range(len(filled))]
    types = {
        name: pa.dictionary(pa.int32(), pa.string()) if columns[0].codes else pa.string()
        for name, columns in zip(names, filled, strict=True)
    }
    stream = pa.PythonFile(source, mode="r")
    if encoding != "utf-8":
        stream = pa.transcoding_input_stream(stream, encoding, "utf-8")
    try:
        yield from pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pacsv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        said = str(error)
        if said.endswith(NOT_UTF_8):
            raise UnicodeError("the bytes are not UTF-8") from None
        if not said.startswith(ONLY_A_HEADER):
            raise SubmissionRefused("GEN-011", _broken(UNEVEN_ROW.match(said), len(filled))) from None


def _broken(uneven: re.Match[str] | None, width: int) -> str:
    if uneven is None:
        return f"The file cannot be read as a table: a quotation mark is opened and never closed. {CUT_OFF}"
    row = f"Row {int(uneven[1]):,}" if uneven[1] else "A row"
    return (
        f"{row} has {uneven[2]} columns where the header has {width}. Either a value holds a comma or a line break without "
        f"quotation marks, or the file is cut off. {CUT_OFF}"
    )
