"""The made-up county, every feed's files taken in and everything built: its indicators, told another way or known beforehand."""

from __future__ import annotations

import collections

import psycopg
import pytest

from tests import calibration
from tests.end_to_end import recomputed
from vrn.build import dbt
from vrn.feeds import catalogue
from vrn.warehouse.connection import connect

pytestmark = pytest.mark.services
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
# What no feed can give on the day of the report: a link to anonymous attendances, a factor that censuses have from 2021/22, and a
# rate of three years by age, of the first of which there are no residents by age (dbt_project/seeds/README.md).
WITHOUT_SYNTHETIC_FIGURES = {"P02b", "R13d", "V18"}


def test_the_corrected_figures_of_the_progress_report_come_out_exactly(county):
    for column, wanted in calibration.CRIMES.items():
        query = f"select count(*) from marts.fct_recorded_crime where {column} and recorded_on between %s and %s"
        got = tuple(county.rows(query, *days)[0][0] for days in calibration.YEARS.values())
        assert got == wanted, column
    for collection, wanted in calibration.RETURNED.items():
        query = (
            "select sum(offence_count) from staging.stg_police_adr__offence_count where collection = %s and not is_total "
            "and not coalesce(is_air_weapon, false) and known_until_on = '9999-12-31' and quarter_start_on between %s and %s"
        )
        got = tuple(county.rows(query, collection, *days)[0][0] for days in calibration.YEARS.values())
        assert got == wanted, collection
    for weapon_class, wanted in calibration.WEAPONS.items():
        query = (
            "select sum(quantity) from staging.stg_police_weapons__recovery where weapon_class = %s "
            "and known_until_on = '9999-12-31' and recovered_month_on between %s and %s"
        )
        years = list(calibration.YEARS.values())[:2]
        assert tuple(county.rows(query, weapon_class, *days)[0][0] for days in years) == wanted, weapon_class


def test_acceptance_1_the_serious_violence_table_comes_out_as_at_25_august_2020(county):
    """T1, T2: corrected labels, nine categories of four figures, and the row printed twice once."""
    rows = county.rows(
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


def test_acceptance_2_the_knife_rate_of_2019_20_is_as_printed(county):
    value, lower, upper = county.rows(
        "select value, lower_ci_95, upper_ci_95 from marts.fct_indicator_value where indicator_id = 'V03' "
        "and period_id = '2019/20' and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = "
        "('all', 'all', 'all', 'all')"
    )[0]
    assert (round(value, 2), round(lower, 2), round(upper, 2)) == (74.95, 70.65, 79.45)


def test_acceptance_3_a_figure_as_at_a_day_is_what_the_extracts_of_that_day_say(county):
    """The synthetic extract of June 2019 is restated: some rows came late."""
    as_at = (
        "select count from publish.indicator_as_at(%s, array['V07']) where period_id = '2019-06' or period_id = '2019/20-Q1' "
        "and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    )
    first, last = county.rows(
        "select min(extract_as_at)::date, max(extract_as_at)::date from ops.submission "
        "where feed = 'police_crime' and period_start = '2019-06-01'"
    )[0]
    assert first < last
    before, after = county.rows(as_at, first), county.rows(as_at, last)
    assert before[0][0] < after[0][0]
    assert (
        county.rows(
            "select count from marts.fct_indicator_value where indicator_id = 'V07' and period_id = '2019/20-Q1' "
            "and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
        )
        == after
    )


def test_acceptance_4_the_districts_of_east_division_add_up_to_it(county):
    division, districts = county.rows(
        "select sum(count) filter (where area_code = 'LANCS-E'), sum(count) filter (where area_code <> 'LANCS-E') "
        "from marts.fct_indicator_value where indicator_id = 'V06' and period_id = '2019/20' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all') and area_code in "
        "('LANCS-E', 'E06000008', 'E07000117', 'E07000120', 'E07000122', 'E07000124', 'E07000125')"
    )[0]
    assert division == districts > 1_000


def test_the_findings_stand_beside_their_indicators_and_the_homicide_trend_is_not_borne_out(county):
    found = county.rows("select finding_id, evidence, indicator_id, indicator_name from publish.framework_finding")
    assert len(found) == 12
    assert all(name for _, _, indicator, name in found if indicator)
    assert ("homicide-trend", "not_borne_out") in {row[:2] for row in found}
    # T6: the share of 1 % cannot be had from any labelling of the table.
    assert ("knife-share", "not_borne_out") in {row[:2] for row in found}
    change = county.rows(
        "select is_year_earlier_change_significant, trend from marts.fct_indicator_value where indicator_id = 'V01' "
        "and period_id = '2019/20' and area_code = 'E23000003' and (sex, age_band, ethnicity, imd_quintile) = "
        "('all', 'all', 'all', 'all')"
    )
    # 2018/19 and 2019/20 lie on either side of the change of the crime system, so no judgement is made.
    assert change == [(None, "cannot_be_calculated")]


def test_every_feed_is_there_with_its_defects_and_every_row_accounted_for(county):
    feeds = {contract.feed for contract in catalogue.sound(county.settings.contracts) if contract.main.synthetic}
    accepted = county.rows("select feed, sum(rows_quarantined), sum(rows_duplicate) from ops.submission "
                                   "where status = 'accepted' group by 1")  # fmt: skip
    assert {row[0] for row in accepted} == feeds
    assert county.rows("select count(*) from ops.submission where status = 'superseded'")[0][0] >= 1
    assert next(row for row in accepted if row[0] == "police_crime")[1:] > (0, 0)
    assert list((county.settings.messages / "police_crime" / "lancashire").glob("*-accepted.csv"))


def test_every_expected_row_exists_once_and_no_other(county):
    # The index, told another way than the models tell it: an indicator's areas by level, its periods by type, and a row for
    # the total and for each group of its breakdowns, which are of financial years.
    # Ages are those of the population that it is a rate of, and unknown.
    groups = {"age_band": 8, "sex": 3, "imd_quintile": 6, "ethnicity": 6}
    ages = {"0-17": 3, "0-24": 4, "10-17": 2}
    indicators = county.rows(
        "select indicator_id, geo_levels, period_types, breakdowns, series_starts_on, ethnic_groups, population "
        "from marts.dim_indicator"
    )
    areas = county.rows("select area_code, area_type from marts.dim_area")
    periods = county.rows("select period_type, end_on from marts.dim_period")
    # Of an indicator whose first period has not ended by the day on which the home lives there is no row yet.
    rows = collections.Counter(dict(county.rows("select indicator_id, count(*) from marts.fct_indicator_value group by 1")))
    assert len(indicators) > 80
    assert len(rows) >= 80
    for indicator, levels, types, breakdowns, starts_on, ethnic_groups, population in indicators:
        groups["age_band"] = ages.get(population, 8)
        places = sum(kind in levels or ("upper_tier" in levels and code[:3] == "E06") for code, kind in areas)
        spans = [kind for kind, end in periods if kind in types and end >= starts_on]
        cells = sum(3 if one == "ethnicity" and ethnic_groups == "white_or_minority" else groups[one] for one in breakdowns)
        assert rows[indicator] == places * (len(spans) + cells * spans.count("financial_year")), indicator
    assert (
        county.rows(
            "select indicator_id from marts.fct_indicator_value group by indicator_id, area_code, period_id, sex, age_band, "
            "ethnicity, imd_quintile having count(*) > 1"
        )
        == []
    )


# A figure that each data test of sums finds when it is changed (dbt_project/tests). That they hold here, the build has shown.
CHANGED = {
    "months_add_up_to_quarters_and_years": "indicator_id = 'V07' and period_id = '2019/20-Q1' and sex = 'all'",
    "districts_add_up_to_what_they_are_part_of": "indicator_id = 'V07' and period_id = '2019/20-Q1' and sex = 'all'",
    "groups_add_up_to_all": "indicator_id = 'V07' and period_id = '2019/20' and sex = 'female'",
    "related_indicators_add_up": "indicator_id = 'V03' and period_id = '2019/20' and sex = 'all' and age_band = 'all'",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_figure_that_no_longer_adds_up_is_found_by_the_test_of_every_build(county, name):
    """Issue 15, A: months to years, districts to the county, groups to all, and what indicators say of each other."""
    (compiled,) = dbt.invoke(county.settings, ["--quiet", "compile", "--select", name]).result.results
    with connect(county.settings, "vrn_owner") as connection:
        assert connection.execute(compiled.node.compiled_code).fetchall() == []
        connection.execute(
            "update marts.fct_indicator_value set count = count + 10000 where area_code = 'E06000008' and " + CHANGED[name]
        )
        assert connection.execute(compiled.node.compiled_code).fetchall() != []
        # Nobody writes to the county.
        connection.rollback()


@pytest.mark.parametrize("name", CHANGED)
def test_a_build_of_what_changed_tests_the_sums_of_the_figures_that_it_made(county, name):
    """Issue 17, point 2: and of no others, which the build before tested."""
    wrong = _wrong_sums_of_touched(
        county, name, "select indicator_id, period_id from marts.fct_indicator_value where " + CHANGED[name]
    )
    assert wrong != []
    assert _wrong_sums_of_touched(county, name, "select 'V11', '2018/19-Q2'") == []


def test_a_build_of_what_changed_tests_the_year_of_a_quarter_that_it_made(county):
    wrong = _wrong_sums_of_touched(county, "months_add_up_to_quarters_and_years", "select 'V07', '2019/20-Q2'")
    assert {row["period_id"] for row in wrong} == {"2019/20"}


def test_a_build_of_what_changed_tests_what_is_said_of_a_figure_months_later(county):
    """The denominator of S14 is V15 of six months earlier."""
    changed = "area_code = 'LANCS-14' and indicator_id = 'V15' and period_id = '2019/20-Q2' and sex = 'all' and age_band = 'all'"
    wrong = _wrong_sums_of_touched(county, "related_indicators_add_up", "select 'V15', '2019/20-Q2'", changed)
    assert ("S14", "2020-01-01") in {(row["said_by"], str(row["start_on"])) for row in wrong}


def _wrong_sums_of_touched(county, name: str, touched: str, changed: str | None = None) -> list[dict]:
    """What a test of sums finds after its figure was changed, in a build that made these figures anew."""
    (compiled,) = dbt.invoke(county.settings, ["--quiet", "compile", "--select", name], {"last_whole": 1}).result.results
    with connect(county.settings, "vrn_owner") as connection:
        connection.execute("delete from figures.touched")
        connection.execute(f"insert into figures.touched (indicator_id, period_id) {touched} group by 1, 2")
        changed = changed or "area_code = 'E06000008' and " + CHANGED[name]
        connection.execute(f"update marts.fct_indicator_value set count = count + 10000 where {changed}")
        found = connection.execute(compiled.node.compiled_code).fetchall()
        # Nobody writes to the county.
        connection.rollback()
    return found


def test_a_figure_rests_on_the_deliveries_of_its_feeds_for_its_days(county):
    """As the days of both say it: the model has them meet by months, because that takes no longer where there are more of both."""
    wanted = """
        select indicator_id, period_id, submission_id
        from marts.dim_indicator as indicator
        inner join marts.dim_period as period on period.period_type = any(indicator.period_types)
        inner join ops.counted_submission as submission
            on submission.feed = any(indicator.feeds) and submission.period_start_on <= period.last_due_on
            and submission.period_end_on >= period.start_on - make_interval(months => coalesce(looks_back_months, 0)::integer)
        where is_ever_known
    """
    model = "select indicator_id, period_id, submission_id from marts.fct_indicator_submission"
    assert county.rows(f"{model} except all {wanted}") == county.rows(f"{wanted} except all {model}") == []
    assert county.rows("select count(distinct feed) > 20 from marts.fct_indicator_submission") == [(True,)]


def test_overlapping_categories_are_never_added_up(county):
    """T5: the composite counts a crime once, so it is less than the sum of its parts, and no indicator has that sum."""
    parts, composite = county.rows(
        "select sum(count) filter (where indicator_id <> 'V15'), sum(count) filter (where indicator_id = 'V15') "
        "from marts.fct_indicator_value where indicator_id in ('V01', 'V03', 'V05', 'V06', 'V09', 'V10', 'V11', 'V15') "
        "and area_code = 'E23000003' and period_id = '2019/20' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    )[0]
    assert composite < parts
    assert (
        county.rows(
            "select indicator_id from marts.fct_indicator_value "
            "where count = %s and area_code = 'E23000003' and period_id = '2019/20'",
            parts,
        )
        == []
    )


def test_twenty_indicators_told_another_way_from_the_raw_rows_are_the_same(county):
    """Counts, denominators, values and limits by plain Python from raw.* and the seeds (recomputed.py), and nothing else."""
    with connect(county.settings, "vrn_owner") as connection:
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


def test_an_annotation_stands_beside_every_figure_of_its_days(county):
    """T116, T117: the change of the crime system marks police figures of its months, lockdowns mark every figure."""
    marked = """
        select count(distinct indicator_id) from marts.fct_indicator_annotation
        where annotation_id = %s and period_id = %s and is_beside_figure
    """
    police = "select count(*) from marts.dim_indicator where exists (select from unnest(feeds) as feed where feed like 'police%%')"
    quarterly = " and period_types && array['financial_year']"
    assert county.rows(marked, "recording-system", "2018/19") == county.rows(police + quarterly)
    every = "select count(*) from marts.dim_indicator where period_types && array['financial_year']"
    assert county.rows(marked, "lockdown-1", "2019/20") == county.rows(every)


def test_an_evaluator_reads_the_marts_and_the_ledger_but_no_row_as_it_came(county):
    for table in ("marts.fct_indicator_value", "marts.dim_indicator", "ops.submission", "reference.area"):
        assert county.rows(f"select count(*) > 0 from {table}", role="vrn_evaluator") == [(True,)], table
    assert county.rows("select * from stats.wilson_ci(4, 15, 0.95)", role="vrn_evaluator")
    for table in ("raw.police_street_crime__crime", "quarantine.police_street_crime__crime", "staging.stg_ops__feed_month"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            county.rows(f"select 1 from {table}", role="vrn_evaluator")
