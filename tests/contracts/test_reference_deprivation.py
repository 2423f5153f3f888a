"""The MHCLG's own File 7 is taken as published, and refused where it cannot be right (issue 15, B2)."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from tests.conftest import real
from tests.iod import DECILE, INDEX, NAMES, RANK, SEEDS, file_7

FEED = "reference_deprivation"
CODE = {2019: "LSOA code (2011)", 2025: "LSOA code (2021)"}
DISTRICT = {2019: "Local Authority District code (2019)", 2025: "Local Authority District code (2024)"}


@pytest.mark.parametrize(("edition", "rows"), [(2019, 1941), (2025, 1945)])
def test_file_7_serves_under_its_own_name_on_the_day_on_which_it_is_published(taken, edition, rows):
    row, said = taken(file_7(edition), NAMES[edition])
    assert (row["status"], row["rows_accepted"]) == ("accepted", rows), said
    # The financial year that ended in the year of the edition: it is over when the edition comes.
    assert row["period_end"].isoformat() == f"{edition}-03-31"


def test_of_the_table_nothing_is_kept_but_the_neighbourhood_and_its_decile(taken, inbox):
    taken(file_7(2025), NAMES[2025])
    row = inbox.connection.execute("select * from raw.reference_deprivation__area order by row_number limit 1").fetchone()
    filled = {name for name, value in row.items() if value is not None} - {"submission_id", "row_number", "rule_codes"}
    assert filled == {"lsoa_code", "imd_decile"}


def line(lines, code: str, edition: int = 2025):
    return next(one for one in lines if one[CODE[edition]] == code)


def put(code: str, heading: str, value: str):
    return lambda lines: line(lines, code).update({heading: value})


def of_the_rank_before(lines) -> None:
    lines[9][f"{INDEX} {RANK}"] = lines[8][f"{INDEX} {RANK}"]


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda lines: lines.remove(line(lines, "E01012634")), "RDE-002", "the LSOAs that Blackburn with Darwen has"),
        (put("E01024941", "Local Authority District code (2024)", "E09000001"), "RDE-002", "the LSOAs that Chorley has"),
        (of_the_rank_before, "RDE-003", "have the same"),
        (lambda lines: lines.pop(), "RDE-004", "the tenth of England"),
        (lambda lines: lines.pop(1), "RDE-003", "one is missing"),
        (put("E01012634", f"{INDEX} {RANK}", ""), "RDE-003", "one is missing"),
        (put("E01012634", f"{INDEX} {DECILE}", "11"), "RDE-004", "the tenth of England"),
        (put("E01012634", f"{INDEX} {DECILE}", ""), "RDE-004", "the tenth of England"),
        (put("E01990007", "LSOA code (2021)", "W01000007"), "RDE-010", "no code of an LSOA of England"),
        (put("E01990007", "LSOA code (2021)", "E01012634"), "RDE-011", "twice"),
    ],
    ids=[
        "an LSOA is missing",
        "an LSOA is of another district",
        "a rank twice",
        "the end is cut off",
        "a rank is missing",
        "no rank",
        "a decile that does not fit",
        "no decile",
        "an LSOA of Wales",
        "an LSOA twice",
    ],
)
def test_a_file_that_cannot_be_right_is_refused_and_its_message_says_why(taken, change, code, says):
    row, said = taken(file_7(2025, change), NAMES[2025])
    assert row["status"] == "refused"
    assert says in said[code]


def test_an_edition_under_the_name_of_another_is_refused(taken):
    row, said = taken(file_7(2019), NAMES[2025])
    assert row["status"] == "refused"
    assert "the year in its name" in said["RDE-002"]


def test_neighbourhoods_of_one_score_share_a_rank_as_some_of_2019_do(taken):
    def share(lines) -> None:
        of_the_rank_before(lines)
        lines[9][f"{INDEX} Score"] = lines[8][f"{INDEX} Score"]

    assert taken(file_7(2019, share), NAMES[2019])[0]["status"] == "accepted"


def test_another_file_of_the_indices_is_not_taken_and_its_message_names_the_one_that_is(taken):
    row, said = taken(b"x", "File_2_IoD2025_Domains_of_Deprivation.csv")
    assert row["status"] == "refused"
    assert "File_7_IoD" in said["GEN-014"]


@pytest.mark.parametrize(
    ("edition", "file", "columns"),
    [
        (2019, "imd2019_england_lsoa11.csv.gz", ("lsoa11_code", "IMD_rank", "IMD_decile")),
        (2025, "imd2025_england_lsoa21.csv.gz", ("lsoa21_code", "imd_rank", "imd_decile")),
    ],
)
def test_the_real_ranks_and_deciles_of_england_are_taken(taken, edition, file, columns):
    """They came to us under other headings, and without the districts and the scores of 2019."""
    district_of = {row["lsoa_code"]: row["district_code"] for row in csv.DictReader((SEEDS / "geography/lsoa.csv").open())}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([CODE[edition], DISTRICT[edition], f"{INDEX} Score", f"{INDEX} {RANK}", f"{INDEX} {DECILE}"])
    with gzip.open(real("deprivation", file), "rt", encoding="utf-8", newline="") as file_of_england:
        for row in csv.DictReader(file_of_england):
            code, rank, decile = (row[name] for name in columns)
            writer.writerow([code, district_of.get(code, "E09000001"), 50_000 - int(rank), rank, decile])
    row, said = taken(out.getvalue().encode(), NAMES[edition])
    assert row["status"] == "accepted", said
