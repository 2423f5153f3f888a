"""What publish is made of, kept with each release; what did not change since the release before is kept once.

publish reads this and no model (dbt_project/models/publish), so that nothing that is deleted, renamed or defined anew later changes
what was published. A row has the number of the first release that has it, and of the first after that which has it no more.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from vrn.publish import disclosure

# Each has a model frozen__<name> that reads it.
MODELS = {
    "dim_indicator": "marts",
    "dim_area": "marts",
    "dim_area_outline": "marts",
    "area_member": "reference",
    "dim_period": "marts",
    "dim_annotation": "marts",
    "fct_indicator_annotation": "marts",
    "fct_delivery_quality": "marts",
    "similar_area": "reference",
    "benchmark": "reference",
}
# What the data package says of whose data a release is made (exports/package.py): tables of ops, and the columns that it reads. A
# feed's latency is no part of a release.
SOURCES = {"feed": ("feed", "feed_name", "is_open"), "feed_supplier": ("feed", "supplier", "supplier_name")}
KEY, TELLING = tuple(disclosure.KEY), tuple(disclosure.VALUES)
# Figures before disclosure control, its decisions, and what may be told in the place of a hidden count: the columns beside the key.
VALUE = (*TELLING, "status", "population_vintage", "population_basis", "is_synthetic")
DECISION = ("decision", *TELLING)
RANGE = tuple(disclosure.RANGE)

# A statement sees what was there before it began, so that what it ends is not in the way of what it keeps.
KEEP_ROWS = sql.SQL(
    """
    with live as (
        select distinct to_jsonb(one) as content from {table} as one
    ),
    now as (
        select content, sha256(convert_to(content::text, 'UTF8')) as content_hash from live
    ),
    ended as (
        update ops.frozen_row set until_release = {number}
        where relation = {relation} and until_release is null and content_hash not in (select content_hash from now)
    )
    insert into ops.frozen_row (relation, content, content_hash, since_release)
    select {relation}, content, content_hash, {number} from now
    where content_hash not in (
        select content_hash from ops.frozen_row where relation = {relation} and until_release is null
    )
    """
)
# What has no place is told as part of the force, and nowhere else. What an incomplete zero counts is its numerator alone.
VALUES = sql.SQL(
    f"""
    (
        select {", ".join("coalesce(count, numerator) as count" if name == "count" else name for name in (*KEY, *VALUE))}
        from marts.fct_indicator_value
        where area_code not in (select area_code from marts.dim_area where area_type = 'unplaced')
    )
    """
)
# Two statements, because a figure's last row has to have ended before the next may begin.
END_FIGURES = sql.SQL(
    """
    update {kept} as kept set until_release = {number}
    where until_release is null and not exists (select from {source} as now where {is_same})
    """
)
BEGIN_FIGURES = sql.SQL(
    """
    insert into {kept} ({columns}, since_release)
    select {columns}, {number} from {source} as now
    where not exists (select from {kept} as kept where kept.until_release is null and {is_same})
    """
)


def keep_models(connection: psycopg.Connection, number: int) -> None:
    """Keep the models that publish is made of and SOURCES, as they are, under the release of this number, the newest."""
    tables: dict[str, sql.Composable] = {name: sql.Identifier(schema, name) for name, schema in MODELS.items()}
    for name, columns in SOURCES.items():
        tables[name] = sql.SQL("(select {} from {})").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("ops", name)
        )
    for name, table in tables.items():
        connection.execute(KEEP_ROWS.format(table=table, relation=sql.Literal(name), number=sql.Literal(number)))
    _count_anew(connection, "frozen_row")


def keep_values(connection: psycopg.Connection, number: int) -> None:
    """Keep the figures as they are, before disclosure control, under the release of this number, the newest."""
    _keep_figures(connection, number, "kept_value", VALUE, VALUES)


def keep_decisions(connection: psycopg.Connection, number: int, source: sql.Identifier) -> None:
    """Keep the decisions of disclosure control under the release of this number. source: a table of KEY and DECISION."""
    _keep_figures(connection, number, "kept_decision", DECISION, source)


def keep_ranges(connection: psycopg.Connection, number: int, source: sql.Composable) -> None:
    """Keep the ranges told of hidden counts under the release of this number. source: a table of KEY and RANGE, without others."""
    _keep_figures(connection, number, "kept_range", RANGE, source)


def _keep_figures(connection: psycopg.Connection, number: int, kept: str, columns: tuple[str, ...], source: sql.Composable) -> None:
    def of(side: str, names: tuple[str, ...]) -> sql.Composable:
        return sql.SQL(", ").join(sql.Identifier(side, name) for name in names)

    is_same = sql.SQL("({}) = ({}) and ({}) is not distinct from ({})").format(
        of("now", KEY), of("kept", KEY), of("now", columns), of("kept", columns)
    )
    for statement in (END_FIGURES, BEGIN_FIGURES):
        connection.execute(
            statement.format(
                kept=sql.Identifier("ops", kept),
                source=source,
                columns=sql.SQL(", ").join(map(sql.Identifier, (*KEY, *columns))),
                number=sql.Literal(number),
                is_same=is_same,
            )
        )
    _count_anew(connection, kept)


def _count_anew(connection: psycopg.Connection, table: str) -> None:
    # publish is built at once, and PostgreSQL would take a table that it has not looked at for empty: minutes instead of a second.
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier("ops", table)))
