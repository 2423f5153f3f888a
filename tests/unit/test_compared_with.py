"""Whom areas are compared with: England by year, as its sources print it, and the districts that are most like one of ours."""

from __future__ import annotations

import csv
import gzip
import itertools
import subprocess
import sys

import pytest

from tests import metadata
from tests.conftest import REAL_FILES, real
from vrn.settings import REPOSITORY

SEEDS = REPOSITORY / "dbt_project" / "seeds"
# Indicator, the tool's item, how its year is named, and the academic year's letters.
OF_THE_TOOL = {
    "R02": ("FSP_NEW_GOODDEV", "{ends}", "AY"),
    "R03": ("TotPerAbNew", "{ends}", "AY"),
    "R04": ("TotFixedEx", "{year}", "AY"),
    "R05": ("16-17_not known_NEET", "{ends}", ""),
    "R12": ("ReReferral", "{ends}", ""),
}
# Of children: the tool's rate of England, its number, and how exactly it prints the rate.
CHILDREN = {"R10": ("CPP_rate", "CPP_Num", 0.05), "R11": ("LAC", "LACnum", 0.5)}
VIOLENCE = (
    "Homicide", "Violence with injury", "Violence without injury", "Stalking and harassment",
    "Death or serious injury caused by illegal driving",
)  # fmt: skip
OFFENCES = {
    "V01": ("Homicide",), "V06": ("Violence with injury",), "V07": VIOLENCE, "V08": ("Sexual offences",), "V10": ("Robbery",),
    "V14": ("Possession of weapons offences",),
}  # fmt: skip


def read(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def england() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["indicator_id"], row["period_id"]): row for row in read(SEEDS / "framework" / "benchmark.csv")}


def years(first: int, last: int) -> list[str]:
    return [f"{year}/{(year + 1) % 100:02}" for year in range(first, last + 1)]


def test_england_has_a_value_for_each_year_that_the_dfe_printed():
    """Issue 15, B9."""
    tool = read(real("children", "lait", "lait_lancashire_nw_england.csv"))
    printed = {(row["Short Desc"], row["Years"]): row["Values"] for row in tool if row["LA and Regions"] == "England"}
    for (indicator, (item, name, letters)), year in itertools.product(OF_THE_TOOL.items(), years(2015, 2024)):
        ours = england().get((indicator, letters + year))
        theirs = printed.get((item, name.format(year=year, ends=int(year[:4]) + 1)), "-")
        assert (ours is None) == (theirs == "-"), (indicator, year)
        if ours:
            assert float(ours["value"]) == pytest.approx(float(theirs), abs=0.05 if indicator == "R05" else 0.005), (
                indicator,
                year,
            )


def test_england_has_the_crimes_of_its_forces_from_2011_on():
    """Issue 15, B9."""
    table = read(real("benchmarks", "police_recorded_england_2002_2018.csv"))
    counted = {(row["financial_year"], row["offence"]): int(row["offences"]) for row in table}
    for (indicator, offences), year in itertools.product(OFFENCES.items(), years(2011, 2016)):
        assert int(england()[indicator, year]["numerator"]) == sum(counted[year, offence] for offence in offences), (
            indicator,
            year,
        )


def test_england_is_divided_by_one_series_of_populations():
    """Issue 15, B2 and B9: the rebased one, as figures since July 2024."""
    with gzip.open(real("population", "mye_ew_totals_mid2011_mid2023.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        persons = {row["mid_year"]: row["persons"] for row in csv.DictReader(file) if row["area_code"] == "E92000001"}
    for indicator, year in itertools.product(OFFENCES, years(2011, 2018)):
        assert england()[indicator, year]["denominator"] == persons[year[:4]], (indicator, year)


def test_england_has_its_homicides_of_three_years_from_the_homicide_index():
    """Issue 15, B9 and B3: the middle year's estimate stands for each of the three, as the ONS prints it."""
    index = read(real("donors", "ons_homicide_three_years_by_force.csv"))
    printed = {row["period"]: row for row in index if row["area_code"] == "E92000001"}
    assert (min(printed), max(printed), len(printed)) == ("2014/15-2016/17", "2022/23-2024/25", 9)
    for period, row in printed.items():
        ours = england()["V01", period]
        assert ours["numerator"] == row["homicides_3_years"], period
        assert int(ours["denominator"]) == 3 * int(row["population_used_by_ons"]), period
        assert float(ours["value"]) == pytest.approx(float(row["rate_per_million"]) / 10, abs=5e-5), period
        assert float(ours["value"]) == pytest.approx(int(ours["numerator"]) / int(ours["denominator"]) * 100_000, abs=5e-5), period


def test_england_has_its_children_on_plans_and_in_care_per_rebased_estimates_and_says_so():
    """Issue 15, B3: the DfE's children are the ones that figures are divided by since July 2024, and 2 % fewer than before."""
    tool = read(real("children", "lait", "lait_lancashire_nw_england.csv"))
    printed = {(row["Short Desc"], row["LA and Regions"], row["Years"]): row["Values"] for row in tool}
    for (indicator, (rate, number, _)), year in itertools.product(CHILDREN.items(), years(2015, 2024)):
        ours = england()[indicator, year]
        ends = str(int(year[:4]) + 1)
        assert float(ours["value"]) == pytest.approx(float(printed[rate, "England", ends])), (indicator, year)
        assert ours["numerator"] == printed[number, "England", ends], (indicator, year)
        assert ours["not_beside_vintage"] == "2011-census-based"
    assert {row["not_beside_vintage"] for key, row in england().items() if key[0] not in CHILDREN} == {""}


def test_the_dfe_divides_children_of_lancashire_by_the_estimates_that_we_divide_by():
    """Issue 15, B3: R10's and R11's England was compared with nothing, because the figures of then had more children."""
    tool = read(real("children", "lait", "lait_lancashire_nw_england.csv"))
    printed = {(row["Short Desc"], row["LA and Regions"], row["Years"]): row["Values"] for row in tool}
    children: dict[tuple[str, str], int] = {}
    for row in read(SEEDS / "population" / "population.csv"):
        if row["sex"] == "all" and row["age_band"] in ("00-04", "05-09", "10-14", "15", "16-17"):
            place = row["population_vintage"], row["mid_year"]
            children[place] = children.get(place, 0) + int(row["persons"])
    for ends in range(2019, 2025):
        dfe = sum(
            float(printed["CPP_Num", area, str(ends)]) / float(printed["CPP_rate", area, str(ends)]) * 10_000
            for area in ("Lancashire", "Blackpool", "Blackburn with Darwen")
        )
        assert children["2021-census-based to mid-2023", str(ends - 1)] == pytest.approx(dfe, rel=0.01), ends


def test_what_england_counts_in_another_way_is_compared_with_nothing():
    """Issue 15, B9: and crimes, which have no place in England's counts, with the force alone."""
    compared = {one["indicator_id"]: one["compared_with_england"] for one in metadata.of_indicators()}
    nothing = {indicator for indicator, whom in compared.items() if whom == "nothing"}
    assert nothing == {"R09", "R14a", "R14b", "R14c", "S11", "S12a", "V03"}
    with_england = {indicator: compared[indicator] for indicator, _ in england()} | dict.fromkeys(nothing, "nothing")
    assert {name for name, whom in with_england.items() if whom == "force"} == OFFENCES.keys()
    assert {name for name, whom in with_england.items() if whom == "every_area"} == OF_THE_TOOL.keys() | CHILDREN.keys()


def test_similar_areas_are_what_the_public_files_give():
    """Issue 15, B9: a rule that is written down and can be run again."""
    real("deprivation", "imd2025_england_ltla24.csv")
    tool = REPOSITORY / "tools" / "similar_areas.py"
    done = subprocess.run([sys.executable, tool, REAL_FILES], capture_output=True, check=True, text=True)
    assert done.stdout == (SEEDS / "geography" / "similar_area.csv").read_text(encoding="utf-8")


def test_each_district_has_ten_similar_ones_the_nearest_first():
    """Issue 15, B9."""
    similar = read(SEEDS / "geography" / "similar_area.csv")
    districts = {row["area_code"] for row in read(SEEDS / "geography" / "area.csv") if row["area_type"] == "district"}
    assert {row["area_code"] for row in similar} == districts
    for area, rows in itertools.groupby(similar, key=lambda row: row["area_code"]):
        of_area = list(rows)
        assert [row["rank"] for row in of_area] == [str(rank) for rank in range(1, 11)], area
        assert [float(row["distance"]) for row in of_area] == sorted(float(row["distance"]) for row in of_area), area
        assert area not in {row["similar_area_code"] for row in of_area}, area
