"""Whether a delivery can be accepted under today's feed file, where it was judged under another one."""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.ledger import store as ledger
from vrn.stage import raw


def why_not(connection: psycopg.Connection, submission_id: int, contract: Contract) -> str | None:
    """A sentence where the delivery's tables are not those of the contract, which is today's for its period and supplier.

    An entity that left the feed file would not serve though its rows are counted, a column that came has no place, and one of which
    nothing is stored any more has what was. Other changes wait for the next delivery, because acceptance goes by the rules that
    judged this one; what is judgedOnly today it blanks.
    """
    row = ledger.find(connection, submission_id)
    if row["contract_sha256"] == contract.digest:
        return None
    if raw.are_of(connection, contract, submission_id) and not any(
        _has_what_is_dropped(connection, entity, submission_id) for entity in contract.entities
    ):
        return None
    return f"The feed file of {contract.feed} has other tables or columns since submission {submission_id} was judged."


def _has_what_is_dropped(connection: psycopg.Connection, entity: Entity, submission_id: int) -> bool:
    own = raw.partition(entity, submission_id)
    dropped = raw.types_of(connection, own).keys() & entity.not_kept - set(entity.judged_only)
    if not dropped:
        return False
    query = sql.SQL("select 1 from {} where num_nonnulls({}) > 0 limit 1").format(
        own, sql.SQL(", ").join(map(sql.Identifier, dropped))
    )
    return connection.execute(query).fetchone() is not None
