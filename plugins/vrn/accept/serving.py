"""Step 4, accept: in one transaction the staged table becomes the submission's partition of raw, or nothing happened.

Rows that broke a record rule move to quarantine with their rule codes. Rows alike in every column are counted once,
where the contract says what makes them the same event.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.accept import identical
from vrn.feeds.contract import Contract, Entity
from vrn.gate import listing
from vrn.ledger import moves
from vrn.ledger.store import Submission
from vrn.stage import raw
from vrn.warehouse import locks


def accept(connection: psycopg.Connection, submission: Submission, contract: Contract, agreement_id: str) -> None:
    """Make the staged rows those that serve, or history. The ledger has the counts, and the agreement that covers them today."""
    with connection.transaction():
        # One acceptance of a feed at a time: what is current must not change under the transaction.
        one_at_a_time(connection, submission.feed)
        warned = quarantined = duplicate = 0
        for entity in contract.entities:
            own = raw.partition(entity, submission.submission_id)
            hits = listing.hits(entity, submission.submission_id)
            warned += _warned(connection, entity, hits, submission.submission_id)
            quarantined += _quarantine(connection, entity, own, hits, submission.submission_id)
            duplicate += identical.drop(connection, submission.submission_id, contract, entity)
            if entity.judged_only:
                _blank_judged(connection, entity, own, submission.submission_id)
            connection.execute(sql.SQL("drop table {}").format(hits))
            raw.attach(connection, entity, submission.submission_id)
        moves.accept(connection, submission, agreement_id=agreement_id, quarantined=quarantined, duplicate=duplicate, warned=warned)


def one_at_a_time(connection: psycopg.Connection, feed: str) -> None:
    """Until the transaction ends nobody else changes what serves of a feed."""
    locks.for_transaction(connection, locks.Job.ACCEPT, feed)


def _codes(connection: psycopg.Connection, submission_id: int, entity: Entity, outcome: str) -> list[str]:
    """The rules of that outcome by which the gate judged the delivery: today's feed file may have others."""
    found = connection.execute(
        "select rule_code from ops.validation_result where submission_id = %s and entity = %s and severity = %s",
        [submission_id, entity.name, outcome],
    )
    return [row["rule_code"] for row in found]


def _warned(connection: psycopg.Connection, entity: Entity, hits: sql.Identifier, submission_id: int) -> int:
    return connection.execute(
        sql.SQL("select count(distinct row_number) as rows from {} where rule_code = any(%s)").format(hits),
        [_codes(connection, submission_id, entity, "warning")],
    ).fetchone()["rows"]


def _quarantine(
    connection: psycopg.Connection, entity: Entity, own: sql.Identifier, hits: sql.Identifier, submission_id: int
) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, entity.stored))
    connection.execute(sql.SQL("delete from {} where submission_id = %s").format(raw.quarantine(entity)), [submission_id])
    found = rows_set_aside(own, hits, _codes(connection, submission_id, entity, "record"))
    is_large = connection.execute(raw.asking_whether_large(own).encode()).fetchone()["is_large"]
    if is_large:
        # Or PostgreSQL reckons with more listed rows than there are, and sorts the delivery's into piles for them.
        connection.execute(sql.SQL("analyze {}").format(hits))
        connection.execute(sql.SQL("create temporary table found on commit drop as {}").format(found))
    done = connection.execute(
        sql.SQL(
            """
            with failing as ({found}),
            moved as (delete from {own} as own using failing where own.ctid = failing.place returning own.*, failing.rule_codes)
            insert into {quarantine} (submission_id, row_number, rule_codes, {names})
            select submission_id, row_number, rule_codes, {names} from moved
            """
        ).format(
            found=sql.SQL("select * from pg_temp.found") if is_large else found,
            own=own,
            quarantine=raw.quarantine(entity),
            names=names,
        )
    )
    if is_large:
        connection.execute("drop table pg_temp.found")
    return done.rowcount


def rows_set_aside(own: sql.Identifier, hits: sql.Identifier, codes: list[str]) -> sql.Composed:
    """A query of where the rows lie that broke one of these rules, and of the rules' codes.

    Nobody else writes to the delivery's own table, so that rows stay where they are found. They are grouped when they are found,
    because PostgreSQL would read the table in one process to join it with what several processes grouped.
    """
    return sql.SQL(
        """
        select own.ctid as place, array_agg(rule_code order by rule_code) as rule_codes
        from {own} as own inner join {hits} as listed using (row_number)
        where rule_code = any({codes})
        group by own.ctid
        """
    ).format(hits=hits, own=own, codes=sql.Literal(codes))


def _blank_judged(connection: psycopg.Connection, entity: Entity, own: sql.Identifier, submission_id: int) -> None:
    """Blank what was there for the rules alone, now that they have judged."""
    names = list(entity.judged_only)
    set_aside = sql.SQL(", ").join(sql.SQL("{} = null").format(sql.Identifier(name)) for name in names)
    connection.execute(
        sql.SQL("update {} set {} where submission_id = %s").format(raw.quarantine(entity), set_aside), [submission_id]
    )
    # The delivery's own table is written anew: an update would double it and leave the values on the disk. Its types are asked
    # for, because the feed file may have changed one since the feed's table was made.
    types = raw.types_of(connection, own)
    serve = sql.SQL(", ").join(
        sql.SQL("alter {} type {} using null").format(sql.Identifier(name), sql.SQL(types[name])) for name in names
    )
    connection.execute(sql.SQL("alter table {} {}").format(own, serve))
