"""CSV to batches: one streaming pass with bounded memory, on pyarrow's reader.

A row's number is the one a spreadsheet shows: the header is row 1, the first row under it is row 2.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from vrn.contract import Column, Contract
from vrn.errors import SubmissionRefused
from vrn.read import header
from vrn.read.source import Source

BLOCK_BYTES = 4 << 20
HEADER_BYTES = 64 << 10
CUT_OFF = "The file looks cut off in transfer; send it again."


def batches(path: Path, contract: Contract, encoding: str) -> Iterator[tuple[int, list[Column], pa.RecordBatch]]:
    """Yield (number of the batch's first row, its columns in the file's order, the columns as text).

    Blank cells come as NULL. Columns with a code list come dictionary-encoded, which makes work on them cheap.
    Raises SubmissionRefused for anything that is not a table of the contract in that encoding, UnicodeError when the
    bytes are not of that encoding.
    """
    columns = _header(path, contract, encoding)
    broken: list[pacsv.InvalidRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    first = 2
    with Source(path) as source:
        for batch in _read(source, columns, encoding, note):
            if broken:
                break
            yield first, columns, batch
            first += batch.num_rows
        if broken:
            raise SubmissionRefused("GEN-011", _broken_row(broken[0], first, len(columns)))
        if contract.ends_with_line_break and source.last_byte not in (b"\n", b"\r"):
            raise SubmissionRefused(
                "GEN-012", f"The file's last row does not end with a line break, as this supplier's files do. {CUT_OFF}"
            )


def _read(source: Source, columns: list[Column], encoding: str, note) -> Iterator[pa.RecordBatch]:
    names = [column.name for column in columns]
    types = {column.name: pa.dictionary(pa.int32(), pa.string()) if column.codes else pa.string() for column in columns}
    stream = pa.PythonFile(source, mode="r")
    if encoding != "utf-8":
        stream = pa.transcoding_input_stream(stream, encoding, "utf-8")
    try:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error) or "UTF-8" in str(error):
            raise UnicodeError("the bytes are not UTF-8") from None
        if "Empty CSV" in str(error) or "only header" in str(error).lower():
            return
        raise SubmissionRefused(
            "GEN-011", f"The file cannot be read as a table: a quotation mark is opened and never closed. {CUT_OFF}"
        ) from None


def _header(path: Path, contract: Contract, encoding: str) -> list[Column]:
    with Source(path) as source:
        start = source.read(HEADER_BYTES) or b""
    if not start:
        raise SubmissionRefused("GEN-013", f"The file is empty (0 bytes). {CUT_OFF}")
    line = start.splitlines()[0] if start.strip() else b""
    cells = next(csv.reader(io.StringIO(line.decode(encoding))), [])
    return header.match(cells, contract.entity.columns)


def _broken_row(row: pacsv.InvalidRow, first: int, width: int) -> str:
    number = row.number if row.number is not None else first
    return (
        f"Row {number:,} or one soon after it has {row.actual_columns} columns where the header has {width}. Either a "
        f"value holds a comma or a line break without quotation marks, or the file is cut off. {CUT_OFF}"
    )
