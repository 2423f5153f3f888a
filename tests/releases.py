"""Figures made and released without what no delivery changes: for tests of what a release keeps and shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import psycopg
from psycopg import sql

from vrn.build import dbt
from vrn.build import steps as build
from vrn.ledger import store as ledger
from vrn.publish import release
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# What a delivery of crime changes, step by step.
COUNTS = (
    ["stg_ops__submission", "stg_ops__feed_month", "path:models/intermediate/by_month"],
    ["path:models/counts"],
)
FIGURES = ["path:models/marts/figures", "path:functions/figures", "fct_indicator_value", "fct_indicator_submission"]

# By type, for what must not be empty.
FILLERS = {
    "text": "x",
    "integer": 1,
    "bigint": 1,
    "numeric": 1,
    "double precision": 1.0,
    "boolean": False,
    "date": date(2019, 4, 1),
}


def made(settings: Settings, *steps: Sequence[str], options: Sequence[str] = ()) -> None:
    """Build what each step selects, without its tests."""
    for chosen in steps:
        command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *options]
        assert dbt.invoke(settings, [*command, "--select", *chosen]).success


def count_as_built(settings: Settings) -> None:
    """The layers count as built by this project from what the ledger was, which `made` does not say."""
    with connect(settings, OWNER) as connection:
        built_from = ledger.fingerprint(connection, "staging.stg_ops__submission")
        for layer, code in build.codes(settings).items():
            connection.execute("update ops.built_layer set code = %s, ledger = %s where layer = %s", [code, built_from, layer])


def something_came(owner: psycopg.Connection) -> None:
    """Figures as where a part of a year's deliveries came: without any there is nothing to release."""
    owner.execute("update marts.fct_indicator_value set status = 'incomplete' where indicator_id = 'V06' and period_id = '2019/20'")


def released(settings: Settings, note: str, reason: str | None = None) -> str:
    """A release of what was made."""
    count_as_built(settings)
    return release.make(settings, note, reason)


def defined(owner: psycopg.Connection, table: str, **values: object) -> None:
    """A row of a table of publish, with something in each column that must have it: for tests that ask for no figure of a release.
    owner: with rows as dictionaries."""
    needed = owner.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'publish' and table_name = %s and is_nullable = 'NO'",
        [table],
    )
    row = {one["column_name"]: FILLERS[one["data_type"]] for one in needed} | values
    owner.execute(
        sql.SQL("insert into publish.{} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )
