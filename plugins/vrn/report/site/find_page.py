"""What the page to find things on says: every indicator, area and postcode district, with their links."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vrn.report.figures import words
from vrn.report.figures.subject import Area

# Of the ONS Postcode Directory (OGL v3.0): the districts in which at least five postcodes of a postcode district lie, most first.
POSTCODES = Path(__file__).parent / "postcode_districts.csv"


def view(rows: Sequence[Mapping[str, Any]], areas: Sequence[Area]) -> dict[str, Any]:
    """rows: of the scorecard. areas: those that have a page."""
    by_code = {area.area_code: area for area in areas}
    postcodes: dict[str, list[Area]] = defaultdict(list)
    with POSTCODES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["area_code"] in by_code:
                postcodes[row["postcode_district"]].append(by_code[row["area_code"]])
    return {
        "domains": [
            (title, sorted((row for row in rows if row["domain"] == code), key=lambda row: row["short_name"]))
            for code, title in words.DOMAINS.items()
            if any(row["domain"] == code for row in rows)
        ],
        "areas": areas,
        "postcodes": list(postcodes.items()),
    }
