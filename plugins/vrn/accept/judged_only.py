"""What was stored for the rules alone is blank once they have judged: at acceptance, and where a feed file says so only later."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from vrn.accept import serving
from vrn.accept.owed import Owed
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Entity
from vrn.ledger import store as ledger
from vrn.ledger.states import ACCEPTED, SUPERSEDED
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse.connection import connect


def blank_earlier() -> int:
    """Blank, in the deliveries accepted before, what their feed files no longer keep. Returns how many rows had any of it.

    A column that became judgedOnly, or of a class that stores nothing, stands in what came before until this has run. Each
    delivery is read under the feed file as it stands for its period. Raises HomeError, after all other feeds, for a feed that
    could not be, as where its feed file cannot be read: nothing of that feed is blanked.
    """
    settings, blanked, owed = Settings(), 0, Owed()
    with connect(settings, autocommit=True) as connection:
        for feed in ledger.feeds(connection):
            path = settings.contracts / f"{feed}.odcs.yaml"
            if not path.exists():
                continue
            with owed.unless_done(f"Nothing of {feed} was blanked"):
                blanked += _of_feed(connection, path, feed)
    owed.refuse_if_any()
    return blanked


def _of_feed(connection: psycopg.Connection, path: Path, feed: str) -> int:
    with connection.transaction():
        serving.one_at_a_time(connection, feed)
        return sum(_of_delivery(connection, path, number) for number in _served(connection, feed))


def _served(connection: psycopg.Connection, feed: str) -> list[int]:
    """The deliveries whose rows are part of the feed's tables. Of others the rules have not judged, or nothing is stored."""
    found = connection.execute(
        "select submission_id from ops.submission where feed = %s and status = any(%s) order by 1", [feed, [ACCEPTED, SUPERSEDED]]
    )
    return [row["submission_id"] for row in found]


def _of_delivery(connection: psycopg.Connection, path: Path, submission_id: int) -> int:
    one = ledger.get(connection, submission_id)
    contract = contracts.load(path, one.period, one.supplier)
    return sum(
        _blank(connection, schema, entity, submission_id) for entity in contract.entities for schema in (raw.RAW, raw.QUARANTINE)
    )


def _blank(connection: psycopg.Connection, schema: str, entity: Entity, submission_id: int) -> int:
    table = sql.Identifier(schema, entity.table)
    there = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [table.as_string(connection)],
    )
    names = [row["attname"] for row in there if row["attname"] in entity.not_kept]
    if not names:
        return 0
    query = sql.SQL("update {} set {} where submission_id = %s and num_nonnulls({}) > 0").format(
        table,
        sql.SQL(", ").join(sql.SQL("{} = null").format(sql.Identifier(name)) for name in names),
        sql.SQL(", ").join(map(sql.Identifier, names)),
    )
    return connection.execute(query, [submission_id]).rowcount
