"""Step 2, stage: one streaming pass for each entity from the landed file into a table of the submission's own.

Read as text, convert to the contract's types, protect, copy. Memory is bounded by a batch, whatever the file's size.
The tables are made and filled in one transaction: a crash or a refusal leaves nothing behind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from psycopg import sql

from vrn import raw
from vrn.contract import Contract, Entity
from vrn.errors import SubmissionRefused
from vrn.linkage import blocks as match_blocks
from vrn.protect import Protection
from vrn.read import delivery, types
from vrn.read.batch import Batch

# Batches that may wait between the reader and the copy, so that both cores work while memory stays bounded.
WAITING_BATCHES = 2

Block = tuple[int, memoryview]


@dataclass(frozen=True)
class Original:
    """A landed file: its name as it came, and how to open its content."""

    file_name: str
    opened: delivery.Open


def stage(connection: psycopg.Connection, protection: Protection, original: Original, submission_id: int) -> dict:
    """Fill the submission's own tables from its file; any earlier attempt is replaced.

    Returns {"rows_in_file": int, "encoding": str}. Raises SubmissionRefused, SecretMissing.
    """
    contract = protection.contract
    raw.ensure_tables(connection, contract)
    delivery.check(original.opened, contract)
    tried = [contract.encoding] + ([contract.fallback_encoding] if contract.fallback_encoding else [])
    for encoding in tried:
        try:
            with connection.transaction():
                rows = sum(
                    _fill(connection, protection, original, submission_id, entity, encoding) for entity in contract.entities
                )
            return {"rows_in_file": rows, "encoding": encoding}
        except UnicodeError:
            continue
    raise SubmissionRefused(
        "GEN-002", f"The file's characters are neither {' nor '.join(tried)}. Save it as UTF-8 and send it again."
    )


def _fill(
    connection: psycopg.Connection,
    protection: Protection,
    original: Original,
    submission_id: int,
    entity: Entity,
    encoding: str,
) -> int:
    def batches() -> Iterator[Batch]:
        return delivery.batches(original.opened, original.file_name, protection.contract, entity, encoding)

    raw.make_partition(connection, entity, submission_id)
    names = ["submission_id", "row_number", "unreadable_columns", *entity.stored]
    blocks = (_block(batch, entity, protection, submission_id, names) for batch in batches() if batch.rows)
    rows = _copy(connection, raw.partition(entity, submission_id), names, blocks)
    if entity.matched:
        raw.make_match_table(connection, entity, submission_id)
        codes = (match_blocks.block(batch, entity, protection.match_key, submission_id) for batch in batches() if batch.rows)
        _copy(connection, raw.match_partition(entity, submission_id), match_blocks.COLUMNS, codes)
    return rows


def _copy(connection: psycopg.Connection, table: sql.Identifier, names: list[str], blocks: Iterator[Block]) -> int:
    command = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, sql.SQL(", ").join(map(sql.Identifier, names)))
    rows = 0
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for count, block in _ahead(blocks):
            copy.write(block)
            rows += count
    connection.execute(sql.SQL("analyze {}").format(table))
    return rows


def _block(batch: Batch, entity: Entity, protection: Protection, submission_id: int, names: list[str]) -> Block:
    read: dict[str, pa.Array] = {}
    unreadable: list[pa.Array] = []
    for values, columns in zip(batch.arrays, batch.filled, strict=True):
        for column in columns:
            if not column.is_stored:
                continue
            read[column.name], bad = types.read(values, column)
            if bad is not None:
                unreadable.append(pc.if_else(bad, column.name, None))
    stored: dict[str, pa.Array] = {
        "submission_id": pa.repeat(pa.scalar(submission_id, pa.int64()), batch.rows),
        "row_number": pa.array(range(batch.first, batch.first + batch.rows), pa.int32()),
        "unreadable_columns": _joined(unreadable, batch.rows),
    }
    for column in entity.columns:
        if column.name in read:
            stored |= protection.apply(entity.name, column, read[column.name], read)
    missing = {name: pa.nulls(batch.rows) for name in names if name not in stored}
    return batch.rows, csv_text([(stored | missing)[name] for name in names], names)


def csv_text(arrays: list[pa.Array], names: list[str]) -> memoryview:
    """Arrays as CSV without a header, as COPY takes it."""
    out = pa.BufferOutputStream()
    pacsv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), out, pacsv.WriteOptions(include_header=False))
    return memoryview(out.getvalue())


def _joined(parts: list[pa.Array], count: int) -> pa.Array:
    if not parts:
        return pa.nulls(count, pa.string())
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement=""))
    return pc.if_else(pc.equal(joined, ""), None, joined)


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
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
