"""Which tables of publish are exported, and what their columns are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.rows import dict_row

from vrn.errors import VrnError
from vrn.publish.spreadsheets import harmless


class ExportRefused(VrnError):
    """The release cannot be written: it is not there, not what publish holds, or a hidden figure has a number."""


@dataclass(frozen=True)
class Table:
    """A table of publish as it is exported. rows: which of its rows, where not all."""

    name: str
    key: tuple[str, ...]
    references: tuple[tuple[str, str], ...] = ()
    rows: str = "true"


# Periods go on with the calendar: those that the release has no figure for would make tomorrow's file another one.
TABLES = (
    Table(
        "indicator_value",
        ("indicator_id", "area_code", "period_id", "sex", "age_band", "ethnicity", "imd_quintile"),
        (("indicator_id", "indicator"), ("area_code", "area"), ("period_id", "period")),
        "release_id = %(release_id)s",
    ),
    Table("indicator", ("indicator_id",)),
    Table("area", ("area_code",)),
    Table(
        "period",
        ("period_id",),
        rows="period_id in (select period_id from publish.indicator_value where release_id = %(release_id)s)",
    ),
)


def _same(value: Any) -> Any:
    return value


def _number(value: float) -> str:
    """The shortest text that gives the same double, in the words of Table Schema."""
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return "NaN" if math.isnan(value) else repr(value)


def _numeric(value: Decimal) -> float:
    return float(value)


def _numeric_text(value: Decimal) -> str:
    # Both files say the same: whole numbers whole, others as the double that Parquet has.
    return str(int(value)) if value.is_finite() and value == value.to_integral_value() else _number(float(value))


@dataclass(frozen=True)
class Kind:
    """How a PostgreSQL type is said: in Table Schema, in Arrow, in a cell of a CSV."""

    field: str
    arrow: pa.DataType
    cell: Callable[[Any], str]
    plain: Callable[[Any], Any] = _same


KINDS = {
    "text": Kind("string", pa.string(), harmless),
    "numeric": Kind("number", pa.float64(), _numeric_text, _numeric),
    "double precision": Kind("number", pa.float64(), _number),
    "bigint": Kind("integer", pa.int64(), str),
    "integer": Kind("integer", pa.int32(), str),
    "boolean": Kind("boolean", pa.bool_(), lambda value: "true" if value else "false"),
    "date": Kind("date", pa.date32(), date.isoformat),
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    is_required: bool
    description: str | None


def rows(connection: psycopg.Connection, query: str, **values: str) -> list[dict]:
    """What a query gives, as dictionaries, whatever form the connection's rows have."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def columns_of(connection: psycopg.Connection, table: Table) -> list[Column]:
    """The columns of a table as the database has them. Raises ExportRefused for a type that KINDS does not have."""
    found = rows(
        connection,
        "select attname as name, format_type(atttypid, null) as type, attnotnull, col_description(attrelid, attnum) as said "
        "from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped order by attnum",
        table=f"publish.{table.name}",
    )
    if unknown := [f"{row['name']} ({row['type']})" for row in found if row["type"] not in KINDS]:
        raise ExportRefused(
            f"publish.{table.name} has columns of a type that exports do not know: {', '.join(unknown)}. Say how they are written "
            "in vrn/publish/exports/tables.py (KINDS)."
        )
    return [Column(row["name"], KINDS[row["type"]], row["attnotnull"] or row["name"] in table.key, row["said"]) for row in found]
