"""The tables that hold a feed's rows: raw (one partition a submission) and quarantine. Made from the feed file."""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.contract import Entity

RAW = "raw"
QUARANTINE = "quarantine"


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


def ensure_tables(connection: psycopg.Connection, entity: Entity) -> None:
    """Make the feed's tables, or add the columns that a newer feed file brings. Nothing is ever dropped."""
    columns = [sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.postgres_type)) for column in entity.stored]
    with connection.transaction():
        # Two first deliveries may come at once; whoever is second waits and finds the tables there.
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [entity.table])
        connection.execute(
            sql.SQL(
                "create table if not exists {} (submission_id bigint not null, row_number integer not null, "
                "unreadable_columns text) partition by list (submission_id)"
            ).format(table(entity))
        )
        connection.execute(
            sql.SQL(
                "create table if not exists {} (submission_id bigint not null, row_number integer not null, "
                "rule_codes text[] not null, primary key (submission_id, row_number))"
            ).format(quarantine(entity))
        )
        for name in (table(entity), quarantine(entity)):
            for column in columns:
                connection.execute(sql.SQL("alter table {} add column if not exists {}").format(name, column))


def write_labels(connection: psycopg.Connection, entity: Entity) -> None:
    """Put the feed file's labels where staging models can join them: one list, no second one to drift."""
    labels = [(entity.feed, column.name, code, label) for column in entity.columns for code, label in column.labels.items()]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.code_label where feed = %s", [entity.feed])
        cursor.executemany("insert into ops.code_label (feed, column_name, code, label) values (%s, %s, %s, %s)", labels)
