"""Quintiles and districts of neighbourhoods: those of the one edition that was known on the figure's day (issue 15, B2)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

import pytest

from tests import lad
from tests.inbox import Inbox
from tests.iod import DECILE, INDEX, NAMES, SEEDS, file_7
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

TODAY, CAME, LOOKUP_CAME = "2026-06-30", "2026-02-01", "2026-03-01"
CRIMES = "2020-02"
# A day when that of 2019 serves though that of 2025 is out, and those before and after the file came.
SHIPPED, LAST_BEFORE, LAST = "2025-10-30", "2026-01-31", "9999-12-30"
BURNLEY = "E07000117"
MODELS = (
    "stg_ops__submission", "stg_ops__feed_month", "int_place__edition", "int_place__lsoa", "int_crime__reference",
    "int_crime__recorded", "dim_period", "dim_population", "int_population__small_area", "dim_rate_population",
    "figure__population_year", "figure__denominator",
    "figure__population_year_as_at", "figure__denominator_as_at", "release_changes",
)  # fmt: skip
# The least deprived are the most deprived of this file.
FILE = file_7(2025, order=lambda code: -int(code[3:]))


# A neighbourhood of Burnley that a lookup puts into Pendle.
MOVED, PENDLE = next(code for code, district in lad.lsoas(2021).items() if district == BURNLEY), "E07000122"


def move(lines: list[lad.Line]) -> None:
    for line in lines:
        if line["LSOA21CD"] == MOVED:
            line["LAD25CD"] = PENDLE


def shipped(edition: int) -> dict[str, str]:
    with (SEEDS / "deprivation/deprivation.csv").open(encoding="utf-8", newline="") as file:
        return {row["lsoa_code"]: row["quintile"] for row in csv.DictReader(file) if row["imd_vintage"] == str(edition)}


def of_file() -> dict[str, str]:
    lines = csv.DictReader(io.StringIO(FILE.decode("utf-8-sig")))
    return {row["LSOA code (2021)"]: str((int(row[f"{INDEX} {DECILE}"]) + 1) // 2) for row in lines}


class Seen:
    """Places, crimes and residents by quintile on some days, before a File 7 came and with it."""

    def __init__(self, settings, owner, places):
        self.owner, self.settings = owner, settings
        with connect(settings, autocommit=True) as loader:
            inbox = Inbox(settings, loader, places)
            inbox.drop(
                "police_crime", f"{CRIMES}-lancashire-crime-asat-2020-03-06.synthetic.csv", inbox.text("police_crime", CRIMES)
            )
            assert [row["status"] for row in inbox.take_in("police_crime")] == ["accepted"]
            self.before = self.built()
            inbox.drop("reference_deprivation", NAMES[2025], FILE)
            (self.taken,) = inbox.take_in("reference_deprivation")
            owner.execute(
                "update ops.submission set received_at = %(on)s, extract_as_at = %(on)s where feed = 'reference_deprivation'",
                {"on": CAME},
            )
            self.after = self.built()
            inbox.drop("reference_lookup", lad.NAMES[2025], lad.lookup(2025, move))
            (self.lookup_taken,) = inbox.take_in("reference_lookup")
            owner.execute(
                "update ops.submission set received_at = %(on)s, extract_as_at = %(on)s where feed = 'reference_lookup'",
                {"on": LOOKUP_CAME},
            )
            self.moved = self.built()

    def built(self) -> dict[str, dict]:
        command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", "--select"]
        assert dbt.invoke(self.settings, [*command, *MODELS]).success
        return {day: self.known_on(day) for day in (SHIPPED, LAST_BEFORE, CAME, LOOKUP_CAME, LAST)}

    def known_on(self, day: str) -> dict:
        known = "known_from_on <= %(day)s and known_until_on > %(day)s"
        of = {"day": day}
        places = self.owner.execute(f"select * from intermediate.int_place__lsoa where {known}", of).fetchall()
        crimes = self.owner.execute(
            f"select crime_ref, lsoa_code, imd_quintile from intermediate.int_crime__recorded where {known} order by crime_ref", of
        )
        residents = self.owner.execute(
            "select imd_quintile, persons from figures.denominator_as_at(%(day)s::date, array['V06']) "
            "where area_code = %(area)s and period_id = '2019/20' and (age_band, sex, ethnicity) = ('all', 'all', 'all')",
            of | {"area": BURNLEY},
        )
        return {
            "places": {row["lsoa_code"]: row["imd_quintile"] for row in places},
            "districts": {row["lsoa_code"]: row["district_code"] for row in places},
            "crimes": crimes.fetchall(),
            "residents": {row["imd_quintile"]: row["persons"] for row in residents},
        }


@pytest.fixture(scope="module")
def seen(built_server, places, tmp_path_factory) -> Iterator[Seen]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VRN_AS_OF", TODAY)
        with (
            copy_of(built_server, tmp_path_factory.mktemp("deprivation"), patch, "built") as settings,
            connect(settings, OWNER, autocommit=True) as owner,
        ):
            yield Seen(settings, owner, places)


def same(places: dict[str, str], edition: dict[str, str]) -> bool:
    """Whether every neighbourhood that the edition has is in its quintile."""
    both = places.keys() & edition.keys()
    return len(both) > 900 and all(places[code] == edition[code] for code in both)


def test_quintiles_are_of_2019_until_a_newer_edition_is_delivered(seen):
    for known in seen.before.values():
        assert same(known["places"], shipped(2019))
    assert shipped(2019) != shipped(2025)


def test_an_edition_serves_from_the_day_on_which_its_file_was_dropped(seen):
    assert seen.taken["status"] == "accepted"
    assert same(seen.after[CAME]["places"], of_file())
    assert same(seen.after[LAST]["places"], of_file())


def test_nothing_of_an_earlier_day_changes_when_an_edition_comes(seen):
    for day in (SHIPPED, LAST_BEFORE):
        assert seen.after[day] == seen.before[day]


def test_each_crime_is_one_crime_on_any_day_in_the_quintile_of_that_days_edition(seen):
    refs = [row["crime_ref"] for row in seen.before[SHIPPED]["crimes"]]
    assert len(refs) > 100
    for known in (*seen.before.values(), *seen.after.values()):
        assert [row["crime_ref"] for row in known["crimes"]] == refs
        wrong = [row for row in known["crimes"] if row["imd_quintile"] != known["places"].get(row["lsoa_code"], "unknown")]
        assert wrong == []
    quintiles = [Counter(row["imd_quintile"] for row in known["crimes"]) for known in (seen.before[CAME], seen.after[CAME])]
    assert quintiles[0] != quintiles[1]


def test_residents_of_a_district_are_divided_by_the_same_edition_and_nobody_is_lost(seen):
    for known in (*seen.before.values(), *seen.after.values()):
        residents = dict(known["residents"])
        assert residents.pop("all") == sum(residents.values())
    assert seen.before[CAME]["residents"]["all"] == seen.after[CAME]["residents"]["all"]
    assert seen.before[CAME]["residents"] != seen.after[CAME]["residents"]


def test_a_lookup_that_is_newer_than_that_of_the_house_serves_from_the_day_on_which_it_came(seen):
    assert seen.lookup_taken["status"] == "accepted"
    assert seen.moved[CAME] == seen.after[CAME]
    before, now = seen.moved[CAME], seen.moved[LOOKUP_CAME]
    assert now["districts"] == before["districts"] | {MOVED: PENDLE}
    assert before["districts"][MOVED] == BURNLEY
    # Small areas divide the estimate of their district, and give it nothing.
    assert now["residents"]["all"] == before["residents"]["all"]


def test_a_neighbourhood_of_another_census_has_the_quintile_of_what_it_was_split_from_or_merged_with(seen):
    """E01033231 was split in 2021; E01024929 and E01024932 were merged. What has no one quintile is unknown."""
    of_2019, of_2025 = shipped(2019), of_file()
    on_2019, on_2025 = seen.before[SHIPPED]["places"], seen.after[CAME]["places"]
    assert {on_2019["E01034335"], on_2019["E01034336"]} == {of_2019["E01033231"]}
    assert {on_2025["E01024929"], on_2025["E01024932"]} == {of_2025["E01034339"]}
    merged = {of_2019["E01024929"], of_2019["E01024932"]}
    assert on_2019["E01034339"] == (merged.pop() if len(merged) == 1 else "unknown")


def test_the_definition_says_which_edition_a_figure_uses(seen):
    said = seen.owner.execute("select indicator_id, concat_ws(' ', definition, caveats) as text from marts.dim_indicator "
                              "where 'imd_quintile' = any(breakdowns)").fetchall()  # fmt: skip
    assert len(said) > 3
    assert [row["indicator_id"] for row in said if "Index of Multiple Deprivation 2019" not in row["text"]] == []


def test_a_release_names_the_index_that_moved_the_groups_by_quintile(seen):
    """A release says of each figure that moved what moved it; no delivery of the police did."""
    release = (
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, 'r', 'c', '', true) "
        "returning release_number"
    )
    value = (
        "insert into ops.kept_value (since_release, until_release, indicator_id, area_code, period_id, sex, age_band, ethnicity, "
        "imd_quintile, count, denominator, value, status, population_basis, is_synthetic) "
        "values (%s, %s, 'V06', 'LANCS-14', '2019/20', 'all', 'all', 'all', %s, %s, %s, %s, 'ok', 'published', true)"
    )
    earlier, later = (seen.owner.execute(release, [name]).fetchone()["release_number"] for name in ("of 2019", "of the file"))
    for since, until, count, denominator in ((earlier, later, 10, 1000), (later, None, 20, 3000)):
        seen.owner.execute(value, [since, until, "1", count, denominator, count / denominator])
    seen.owner.execute(value, [earlier, None, "all", 100, 9000, 1 / 90])
    seen.owner.execute("insert into ops.release_submission values ('of the file', %s)", [seen.taken["submission_id"]])
    (told,) = seen.owner.execute("select * from publish.release_changes('of 2019', 'of the file')").fetchall()
    assert (told["imd_quintile"], told["because_submission_ids"]) == ("1", [seen.taken["submission_id"]])
