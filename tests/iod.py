"""The CSV in which the MHCLG publishes its Indices of Deprivation (File 7), made small: Lancashire and as many LSOAs elsewhere."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

from vrn.settings import REPOSITORY

SEEDS = REPOSITORY / "dbt_project/seeds"
NAMES = {
    2019: "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
    2025: "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
}
# The year of the LSOAs and of the districts of an edition.
AREAS_OF = {2019: (2011, 2019), 2025: (2021, 2024)}
INDEX = "Index of Multiple Deprivation (IMD)"
RANK, DECILE = "Rank (where 1 is most deprived)", "Decile (where 1 is most deprived 10% of LSOAs)"
ELSEWHERE = 1000
Line = dict[str, str]


def lsoas(year: int) -> dict[str, str]:
    """The LSOAs of Lancashire of a census, and the district of each."""
    with (SEEDS / "geography/lsoa.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["lsoa_code"]: row["district_code"] for row in csv.DictReader(file) if row["lsoa_vintage"] in (str(year), "both")
        }


def file_7(
    edition: int,
    change: Callable[[list[Line]], object] = lambda lines: None,
    order: Callable[[str], object] = lambda code: code,
    first: tuple[str, ...] = (),
) -> bytes:
    """A File 7 of an edition, in which LSOAs are the more deprived the earlier they come by `order`; those of `first` before all.

    change: what is to be wrong in it, with the lines by their headings.
    """
    of_lsoa, of_district = AREAS_OF[edition]
    districts = lsoas(of_lsoa) | {f"E0199{number:04d}": "E09000001" for number in range(ELSEWHERE)}
    codes = sorted(districts, key=lambda code: (code not in first, order(code)))
    lines = []
    for rank, code in enumerate(codes, start=1):
        lines.append(
            {
                f"LSOA code ({of_lsoa})": code,
                f"LSOA name ({of_lsoa})": "A neighbourhood",
                f"Local Authority District code ({of_district})": districts[code],
                f"Local Authority District name ({of_district})": "A district",
                f"{INDEX} Score": f"{100 - rank / 50:.3f}",
                f"{INDEX} {RANK}": str(rank),
                f"{INDEX} {DECILE}": str(math.ceil(rank * 10 / len(codes))),
                "Education, Skills and Training Score": "8.7",
                f"Education, Skills and Training {RANK}": "1",
                # As it was published: a heading of more than 80 signs is cut.
                f"Children and Young People Sub-domain {DECILE}"[:80]: "1",
                "Dependent Children aged 0-15: mid 2022": "300",
                "Working age population 18-66 (for use with Employment Deprivation Domain): mid 2022": "900",
            }
        )
    change(lines)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode("utf-8-sig")
