"""The rows of an indicator as CSV, which spreadsheets and statistics packages open."""

from __future__ import annotations

import csv
from pathlib import Path

from vrn.publish.spreadsheets import harmless
from vrn.report.site.from_publish import Item

COLUMNS = (
    "indicator_id", "area_code", "area_name", "period_id", "period_label", "sex", "age_band", "ethnicity", "imd_quintile",
    "count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998", "method", "comparison",
    "trend", "status", "release_id",
)  # fmt: skip


def write(path: Path, item: Item) -> None:
    """What is hidden or missing is an empty cell with its status. The last column says whether figures are made up."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*COLUMNS, "is_synthetic"])
        for row in item.rows:
            cells = [harmless(row[name]) if isinstance(row[name], str) else row[name] for name in COLUMNS]
            rows.writerow([*cells, str(item.subject.is_synthetic).lower()])
