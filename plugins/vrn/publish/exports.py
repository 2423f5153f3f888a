"""A release as files: CSV and Parquet with a Frictionless data package, the same bytes each time they are written.

Only tables of publish are read, after disclosure control, so that a file never says more than the table that it is of.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.rows import dict_row, tuple_row

from vrn.access.audit import events
from vrn.errors import VrnError
from vrn.ledger import agreement
from vrn.publish.folder_swap import swapped_in
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR

FOLDER, PACKAGE = "releases", "datapackage.json"
# A spreadsheet takes a text that begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Rows in memory at a time, and in a row group of Parquet: part of what makes the bytes the same.
BATCH = 50_000
# Every reader of Parquet knows these; the defaults of pyarrow change.
PARQUET = {"version": "2.6", "data_page_version": "1.0", "compression": "snappy", "use_dictionary": True}
SUPPRESSED = "suppressed"
# A denominator may be a population that everybody knows, so it is not among them.
HIDDEN = ("count", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")

OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
SHARED = {
    "name": "other-closed",
    "title": "Made of data shared under agreements: use it as they allow, and ask before passing it on",
}
ONS = {
    "title": "Office for National Statistics: codes and names of areas, population estimates, census",
    "path": "https://geoportal.statistics.gov.uk",
}


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


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


@dataclass(frozen=True)
class Kind:
    """How a PostgreSQL type is said: in Table Schema, in Arrow, in a cell of a CSV."""

    field: str
    arrow: pa.DataType
    cell: Callable[[Any], str]
    plain: Callable[[Any], Any] = _same


KINDS = {
    "text": Kind("string", pa.string(), _text),
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


def write(settings: Settings, release_id: str, connection: psycopg.Connection | None = None) -> Path:
    """Write the files of a release into releases/<release_id> of the home. Returns the folder.

    connection: one that is in no transaction and may read publish and ops.release; without it, the evaluator's.

    Files that are there already, whole and of this release, are left as they are: so those of a release that publish no longer
    holds stay, and a second run does nothing. Raises ExportRefused.
    """
    with _reading(settings, connection) as reading:
        release = _release(reading, release_id)
        target = settings.public / FOLDER / release_id
        if _is_whole(target, release):
            return target
        _refuse_what_publish_does_not_hold(reading, release_id)
        with swapped_in(target) as new:
            _write_all(reading, release, new)
            events.exported(settings, release_id, new, PACKAGE)
    return target


@contextmanager
def _reading(settings: Settings, connection: psycopg.Connection | None) -> Iterator[psycopg.Connection]:
    """One view of the tables throughout: a build that swaps them in between is not half seen."""
    if connection is None:
        with connect(settings, EVALUATOR) as own, _reading(settings, own) as reading:
            yield reading
        return
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def _rows(connection: psycopg.Connection, query: str, **values: str) -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def _release(connection: psycopg.Connection, release_id: str) -> dict:
    found = _rows(connection, "select * from publish.release where release_id = %(release_id)s", release_id=release_id)
    if not found:
        raise ExportRefused("There is no such release. `select release_id from publish.release` says which there are.")
    # It becomes the name of a folder and of a data package.
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", release_id):
        raise ExportRefused("A release's id may have small letters, digits, dots, hyphens and underscores only.")
    return found[0]


def _refuse_what_publish_does_not_hold(connection: psycopg.Connection, release_id: str) -> None:
    held = {row["release_id"] for row in _rows(connection, "select distinct release_id from publish.indicator_value")}
    if release_id not in held:
        raise ExportRefused(
            f"publish.indicator_value does not hold the release {release_id} but {', '.join(sorted(map(str, held))) or 'nothing'}. "
            "The files of an earlier release are those that were written when it was the latest; for the latest, run "
            "build_outcomes first."
        )
    changed = _rows(
        connection,
        "with frozen as (select indicator_id, definition from ops.release_indicator where release_id = %(release_id)s) "
        "select indicator_id from frozen full join marts.dim_indicator as now using (indicator_id) "
        "where frozen.definition is distinct from to_jsonb(now) order by 1",
        release_id=release_id,
    )
    if changed:
        names = ", ".join(row["indicator_id"] for row in changed[:5]) + (f" and {len(changed) - 5} more" if changed[5:] else "")
        raise ExportRefused(
            f"Definitions changed since the release {release_id} ({names}), and publish has those of today. Make a new "
            "release, and export that."
        )


def _write_all(connection: psycopg.Connection, release: dict, folder: Path) -> None:
    resources = []
    for table in TABLES:
        columns = _columns(connection, table)
        _write_table(connection, release, table, columns, folder)
        (comment,) = _rows(
            connection, "select obj_description(%(table)s::regclass, 'pg_class') as said", table=f"publish.{table.name}"
        )
        for ending in ("csv", "parquet"):
            resources.append(_resource(folder / f"{table.name}.{ending}", table, columns, comment["said"]))
    package = _package(connection, release, resources)
    (folder / PACKAGE).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _columns(connection: psycopg.Connection, table: Table) -> list[Column]:
    found = _rows(
        connection,
        "select attname as name, format_type(atttypid, null) as type, attnotnull, col_description(attrelid, attnum) as said "
        "from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped order by attnum",
        table=f"publish.{table.name}",
    )
    if unknown := [f"{row['name']} ({row['type']})" for row in found if row["type"] not in KINDS]:
        raise ExportRefused(
            f"publish.{table.name} has columns of a type that exports do not know: {', '.join(unknown)}. Say in vrn/exports.py "
            "(KINDS) how they are written."
        )
    return [Column(row["name"], KINDS[row["type"]], row["attnotnull"] or row["name"] in table.key, row["said"]) for row in found]


def _write_table(connection: psycopg.Connection, release: dict, table: Table, columns: list[Column], folder: Path) -> None:
    query = sql.SQL("select {} from {} where {} order by {}").format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        sql.Identifier("publish", table.name),
        sql.SQL(table.rows),
        # By bytes, whatever the database's own order is.
        sql.SQL(", ").join(sql.SQL('{} collate "C"').format(sql.Identifier(name)) for name in table.key),
    )
    names = [column.name for column in columns]
    # Whoever has the Parquet file alone still learns what it is of, and that it is made up.
    said = {"release_id": release["release_id"], "synthetic": json.dumps(release["is_synthetic"])}
    schema = pa.schema([_arrow(column) for column in columns], metadata=said)
    with (
        connection.cursor(name="export", row_factory=tuple_row) as cursor,
        (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as text,
        pq.ParquetWriter(folder / f"{table.name}.parquet", schema, **PARQUET) as parquet,
    ):
        text.write(",".join(names) + "\n")
        cursor.execute(query, {"release_id": release["release_id"]})
        while rows := cursor.fetchmany(BATCH):
            by_column = [list(values) for values in zip(*rows, strict=True)]
            _refuse_numbers_of_hidden_figures(dict(zip(names, by_column, strict=True)))
            _write_lines(text, columns, by_column)
            plain = [
                pa.array([None if value is None else column.kind.plain(value) for value in values], column.kind.arrow)
                for column, values in zip(columns, by_column, strict=True)
            ]
            parquet.write_batch(pa.RecordBatch.from_arrays(plain, schema=schema), row_group_size=BATCH)


def _arrow(column: Column) -> pa.Field:
    said = {"description": column.description} if column.description else None
    return pa.field(column.name, column.kind.arrow, nullable=not column.is_required, metadata=said)


def _refuse_numbers_of_hidden_figures(columns: dict[str, list]) -> None:
    """Disclosure control has done this; a mistake there is not to leave the house in a file."""
    for name in HIDDEN if "status" in columns else ():
        for status, value in zip(columns["status"], columns[name], strict=True):
            if status == SUPPRESSED and value is not None:
                raise ExportRefused(
                    f"A suppressed row of publish.indicator_value has a number in {name}. Nothing was written; do not publish "
                    "anything of this release before that is understood."
                )


def _write_lines(text: IO[str], columns: list[Column], by_column: list[list]) -> None:
    cells = [
        ["" if value is None else _quoted(column.kind.cell(value)) for value in values]
        for column, values in zip(columns, by_column, strict=True)
    ]
    text.writelines(",".join(line) + "\n" for line in zip(*cells, strict=True))


def _quoted(cell: str) -> str:
    """RFC 4180. The csv module of Python 3.11 leaves a lone carriage return bare when lines end with a line feed."""
    return '"' + cell.replace('"', '""') + '"' if re.search('[",\r\n]', cell) else cell


def _resource(path: Path, table: Table, columns: list[Column], description: str | None) -> dict:
    ending = path.suffix[1:]
    # The two files of a table are resources of their own, and a Parquet file refers to Parquet files.
    suffix = "" if ending == "csv" else f".{ending}"
    fields = [
        {
            "name": column.name,
            "type": column.kind.field,
            **({"description": column.description} if column.description else {}),
            **({"constraints": {"required": True}} if column.is_required else {}),
        }
        for column in columns
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""], "primaryKey": list(table.key)}
    if table.references:
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": f"{of}{suffix}", "fields": [name]}} for name, of in table.references
        ]
    form = (
        {
            "profile": "tabular-data-resource",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        }
        if ending == "csv"
        # As a table, the validator frictionless would not look at its size and hash, and call them wrong.
        else {"profile": "data-resource", "type": "file", "mediatype": "application/vnd.apache.parquet"}
    )
    return {
        "name": f"{table.name}{suffix}",
        "path": path.name,
        "format": ending,
        **form,
        **({"description": description} if description else {}),
        # What is not a figure is public; the figures have the package's licences.
        **({} if table.references else {"licenses": [OGL]}),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_sha256(path)}",
        "schema": schema,
    }


def _package(connection: psycopg.Connection, release: dict, resources: list[dict]) -> dict:
    release_id, is_synthetic = release["release_id"], release["is_synthetic"]
    delivered = _rows(
        connection,
        "select feed, coalesce(feed_name, feed) as feed_name, coalesce(supplier_name, supplier) as supplier_name, "
        "bool_or(submission.is_synthetic) as is_synthetic, bool_or(agreement_id is distinct from %(open)s "
        "and agreement_id is distinct from %(made_up)s) as is_shared "
        "from ops.release_submission join ops.submission using (submission_id) "
        "left join publish.feed_status using (feed, supplier) "
        "where release_id = %(release_id)s group by 1, 2, 3",
        release_id=release_id,
        open=agreement.OPEN,
        made_up=agreement.SYNTHETIC,
    )
    sources: dict[str, dict] = {}
    for row in sorted(delivered, key=lambda row: (row["feed"], row["supplier_name"])):
        source = sources.setdefault(row["feed"], {"title": row["feed_name"], "feed": row["feed"], "suppliers": []})
        source["suppliers"].append(row["supplier_name"])
        source["synthetic"] = source.get("synthetic", False) or row["is_synthetic"]
    return {
        "profile": "data-package",
        "name": f"vrn-outcomes-{release_id}",
        "title": f"Outcomes of the Lancashire Violence Reduction Network, release {release_id}{' (synthetic)' * is_synthetic}",
        "description": (
            ("Made of synthetic deliveries: no figure says anything about a place or a person. " if is_synthetic else "")
            + "Figures after disclosure control. A cell without a number says why in status; `suppressed` is hidden and not 0, and "
            "figures are never added up over it. In the CSV files a text that a spreadsheet would run as a formula has an "
            "apostrophe before it."
        ),
        "version": release_id,
        # The day of the release and not of the files: those have no clock in them.
        "created": _released_at(release),
        "synthetic": is_synthetic,
        "release_id": release_id,
        "note": release["note"],
        "git_revision": release["git_revision"],
        "licenses": [OGL, SHARED] if any(row["is_shared"] for row in delivered) else [OGL],
        "sources": [*sources.values(), ONS],
        "resources": resources,
    }


def _released_at(release: dict) -> str:
    # In whatever zone the session is, the file says it in UTC.
    return release["released_at"].astimezone(UTC).isoformat()


def _is_whole(folder: Path, release: dict) -> bool:
    """Whether the files in a folder are those of this release, as they were written."""
    try:
        package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        # Another warehouse in the same home may have made a release of the same day.
        return package["created"] == _released_at(release) and all(
            f"sha256:{_sha256(folder / resource['path'])}" == resource["hash"] for resource in package["resources"]
        )
    except (OSError, ValueError, KeyError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
