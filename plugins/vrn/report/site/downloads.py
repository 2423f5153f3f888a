"""The rows of an indicator as files: CSV with its metadata beside it (CSV on the Web), and workbooks for Excel and LibreOffice."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from vrn.publish.network import Network
from vrn.publish.spreadsheets import harmless
from vrn.report.figures import words
from vrn.report.site import workbooks
from vrn.report.site.from_publish import NUMBERS, Item, Release
from vrn.report.site.links import LINKS

# Each column with what it means; the order is a promise.
COLUMNS: Mapping[str, str] = {
    "indicator_id": "The indicator.",
    "area_code": "The area's ONS code, or one of the network's for what the ONS has none.",
    "area_name": "The area's name.",
    "period_id": "The period, such as 2019/20 or 2020-05.",
    "period_label": "The period in words.",
    "period_interval": "Its first and last day, both of them in it, as an ISO 8601 interval.",
    "sex": "all, female, male or unknown.",
    "age_band": "all or an age band.",
    "ethnicity": "all or an ethnic group.",
    "imd_quintile": "all, or 1 for the most deprived fifth of England's neighbourhoods to 5 for the least.",
    "count": "The count; empty where it is hidden or missing.",
    "denominator": "What it is divided by.",
    "value": "The figure.",
    "lower_ci_95": "Lower limit of its 95 % interval.",
    "upper_ci_95": "Upper limit of its 95 % interval.",
    "lower_ci_998": "Lower limit of its 99.8 % interval.",
    "upper_ci_998": "Upper limit of its 99.8 % interval.",
    "method": "How the interval is made.",
    "comparison": "With the county in the same period, by the 95 % interval.",
    "england_value": "England's value of the same period, where the two are compared.",
    "comparison_england": "With England, by the 95 % interval.",
    "year_earlier_value": "The figure of the same period a year earlier.",
    "year_earlier_change_percent": "The change since then, in per cent of it; empty across a break of the series.",
    "comparison_year_earlier": "With a year earlier, by a test of the difference at 5 %.",
    "trend": "The recent trend over five years.",
    "status": "Why there is a figure or none.",
    "hidden_at_least": "The least that a hidden count can be, where that may be told.",
    "hidden_at_most": "The most that it can be.",
    "release_id": "The release.",
    "is_synthetic": "Whether figures are made up.",
}
RANGE = ("hidden_at_least", "hidden_at_most")


def write(folder: Path, item: Item, release: Release | None, network: Network) -> None:
    """<indicator>.csv, .xlsx, .ods and .csv-metadata.json. What is hidden or missing is an empty cell with its status."""
    name = item.subject.indicator_id
    rows = list(_rows(item))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
    about = _about(item, release, network)
    workbooks.write_xlsx(folder / f"{name}.xlsx", about, list(COLUMNS), rows)
    workbooks.write_ods(folder / f"{name}.ods", about, list(COLUMNS), rows)
    said = json.dumps(_metadata(item, dict(about)), indent=2, ensure_ascii=False)
    (folder / f"{name}.csv-metadata.json").write_text(said + "\n", encoding="utf-8", newline="\n")


def _rows(item: Item) -> Iterator[list[Any]]:
    is_synthetic = str(item.subject.is_synthetic).lower()
    for row in item.rows:
        known = row | {"is_synthetic": is_synthetic}
        yield [_cell(known[name]) for name in COLUMNS]


def _cell(value: Any) -> Any:
    """Whole numbers whole, as in a release's files."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return harmless(value) if isinstance(value, str) else value


def _about(item: Item, release: Release | None, network: Network) -> list[tuple[str, str]]:
    meta = item.subject.meta
    return [
        ("Indicator", f"{meta['indicator_id']} {meta['name']}"),
        ("Figures", "SYNTHETIC: made up, wholly or in part" if item.subject.is_synthetic else "as published"),
        ("Definition", meta["definition"]),
        ("Count", meta["numerator"]),
        ("Divided by", meta["denominator"] or "nothing"),
        ("Unit", meta["unit"]),
        ("Caveats", meta["caveats"]),
        ("Hiding small numbers", words.SUPPRESSION[meta["suppression_policy"]]),
        ("Empty cells", "A figure that is hidden or missing; the column status says which. It is never zero."),
        ("Source", meta["source"]),
        ("Licence", words.LICENCES[item.is_open]),
        ("Release", release.release_id if release else "none"),
        ("Published by", network.name),
        ("Version of the definition", str(meta["version"])),
    ]


def _metadata(item: Item, about: Mapping[str, str]) -> dict[str, Any]:
    """In the vocabulary of CSV on the Web (W3C), under the name by which its readers look for it."""
    meta = item.subject.meta
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{meta['indicator_id']}.csv",
        "dc:title": about["Indicator"],
        "dc:description": meta["definition"],
        "dc:publisher": about["Published by"],
        "dc:source": meta["source"],
        **({"dc:license": LINKS["licence"]} if item.is_open else {"dc:rights": about["Licence"]}),
        "notes": [{"name": name, "text": text} for name, text in about.items()],
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "dc:description": text,
                    "datatype": "decimal" if name in (*NUMBERS, *RANGE) else "string",
                    "required": name not in (*NUMBERS, *RANGE, "method", "comparison_england", "comparison_year_earlier", "trend"),
                }
                for name, text in COLUMNS.items()
            ],
            "primaryKey": ["indicator_id", "area_code", "period_id", "sex", "age_band", "ethnicity", "imd_quintile"],
        },
    }
