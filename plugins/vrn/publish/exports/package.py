"""The data package (Frictionless): what the files are, of which release, made of whose data, under which licences."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg

from vrn.publish.exports.tables import Column, Table, rows

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

# What a release is made of, by feed and supplier, named as they were when it was made.
DELIVERED = """
    select
        delivery.feed,
        coalesce(feed.content ->> 'feed_name', delivery.feed) as feed_name,
        coalesce(supplier.content ->> 'supplier_name', delivery.supplier) as supplier_name,
        bool_or(delivery.is_synthetic) as is_synthetic,
        coalesce(bool_and((feed.content ->> 'is_open')::boolean), false) as is_open
    from ops.release_submission as used
    inner join ops.submission as delivery on used.submission_id = delivery.submission_id
    left join ops.release_row as feed
        on used.release_id = feed.release_id and feed.relation = 'feed' and delivery.feed = feed.content ->> 'feed'
    left join ops.release_row as supplier
        on
            used.release_id = supplier.release_id
            and supplier.relation = 'feed_supplier'
            and delivery.feed = supplier.content ->> 'feed'
            and delivery.supplier = supplier.content ->> 'supplier'
    where used.release_id = %(release_id)s
    group by 1, 2, 3
"""


def of_file(path: Path, table: Table, columns: list[Column], description: str | None) -> dict:
    """What the package says of a file: its columns, size and hash. description: the table's own."""
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


def of_release(connection: psycopg.Connection, release: dict, resources: list[dict]) -> dict:
    """The package as a whole. release: its row of publish.release; resources: what of_file says of each file."""
    release_id, is_synthetic = release["release_id"], release["is_synthetic"]
    delivered = rows(
        connection,
        DELIVERED,
        release_id=release_id,
    )
    sources: dict[str, dict] = {}
    for row in sorted(delivered, key=lambda row: (row["feed"], row["supplier_name"])):
        said = {"title": row["feed_name"], "feed": row["feed"], "license": (OGL if row["is_open"] else SHARED)["name"]}
        source = sources.setdefault(row["feed"], said | {"suppliers": []})
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
        # Of the feed and not of the delivery: figures made up in the place of shared ones are not given away either.
        "licenses": [OGL] if all(row["is_open"] for row in delivered) else [OGL, SHARED],
        "sources": [*sources.values(), ONS],
        "resources": resources,
    }


def _released_at(release: dict) -> str:
    # In whatever zone the session is, the file says it in UTC.
    return release["released_at"].astimezone(UTC).isoformat()


def is_whole(path: Path, release: dict) -> bool:
    """Whether the files beside a package are those of this release, as they were written. path: of the package."""
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        # Another warehouse in the same home may have made a release of the same day.
        return package["created"] == _released_at(release) and all(
            f"sha256:{_sha256(path.with_name(resource['path']))}" == resource["hash"] for resource in package["resources"]
        )
    except (OSError, ValueError, KeyError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
