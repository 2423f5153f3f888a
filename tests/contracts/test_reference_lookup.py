"""The ONS's own lookup of districts is taken as published, and refused where it cannot be right (issue 15, B2)."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from tests.conftest import real
from tests.lad import NAMES, lookup

FEED = "reference_lookup"


@pytest.mark.parametrize("edition", [2022, 2025])
def test_a_lookup_serves_under_its_own_name(taken, edition):
    row, said = taken(lookup(edition), NAMES[edition])
    assert row["status"] == "accepted", said
    assert row["period_end"].isoformat() == f"{edition}-03-31"


def of(lines, code: str):
    return [line for line in lines if code in (line.get("LSOA11CD"), line["LSOA21CD"])]


def moved(code: str, district: str):
    return lambda lines: [line.update({"LAD25CD": district}) for line in of(lines, code)]


def without_fylde(lines) -> None:
    lines[:] = [line for line in lines if line["LAD25CD"] != "E07000119"]


def torn(lines) -> None:
    lines.append(lines[0] | {"LAD25CD": "E07000128"})


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda lines: [lines.remove(line) for line in of(lines, "E01012634")], "RLO-003", "lost"),
        (moved("E01012634", "E08000008"), "RLO-003", "lost"),
        (without_fylde, "RLO-002", "no LSOA of Fylde"),
        (torn, "RLO-004", "in two districts"),
        (moved("E01012634", ""), "RLO-010", "no code of a district"),
        (lambda lines: lines[-1].update({"LSOA21CD": ""}), "RLO-005", "no code of an LSOA"),
    ],
    ids=[
        "an LSOA is missing",
        "an LSOA has left the county",
        "a district is missing",
        "an LSOA in two districts",
        "no district",
        "no LSOA",
    ],
)
def test_a_lookup_that_cannot_be_right_is_refused_and_its_message_says_why(taken, change, code, says):
    row, said = taken(lookup(2025, change), NAMES[2025])
    assert row["status"] == "refused"
    assert says in said[code]


def test_an_exact_lookup_is_not_taken_because_its_areas_may_be_in_several_districts(taken):
    row, said = taken(b"x", NAMES[2022].replace("Best", "Exact"))
    assert row["status"] == "refused"
    assert "best-fit" in said["GEN-014"]


def test_the_real_lookup_of_england_and_wales_is_taken(taken):
    """It came to us under other headings."""
    headings = {"lsoa11_code": "LSOA11CD", "lsoa11_name": "LSOA11NM", "change_code": "CHGIND", "lsoa21_code": "LSOA21CD"}
    headings |= {"lsoa21_name": "LSOA21NM", "ltla22_code": "LAD22CD", "ltla22_name": "LAD22NM"}
    out = io.StringIO()
    with gzip.open(real("geo", "lookups", "lookup_lsoa11_lsoa21_ltla22.csv.gz"), "rt", encoding="utf-8-sig", newline="") as file:
        first, *rows = csv.reader(file)
    writer = csv.writer(out)
    writer.writerow([headings[name] for name in first])
    writer.writerows(rows)
    row, said = taken(out.getvalue().encode(), NAMES[2022])
    assert row["status"] == "accepted", said
