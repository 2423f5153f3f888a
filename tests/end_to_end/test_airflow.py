"""The whole way through Airflow's own scheduler: files into the inbox, indicators out of the marts.

Two homes: one with real monthly files, checked against counts made here from the raw files by other means (it skips
where the files are not), and one with synthetic deliveries.
"""

from __future__ import annotations

import collections
import csv
import gzip
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from tests import attack, calibration, worlds
from tests.conftest import free_port, real
from tests.end_to_end import recomputed
from vrn import disclosure
from vrn.airflow_api import AirflowApi
from vrn.contract import load
from vrn.database import connect
from vrn.disclosure import policies
from vrn.period import Period
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

pytestmark = pytest.mark.services
STREET, SEARCH = "police_street_crime", "police_stop_search"
# The corrected labels of the Progress Report's table, in its order.
SERIOUS_VIOLENCE = (
    "Homicide",
    "Knife (ADR)",
    "Gun (ADR)",
    "Violence with injury",
    "Rape",
    "Robbery",
    "Aggravated burglary",
    "Domestic abuse",
    "Child exploitation",
)
# No synthetic delivery has what these need: a link to anonymous attendances, measured spread, windows of eighteen months.
WITHOUT_SYNTHETIC_FIGURES = {"P02b", "P05b", "P06b", "P07", "R13d", "R15", "S12a", "S12b"}

# Of each policy some, monthly and yearly, with groups and without; all of them would take the attack an hour.
ATTACKED = ("PUB-WPN", "V13", "V14", "V17", "S04", "S11", "R09", "R10")
DIMENSIONS = ("dim_indicator", "dim_area", "dim_period")


class Home:
    """A home run as a user runs it: by the commands, in processes of their own."""

    def __init__(self, folder: Path):
        self.settings = Settings(home=folder, pg_port=free_port(), airflow_port=free_port())
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "VRN_HOME": str(folder),
            "VRN_PG_PORT": str(self.settings.pg_port),
            "VRN_AIRFLOW_PORT": str(self.settings.airflow_port),
        }

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vrn", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=1200
        )

    def run(self) -> str:
        done = self.command("run")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def drop(self, feed: str, source: Path | bytes, name: str) -> None:
        path = self.settings.inbox / feed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copyfile(source, path)

    def rows(self, query: str, *arguments: object, role: str = "vrn_owner") -> list[tuple]:
        with psycopg.connect(self.settings.conninfo(role)) as connection:
            return connection.execute(query, arguments).fetchall()

    def frame(self, query: str, *arguments: object) -> pd.DataFrame:
        with psycopg.connect(self.settings.conninfo("vrn_owner")) as connection:
            cursor = connection.execute(query, arguments)
            return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    def runs(self, dag_id: str) -> list[dict]:
        return AirflowApi(self.settings).call("GET", f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=100")["dag_runs"]


def started(folder: Path) -> Iterator[Home]:
    home = Home(folder)
    try:
        yield home
    finally:
        home.command("down")


@pytest.fixture(scope="module")
def real_home(tmp_path_factory) -> Iterator[Home]:
    real("police", "street", "lancashire", "2020-03-lancashire-street.csv.gz")
    yield from started(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def synthetic_home(tmp_path_factory) -> Iterator[Home]:
    yield from started(tmp_path_factory.mktemp("synthetic"))


def until(found, seconds: float = 120):
    """What a question answers as soon as it answers something; the system decides when, so it is asked again."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            pytest.fail("it did not come about in time")
        time.sleep(1)
    return answer


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


def test_an_empty_inbox_gets_synthetic_deliveries_that_say_so_everywhere_and_only_once(synthetic_home):
    printed = synthetic_home.run()
    assert "SYNTHETIC" in printed
    areas = synthetic_home.rows(
        "select distinct value.area_code from marts.fct_indicator_value as value "
        "inner join marts.dim_area as area on area.area_code = value.area_code and area.area_type = 'district' "
        "where value.status = 'ok' and lower_ci_95 is not null and is_synthetic"
    )
    assert len(areas) == 14
    # What the synthetic deliveries cannot give: linkage of anonymous attendances, spread or windows that they do not have.
    without = synthetic_home.rows(
        "select indicator_id from marts.dim_indicator where indicator_id not in "
        "(select indicator_id from marts.fct_indicator_value where status = 'ok') order by 1"
    )
    assert {row[0] for row in without} == WITHOUT_SYNTHETIC_FIGURES
    before = synthetic_home.rows("select count(*) from ops.submission")
    synthetic_home.run()
    assert synthetic_home.rows("select count(*) from ops.submission") == before


def test_the_corrected_figures_of_the_progress_report_come_out_exactly(synthetic_home):
    for column, wanted in calibration.CRIMES.items():
        query = f"select count(*) from marts.fct_recorded_crime where {column} and recorded_on between %s and %s"
        got = tuple(synthetic_home.rows(query, *days)[0][0] for days in calibration.YEARS.values())
        assert got == wanted, column
    for collection, wanted in calibration.RETURNED.items():
        query = (
            "select sum(offence_count) from staging.stg_police_adr__offence_count where collection = %s and not is_total "
            "and not coalesce(is_air_weapon, false) and known_until_on = '9999-12-31' and quarter_start_on between %s and %s"
        )
        got = tuple(synthetic_home.rows(query, collection, *days)[0][0] for days in calibration.YEARS.values())
        assert got == wanted, collection
    for weapon_class, wanted in calibration.WEAPONS.items():
        query = (
            "select sum(quantity) from staging.stg_police_weapons__recovery where weapon_class = %s "
            "and known_until_on = '9999-12-31' and recovered_month_on between %s and %s"
        )
        years = list(calibration.YEARS.values())[:2]
        assert tuple(synthetic_home.rows(query, weapon_class, *days)[0][0] for days in years) == wanted, weapon_class


def test_acceptance_1_the_serious_violence_table_comes_out_as_at_25_august_2020(synthetic_home):
    """T1, T2: corrected labels, nine categories of four figures, and the row printed twice once."""
    rows = synthetic_home.rows(
        "select label, period_id, published, computed, difference, computed_as_at::text, printed_label "
        "from publish.published_vs_computed where item = 'serious_violence'"
    )
    assert len(rows) == 36
    names = dict(zip(calibration.CRIMES, SERIOUS_VIOLENCE, strict=True))
    wanted = {
        (names[column], period): count
        for column, counts in calibration.CRIMES.items()
        for period, count in zip(calibration.YEARS, counts, strict=True)
    }
    # Homicide is published for years only.
    computed = {(label, period): value for label, period, _, value, *_ in rows}
    assert {key: computed[key] for key in wanted if key[0] != "Homicide" or "Q" not in key[1]} == {
        key: count for key, count in wanted.items() if key[0] != "Homicide" or "Q" not in key[1]
    }
    assert {row[5] for row in rows} == {"2020-08-25"}
    assert {row[4] for row in rows} == {0, None}
    assert not [row for row in rows if row[0] == "Homicide" and row[2] == 1_144]


def test_acceptance_2_the_knife_rate_of_2019_20_is_as_printed(synthetic_home):
    value, lower, upper = synthetic_home.rows(
        "select value, lower_ci_95, upper_ci_95 from marts.fct_indicator_value where indicator_id = 'V03' "
        "and period_id = '2019/20' and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = "
        "('all', 'all', 'all', 'all')"
    )[0]
    assert (round(value, 2), round(lower, 2), round(upper, 2)) == (74.95, 70.65, 79.45)


def test_acceptance_3_a_figure_as_at_a_day_is_what_the_extracts_of_that_day_say(synthetic_home):
    """The synthetic extract of June 2019 is restated: some rows came late."""
    as_at = (
        "select count from publish.indicator_as_at(%s, array['V07']) where period_id = '2019-06' or period_id = '2019/20-Q1' "
        "and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    )
    first, last = synthetic_home.rows(
        "select min(extract_as_at)::date, max(extract_as_at)::date from ops.submission "
        "where feed = 'police_crime' and period_start = '2019-06-01'"
    )[0]
    assert first < last
    before, after = synthetic_home.rows(as_at, first), synthetic_home.rows(as_at, last)
    assert before[0][0] < after[0][0]
    assert (
        synthetic_home.rows(
            "select count from marts.fct_indicator_value where indicator_id = 'V07' and period_id = '2019/20-Q1' "
            "and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
        )
        == after
    )


def test_acceptance_4_the_districts_of_east_division_add_up_to_it(synthetic_home):
    division, districts = synthetic_home.rows(
        "select sum(count) filter (where area_code = 'LANCS-E'), sum(count) filter (where area_code <> 'LANCS-E') "
        "from marts.fct_indicator_value where indicator_id = 'V06' and period_id = '2019/20' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all') and area_code in "
        "('LANCS-E', 'E06000008', 'E07000117', 'E07000120', 'E07000122', 'E07000124', 'E07000125')"
    )[0]
    assert division == districts > 1_000


def test_the_findings_stand_beside_their_indicators_and_the_homicide_trend_is_not_borne_out(synthetic_home):
    found = synthetic_home.rows("select finding_id, evidence, indicator_id, indicator_name from publish.framework_finding")
    assert len(found) == 12
    assert all(name for _, _, indicator, name in found if indicator)
    assert ("homicide-trend", "not_borne_out") in {row[:2] for row in found}
    # T6: the share of 1 % cannot be had from any labelling of the table.
    assert ("knife-share", "not_borne_out") in {row[:2] for row in found}
    change = synthetic_home.rows(
        "select is_year_earlier_change_significant, trend from marts.fct_indicator_value where indicator_id = 'V01' "
        "and period_id = '2019/20' and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = "
        "('all', 'all', 'all', 'all')"
    )
    assert change == [(False, "cannot_be_calculated")]


def test_every_feed_is_there_with_its_defects_and_every_row_accounted_for(synthetic_home):
    feeds = {path.name.removesuffix(".odcs.yaml") for path in synthetic_home.settings.contracts.glob("*.odcs.yaml")}
    accepted = synthetic_home.rows("select feed, sum(rows_quarantined), sum(rows_duplicate) from ops.submission "
                                   "where status = 'accepted' group by 1")  # fmt: skip
    assert {row[0] for row in accepted} == feeds
    assert synthetic_home.rows("select count(*) from ops.submission where status = 'superseded'")[0][0] >= 1
    assert next(row for row in accepted if row[0] == "police_crime")[1:] > (0, 0)
    assert list((synthetic_home.settings.messages / "police_crime" / "lancashire").glob("*-accepted.csv"))


def test_a_delivery_of_an_unusual_size_waits_for_a_person_and_serves_when_approved(synthetic_home):
    contract = load(synthetic_home.settings.contracts / f"{STREET}.odcs.yaml", Period.month("2020-07"))
    text = deliveries.content(contract, Period.month("2020-07"), Places(REPOSITORY / "dbt_project" / "seeds")).decode()
    synthetic_home.drop(STREET, "".join(text.splitlines(keepends=True)[:101]).encode(), "2020-07-lancashire-street.synthetic.csv")
    # The run ends although somebody still has to decide, and what was held serves nothing.
    assert "HELD" in synthetic_home.run()
    ledger = (
        "select status, held_at is not null, approved_by from ops.submission where file_name like '2020-07-lancashire-street%%'"
    )
    assert synthetic_home.rows(ledger) == [("received", True, None)]

    api = AirflowApi(synthetic_home.settings)
    (asked,) = until(lambda: api.call("GET", "/dags/approve_held/dagRuns/~/hitlDetails?response_received=false")["hitl_details"])
    task = asked["task_instance"]
    assert "half" in asked["body"] or "median" in asked["body"]
    run = urllib.parse.quote(task["dag_run_id"], safe="")
    answer = {"chosen_options": ["Approve"], "params_input": {}}
    api.call("PATCH", f"/dags/approve_held/dagRuns/{run}/taskInstances/ask/{task['map_index']}/hitlDetails", answer)
    until(lambda: synthetic_home.rows(ledger)[0][0] == "accepted")
    assert synthetic_home.rows(ledger)[0][2]


def test_no_suppressed_count_of_the_synthetic_county_can_be_worked_out(synthetic_home):
    figures = synthetic_home.frame(
        "select * from marts.fct_indicator_value where count is not null and indicator_id = any(%s)", list(ATTACKED)
    )
    figures["count"] = figures["count"].astype(float)
    indicators, areas, periods = (synthetic_home.frame(f"select * from marts.{name}") for name in DIMENSIONS)
    decided = disclosure.decide(figures, indicators, areas, periods)
    policies_of = dict(zip(indicators["indicator_id"], indicators["suppression_policy"], strict=True))
    found, found_by_primary_rules = [], []
    for indicator in ATTACKED:
        own = (figures["indicator_id"] == indicator).to_numpy()
        some, answers = figures[own].reset_index(drop=True), decided[own].reset_index(drop=True)
        matrix = attack.atoms_of(some, areas, periods, has_rest=True)
        known = policies.POLICIES[policies_of[indicator]].known_range
        for hidden, narrow in (
            (worlds.suppressed(answers), found),
            ((answers["decision"] == "suppressed_primary").to_numpy(), found_by_primary_rules),
        ):
            seen = attack.seen(matrix, ~hidden, known, some["count"].to_numpy())
            narrow += worlds.too_narrow(some, answers, seen, policies_of[indicator], most=40)
    assert found == []
    # So the attack can see what it is to find.
    assert found_by_primary_rules


def test_every_expected_row_exists_once_and_no_other(synthetic_home):
    # The index, told another way than the models tell it: an indicator's areas by level, its periods by type, and a row for
    # the total and for each group of its breakdowns, which are of financial years.
    # Ages are those of the population that it is a rate of, and unknown.
    groups = {"age_band": 8, "sex": 3, "imd_quintile": 6, "ethnicity": 6}
    ages = {"0-17": 3, "0-24": 4, "10-17": 2}
    indicators = synthetic_home.rows(
        "select indicator_id, geo_levels, period_types, breakdowns, series_starts_on, ethnic_groups, population "
        "from marts.dim_indicator"
    )
    areas = synthetic_home.rows("select area_code, area_type from marts.dim_area")
    periods = synthetic_home.rows("select period_type, end_on from marts.dim_period")
    rows = dict(synthetic_home.rows("select indicator_id, count(*) from marts.fct_indicator_value group by 1"))
    assert len(indicators) == len(rows) >= 80
    for indicator, levels, types, breakdowns, starts_on, ethnic_groups, population in indicators:
        groups["age_band"] = ages.get(population, 8)
        places = sum(kind in levels or ("upper_tier" in levels and code[:3] == "E06") for code, kind in areas)
        spans = [kind for kind, end in periods if kind in types and end >= starts_on]
        cells = sum(3 if one == "ethnicity" and ethnic_groups == "white_or_minority" else groups[one] for one in breakdowns)
        assert rows[indicator] == places * (len(spans) + cells * spans.count("financial_year")), indicator
    assert (
        synthetic_home.rows(
            "select indicator_id from marts.fct_indicator_value group by indicator_id, area_code, period_id, sex, age_band, "
            "ethnicity, imd_quintile having count(*) > 1"
        )
        == []
    )


def test_districts_outside_and_unknown_add_up_to_the_force_and_districts_to_what_they_are_part_of(synthetic_home):
    # An area is the sum of its leaves wherever the indicator has all of them.
    off = """
        with total as (
            select * from marts.fct_indicator_value
            where (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all') and status = 'ok' and count is not null
        )
        select whole.indicator_id, whole.area_code, whole.period_id, whole.count, sum(part.count)
        from total as whole
        inner join marts.dim_area as area on whole.area_code = area.area_code and area.area_type <> 'district'
        inner join reference.area_member as member on area.area_code = member.area_code and member.leaf_code ~ '^E0[67]|OUT|UNK'
        inner join marts.dim_indicator as indicator on whole.indicator_id = indicator.indicator_id
            and indicator.value_type <> 'ratio' and 'district' = any(indicator.geo_levels) and 'police_crime' = any(indicator.feeds)
        left join marts.fct_indicator_value as part
            on part.area_code = member.leaf_code and part.indicator_id = whole.indicator_id and part.period_id = whole.period_id
            and (part.sex, part.age_band, part.ethnicity, part.imd_quintile) = ('all', 'all', 'all', 'all')
        group by 1, 2, 3, 4
        having sum(part.count) is distinct from whole.count
    """
    assert synthetic_home.rows(off) == []


def test_months_add_up_to_quarters_and_quarters_to_years_and_a_group_to_no_more_than_all(synthetic_home):
    sums = """
        select whole.indicator_id, whole.area_code, whole.period_id
        from marts.fct_indicator_value as whole
        inner join marts.dim_period as span on whole.period_id = span.period_id and span.period_type = %s
        inner join marts.dim_period as piece
            on piece.period_type = %s and piece.start_on >= span.start_on and piece.end_on <= span.end_on
        inner join marts.fct_indicator_value as part
            using (indicator_id, area_code, sex, age_band, ethnicity, imd_quintile)
        where part.period_id = piece.period_id and whole.count is not null and whole.indicator_id <> 'S08'
        group by 1, 2, 3, whole.count having sum(part.count) is distinct from whole.count
    """
    for span, piece in (("quarter", "month"), ("financial_year", "quarter"), ("financial_year", "month")):
        assert synthetic_home.rows(sums, span, piece) == [], (span, piece)
    for dimension in ("sex", "age_band", "ethnicity", "imd_quintile"):
        others = ", ".join(one for one in ("sex", "age_band", "ethnicity", "imd_quintile") if one != dimension)
        assert (
            synthetic_home.rows(
                f"select total.indicator_id, total.area_code, total.period_id from marts.fct_indicator_value as total "
                f"inner join marts.fct_indicator_value as part using (indicator_id, area_code, period_id) "
                f"where (total.sex, total.age_band, total.ethnicity, total.imd_quintile) = ('all', 'all', 'all', 'all') "
                f"and part.{dimension} <> 'all' and total.count is not null and total.indicator_id <> 'S08' "
                f"group by 1, 2, 3, total.count having sum(part.count) <> total.count"
            )
            == []
        ), (dimension, others)


def test_overlapping_categories_are_never_added_up(synthetic_home):
    """T5: the composite counts a crime once, so it is less than the sum of its parts, and no indicator has that sum."""
    parts, composite = synthetic_home.rows(
        "select sum(count) filter (where indicator_id <> 'V15'), sum(count) filter (where indicator_id = 'V15') "
        "from marts.fct_indicator_value where indicator_id in ('V01', 'V03', 'V05', 'V06', 'V09', 'V10', 'V11', 'V15') "
        "and area_code = 'E23000003' and period_id = '2019/20' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    )[0]
    assert composite < parts
    assert (
        synthetic_home.rows(
            "select indicator_id from marts.fct_indicator_value "
            "where count = %s and area_code = 'E23000003' and period_id = '2019/20'",
            parts,
        )
        == []
    )


def test_twenty_indicators_told_another_way_from_the_raw_rows_are_the_same(synthetic_home):
    """Counts, denominators, values and limits by plain Python from raw.* and the seeds (recomputed.py), and nothing else."""
    with connect(synthetic_home.settings, "vrn_owner") as connection:
        told = recomputed.figures(connection)
        rows = connection.execute(
            "select * from marts.fct_indicator_value where status = 'ok' and area_code not in ('OUT', 'UNK') "
            "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all') "
            "and indicator_id = any(%s) and period_id = any(%s)",
            [sorted({key[0] for key in told}), list(recomputed.PERIODS)],
        ).fetchall()
    assert len(rows) > 1_000
    for row in rows:
        wanted = told[row["indicator_id"], row["area_code"], row["period_id"]]
        for name in ("numerator", "denominator", "value", "lower_ci_95", "upper_ci_95"):
            if getattr(wanted, name) is not None and row[name] is not None:
                assert float(row[name]) == pytest.approx(float(getattr(wanted, name)), rel=1e-6), (row, name)


def test_an_annotation_stands_beside_every_figure_of_its_days(synthetic_home):
    """T116, T117: the change of the crime system marks police figures of its months, lockdowns mark every figure."""
    marked = """
        select count(distinct indicator_id) from marts.fct_indicator_annotation where annotation_id = %s and period_id = %s
    """
    police = "select count(*) from marts.dim_indicator where exists (select from unnest(feeds) as feed where feed like 'police%%')"
    quarterly = " and period_types && array['financial_year']"
    assert synthetic_home.rows(marked, "recording-system", "2018/19") == synthetic_home.rows(police + quarterly)
    every = "select count(*) from marts.dim_indicator where period_types && array['financial_year']"
    assert synthetic_home.rows(marked, "lockdown-1", "2020/21") == synthetic_home.rows(every)


def test_an_evaluator_reads_the_marts_and_the_ledger_but_no_row_as_it_came(synthetic_home):
    for table in ("marts.fct_indicator_value", "marts.dim_indicator", "ops.submission", "reference.area"):
        assert synthetic_home.rows(f"select count(*) > 0 from {table}", role="vrn_evaluator") == [(True,)], table
    assert synthetic_home.rows("select * from stats.wilson_ci(4, 15, 0.95)", role="vrn_evaluator")
    for table in ("raw.police_street_crime__crime", "quarantine.police_street_crime__crime", "staging.stg_ops__feed_month"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            synthetic_home.rows(f"select 1 from {table}", role="vrn_evaluator")


def test_nothing_of_a_running_home_listens_beyond_this_machine(synthetic_home):
    mark = f"VRN_HOME={synthetic_home.settings.home}".encode()
    sockets, listening = set(), {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                sockets |= {os.readlink(file) for file in (process / "fd").iterdir()}
        except OSError:
            continue
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                listening[f"socket:[{words[9]}]"] = words[1].split(":")[0]
    addresses = {listening[one] for one in sockets & listening.keys()}
    assert addresses == {"0100007F"}  # 127.0.0.1, as the kernel writes it


def test_two_homes_do_not_disturb_each_other_and_a_taken_port_is_told(synthetic_home, tmp_path):
    other = Home(tmp_path / "other")
    other.environment["VRN_PG_PORT"] = str(synthetic_home.settings.pg_port)
    done = other.command("up")
    assert done.returncode == 1
    assert f"Port {synthetic_home.settings.pg_port} is taken" in done.stderr
    assert synthetic_home.rows("select 1") == [(1,)]


def test_no_log_and_no_template_of_a_run_holds_a_row_of_its_delivery(synthetic_home):
    (crime_id,) = synthetic_home.rows("select crime_id from raw.police_street_crime__crime where crime_id is not null limit 1")[0]
    for path in (synthetic_home.settings.logs, synthetic_home.settings.data_docs, synthetic_home.settings.home / "dbt"):
        for file in path.rglob("*"):
            assert not file.is_file() or crime_id.encode() not in file.read_bytes(), file
