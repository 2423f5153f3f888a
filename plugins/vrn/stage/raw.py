"""The tables that hold a feed's rows: raw (one partition a submission), quarantine, linkage. Made from the feed file."""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.feeds.period import MONTHS
from vrn.stage import match_blocks as blocks

RAW = "raw"
QUARANTINE = "quarantine"
LINKAGE = "linkage"
# The ending of the table that lists the rows of a staged entity that broke a rule.
HITS = "__hits"


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


def ensure_tables(connection: psycopg.Connection, contract: Contract) -> None:
    """Make the feed's tables, or add the columns that a newer feed file brings. Nothing is ever dropped."""
    for entity in contract.entities:
        with connection.transaction():
            # Two first deliveries may come at once; whoever is second waits and finds the tables there.
            connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [entity.table])
            _ensure(connection, table(entity), "unreadable_columns text", "partition by list (submission_id)", entity.stored)
            _ensure(
                connection,
                quarantine(entity),
                "rule_codes text[] not null, primary key (submission_id, row_number)",
                "",
                entity.stored,
            )
            if entity.matched:
                _ensure(connection, match_table(entity), None, "partition by list (submission_id)", blocks.TYPES)


def _ensure(connection: psycopg.Connection, name: sql.Identifier, own: str | None, storage: str, columns: dict[str, str]) -> None:
    connection.execute(
        sql.SQL("create table if not exists {} (submission_id bigint not null, row_number integer not null{}) {}").format(
            name, sql.SQL(f", {own}" if own else ""), sql.SQL(storage)
        )
    )
    adding = [sql.SQL("add column if not exists {} {}").format(sql.Identifier(one), sql.SQL(kind)) for one, kind in columns.items()]
    connection.execute(sql.SQL("alter table {} {}").format(name, sql.SQL(", ").join(adding)))


def make_partition(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    """The submission's own table, empty, whatever an earlier attempt left."""
    _make(connection, table(entity), partition(entity, submission_id), submission_id)


def make_match_table(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    _make(connection, match_table(entity), match_partition(entity, submission_id), submission_id)


def _make(connection: psycopg.Connection, parent: sql.Identifier, own: sql.Identifier, submission_id: int) -> None:
    connection.execute(sql.SQL("drop table if exists {}").format(own))
    # The check lets ATTACH PARTITION trust the table without reading it again.
    connection.execute(
        sql.SQL("create table {} (like {} including defaults, check (submission_id = {}))").format(
            own, parent, sql.Literal(submission_id)
        )
    )


def attach(connection: psycopg.Connection, entity: Entity, submission_id: int) -> None:
    """Make the submission's own tables part of what models and the linker read."""
    pairs = [(table(entity), partition(entity, submission_id))]
    if entity.matched:
        pairs.append((match_table(entity), match_partition(entity, submission_id)))
    for parent, own in pairs:
        connection.execute(
            sql.SQL("alter table {} attach partition {} for values in ({})").format(parent, own, sql.Literal(submission_id))
        )


def forget(connection: psycopg.Connection, feed: str, submission_id: int) -> dict[str, int]:
    """Drop a submission's own tables and delete its quarantined rows, inside the caller's transaction.

    They are found by their names in the catalog, because an entity may have left the feed file since. Returns the rows that
    left each table.
    """
    deleted = {}
    ending = f"__s{submission_id:06d}"
    own = connection.execute(
        "select relnamespace::regnamespace::text as schema, relname as name from pg_class where relkind = 'r' "
        "and relnamespace in (%s::regnamespace, %s::regnamespace) "
        "and (starts_with(relname, %s) and (right(relname, %s) = %s or right(relname, %s) = %s)) order by 1, 2",
        [RAW, LINKAGE, f"{feed}__", len(ending), ending, len(ending) + len(HITS), ending + HITS],
    ).fetchall()
    for row in own:
        table_ = sql.Identifier(row["schema"], row["name"])
        if not row["name"].endswith(HITS):
            counted = connection.execute(sql.SQL("select count(*) as rows from {}").format(table_)).fetchone()
            deleted[f"{row['schema']}.{row['name']}"] = counted["rows"]
        connection.execute(sql.SQL("drop table {}").format(table_))
    held = connection.execute(
        "select relname as name from pg_class where relkind = 'r' and relnamespace = %s::regnamespace and starts_with(relname, %s)",
        [QUARANTINE, f"{feed}__"],
    ).fetchall()
    for row in held:
        done = connection.execute(
            sql.SQL("delete from {} where submission_id = %s").format(sql.Identifier(QUARANTINE, row["name"])), [submission_id]
        )
        if done.rowcount:
            deleted[f"{QUARANTINE}.{row['name']}"] = done.rowcount
    return deleted


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
            "insert into ops.feed (feed, feed_name, period_months, latency_days) values (%s, %s, %s, %s)",
            [contract.feed, contract.name, MONTHS[contract.kind], contract.latency_days],
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
