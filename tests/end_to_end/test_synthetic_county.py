"""The synthetic county through Airflow's own scheduler: every feed's files into the inbox, indicators out of the marts."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import attack, calibration, worlds
from tests.end_to_end import recomputed
from tests.end_to_end.homes import Home, started, until
from vrn import disclosure
from vrn.airflow_api import AirflowApi
from vrn.contract import load
from vrn.database import connect
from vrn.disclosure import policies
from vrn.period import Period
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

pytestmark = pytest.mark.services
STREET = "police_street_crime"
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


@pytest.fixture(scope="module")
def synthetic_home(tmp_path_factory) -> Iterator[Home]:
    with started(tmp_path_factory.mktemp("synthetic")) as home:
        yield home


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
