#!/usr/bin/env python3
"""Which districts of England are most like each of the fourteen: writes the seed `geography/similar_area` to stdout.

    tools/similar_areas.py FOLDER > dbt_project/seeds/geography/similar_area.csv

FOLDER has the public files that seeds/README.md names. Nobody publishes nearest neighbours of districts under an open licence
(CIPFA sells its model), so the rule is ours: the straight-line distance between districts over four measures, each in standard
deviations from the mean of all 296, so that none weighs more than another.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, pstdev

FOURTEEN = ("E06000008", "E06000009", *(f"E07000{number}" for number in range(117, 129)))
HOW_MANY = 10
# In which two districts are alike, of the district; of the similar one the same after `similar_`.
FIGURES = ("imd_score", "under_25_percent", "people_per_km2", "minority_percent")
MID_YEAR, YOUNG = "2023", [str(age) for age in range(25)]
KM_PER_DEGREE = 111.32


def main(folder: Path) -> None:
    """Write the seed's rows, of each district the nearest first. Raises OSError without a file."""
    names, figures = measures(folder)
    measured = standard(figures)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        [
            "area_code",
            "rank",
            "similar_area_code",
            "similar_area_name",
            "distance",
            *FIGURES,
            *(f"similar_{one}" for one in FIGURES),
        ]
    )
    for area in FOURTEEN:
        others = sorted((math.dist(measured[area], measured[other]), other) for other in measured if other != area)
        for rank, (distance, other) in enumerate(others[:HOW_MANY], start=1):
            out.writerow([area, rank, other, names[other], f"{distance:.3f}", *written(figures[area]), *written(figures[other])])


def written(figures: list[float]) -> list[str]:
    """The four as people read them: the score, percent, people per square kilometre, percent."""
    score, young, density, minority = figures
    return [f"{score:.1f}", f"{100 * young:.1f}", f"{density:.0f}", f"{100 * minority:.1f}"]


def standard(figures: dict[str, list[float]]) -> dict[str, list[float]]:
    """Each figure in standard deviations from the mean of all districts."""
    # From the emptiest district to the fullest is a factor of 600: differences count as shares.
    columns = zip(
        *([score, young, math.log(density), minority] for score, young, density, minority in figures.values()), strict=True
    )
    scaled = [[(value - mean(column)) / pstdev(column) for value in column] for column in columns]
    return {code: list(values) for code, values in zip(figures, zip(*scaled, strict=True), strict=True)}


def measures(folder: Path) -> tuple[dict[str, str], dict[str, list[float]]]:
    """Names of the districts of England (as of 2023), and of each its four figures, in the order of FIGURES; shares of 1."""
    deprivation = list(rows(folder / "deprivation" / "imd2025_england_ltla24.csv"))
    persons, young = ages(folder)
    residents, minority = ethnicity(folder)
    area = square_kilometres(folder)
    score = {row["ltla24_code"]: float(row["average_score"]) for row in deprivation}
    names = {row["ltla24_code"]: row["ltla24_name"] for row in deprivation}
    return names, {
        code: [score[code], young[code] / persons[code], persons[code] / area[code], minority[code] / residents[code]]
        for code in names
    }


def ages(folder: Path) -> tuple[Counter, Counter]:
    """Residents of mid-2023, and those under 25, by district."""
    persons, young = Counter(), Counter()
    for row in rows(folder / "population" / "mye_ew_sya_sex_2011_2022_2023.csv.gz"):
        if row["mid_year"] == MID_YEAR:
            persons[row["area_code"]] += int(row["all_ages"])
            young[row["area_code"]] += sum(int(row[age]) for age in YOUNG)
    return persons, young


def ethnicity(folder: Path) -> tuple[Counter, Counter]:
    """Residents of the Census 2021, and those of other than the white groups, by district of today."""
    lookup = rows(folder / "geo" / "lookups" / "lookup_lsoa21_ward24_ltla24.csv.gz")
    district = {row["lsoa21_code"]: row["ltla24_code"] for row in lookup}
    residents, minority = Counter(), Counter()
    for row in rows(folder / "population" / "census2021_lsoa21_ew.csv.gz"):
        code = district[row["lsoa21_code"]]
        residents[code] += int(row["persons"])
        minority[code] += int(row["persons"]) - int(row["white"])
    return residents, minority


def square_kilometres(folder: Path) -> dict[str, float]:
    """The size of each district, by its generalised outline."""
    with gzip.open(folder / "geo" / "boundaries" / "boundaries_ltla24_ew.geojson.gz", "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    return {one["properties"]["ltla24_code"]: size(one["geometry"]) for one in features}


def size(geometry: dict) -> float:
    """Square kilometres within a polygon or several: rings after a polygon's first are holes."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return sum(ring_size(outline) - sum(ring_size(hole) for hole in holes) for outline, *holes in polygons)


def ring_size(ring: list[list[float]]) -> float:
    """Square kilometres within a ring of degrees (the shoelace formula, metres alike in both directions at its middle)."""
    narrower = math.cos(math.radians(mean(point[1] for point in ring)))
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    doubled = sum(here[0] * there[1] - there[0] * here[1] for here, there in pairs)
    return abs(doubled) / 2 * KM_PER_DEGREE**2 * narrower


def rows(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(
            "Give the folder of the public files: tools/similar_areas.py FOLDER > dbt_project/seeds/geography/similar_area.csv"
        )
    main(Path(sys.argv[1]))
