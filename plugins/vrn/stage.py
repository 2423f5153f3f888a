"""Step 2, stage: one streaming pass from the landed file into a table of the submission's own.

Read as text, convert to the contract's types, protect, copy. Memory is bounded by a batch, whatever the file's size.
The table is made and filled in one transaction: a crash or a refusal leaves nothing behind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from psycopg import sql

from vrn import protect, raw
from vrn.contract import Column, Contract
from vrn.errors import SubmissionRefused
from vrn.read import csv, types

# Batches that may wait between the reader and the copy, so that both cores work while memory stays bounded.
WAITING_BATCHES = 2


def stage(connection: psycopg.Connection, contract: Contract, path: Path, submission_id: int, key: protect.Key) -> dict:
    """Fill the submission's own table from its file; any earlier attempt is replaced.

    Returns {"rows_in_file": int, "encoding": str}. Raises SubmissionRefused, SecretMissing.
    """
    treatments = _treatments(contract, key)
    raw.ensure_tables(connection, contract.entity)
    tried = [contract.encoding] + ([contract.fallback_encoding] if contract.fallback_encoding else [])
    for encoding in tried:
        try:
            rows = _fill(connection, contract, path, submission_id, encoding, treatments)
            return {"rows_in_file": rows, "encoding": encoding}
        except UnicodeError:
            continue
    raise SubmissionRefused(
        "GEN-002", f"The file's characters are neither {' nor '.join(tried)}. Save it as UTF-8 and send it again."
    )


def _fill(
    connection: psycopg.Connection,
    contract: Contract,
    path: Path,
    submission_id: int,
    encoding: str,
    treatments: dict[str, Callable[[pa.Array], pa.Array]],
) -> int:
    entity = contract.entity
    own = raw.partition(entity, submission_id)
    names = ["submission_id", "row_number", "unreadable_columns", *(column.name for column in entity.stored)]
    rows = 0
    with connection.transaction():
        connection.execute(sql.SQL("drop table if exists {}").format(own))
        # The check lets ATTACH PARTITION trust the table without reading it again.
        connection.execute(
            sql.SQL("create table {} (like {} including defaults, check (submission_id = {}))").format(
                own, raw.table(entity), sql.Literal(submission_id)
            )
        )
        command = sql.SQL("copy {} ({}) from stdin (format csv)").format(own, sql.SQL(", ").join(map(sql.Identifier, names)))
        blocks = _blocks(contract, path, submission_id, encoding, treatments, names)
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            for count, block in _ahead(blocks):
                copy.write(block)
                rows += count
        connection.execute(sql.SQL("analyze {}").format(own))
    return rows


def _blocks(
    contract: Contract,
    path: Path,
    submission_id: int,
    encoding: str,
    treatments: dict[str, Callable[[pa.Array], pa.Array]],
    names: list[str],
) -> Iterator[tuple[int, memoryview]]:
    for first, columns, batch in csv.batches(path, contract, encoding):
        if batch.num_rows:
            yield batch.num_rows, _block(first, columns, batch, submission_id, treatments, names)


def _block(
    first: int,
    columns: list[Column],
    batch: pa.RecordBatch,
    submission_id: int,
    treatments: dict[str, Callable[[pa.Array], pa.Array]],
    names: list[str],
) -> memoryview:
    count = batch.num_rows
    stored: dict[str, pa.Array] = {
        "submission_id": pa.repeat(pa.scalar(submission_id, pa.int64()), count),
        "row_number": pa.array(range(first, first + count), pa.int32()),
    }
    unreadable: list[pa.Array] = []
    for column in columns:
        if not column.is_stored:
            continue
        values, bad = types.read(batch.column(column.name), column)
        stored[column.name] = treatments[column.name](values) if column.name in treatments else values
        if bad is not None:
            unreadable.append(pc.if_else(bad, column.name, None))
    stored["unreadable_columns"] = _joined(unreadable, count)
    out = pa.BufferOutputStream()
    pacsv.write_csv(
        pa.RecordBatch.from_pydict({name: stored[name] for name in names}), out, pacsv.WriteOptions(include_header=False)
    )
    return memoryview(out.getvalue())


def _joined(parts: list[pa.Array], count: int) -> pa.Array:
    if not parts:
        return pa.nulls(count, pa.string())
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement=""))
    return pc.if_else(pc.equal(joined, ""), None, joined)


def _treatments(contract: Contract, key: protect.Key) -> dict[str, Callable[[pa.Array], pa.Array]]:
    """What privacy asks of each column beyond keeping or dropping it. Keys are fetched before the file is read."""
    chosen: dict[str, Callable[[pa.Array], pa.Array]] = {}
    for column in contract.entity.columns:
        if column.classification == "hash":
            chosen[column.name] = protect.hasher(column, key)
        elif column.classification == "month":
            chosen[column.name] = protect.to_month
    return chosen


def _ahead(blocks: Iterator[tuple[int, memoryview]]) -> Iterator[tuple[int, memoryview]]:
    """The same blocks, made by a thread of their own while the server takes the last ones."""
    waiting: queue.Queue = queue.Queue(WAITING_BATCHES)
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for block in blocks:
                if not put(block):
                    return
            put(None)
        except BaseException as error:  # handed to the consumer, which raises it
            put(error)

    thread = threading.Thread(target=work, name="read-and-protect", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
