"""The reference tables agree with themselves: what should add up adds up, and nothing that is asked of them is left out."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from vrn.feeds.contract import load
from vrn.feeds.period import ANY_PERIOD
from vrn.settings import REPOSITORY

SEEDS = REPOSITORY / "dbt_project" / "seeds"
REBASED = "2021-census-based to mid-2023"
# The indicators of the framework, with the letters of their parts.
INDICATOR = re.compile(r"V(0[1-9]|1\d|2[0-2])|R(0[1-9]|1[0-5])[a-d]?|S(0[1-9]|1[0-4])[a-f]?|P0[1-9][ab]?")


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes_of(*area_types: str) -> set[str]:
    return {row["area_code"] for row in seed("geography/area") if row["area_type"] in area_types}


@pytest.fixture(scope="module")
def population() -> dict[tuple[str, str, str, str], dict[str, int]]:
    """Persons by age band, for each district, year, vintage and sex."""
    found: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for row in seed("population/population"):
        key = (row["area_code"], row["mid_year"], row["population_vintage"], row["sex"])
        found[key][row["age_band"]] = int(row["persons"])
    return found


def test_age_bands_add_up_to_the_total_in_every_district_sex_and_year(population):
    bands = [row["age_band"] for row in seed("population/age_band")]
    with_bands = {key: persons for key, persons in population.items() if len(persons) > 1}
    # On the base of 2011 mid-2018 to mid-2020, on that of 2021 mid-2011 and mid-2018 to mid-2023, each for women, men and both.
    assert len(with_bands) == 14 * 3 * (3 + 7)
    for key, persons in with_bands.items():
        assert list(persons) == ["all", *bands], key
        assert sum(persons[band] for band in bands) == persons["all"], key


def test_females_and_males_add_up_to_persons_in_every_age_band(population):
    for (area, year, vintage, sex), persons in population.items():
        if sex == "female":
            males, everybody = (population[area, year, vintage, other] for other in ("male", "all"))
            assert {band: count + males[band] for band, count in persons.items()} == everybody, (area, year)


def test_every_year_to_mid_2023_has_a_rebased_total_as_published(population):
    """Issue 15, B2: figures past mid-2020 have something to be divided by, on one base from mid-2011 on."""
    totals: Counter = Counter()
    for (_, year, vintage, sex), persons in population.items():
        if (vintage, sex) == (REBASED, "all"):
            totals[year] += persons["all"]
    # As PROVENANCE.md of the source names them.
    published = {2011: 1_461_295, 2017: 1_496_853, 2018: 1_503_339, 2019: 1_513_857, 2020: 1_520_252, 2021: 1_532_158}
    published |= {2022: 1_551_393, 2023: 1_570_373}
    assert totals.keys() == {str(year) for year in range(2011, 2024)}
    assert {year: totals[str(year)] for year in published} == published


def test_totals_are_the_ons_own_and_what_we_estimate_of_sexes_and_ages_says_so():
    """Issue 15, B2: what must be estimated between says so."""
    estimated = {
        (row["population_vintage"], row["mid_year"]) for row in seed("population/population") if row["is_estimated"] == "true"
    }
    of_2021 = {(REBASED, str(year)) for year in range(2018, 2023)}
    assert estimated == {("2011-census-based", "2018")} | of_2021
    totals = [row for row in seed("population/population") if (row["sex"], row["age_band"]) == ("all", "all")]
    assert {row["is_estimated"] for row in totals} == {"false"}


def test_the_baseline_year_has_its_sexes_ages_and_quintiles(population):
    """Issue 15, B2: 2018/19 had persons by age alone."""
    of_2018 = {(vintage, sex) for (_, year, vintage, sex), persons in population.items() if year == "2018" and len(persons) > 1}
    assert of_2018 == {(vintage, sex) for vintage in ("2011-census-based", REBASED) for sex in ("all", "female", "male")}
    small = [row for row in seed("population/lsoa_population") if row["mid_year"] == "2018"]
    assert (len(small), sum(int(row["persons"]) for row in small)) == (941, 1_498_300)


def test_an_estimate_was_published_after_the_day_that_it_is_for():
    editions = {(row["population_vintage"], row["mid_year"]): row["published_on"] for row in seed("population/population_edition")}
    assert editions.keys() == {(row["population_vintage"], row["mid_year"]) for row in seed("population/population")}
    assert all(published > f"{year}-06-30" for (_, year), published in editions.items())


def test_the_small_areas_of_a_year_add_up_to_the_districts_in_all_and_in_children(population):
    def persons(year: str, *bands: str) -> int:
        found = {key: of for key, of in population.items() if key[1:] == (year, "2011-census-based", "all")}
        return sum(of[band] for of in found.values() for band in bands)

    def small(year: str, column: str) -> int:
        return sum(int(row[column]) for row in seed("population/lsoa_population") if row["mid_year"] == year)

    assert {year: small(year, "persons") for year in ("2018", "2019", "2020")} == {
        year: persons(year, "all") for year in ("2018", "2019", "2020")
    }
    assert persons("2019", "10-14", "15", "16-17") == small("2019", "persons_10_17") == 141_077


def test_age_bands_follow_one_another_and_each_lies_within_its_coarser_bands():
    bands = seed("population/age_band")
    assert bands[0]["age_from"] == "0"
    assert bands[-1]["age_to"] == ""
    for band, following in pairwise(bands):
        assert int(band["age_to"]) + 1 == int(following["age_from"])
    for band in bands:
        for coarse in (band["reporting_band"], band["standard_band"]):
            first, last = re.fullmatch(r"(\d+)(?:-(\d+)|\+)", coarse).groups()
            assert int(first) <= int(band["age_from"]), band
            assert int(band["age_to"] or 999) <= int(last or 999), band


def test_the_standard_population_adds_up_to_100_000_in_the_bands_that_ages_have():
    standard = {row["standard_band"]: int(row["weight"]) for row in seed("population/standard_population")}
    assert sum(standard.values()) == 100_000
    assert list(standard) == list(dict.fromkeys(row["standard_band"] for row in seed("population/age_band")))


def test_the_five_ethnic_groups_of_a_district_add_up_to_its_residents_at_the_census():
    # All usual residents, as the source of the groups prints them beside the groups.
    residents = {
        "E06000008": 147_489,
        "E06000009": 142_065,
        "E07000117": 87_059,
        "E07000118": 107_155,
        "E07000119": 75_757,
        "E07000120": 80_734,
        "E07000121": 138_375,
        "E07000122": 89_452,
        "E07000123": 140_202,
        "E07000124": 57_132,
        "E07000125": 67_982,
        "E07000126": 109_057,
        "E07000127": 110_685,
        "E07000128": 107_749,
    }
    rows = seed("population/ethnic_population")
    groups: dict[str, dict[str, dict[str, int]]] = {year: defaultdict(dict) for year in ("2011", "2021")}
    for row in rows:
        groups[row["census_year"]][row["area_code"]][row["ethnic_group"]] = int(row["persons"])
    assert len(rows) == 2 * 14 * 5
    five = frozenset({"white", "mixed", "asian", "black", "other"})
    assert {frozenset(persons) for of_year in groups.values() for persons in of_year.values()} == {five}
    assert {area: sum(persons.values()) for area, persons in groups["2011"].items()} == residents
    # And what the sources print for the whole force, group by group.
    forces = {
        "2011": {"white": 1_320_035, "mixed": 16_300, "asian": 114_830, "black": 5_377, "other": 4_351},
        "2021": {"white": 1_325_538, "mixed": 24_761, "asian": 158_894, "black": 10_096, "other": 11_861},
    }
    for year, force in forces.items():
        assert sum((Counter(persons) for persons in groups[year].values()), Counter()) == force


def test_what_areas_are_made_of_adds_up_and_populations_count_nobody_twice():
    members: dict[str, set[str]] = defaultdict(set)
    for row in seed("geography/area_member"):
        members[row["area_code"]].add(row["leaf_code"])
    districts, divisions = codes_of("district"), codes_of("police_division")
    assert len(districts) == 14
    assert set().union(*(members[one] & districts for one in divisions)) == districts
    assert sum(len(members[one] & districts) for one in divisions) == len(districts)
    assert members["LANCS-14"] == districts | divisions | {"E10000017", "LANCS-14"}
    assert members["E23000003"] == districts | divisions | {"LANCS-14", "OUT", "UNK"}
    assert members["E10000017"] & districts == districts - {"E06000008", "E06000009"}
    # Whatever is counted at a leaf is in that leaf's own row too, and England is nothing's sum.
    assert all(leaf in members[leaf] for leaves in members.values() for leaf in leaves)
    assert {row["area_code"] for row in seed("geography/area")} - members.keys() == {"E92000001"}
    assert {row["area_code"] for row in seed("population/population")} == districts


def test_a_supplier_that_answers_for_an_area_is_one_of_a_feeds_suppliers():
    feeds = (REPOSITORY / "expectations").glob("*.odcs.yaml")
    suppliers = {supplier for feed in feeds for supplier in load(feed, ANY_PERIOD).suppliers}
    assert {row["supplier"] for row in seed("geography/supplier")} <= suppliers


def test_every_published_figure_has_one_measure_or_says_why_there_is_none():
    figures = {(row["item"], row["corrected_label"]) for row in seed("framework/published_figure")}
    measures = seed("framework/published_figure_measure")
    assert Counter((row["item"], row["corrected_label"]) for row in measures) == Counter(figures)
    for row in measures:
        filled = {name for name in ("indicator_id", "measure", "area_code", "ethnicity", "scale") if row[name]}
        assert len(filled) in (0, 5), row
        assert row["explanation"].endswith("."), row


def test_measures_benchmarks_and_findings_are_of_indicators_of_the_framework():
    tables = ("framework/published_figure_measure", "framework/benchmark", "framework/finding")
    named = {row["indicator_id"] for table in tables for row in seed(table)} - {""}
    assert [one for one in sorted(named) if not INDICATOR.fullmatch(one)] == []


def test_a_benchmark_with_a_count_and_a_population_is_their_rate():
    per = {"V01": 100_000, "V06": 1_000, "V07": 1_000, "V08": 1_000, "V10": 100_000, "V14": 100_000}
    counted = [row for row in seed("framework/benchmark") if row["denominator"]]
    assert {row["indicator_id"] for row in counted} == per.keys()
    for row in counted:
        rate = int(row["numerator"]) / int(row["denominator"]) * per[row["indicator_id"]]
        assert float(row["value"]) == pytest.approx(rate, abs=0.00005), row
