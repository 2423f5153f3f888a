"""Step 2, stage: one streaming pass for each entity from the landed file into a table of the submission's own.

Read as text, convert to the contract's types, protect, copy. Memory is bounded by a batch, whatever the file's size.
The tables are made and filled in one transaction: a crash or a refusal leaves nothing behind. It is the one that moves the
delivery to staged, so that what a person refuses or withdraws meanwhile leaves nothing behind either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.contract import Contract, Entity
from vrn.ledger.profiles import Profile
from vrn.receive.landing import Original
from vrn.stage import copying, match_blocks, raw
from vrn.stage.protect import Protection
from vrn.stage.read import delivery, types
from vrn.stage.read.batch import Batch
from vrn.stage.read.uses import Uses
from vrn.stage.refusals import refusal_of


@dataclass(frozen=True)
class Staged:
    """What became of a file: how much is in its tables, its encoding, what its reading bore with, and its columns with withheld
    numbers."""

    profiles: Mapping[str, Profile]
    encoding: str
    uses: Uses

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.profiles.values())


def make_room(connection: psycopg.Connection, contract: Contract, submission_id: int) -> None:
    """Make the feed's tables, and forget what an earlier attempt left. Both keep others out, so not while a file is read."""
    raw.ensure_tables(connection, contract)
    raw.forget(connection, contract.feed, submission_id)


def stage(connection: psycopg.Connection, protection: Protection, original: Original, submission_id: int) -> Staged:
    """Make and fill the submission's own tables from its file, in the caller's transaction. There is room for them (make_room).

    Raises SubmissionRefused for whatever is wrong with the file, SecretMissing.
    """
    contract = protection.contract
    for encoding in delivery.encodings(contract):
        uses = Uses()
        delivery.check(original.opened, contract, uses)
        filling = _Filling(connection, protection, original, submission_id, encoding, uses)
        try:
            with connection.transaction():
                return Staged({entity.name: filling.fill(entity) for entity in contract.entities}, encoding, uses)
        except UnicodeError:
            delivery.refuse_mixed(original.opened, original.file_name, contract)
        except psycopg.DataError as error:
            raise refusal_of(error) from None
    raise delivery.in_no_encoding(contract)


@dataclass(frozen=True)
class _Filling:
    """One attempt at a submission's tables, in one encoding."""

    connection: psycopg.Connection
    protection: Protection
    original: Original
    submission_id: int
    encoding: str
    uses: Uses

    def fill(self, entity: Entity) -> Profile:
        """Returns how many rows the entity has, and how many blanks in each of the feed file's columns."""
        raw.make_partition(self.connection, entity, self.submission_id)
        own = raw.partition(entity, self.submission_id)
        # Asked for, because the feed file may have changed a type since the feed's table was made.
        types_there = raw.types_of(self.connection, own)
        kinds = {name: types_there[name] for name in ("submission_id", "row_number", "unreadable_columns", *entity.stored)}
        blocks = (_block(self, batch, entity) for batch in self._batches(entity, self.uses))
        copied = copying.copy(self.connection, own, kinds, blocks)
        if entity.matched:
            raw.make_match_table(self.connection, entity, self.submission_id)
            key = self.protection.match_key
            # What this second pass bears with was noted in the first.
            codes = (match_blocks.block(batch, entity, key, self.submission_id) for batch in self._batches(entity, Uses()))
            copying.copy(self.connection, raw.match_partition(entity, self.submission_id), match_blocks.COLUMNS, codes)
        return Profile(copied.rows, {name: copied.blanks[name] for name in entity.stored})

    def _batches(self, entity: Entity, uses: Uses) -> Iterator[Batch]:
        contract, original = self.protection.contract, self.original
        found = delivery.batches(original.opened, original.file_name, contract, entity, self.encoding, uses)
        return (batch for batch in found if batch.rows)


def _block(filling: _Filling, batch: Batch, entity: Entity) -> copying.Block:
    read: dict[str, pa.Array] = {}
    unreadable: list[pa.Array] = []
    stored: dict[str, pa.Array] = {
        "submission_id": pa.repeat(pa.scalar(filling.submission_id, pa.int64()), batch.rows),
        "row_number": batch.numbers,
    }
    for values, columns in zip(batch.arrays, batch.filled, strict=True):
        for column in columns:
            if not column.is_stored:
                continue
            # The day of a verdict is another column's too, of which all is told.
            is_verdict = column.classification == "verdict"
            cells = types.read(values, column, filling.protection.contract.reading, Uses() if is_verdict else filling.uses)
            read[column.name] = cells.values
            if cells.unreadable is not None and not is_verdict:
                unreadable.append(pc.if_else(cells.unreadable, column.name, None))
            if cells.withheld is not None:
                filling.uses.withheld.add(column.name)
                stored[column.withheld_name] = pc.if_else(cells.withheld, True, None)
    stored["unreadable_columns"] = _joined(unreadable, batch.rows)
    filling.protection.verdicts.remember(entity, read)
    for column in entity.columns:
        if column.name in read:
            stored |= filling.protection.apply(entity, column, read[column.name], read)
    return {name: pa.nulls(batch.rows) for name in entity.stored} | stored


def _joined(parts: list[pa.Array], count: int) -> pa.Array:
    if not parts:
        return pa.nulls(count, pa.string())
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement=""))
    return pc.if_else(pc.equal(joined, ""), None, joined)
