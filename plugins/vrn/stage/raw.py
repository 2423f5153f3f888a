"""The tables that hold a feed's rows: raw (one partition a submission), quarantine, linkage. Made from the feed file.

People read them while deliveries come. So what is there already is left alone, and what has to change takes its lock patiently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.feeds.period import MONTHS
from vrn.stage import match_blocks as blocks
from vrn.warehouse import locks
from vrn.warehouse.patience import patiently

RAW = "raw"
QUARANTINE = "quarantine"
LINKAGE = "linkage"
SCHEMAS = (RAW, QUARANTINE, LINKAGE)
# The ending of the table that lists the rows of a staged entity that broke a rule.
HITS = "__hits"
# A submission's own table, and what a step lays beside it.
OWN = re.compile(r"(?P<table>.+)__s(?P<submission>\d{6,})(?P<beside>__.+)?")


def table(entity: Entity) -> sql.Identifier:
    """The partitioned table that staging models read."""
    return sql.Identifier(RAW, entity.table)


def partition(entity: Entity, submission_id: int) -> sql.Identifier:
    """A submission's own table, in raw from the start but attached only when the submission is accepted."""
    return sql.Identifier(RAW, partition_name(entity, submission_id))


def partition_name(entity: Entity, submission_id: int) -> str:
    return f"{entity.table}__s{submission_id:06d}"


def quarantine(entity: Entity) -> sql.Identifier:
    return sql.Identifier(QUARANTINE, entity.table)


def match_table(entity: Entity) -> sql.Identifier:
    """The match codes of an entity's rows; only the linker reads them."""
    return sql.Identifier(LINKAGE, entity.table)


def match_partition(entity: Entity, submission_id: int) -> sql.Identifier:
    return sql.Identifier(LINKAGE, partition_name(entity, submission_id))


@dataclass(frozen=True)
class _Wanted:
    """A table as the feed file wants it."""

    schema: str
    name: str
    columns: dict[str, str]
    own: str = ""
    storage: str = ""

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def ensure_tables(connection: psycopg.Connection, contract: Contract) -> None:
    """Make the feed's tables, or add the columns that a newer feed file brings. Nothing is ever dropped."""
    for entity in contract.entities:
        wanted = list(_wanted(entity))
        if any(_missing(connection, one) for one in wanted):
            patiently(connection, f"The table {entity.table}", lambda wanted=wanted: _make_whole(connection, wanted))


def _wanted(entity: Entity) -> Iterator[_Wanted]:
    by_submission = "partition by list (submission_id)"
    yield _Wanted(RAW, entity.table, {"unreadable_columns": "text", **entity.stored}, storage=by_submission)
    key = ", rule_codes text[] not null, primary key (submission_id, row_number)"
    yield _Wanted(QUARANTINE, entity.table, entity.stored, own=key)
    if entity.matched:
        yield _Wanted(LINKAGE, entity.table, blocks.TYPES, storage=by_submission)


def _missing(connection: psycopg.Connection, wanted: _Wanted) -> list[str]:
    """The columns that are not there yet; all of them where there is no such table."""
    found = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [wanted.identifier.as_string()],
    )
    there = {row["attname"] for row in found}
    return [name for name in wanted.columns if name not in there]


def _make_whole(connection: psycopg.Connection, wanted: list[_Wanted]) -> None:
    # Two first deliveries may come at once; whoever is second waits and finds the tables there.
    locks.for_transaction(connection, locks.Job.TABLES, wanted[0].name)
    for one in wanted:
        connection.execute(
            sql.SQL("create table if not exists {} (submission_id bigint not null, row_number integer not null{}) {}").format(
                one.identifier, sql.SQL(one.own), sql.SQL(one.storage)
            )
        )
        adding = [
            sql.SQL("add column {} {}").format(sql.Identifier(name), sql.SQL(one.columns[name]))
            for name in _missing(connection, one)
        ]
        if adding:
            connection.execute(sql.SQL("alter table {} {}").format(one.identifier, sql.SQL(", ").join(adding)))


def make_partition(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    """The submission's own table, empty. What an earlier attempt left is forgotten before (see forget)."""
    _make(connection, table(entity), partition(entity, submission_id), submission_id)


def make_match_table(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    _make(connection, match_table(entity), match_partition(entity, submission_id), submission_id)


def _make(connection: psycopg.Connection, parent: sql.Identifier, own: sql.Identifier, submission_id: int) -> None:
    # The check lets ATTACH PARTITION trust the table without reading it again.
    connection.execute(
        sql.SQL("create table {} (like {} including defaults, check (submission_id = {}))").format(
            own, parent, sql.Literal(submission_id)
        )
    )


def types_of(connection: psycopg.Connection, table: sql.Identifier) -> dict[str, str]:
    """The types of a table's columns, as PostgreSQL calls them, by the columns' names."""
    found = connection.execute(
        "select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        [table.as_string(connection)],
    )
    return {row["name"]: row["type"] for row in found}


def asking_whether_large(own: sql.Identifier) -> str:
    """A query of one row and column: whether a table is so large that PostgreSQL reads it in parallel.

    It does for what it makes a table of, and neither to insert nor to delete. To go by way of a table of its own takes 3 ms and
    more, of which a small delivery with a hundred rules has none to spare.
    """
    least = "pg_size_bytes(current_setting('min_parallel_table_scan_size'))"
    return f"select pg_relation_size({sql.Literal(own.as_string()).as_string()}) >= {least} as is_large"


def are_of(connection: psycopg.Connection, contract: Contract, submission_id: int) -> bool:
    """Whether a submission's own tables can become part of the contract's: there is one of each entity and no other, and it has
    every column of today's and of the table that it is to be part of."""
    wanted = {(one.schema, one.name): one for entity in contract.entities for one in _wanted(entity) if one.schema != QUARANTINE}
    own: dict[tuple[str, str], set[str]] = {}
    for schema, name in _tables(connection, contract.feed):
        match = OWN.fullmatch(name)
        if match is not None and int(match["submission"]) == submission_id and match["beside"] is None:
            own[schema, match["table"]] = set(types_of(connection, sql.Identifier(schema, name)))
    # Where each has its own table, the feed's is there as well.
    return own.keys() == wanted.keys() and all(
        own[name] >= one.columns.keys() | types_of(connection, one.identifier).keys() for name, one in wanted.items()
    )


def attach(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    """Make the submission's own tables part of what models and the linker read.

    Nobody who reads waits for it, or keeps it waiting: ATTACH takes a lock on the parent that readers do not mind.
    """
    pairs = [(table(entity), partition(entity, submission_id))]
    if entity.matched:
        pairs.append((match_table(entity), match_partition(entity, submission_id)))
    for parent, own in pairs:
        connection.execute(
            sql.SQL("alter table {} attach partition {} for values in ({})").format(parent, own, sql.Literal(submission_id))
        )


def forget(connection: psycopg.Connection, feed: str, submission_id: int) -> dict[str, int]:
    """Delete all that a submission has in raw, quarantine and linkage, attached or not, in the caller's transaction.

    Returns how many rows left each of the feed's tables, 0 where it had none, such as
    {"raw.police_crime__crime": 120, "quarantine.police_crime__crime": 0}. The tables are found by their names in the catalog,
    because an entity may have left the feed file since.

    Readers of a table are kept out from when a partition of it is dropped until the transaction ends: let it be short. (DETACH
    CONCURRENTLY would not, but is no part of a transaction, so that rows could be gone which the ledger says are there; and what
    is deleted row by row stays on the disk.) Raises VrnError when somebody reads the tables for minutes.
    """
    return patiently(connection, f"What {feed} holds", lambda: _forget(connection, feed, submission_id))


def _forget(connection: psycopg.Connection, feed: str, submission_id: int) -> dict[str, int]:
    left: dict[str, int] = {}
    for schema, name in _tables(connection, feed):
        own, identifier = OWN.fullmatch(name), sql.Identifier(schema, name)
        if own is None:
            left[f"{schema}.{name}"] = 0
            if schema == QUARANTINE:
                query = sql.SQL("delete from {} where submission_id = %s").format(identifier)
                left[f"{schema}.{name}"] = connection.execute(query, [submission_id]).rowcount
        elif int(own["submission"]) == submission_id:
            if own["beside"] is None:
                counted = connection.execute(sql.SQL("select count(*) as rows from {}").format(identifier)).fetchone()
                left[f"{schema}.{own['table']}"] = counted["rows"]
            connection.execute(sql.SQL("drop table {}").format(identifier))
    return left


def _tables(connection: psycopg.Connection, feed: str) -> list[tuple[str, str]]:
    """The feed's tables and those of its submissions, always in the same order, so that two who change them never deadlock."""
    found = connection.execute(
        "select relnamespace::regnamespace::text as schema, relname as name from pg_class "
        "where relnamespace = any(%s::regnamespace[]) and relkind in ('r', 'p') and starts_with(relname, %s) order by 1, 2",
        [list(SCHEMAS), f"{feed}__"],
    )
    return [(row["schema"], row["name"]) for row in found]


def write_labels(connection: psycopg.Connection, contract: Contract) -> None:
    """Put the feed file's labels where staging models can join them: one list, no second one to drift."""
    labels = {
        (contract.feed, column.name, code): label
        for entity in contract.entities
        for column in entity.columns
        for code, label in column.labels.items()
    }
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.code_label where feed = %s", [contract.feed])
        cursor.executemany(
            "insert into ops.code_label (feed, column_name, code, label) values (%s, %s, %s, %s)",
            [(*key, label) for key, label in labels.items()],
        )


def write_feed(connection: psycopg.Connection, contract: Contract) -> None:
    """Put the feed, when it is due, and its suppliers where models can tell who has not delivered."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.feed where feed = %s", [contract.feed])
        cursor.execute(
            "insert into ops.feed (feed, feed_name, period_months, latency_days, is_open) values (%s, %s, %s, %s, %s)",
            [contract.feed, contract.name, MONTHS[contract.kind], contract.latency_days, not contract.needs_agreement],
        )
        cursor.execute("delete from ops.feed_supplier where feed = %s", [contract.feed])
        cursor.executemany(
            "insert into ops.feed_supplier (feed, supplier, supplier_name, is_expected, valid_from, valid_until) "
            "values (%s, %s, %s, %s, %s, %s)",
            [
                (contract.feed, one.code, one.name, one.is_expected, one.valid_from, one.valid_until)
                for one in contract.suppliers.values()
            ],
        )
