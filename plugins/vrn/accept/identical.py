"""Rows alike in every column are counted once, where the contract says what makes them the same event."""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import UNIQUE
from vrn.gate import listing
from vrn.stage import raw


def drop(connection: psycopg.Connection, submission_id: int, contract: Contract, entity: Entity) -> int:
    """Drop the later of rows that agree in every column, where the contract's identifying column is filled. Returns how many.

    Only rows whose identifier comes more than once are compared.
    """
    if entity.counted_once_when_present is None:
        return 0
    key, own = sql.Identifier(entity.counted_once_when_present), raw.partition(entity, submission_id)
    codes = _codes(entity)
    if _are_listed(connection, submission_id, contract, entity, codes):
        repeats = sql.SQL("row_number in (select row_number from {hits} where rule_code = any({codes}))").format(
            hits=listing.hits(entity, submission_id), codes=sql.Literal(codes)
        )
    else:
        # By groups of hashes in order, as in vrn.gate.listing.
        repeats = sql.SQL(
            "hash_record_extended(row({key}), 0) in (select hashed from (select hash_record_extended(row({key}), 0) as hashed "
            "from {own} where {key} is not null order by hashed offset 0) as in_order group by hashed having count(*) > 1)"
        ).format(key=key, own=own)
    done = connection.execute(
        sql.SQL(
            """
            with ranked as (
                select row_number, row_number() over (partition by {columns} order by row_number) as place
                from {own} where {key} is not null and {repeats}
            )
            delete from {own} as own using ranked where own.row_number = ranked.row_number and ranked.place > 1
            """
        ).format(key=key, own=own, repeats=repeats, columns=sql.SQL(", ").join(map(sql.Identifier, entity.stored)))
    )
    return done.rowcount


def _codes(entity: Entity) -> list[str]:
    """The rules that list each row whose identifier comes again."""
    asked = {"column": entity.counted_once_when_present}
    return [rule.code for rule in entity.rules if (rule.expectation, rule.kwargs) == (UNIQUE, asked)]


def _are_listed(connection: psycopg.Connection, submission_id: int, contract: Contract, entity: Entity, codes: list[str]) -> bool:
    """Whether the gate judged the delivery by one of these rules, and the feed file is the same as then."""
    found = connection.execute(
        "select 1 from ops.submission join ops.validation_result using (submission_id) where submission_id = %s "
        "and contract_sha256 = %s and entity = %s and rule_code = any(%s) and unexpected_count is not null",
        [submission_id, contract.digest, entity.name, codes],
    )
    return found.fetchone() is not None
