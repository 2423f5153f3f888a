"""What is published, made up small: one indicator of the fourteen districts, the county and the force, for tests of the site."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from vrn.publish.network import Network
from vrn.report.figures.charts.outlines import Ring
from vrn.report.figures.subject import Annotation, Area, Period
from vrn.report.site import from_publish
from vrn.report.site.from_publish import Published, Release, item
from vrn.report.site.tiles import PLACES
from vrn.settings import REPOSITORY

NETWORK = Network(name="A network", form="https://network.example/form", email="data@network.example", phone="", post="")
COUNTY = Area("LANCS-14", "Lancashire-14", ("county_14",), 41)
DISTRICTS = tuple(Area(code, f"District {place}", ("district",), place) for place, code in enumerate(PLACES))
FORCE = Area("E23000003", "Lancashire Constabulary", ("police_force",), 51)
ELSEWHERE = Area("OUT", "Outside Lancashire", ("unplaced",), 61)
AREAS = (*DISTRICTS, COUNTY, FORCE, ELSEWHERE)
BY_CODE = {area.area_code: area for area in AREAS}
YEARS = {
    f"{year}/{year % 100 + 1}": Period(
        f"{year}/{year % 100 + 1}", "financial_year", f"Year ending March {year + 1}", date(year, 4, 1), date(year + 1, 3, 31)
    )
    for year in (2017, 2018, 2019)
}
META = {
    "indicator_id": "T01",
    "name": "Tests of pages",
    "short_name": "Tests",
    "domain": "violence",
    "definition": "What a test counts.",
    "rationale": "Why a test is there.",
    "numerator": "Tests that passed",
    "denominator": "Residents of all ages",
    "unit": "per 1,000 residents",
    "breakdown_unit": "per 1,000 residents of the group",
    "multiplier": Decimal(1000),
    "polarity": "low_is_good",
    "value_type": "crude_rate",
    "ci_method": "poisson",
    "suppression_policy": "LVRN5",
    "period_types": "financial_year",
    "geo_levels": "district, county_14",
    "breakdowns": "sex",
    "feeds": "police_crime",
    "counting_date": "date recorded",
    "source": "Lancashire Constabulary",
    "public_code": None,
    "caveats": "Read it with care & a pencil.",
    "owner": "vrn-data",
    "version": 1,
}
RELEASE = Release("2026-11-23", datetime(2026, 11, 23, 10), None, "abc123 files 12", "For the board", 204, 1, False)
FEEDS = (
    {
        "feed": "police_crime",
        "feed_name": "Police recorded crime",
        "supplier": "lancashire",
        "supplier_name": "Lancashire Constabulary",
        "status": "late",
        "latest_period_ends_on": date(2020, 6, 30),
        "next_due_on": None,
        "accepted_count": 27,
        "superseded_count": 1,
        "refused_count": 0,
        "refused_period_count": 0,
        "is_synthetic": False,
        "is_open": False,
    },
)
DELIVERIES = (
    {
        "feed": "police_crime",
        "supplier": "lancashire",
        "deliveries": 27,
        "rows_in_file": Decimal(1000),
        "rows_accepted": Decimal(990),
        "rows_quarantined": Decimal(8),
        "rows_duplicate": Decimal(2),
        "rows_warned": Decimal(5),
        "is_exact": True,
        "rows_band": "1,000 to 9,999",
        "least_share": 0.95,
    },
    {
        "feed": "tiig_ed_attendance",
        "supplier": "rxl",
        "deliveries": 12,
        **dict.fromkeys(("rows_in_file", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_warned")),
        "is_exact": False,
        "rows_band": "100 to 999",
        "least_share": 0.8,
    },
)
LOCKDOWN = Annotation("context", date(2018, 5, 10), date(2018, 6, 3), "People stayed at home.", "a law", True, frozenset())


def row(area: Area, period: str, value: float = 2.5, **other) -> dict:
    known = {
        "indicator_id": "T01",
        "area_code": area.area_code,
        "area_name": area.area_name,
        "period_id": period,
        "period_label": YEARS[period].period_label,
        **dict.fromkeys(("sex", "age_band", "ethnicity", "imd_quintile"), "all"),
        "count": Decimal(round(value * 100)),
        "denominator": Decimal(100000),
        "value": value,
        "lower_ci_95": value - 1,
        "upper_ci_95": value + 1,
        "lower_ci_998": value - 1.5,
        "upper_ci_998": value + 1.5,
        "method": "poisson",
        "comparison": "not_compared" if area == COUNTY else "similar",
        "england_value": None,
        "comparison_england": "not_compared",
        "year_earlier_value": None,
        "year_earlier_change_percent": None,
        "comparison_year_earlier": "not_compared",
        "hidden_at_least": None,
        "hidden_at_most": None,
        "trend": None,
        "status": "ok",
        "release_id": "2026-11-23",
    }
    return known | other


def missing(area: Area, period: str, status: str, **other) -> dict:
    return row(area, period) | dict.fromkeys(from_publish.NUMBERS) | {"status": status, "comparison": "not_compared"} | other


WHOLE = (
    *(row(COUNTY, period, 5.0 + place, trend="increasing_and_getting_worse") for place, period in enumerate(YEARS)),
    row(DISTRICTS[0], "2019/20", 12.0, comparison="worse"),
    row(DISTRICTS[1], "2019/20", 4.0, comparison="better"),
    missing(DISTRICTS[2], "2019/20", "suppressed"),
    missing(DISTRICTS[3], "2019/20", "refused"),
    *(row(district, "2019/20", 7.0) for district in DISTRICTS[4:]),
    row(COUNTY, "2019/20", 3.0, sex="female"),
    missing(COUNTY, "2019/20", "suppressed", sex="male"),
)


def made(rows=WHOLE, meta=None, *, is_synthetic=False, annotations=(LOCKDOWN,), worse=(), open_feeds=()):
    said = {"is_synthetic": is_synthetic, "annotations": annotations, "worse": tuple(worse), "open_feeds": open_feeds}
    return item(META | (meta or {}), rows, BY_CODE, YEARS, **said)


def since(earlier: float, value: float, comparison: str) -> dict:
    """What publish says of the change of a row since a year earlier."""
    percent = round(100 * (value - earlier) / earlier, 1) if earlier else None
    return {"year_earlier_value": earlier, "year_earlier_change_percent": percent, "comparison_year_earlier": comparison}


def outlines() -> dict[str, tuple[Ring, ...]]:
    """Those of the districts, of the seed that publish.area has them from."""
    found: dict[str, tuple[Ring, ...]] = {}
    with (REPOSITORY / "dbt_project/seeds/geography/district_boundary.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", line["boundary"])]
            found[line["area_code"]] = (tuple(zip(numbers[::2], numbers[1::2], strict=True)),)
    return found


def published(*items, release=RELEASE, **other) -> Published:
    known = {
        "outlines": outlines(),
        "releases": (release,),
        "areas": AREAS,
        "items": items or (made(),),
        "feeds": FEEDS,
        "deliveries": DELIVERIES,
    }
    return Published(release, **(known | other))


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))}


def table_row(text: str, name: str) -> str:
    return re.search(rf'<tr><th scope="row">{re.escape(name)}</th>(.*?)</tr>', text, re.DOTALL).group(1)
