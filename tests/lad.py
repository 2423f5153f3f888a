"""The CSV in which the ONS publishes the districts of neighbourhoods (best-fit lookup), made small: Lancashire and two others."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from tests.iod import lsoas

NAMES = {
    2022: "LSOA_(2011)_to_LSOA_(2021)_to_Local_Authority_District_(2022)_Best_Fit_Lookup_for_EW_(V2).csv",
    2025: "LSOA_(2021)_to_LAD_(April_2025)_Best_Fit_Lookup_in_EW.csv",
}
ELSEWHERE = {"W01000003": "W06000001", "E01005948": "E08000008"}
Line = dict[str, str]


def of_2011_and_2021() -> list[tuple[str, str, str]]:
    """LSOAs of Lancashire of 2011 and of 2021, and their district: those of both, and each of the others beside one of both."""
    old, new = lsoas(2011), lsoas(2021)
    same = [(code, code, old[code]) for code in old if code in new]
    of_district = {district: next(code for code in new if new[code] == district and code in old) for district in set(new.values())}
    gone = [(code, of_district[old[code]], old[code]) for code in old if code not in new]
    come = [(of_district[new[code]], code, new[code]) for code in new if code not in old]
    return same + gone + come


def lookup(edition: int, change: Callable[[list[Line]], object] = lambda lines: None) -> bytes:
    """A lookup of an edition: that of 2022 is of both censuses, later ones of the second.

    change: what is to be wrong in it, with the lines by their headings.
    """
    rows = [*of_2011_and_2021(), *((code, code, district) for code, district in ELSEWHERE.items())]
    year = edition % 100
    lines: list[Line] = []
    for number, (old, new, district) in enumerate(rows, start=1):
        if edition > 2022 and any(line["LSOA21CD"] == new for line in lines):
            continue
        both = {"LSOA11CD": old, "LSOA11NM": "A neighbourhood", "CHGIND": "U"} if edition == 2022 else {}
        new_one = {"LSOA21CD": new, "LSOA21NM": "A neighbourhood", f"LAD{year}CD": district, f"LAD{year}NM": "A district"}
        lines.append(both | new_one | {f"LAD{year}NMW": "", "ObjectId": str(number)})
    change(lines)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode("utf-8-sig")
