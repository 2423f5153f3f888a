"""Real months of 2024 have rates, and what they are divided by is there and says what it is (issue 15, B2).

No force's street files of 2024 are ours to keep, so the counts of fourteen districts of other forces stand on our fourteen.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator

import pytest

from tests.conftest import real
from tests.inbox import Inbox
from tests.made import csv_text
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.settings import REPOSITORY
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

SEEDS = REPOSITORY / "dbt_project" / "seeds"
MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")
# Each of ours, and the district of another force whose counts it is given.
DONORS = {
    "E06000008": "E06000004",  # Blackburn with Darwen: Stockton-on-Tees
    "E06000009": "E07000062",  # Blackpool: Hastings
    "E07000117": "E06000002",  # Burnley: Middlesbrough
    "E07000118": "E06000024",  # Chorley: North Somerset
    "E07000119": "E07000224",  # Fylde: Arun
    "E07000120": "E06000001",  # Hyndburn: Hartlepool
    "E07000121": "E07000106",  # Lancaster: Canterbury
    "E07000122": "E06000003",  # Pendle: Redcar and Cleveland
    "E07000123": "E06000031",  # Preston: Peterborough
    "E07000124": "E07000221",  # Ribble Valley: Stratford-on-Avon
    "E07000125": "E06000005",  # Rossendale: Darlington
    "E07000126": "E07000223",  # South Ribble: Adur
    "E07000127": "E06000061",  # West Lancashire: North Northamptonshire
    "E07000128": "E07000038",  # Wyre: North East Derbyshire
}
COUNTY, REBASED = "LANCS-14", "2021-census-based to mid-2023"
# The public category, the donors' column, and per how many residents the rate is given.
CRIMES = {
    "PUB-VSO": ("Violence and sexual offences", "violence_and_sexual_crime_ids", 1_000),
    "PUB-ROB": ("Robbery", "robbery_rows", 100_000),
}


def table(path) -> list[dict[str, str]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def real_counts() -> dict[tuple[str, str, str], int]:
    """{(indicator, our district, month): the donor district's crimes}, all forces that recorded there together."""
    counts = {(indicator, area, month): 0 for indicator in CRIMES for area in DONORS for month in MONTHS}
    ours = {donor: area for area, donor in DONORS.items()}
    for row in table(real("donors", "police_uk_district_month.csv.gz")):
        if row["district_code"] in ours and row["month"] in MONTHS:
            for indicator, (_, column, _) in CRIMES.items():
                counts[indicator, ours[row["district_code"]], row["month"]] += int(row[column])
    return counts


def street_file(counts: dict[tuple[str, str, str], int], month: str) -> str:
    """A street file of a month, with as many crimes in each district as were counted, each in one LSOA of it."""
    lsoa = {row["district_code"]: row for row in table(SEEDS / "geography" / "lsoa.csv") if row["lsoa_vintage"] == "both"}
    rows = []
    for (indicator, area, of_month), count in counts.items():
        for _ in range(count if of_month == month else 0):
            place = {"LSOA code": lsoa[area]["lsoa_code"], "LSOA name": lsoa[area]["lsoa_name"]}
            identifier = f"{int(month.replace('-', '')):08}{len(rows):056}"
            rows.append(
                {
                    "Crime ID": identifier, "Month": month, "Reported by": "Lancashire Constabulary",
                    "Falls within": "Lancashire Constabulary", "Longitude": "-2.7", "Latitude": "53.8",
                    "Location": "On or near High Street", **place, "Crime type": CRIMES[indicator][0],
                    "Last outcome category": "Under investigation", "Context": "",
                }
            )  # fmt: skip
    return csv_text(rows)


class Seen:
    """The counts that were given, and the totals of the figures that came of them."""

    def __init__(self, settings, owner, places):
        self.counts = real_counts()
        with connect(settings, autocommit=True) as loader:
            inbox = Inbox(settings, loader, places)
            for month in MONTHS:
                inbox.drop("police_street_crime", f"{month}-lancashire-street.csv", street_file(self.counts, month))
            self.taken = inbox.take_in("police_street_crime")
        for chosen in (
            [
                "stg_ops__submission",
                "stg_ops__feed_month",
                "int_crime__street_identifier",
                "int_crime__street",
                "dim_period",
                "dim_population",
            ],
            ["dim_rate_population", "dim_indicator", "path:models/counts"],
            ["path:models/marts/figures", "fct_indicator_value"],
        ):
            command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
            assert dbt.invoke(settings, [*command, "--select", *chosen]).success
        rows = owner.execute(
            "select * from marts.fct_indicator_value join marts.dim_period using (period_id) where indicator_id = any(%s) "
            "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')", [list(CRIMES)],
        ).fetchall()  # fmt: skip
        self.figures = {(row["indicator_id"], row["area_code"], row["period_id"]): row for row in rows}


@pytest.fixture(scope="module")
def seen(built_server, places, tmp_path_factory) -> Iterator[Seen]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VRN_AS_OF", "2024-09-30")
        with (
            copy_of(built_server, tmp_path_factory.mktemp("real_months"), patch, "built") as settings,
            connect(settings, OWNER, autocommit=True) as owner,
        ):
            yield Seen(settings, owner, places)


def residents(area: str) -> int:
    """Persons at mid-2023 as the ONS's own file prints them."""
    totals = {
        row["area_code"]: int(row["persons"])
        for row in table(real("population", "mye_ew_totals_mid2011_mid2023.csv.gz"))
        if row["mid_year"] == "2023"
    }
    return sum(totals[district] for district in DONORS) if area == COUNTY else totals[area]


def count_of(seen: Seen, indicator: str, area: str, months: tuple[str, ...]) -> int:
    return sum(seen.counts[indicator, one, month] for one in (DONORS if area == COUNTY else [area]) for month in months)


def test_the_counts_of_each_of_fourteen_districts_are_anothers():
    districts = {row["area_code"] for row in table(SEEDS / "geography" / "area.csv") if row["area_type"] == "district"}
    assert DONORS.keys() == districts
    assert len(set(DONORS.values())) == 14


def test_real_months_of_2024_serve(seen):
    assert [row["status"] for row in seen.taken] == ["accepted"] * 4
    assert count_of(seen, "PUB-VSO", COUNTY, MONTHS) > 20_000


@pytest.mark.parametrize("area", [*DONORS, COUNTY])
@pytest.mark.parametrize("indicator", CRIMES)
def test_a_rate_of_2024_is_its_count_by_the_residents_that_the_ons_counted(seen, indicator, area):
    """Issue 15, B2: the months up to March divide by their own year's mid-2023; April's mid-2024 is not out and says so."""
    for period, months, basis in (
        *((month, (month,), "published") for month in MONTHS[:3]),
        ("2023/24-Q4", MONTHS[:3], "published"),
        ("2024-04", ("2024-04",), "latest_there_is"),
    ):
        row = seen.figures[indicator, area, period]
        assert row["status"] == "ok", period
        assert row["count"] == count_of(seen, indicator, area, months), period
        assert (row["denominator"], row["population_vintage"], row["population_basis"]) == (residents(area), REBASED, basis), period
        rate = count_of(seen, indicator, area, months) / residents(area) * CRIMES[indicator][2]
        assert row["value"] == pytest.approx(rate), period


def test_no_period_from_april_2021_on_lacks_its_residents(seen):
    """Issue 15, B2: no rate from April 2021 on had a denominator."""
    since = [
        row for row in seen.figures.values() if str(row["start_on"]) >= "2021-04-01" and row["area_code"] not in ("OUT", "UNK")
    ]
    assert {row["period_type"] for row in since} == {"month", "quarter", "financial_year", "rolling_12_months"}
    assert [row["period_id"] for row in since if row["status"] == "no_denominator" or row["denominator"] is None] == []
