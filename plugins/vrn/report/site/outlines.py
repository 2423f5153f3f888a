"""The outlines of the fourteen districts, of the seed that the warehouse has them from too (ONS, 2021; OGL v3.0)."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache

from vrn.report.figures.charts.outlines import Ring
from vrn.settings import REPOSITORY

SEED = REPOSITORY / "dbt_project/seeds/geography/district_boundary.csv"


@cache
def of_districts() -> dict[str, tuple[Ring, ...]]:
    """Each district's rings by its code: points of longitude and latitude."""
    rings: dict[str, list[Ring]] = defaultdict(list)
    with SEED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = [float(number) for number in row["boundary"].replace("(", "").replace(")", "").split(",")]
            rings[row["area_code"]].append(tuple(zip(numbers[::2], numbers[1::2], strict=True)))
    return {code: tuple(parts) for code, parts in rings.items()}
