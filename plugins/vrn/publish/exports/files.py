"""The two files of a table: CSV and Parquet, which say the same, the same bytes each time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import IO

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.rows import tuple_row

from vrn.publish.exports.tables import Column, ExportRefused, Table

# Rows in memory at a time, and in a row group of Parquet: part of what makes the bytes the same.
BATCH = 50_000
# Every reader of Parquet knows these; the defaults of pyarrow change.
PARQUET = {"version": "2.6", "data_page_version": "1.0", "compression": "snappy", "use_dictionary": True}
SUPPRESSED = "suppressed"
# A denominator may be a population that everybody knows, so it is not among them.
HIDDEN = ("count", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")


def write(connection: psycopg.Connection, release: dict, table: Table, columns: list[Column], folder: Path) -> None:
    """Write <table>.csv and <table>.parquet, in the order of the key. Raises ExportRefused where a hidden figure has a number."""
    query = sql.SQL("select {} from {} where {} order by {}").format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        sql.Identifier("publish", table.name),
        sql.SQL(table.rows),
        # By bytes, whatever the database's own order is.
        sql.SQL(", ").join(sql.SQL('{} collate "C"').format(sql.Identifier(name)) for name in table.key),
    )
    names = [column.name for column in columns]
    # Whoever has the Parquet file alone still learns what it is of, and that it is made up.
    said = {"release_id": release["release_id"], "synthetic": json.dumps(release["is_synthetic"])}
    schema = pa.schema([_arrow(column) for column in columns], metadata=said)
    with (
        connection.cursor(name="export", row_factory=tuple_row) as cursor,
        (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as text,
        pq.ParquetWriter(folder / f"{table.name}.parquet", schema, **PARQUET) as parquet,
    ):
        text.write(",".join(names) + "\n")
        cursor.execute(query, {"release_id": release["release_id"]})
        while rows := cursor.fetchmany(BATCH):
            by_column = [list(values) for values in zip(*rows, strict=True)]
            _refuse_numbers_of_hidden_figures(dict(zip(names, by_column, strict=True)))
            _write_lines(text, columns, by_column)
            plain = [
                pa.array([None if value is None else column.kind.plain(value) for value in values], column.kind.arrow)
                for column, values in zip(columns, by_column, strict=True)
            ]
            parquet.write_batch(pa.RecordBatch.from_arrays(plain, schema=schema), row_group_size=BATCH)


def _arrow(column: Column) -> pa.Field:
    said = {"description": column.description} if column.description else None
    return pa.field(column.name, column.kind.arrow, nullable=not column.is_required, metadata=said)


def _refuse_numbers_of_hidden_figures(columns: dict[str, list]) -> None:
    """Disclosure control has done this; a mistake there is not to leave the house in a file."""
    for name in HIDDEN if "status" in columns else ():
        for status, value in zip(columns["status"], columns[name], strict=True):
            if status == SUPPRESSED and value is not None:
                raise ExportRefused(
                    f"A suppressed row of publish.indicator_value has a number in {name}. Nothing was written; do not publish "
                    "anything of this release before that is understood."
                )


def _write_lines(text: IO[str], columns: list[Column], by_column: list[list]) -> None:
    cells = [
        ["" if value is None else _quoted(column.kind.cell(value)) for value in values]
        for column, values in zip(columns, by_column, strict=True)
    ]
    text.writelines(",".join(line) + "\n" for line in zip(*cells, strict=True))


def _quoted(cell: str) -> str:
    """RFC 4180. The csv module of Python 3.11 leaves a lone carriage return bare when lines end with a line feed."""
    return '"' + cell.replace('"', '""') + '"' if re.search('[",\r\n]', cell) else cell
