"""Step 2, stage: one streaming pass for each entity from the landed file into a table of the submission's own.

Read as text, convert to the contract's types, protect, copy. Memory is bounded by a batch, whatever the file's size.
The tables are made and filled in one transaction: a crash or a refusal leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.contract import Entity
from vrn.receive.landing import Original
from vrn.stage import copying, match_blocks, raw
from vrn.stage.protect import Protection
from vrn.stage.read import delivery, types
from vrn.stage.read.batch import Batch
from vrn.stage.refusals import refusal_of


def stage(connection: psycopg.Connection, protection: Protection, original: Original, submission_id: int) -> dict:
    """Fill the submission's own tables from its file; any earlier attempt is replaced.

    Returns {"rows_in_file": int, "encoding": str}. Raises SubmissionRefused for whatever is wrong with the file, SecretMissing.
    """
    contract = protection.contract
    raw.ensure_tables(connection, contract)
    raw.forget(connection, contract.feed, submission_id)
    delivery.check(original.opened, contract)
    for encoding in delivery.encodings(contract):
        try:
            with connection.transaction():
                rows = sum(_fill(connection, protection, original, submission_id, entity, encoding) for entity in contract.entities)
            return {"rows_in_file": rows, "encoding": encoding}
        except UnicodeError:
            continue
        except psycopg.DataError as error:
            raise refusal_of(error) from None
    raise delivery.in_no_encoding(contract)


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
    rows = copying.copy(connection, raw.partition(entity, submission_id), names, blocks)
    if entity.matched:
        raw.make_match_table(connection, entity, submission_id)
        codes = (match_blocks.block(batch, entity, protection.match_key, submission_id) for batch in batches() if batch.rows)
        copying.copy(connection, raw.match_partition(entity, submission_id), match_blocks.COLUMNS, codes)
    return rows


def _block(batch: Batch, entity: Entity, protection: Protection, submission_id: int, names: list[str]) -> copying.Block:
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
    return batch.rows, copying.csv_text([(stored | missing)[name] for name in names], names)


def _joined(parts: list[pa.Array], count: int) -> pa.Array:
    if not parts:
        return pa.nulls(count, pa.string())
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement=""))
    return pc.if_else(pc.equal(joined, ""), None, joined)
