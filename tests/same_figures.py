"""Whether two warehouses have the same figures, row by row and in every column.

From the shell, of two files that EXPORT wrote: python -m tests.same_figures one.csv other.csv
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable

import psycopg

from vrn.settings import Settings
from vrn.warehouse.roles import OWNER

# No column names a run, a delivery or a time.
EXPORT = "copy marts.fct_indicator_value to stdout (format csv, header)"
KEY = ("indicator_id", "area_code", "period_id", "sex", "age_band", "ethnicity", "imd_quintile")
# Doubles. One that is a sum of doubles differs in its sixteenth digit where PostgreSQL met them in another order.
FLOATING = ("value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")
TOLERANCE = 1e-12

Figures = dict[tuple[str, ...], dict[str, str]]


def of(settings: Settings) -> Figures:
    with psycopg.connect(settings.conninfo(OWNER)) as connection, connection.cursor().copy(EXPORT) as exported:
        return read(b"".join(exported).decode().splitlines())


def read(lines: Iterable[str]) -> Figures:
    """Doubles are as PostgreSQL writes them, which is whole. Raises ValueError where two rows have one key."""
    found: Figures = {}
    for row in csv.DictReader(lines):
        key = tuple(row[name] for name in KEY)
        if key in found:
            raise ValueError(f"{' '.join(key)} is there twice")
        found[key] = row
    return found


def differences(one: Figures, other: Figures) -> list[str]:
    """A sentence for each row that only one has, and for each row that has other values."""
    found = [f"{' '.join(key)}: only one has it" for key in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        names = sorted(one[key].keys() | other[key].keys())
        if named := [name for name in names if not _is_same(name, one[key].get(name), other[key].get(name))]:
            values = ", ".join(f"{name} {one[key].get(name)} and {other[key].get(name)}" for name in named)
            found.append(f"{' '.join(key)}: {values}")
    return found


def _is_same(column: str, one: str | None, other: str | None) -> bool:
    if one == other:
        return True
    return column in FLOATING and bool(one and other) and math.isclose(float(one), float(other), rel_tol=TOLERANCE)


def main(paths: list[str]) -> int:
    sides = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            sides.append(read(file))
    found = differences(*sides)
    print(*found[:20], sep="\n", end="\n" if found else "")
    print(f"{len(found):,} of {len(sides[0].keys() | sides[1].keys()):,} figures differ")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:3]))
