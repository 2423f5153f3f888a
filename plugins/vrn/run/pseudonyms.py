"""Pseudonyms that a home keeps as text of 64 hexadecimal digits, as all homes did, become the uuid of the first 32 of them.

No key is needed. Which columns hold pseudonyms is said by the feed files, so that this is no migration of schema ops: a start looks
at every feed, and again at one whose file could not be read before. A feed is converted whole or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg
from psycopg import sql

from vrn.feeds import catalogue
from vrn.feeds.contract import Contract, Entity
from vrn.projects.tables import TABLES
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse.connection import connect
from vrn.warehouse.patience import patiently
from vrn.warehouse.roles import SUPERUSER

log = logging.getLogger(__name__)

# Partitions follow the table that they are part of; a delivery's own table is none until it is accepted.
KEPT_AS_TEXT = """
select relnamespace::regnamespace::text as schema, relname as name, array_agg(attname::text order by attnum) as columns
from pg_class
inner join pg_attribute on attrelid = pg_class.oid and not attisdropped and atttypid = 'text'::regtype and attname = any(%s)
where
    relnamespace = any(%s::regnamespace[]) and relkind in ('r', 'p') and not relispartition
    and (relname = %s or starts_with(relname, %s))
group by 1, 2
order by 1, 2
"""
# The views of layer staging, which the next build makes anew.
VIEWS = """
select distinct ev_class::regclass::text as name
from pg_depend
inner join pg_rewrite on pg_rewrite.oid = objid
where classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass and refobjid = %s::regclass
"""
# A person's key is made of one of its records (vrn.build.linkage.clusters), and so of that one's pseudonym.
PERSONS = """
with record as (
    select distinct feed || '|' || supplier || '|' as whose, source_pid from persons.person_link
    where feed = %(feed)s and length(source_pid) = 64
),
keys as (
    select
        left(encode(sha256(convert_to('person' || chr(31) || whose || source_pid, 'UTF8')), 'hex'), 32) as was,
        left(encode(sha256(convert_to('person' || chr(31) || whose || left(source_pid, 32)::uuid, 'UTF8')), 'hex'), 32) as will_be
    from record
)
update persons.person_link set person_key = keys.will_be from keys where person_link.person_key = keys.was
"""
LINKS = """
update persons.person_link set source_pid = left(source_pid, 32)::uuid::text where feed = %(feed)s and length(source_pid) = 64
"""
EVENTS = "update {table} set {column} = left({column}, 32)::uuid::text where length({column}) = 64"


def bring_after(settings: Settings) -> None:
    """Convert what is kept as text, as the superuser, because schemas of three roles are changed at once."""
    with connect(settings, SUPERUSER, autocommit=True) as connection:
        for contract in catalogue.sound(settings.contracts):
            found = [one for entity in contract.entities if _hashed(entity) for one in _kept_as_text(connection, entity)]
            if bad := [name for name, columns in found if _holds_others(connection, name, columns)]:
                log.warning(
                    "Deliveries of %s that were taken in before its identifiers were hashed are in %s, and no others can be staged "
                    "beside them. Withdraw them, and start the services again.",
                    contract.feed,
                    ", ".join(name.as_string() for name in bad),
                )
            elif found:
                patiently(
                    connection,
                    f"What {contract.feed} holds",
                    lambda contract=contract, found=found: _convert(connection, contract, found),
                )


def _hashed(entity: Entity) -> list[str]:
    return [column.name for column in entity.columns if column.classification == "hash"]


def _kept_as_text(connection: psycopg.Connection, entity: Entity) -> Iterator[tuple[sql.Identifier, list[str]]]:
    """The entity's tables with pseudonyms as text, and these columns."""
    asked = [_hashed(entity), [raw.RAW, raw.QUARANTINE], entity.table, f"{entity.table}__s"]
    for row in connection.execute(KEPT_AS_TEXT, asked).fetchall():
        own = raw.OWN.fullmatch(row["name"])
        if row["name"] == entity.table or (own and own["table"] == entity.table):
            yield sql.Identifier(row["schema"], row["name"]), row["columns"]


def _holds_others(connection: psycopg.Connection, table: sql.Identifier, columns: list[str]) -> bool:
    """Whether something else than pseudonyms is in one of the columns."""
    other = sql.SQL("length({column}) <> 64 or not pg_input_is_valid(left({column}, 32), 'uuid')")
    others = sql.SQL(" or ").join(other.format(column=sql.Identifier(column)) for column in columns)
    query = sql.SQL("select exists (select from {} where {}) as found").format(table, others)
    return connection.execute(query).fetchone()["found"]


def _convert(connection: psycopg.Connection, contract: Contract, found: list[tuple[sql.Identifier, list[str]]]) -> None:
    for table, columns in found:
        for view in connection.execute(VIEWS, [table.as_string()]).fetchall():
            connection.execute(sql.SQL("drop view if exists {} cascade").format(sql.SQL(view["name"])))
        narrower = sql.SQL(", ").join(
            sql.SQL("alter column {column} type uuid using left({column}, 32)::uuid").format(column=sql.Identifier(column))
            for column in columns
        )
        connection.execute(sql.SQL("alter table {} {}").format(table, narrower))
        connection.execute(sql.SQL("analyze {}").format(table))
    if any(entity.linkage and entity.linkage.key in _hashed(entity) for entity in contract.entities):
        _convert_links(connection, contract.feed)


def _convert_links(connection: psycopg.Connection, feed: str) -> None:
    """The links, so that none ends and none is new; and what projects join with them until the next build makes it anew."""
    if _is_there(connection, "persons.person_link"):
        connection.execute(PERSONS, {"feed": feed})
        connection.execute(LINKS, {"feed": feed})
    events = {(table.model, column) for table in TABLES.values() for column, of in table.persons.values() if of == feed}
    for model, column in sorted(events):
        if _is_there(connection, f"intermediate.{model}"):
            query = sql.SQL(EVENTS).format(table=sql.Identifier("intermediate", model), column=sql.Identifier(column))
            connection.execute(query)


def _is_there(connection: psycopg.Connection, table: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null as found", [table]).fetchone()["found"]
