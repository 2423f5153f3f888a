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
    # All three sexes of 2019, 2020 and 2021, and persons of 2018, for which the ages are estimated.
    assert len(with_bands) == 14 * (3 * 3 + 1)
    for key, persons in with_bands.items():
        assert list(persons) == ["all", *bands], key
        assert sum(persons[band] for band in bands) == persons["all"], key


def test_females_and_males_add_up_to_persons_in_every_age_band(population):
    for (area, year, vintage, sex), persons in population.items():
        if sex == "female":
            males, everybody = (population[area, year, vintage, other] for other in ("male", "all"))
            assert {band: count + males[band] for band, count in persons.items()} == everybody, (area, year)


def test_only_the_ages_of_mid_2018_are_estimated_and_only_mid_2017_has_none(population):
    estimated = {(row["mid_year"], row["sex"]) for row in seed("population/population") if row["is_estimated"] == "true"}
    totals = {row["is_estimated"] for row in seed("population/population") if row["age_band"] == "all"}
    assert (estimated, totals) == ({("2018", "all")}, {"false"})
    assert {year for (_, year, _, _), persons in population.items() if len(persons) == 1} == {"2017"}


def test_the_bands_of_mid_2019_give_the_children_that_small_areas_add_up_to(population):
    def persons(band: str) -> int:
        return sum(bands[band] for (_, year, _, sex), bands in population.items() if (year, sex) == ("2019", "all"))

    children = sum(int(row["persons_10_17"]) for row in seed("population/lsoa_population") if row["mid_year"] == "2019")
    assert persons("10-14") + persons("15") + persons("16-17") == children == 141_077


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
    groups: dict[str, dict[str, int]] = defaultdict(dict)
    rows = seed("population/ethnic_population")
    for row in rows:
        groups[row["area_code"]][row["ethnic_group"]] = int(row["persons"])
    assert {row["census_year"] for row in rows} == {"2011"}
    assert len(rows) == 14 * 5
    assert {frozenset(persons) for persons in groups.values()} == {frozenset({"white", "mixed", "asian", "black", "other"})}
    assert {area: sum(persons.values()) for area, persons in groups.items()} == residents
    # And what the source prints for the whole force, group by group.
    force = Counter({"white": 1_320_035, "mixed": 16_300, "asian": 114_830, "black": 5_377, "other": 4_351})
    assert sum((Counter(persons) for persons in groups.values()), Counter()) == force


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
