"""Real monthly files into the inbox, indicators out of the marts, against counts made from the raw files by other means."""

from __future__ import annotations

import collections
import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import real
from tests.end_to_end.homes import Home, started
from vrn.airflow_api import AirflowApi
from vrn.settings import REPOSITORY

pytestmark = pytest.mark.services
STREET = "police_street_crime"


@pytest.fixture(scope="module")
def real_home(tmp_path_factory) -> Iterator[Home]:
    real("police", "street", "lancashire", "2020-03-lancashire-street.csv.gz")
    with started(tmp_path_factory.mktemp("real")) as home:
        yield home


def street(month: str, force: str = "lancashire") -> Path:
    return real("police", "street", force, f"{month}-{force}-street.csv.gz")


def counted(months: list[str], crime_type: str) -> dict[tuple[str, str], int]:
    """Crimes by month and district, straight from the raw files: a crime once, in the first month it was in."""
    with (REPOSITORY / "dbt_project/seeds/geography/lsoa.csv").open(encoding="utf-8") as file:
        district = {row["lsoa_code"]: row["district_code"] for row in csv.DictReader(file)}
    seen: set[str] = set()
    counts: dict[tuple[str, str], int] = collections.Counter()
    for month in months:
        last: dict[str, dict] = {}
        with gzip.open(street(month), "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["Crime ID"]:
                    last[row["Crime ID"]] = row
        for crime_id, row in last.items():
            if crime_id not in seen and row["Crime type"] == crime_type:
                area = district.get(row["LSOA code"], "OUT") if row["LSOA code"] else "UNK"
                counts[month, area] += 1
        seen |= last.keys()
    return counts


def test_real_months_become_indicators_counted_as_the_raw_files_count(real_home):
    months = ["2019-12", "2020-01", "2020-02", "2020-03"]
    for month in months[:3]:
        real_home.drop(STREET, street(month), f"{month}-lancashire-street.csv.gz")
    printed = real_home.run()
    assert "synthetic" not in printed.casefold()

    # A further month is picked up and built without a restart, by whoever drops it.
    scheduler = (real_home.settings.home / "run/scheduler.pid").read_text()
    real_home.drop(STREET, street("2020-03"), "2020-03-lancashire-street.csv.gz")
    real_home.run()
    assert (real_home.settings.home / "run/scheduler.pid").read_text() == scheduler

    for indicator, crime_type in (
        ("PUB-VSO", "Violence and sexual offences"),
        ("PUB-ROB", "Robbery"),
        ("PUB-WPN", "Possession of weapons"),
    ):
        expected = counted(months, crime_type)
        got = {
            (period, area): count
            for period, area, count in real_home.rows(
                "select period_id, area_code, count from marts.fct_indicator_value "
                "where indicator_id = %s and period_id = any(%s) and count is not null",
                indicator,
                months,
            )
        }
        districts = {area for _, area in got if area.startswith(("E06", "E07")) or area in ("OUT", "UNK")}
        assert len(districts) == 16
        for month in months:
            for area in districts:
                assert got[month, area] == expected[month, area], (indicator, month, area)
            assert got[month, "LANCS-14"] == sum(expected[month, area] for area in districts - {"OUT", "UNK"})
            assert got[month, "E23000003"] == sum(expected[month, area] for area in districts)
            assert got[month, "LANCS-E"] + got[month, "LANCS-S"] + got[month, "LANCS-W"] == got[month, "LANCS-14"]
    quarter = real_home.rows(
        "select status, count from marts.fct_indicator_value "
        "where indicator_id = 'PUB-ROB' and period_id = '2019/20-Q4' and area_code = 'LANCS-14'"
    )
    robberies = counted(months, "Robbery")
    assert quarter == [("ok", sum(n for (month, area), n in robberies.items() if month >= "2020-01" and area[0] == "E"))]


def test_what_did_not_come_is_never_taken_for_nothing_happened(real_home):
    statuses = dict(
        real_home.rows(
            "select period_id, status from marts.fct_indicator_value where indicator_id = 'PUB-ROB' and area_code = 'LANCS-14' "
            "and period_id in ('2019-11', '2019-12', '2019/20', '2018-06-R12', '2020-03-R12')"
        )
    )
    assert statuses == {
        "2019-11": "awaiting_feed",
        "2019-12": "ok",
        "2019/20": "incomplete",
        "2018-06-R12": "before_series",
        "2020-03-R12": "incomplete",
    }
    assert real_home.rows(
        "select count(*) from marts.fct_indicator_value where (value is not null or count is not null) "
        "and status in ('awaiting_feed', 'refused', 'before_series')"
    ) == [(0,)]


def test_a_refused_file_ends_its_run_red_with_a_note_and_the_last_good_data_stays(real_home):
    before = real_home.rows("select submission_id, status from ops.submission where status = 'accepted' order by 1")
    leicestershire = gzip.decompress(street("2020-03", "leicestershire").read_bytes())
    real_home.drop(STREET, leicestershire, "2020-04-lancashire-street.csv")
    real_home.drop(STREET, street("2020-03"), "2020-05-lancashire-street.csv.gz")
    real_home.run()
    assert real_home.rows("select submission_id, status from ops.submission where status = 'accepted' order by 1") == before
    last = real_home.runs(f"ingest__{STREET}")[-1]
    assert last["state"] == "failed"
    assert "another force" in last["note"]
    assert "duplicate**, the same bytes as submission" in last["note"]
    assert real_home.rows(
        "select distinct status from marts.fct_indicator_value where indicator_id = 'PUB-ROB' and period_id = '2020-04'"
    ) != [("ok",)]


def test_an_accepted_delivery_leaves_an_asset_event_with_its_partition_and_counts(real_home):
    events = AirflowApi(real_home.settings).call("GET", "/assets/events?limit=100")["asset_events"]
    found = [event for event in events if event.get("partition_key") == "lancashire|2020-03"]
    assert len(found) == 1
    (delivery,) = found[0]["extra"].values()
    assert delivery["rows_in_file"] == delivery["rows_accepted"] + delivery["rows_quarantined"] + delivery["rows_duplicate"]
