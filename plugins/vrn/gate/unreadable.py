"""Cells that could not be read: which columns they are of, and that no rule says of such a cell that it is blank.

What cannot be read is NULL, so that a rule which asks whether it is there would say that it is not: an untrue sentence beside the
true one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg
import sqlalchemy as sa
from psycopg import sql

from vrn.feeds.columns import Column
from vrn.feeds.contract import UNREADABLE, Entity
from vrn.feeds.grammar import DATE_FORMATS
from vrn.feeds.rules import Rule
from vrn.stage import raw

# How many columns a sentence names, those with the most such cells first.
MOST_NAMED = 3


def sentence(connection: psycopg.Connection | sa.Connection, entity: Entity, submission_id: int) -> str:
    """What GEN-006 says of a staged delivery: the columns as the supplier's file calls them."""
    # Two drivers ask: the gate's own engine, and the connection of its verdict.
    own = raw.partition(entity, submission_id).as_string()
    query = (
        f"select column_name, count(*) as cells from {own}, unnest(string_to_array(unreadable_columns, ' ')) as column_name "
        "where unreadable_columns is not null group by column_name order by cells desc, column_name"
    )
    if isinstance(connection, psycopg.Connection):
        found = [(row["column_name"], row["cells"]) for row in connection.execute(query.encode())]
    else:
        found = connection.execute(sa.text(query)).all()
    named = ", ".join(_named(entity.column(name), cells) for name, cells in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{UNREADABLE.description} Cells by column: {named}{more}."


def _named(column: Column, cells: int) -> str:
    form = f", to be written as {column.form}" if column.logical_type == "date" and column.form in DATE_FORMATS else ""
    return f"'{column.source_names[0]}' ({cells:,}{form})"


def forgive(connection: sa.Connection, hits: sa.Table, entity: Entity, submission_id: int, failing: Sequence[Rule]) -> None:
    """Take out of the listed rows those whose cell a rule could not look at."""
    own = raw.partition(entity, submission_id).as_string()
    listed = sql.Identifier(hits.schema, hits.name).as_string()
    for rule in failing:
        if rule.code != UNREADABLE.code and (columns := _looked_at(rule, entity)):
            connection.execute(
                sa.text(
                    f"delete from {listed} where rule_code = :code and row_number in (select row_number from {own} "
                    "where string_to_array(unreadable_columns, ' ') && cast(:columns as text[]))"
                ),
                {"code": rule.code, "columns": columns},
            )


def _looked_at(rule: Rule, entity: Entity) -> list[str]:
    """The columns that a rule speaks of; none of one that asks itself what could be read."""
    words = set(re.findall(r"\w+", str(dict(rule.kwargs))))
    return [] if "unreadable_columns" in words else [name for name in entity.stored if name in words]
