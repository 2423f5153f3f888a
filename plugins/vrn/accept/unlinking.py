"""What linkage keeps of whoever is in no delivery any more: it goes with the delivery that is withdrawn.

A link that ended stays, because a figure of an earlier day must be explainable. A withdrawn delivery was never known on any day, so
that nothing of it has to be explained.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.feeds import contract as contracts
from vrn.feeds.contract import Entity
from vrn.feeds.period import ANY_PERIOD
from vrn.settings import Settings
from vrn.stage import raw

LINKS = "persons.person_link"
UNPROVEN = """
    select * from ops.submission as submission
    where status = 'withdrawn' and not exists (
        select from ops.deleted where deleted.submission_id = submission.submission_id and what = %s
    )
    order by submission_id
"""
NAMED = """
    select distinct entity.{key}::text as source_pid
    from {rows} as entity inner join ops.submission using (submission_id)
    where supplier = %s and entity.{key} is not null
"""


def forget(connection: psycopg.Connection, settings: Settings, row: dict) -> dict[str, int]:
    """Delete the links of every record that no delivery of this one's feed and supplier has in raw, in the caller's transaction.
    Returns how many, as raw.forget does.

    To be called after raw.forget, in its transaction: whoever links has read the rows and is done, or reads them no more. All of
    the supplier's records are looked at, because of a delivery that was refused when it was replayed nothing is in raw by now. What
    is under replay is linked anew when it is accepted again. Raises ContractError while nobody can tell whom the feed's rows name.
    """
    named: list[str] = []
    for entity in _linked(connection, settings, row["feed"]):
        query = sql.SQL(NAMED).format(key=sql.Identifier(entity.linkage.key), rows=raw.table(entity))
        named += [found["source_pid"] for found in connection.execute(query, [row["supplier"]])]
    done = connection.execute("select ops.forget_persons(%s, %s, %s) as links", [row["feed"], row["supplier"], named])
    return {LINKS: done.fetchone()["links"]}


def unproven(connection: psycopg.Connection) -> list[dict]:
    """The withdrawn deliveries of which nobody knows yet that linkage forgot them: those whose feed file could not be read, and
    what was withdrawn before linkage forgot anybody.
    """
    return connection.execute(UNPROVEN, [LINKS]).fetchall()


def _linked(connection: psycopg.Connection, settings: Settings, feed: str) -> list[Entity]:
    """The feed's entities that take part in linkage, with their tables there. Without a feed file there is none."""
    path = settings.contracts / f"{feed}.odcs.yaml"
    if not path.exists():
        return []
    contract = contracts.load(path, ANY_PERIOD)
    linked = [entity for entity in contract.entities if entity.linkage]
    if linked:
        raw.ensure_tables(connection, contract)
    return linked
