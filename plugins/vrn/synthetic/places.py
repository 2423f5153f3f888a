"""Places for synthetic rows: real LSOAs, points that are no real street, and some rows without a place."""

from __future__ import annotations

import csv
import random
from pathlib import Path

Place = dict[str, str]

DIVISION = "LANCS-"
POLICE_DIVISIONS = ("LANCS-W", "LANCS-S", "LANCS-E")

# As in the real files: a few rows in a hundred have no location, and a few in a thousand lie elsewhere.
SHARE_WITHOUT_PLACE = 0.06
SHARE_OUTSIDE = 0.002
NOWHERE: Place = {"lsoa_code": "", "lsoa_name": "", "longitude": "", "latitude": "", "location": "No Location"}
NOWHERE |= {"district_code": "", "police_division": ""}
OUTSIDE: Place = {
    "lsoa_code": "E01014459",
    "lsoa_name": "Bath and North East Somerset 016F",
    "longitude": "-2.469641",
    "latitude": "51.327877",
    "location": "On or near Synthetic Street",
    "district_code": "E06000022",
    "police_division": "",
}


class Places:
    """Draws places from the seeds: an LSOA of 2011, and a point within its district's outline."""

    def __init__(self, seeds: Path):
        with (seeds / "geography" / "lsoa.csv").open(encoding="utf-8") as file:
            self._lsoas = [row for row in csv.DictReader(file) if row["lsoa_vintage"] != "2021"]
        self._lsoas_of: dict[str, list[Place]] = {}
        with (seeds / "geography" / "district_boundary.csv").open(encoding="utf-8") as file:
            self._centres = {row["area_code"]: _centre(row["boundary"]) for row in csv.DictReader(file)}

        with (seeds / "geography" / "area_member.csv").open(encoding="utf-8") as file:
            pairs = [(row["area_code"], row["leaf_code"]) for row in csv.DictReader(file)]
        with (seeds / "geography" / "supplier.csv").open(encoding="utf-8") as file:
            areas = {row["supplier"]: row["area_code"] for row in csv.DictReader(file)}
        self._districts = {supplier: {leaf for whole, leaf in pairs if whole == area} for supplier, area in areas.items() if area}
        self._divisions = {leaf: area.removeprefix(DIVISION) for area, leaf in pairs if area in POLICE_DIVISIONS}

    def draw(self, chance: random.Random, supplier: str = "") -> Place:
        """A place anywhere; of a supplier for one authority, a place there."""
        draw = chance.random()
        if draw < SHARE_WITHOUT_PLACE:
            return NOWHERE
        if draw < SHARE_WITHOUT_PLACE + SHARE_OUTSIDE:
            return OUTSIDE
        lsoa = chance.choice(self._of(supplier))
        longitude, latitude = self._centres[lsoa["district_code"]]
        return {
            "lsoa_code": lsoa["lsoa_code"],
            "lsoa_name": lsoa["lsoa_name"],
            "longitude": f"{longitude + chance.uniform(-0.01, 0.01):.6f}",
            "latitude": f"{latitude + chance.uniform(-0.005, 0.005):.6f}",
            "location": "On or near Synthetic Street",
            "district_code": lsoa["district_code"],
            "police_division": self._divisions[lsoa["district_code"]],
        }

    def _of(self, supplier: str) -> list[Place]:
        if supplier not in self._districts:
            return self._lsoas
        inside = self._districts[supplier]
        return self._lsoas_of.setdefault(supplier, [row for row in self._lsoas if row["district_code"] in inside])

    def lsoas(self) -> list[str]:
        return [row["lsoa_code"] for row in self._lsoas]


def _centre(boundary: str) -> tuple[float, float]:
    """The centroid of a ring written as a PostgreSQL polygon."""
    numbers = [float(number) for number in boundary.replace("(", "").replace(")", "").split(",")]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        area, x, y = area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    return x / (3 * area), y / (3 * area)
