"""The made-up county tells one story: feeds that speak of the same thing agree, and nothing is known before it happened.

Issue 14, point 7.
"""

from __future__ import annotations

from datetime import date

import pytest

from vrn.feeds import catalogue
from vrn.settings import REPOSITORY

pytestmark = pytest.mark.services
FORCE = "E23000003"
ALL = "(sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
DAY_OF_THE_REPORT = date(2020, 8, 25)
# Feeds of several suppliers whose rows name who sent them, and how. Of the others (ISTV's sites, the census's authorities, the
# caseload's teams) a rule judges who sent the row, and that is not kept.
WHO_SENT = {"tiig_ed_attendance__attendance": ("left(site_code, 3)",)}
# Of the public files and of the restricted extract, what counts the same offences.
SAME_OFFENCES = {"PUB-ROB": ("V10",), "PUB-WPN": ("V14",), "PUB-VSO": ("V07", "V08")}


@pytest.mark.parametrize("table", WHO_SENT)
def test_rows_name_the_trust_authority_or_team_that_sent_them_and_its_own_sites(county, table):
    for code in WHO_SENT[table]:
        told = county.rows(
            f"select submission.supplier, array_agg(distinct {code}) from raw.{table} as sent "
            "inner join ops.submission as submission using (submission_id) group by 1"
        )
        assert len(told) > 1
        assert dict(told) == {supplier: [supplier.upper()] for supplier, _ in told}, code


def test_no_column_draws_by_chance_which_supplier_a_row_is_of():
    for contract in catalogue.sound(REPOSITORY / "expectations"):
        codes = {code.upper() for code in contract.synthetic.get("suppliers", contract.suppliers)}
        for column in (column for entity in contract.entities for column in entity.columns):
            drawn = {str(one).upper() for one in column.synthetic.get("weights", [column.synthetic.get("value")])}
            assert len(codes) == 1 or not drawn & codes, (contract.feed, column.name)


@pytest.mark.parametrize("public", SAME_OFFENCES)
def test_the_public_files_and_the_extract_agree_within_5_in_100_in_each_year_and_quarter(county, public):
    """As the caveat of V10 says of PUB-ROB."""
    pairs = county.rows(
        "select one.period_id, one.count, sum(other.count) from marts.fct_indicator_value as one "
        "inner join marts.dim_period as period on one.period_id = period.period_id "
        f"and period.period_type in ('quarter', 'financial_year') inner join (select * from marts.fct_indicator_value where {ALL}) "
        f"as other on one.period_id = other.period_id and one.area_code = other.area_code and other.indicator_id = any(%s) "
        f"where one.indicator_id = %s and one.area_code = '{FORCE}' and one.status = 'ok' group by 1, 2",
        list(SAME_OFFENCES[public]),
        public,
    )
    assert {"2018/19", "2019/20", "2019/20-Q1", "2020/21-Q1"} <= {period for period, *_ in pairs}
    assert {period: (one, other) for period, one, other in pairs if abs(one - other) > 0.05 * float(other)} == {}


def test_no_outcome_is_dated_after_its_extract_and_none_has_a_day_without_an_outcome(county):
    after, halves, outcomes = county.rows(
        "select count(*) filter (where outcome_date > extract_as_at::date), "
        "count(*) filter (where (outcome_date is null) <> (outcome_type is null)), count(outcome_date) "
        "from raw.police_crime__crime inner join ops.submission using (submission_id)"
    )[0]
    assert (after, halves) == (0, 0)
    assert outcomes > 10_000


def test_who_is_found_with_an_object_meets_with_an_action_more_often_than_not(county):
    actions, none = county.rows(
        "select count(*) filter (where is_action_taken), count(*) filter (where not is_action_taken) "
        "from marts.fct_stop_search where is_object_found"
    )[0]
    assert actions > none > 0


def test_children_of_one_census_are_known_to_the_next(county):
    """R12: who was referred within the year before is told from who was not."""
    known = county.rows(
        "select count(*) from (select distinct child_id from raw.cin_census__child) as one inner join "
        "(select child_id from raw.cin_census__child group by child_id having count(distinct submission_id) > 1) as both_of "
        "using (child_id)"
    )
    assert known[0][0] > 20
    again, all_of_them = county.rows(
        "select numerator, denominator from marts.fct_indicator_value where indicator_id = 'R12' and area_code = 'LANCS-14' "
        f"and period_id = '2019/20' and status = 'ok' and {ALL}"
    )[0]
    assert 0 < again < all_of_them / 2


@pytest.mark.parametrize(
    ("what", "starts", "outcomes"),
    [
        ("the navigators", "raw.programme_ed_navigators__referral", ("arrival_date", "raw.tiig_ed_attendance__attendance")),
        ("DIVERT", "raw.programme_divert__case", ("date_recorded", "raw.police_crime__crime")),
        ("MARRAC", "raw.police_marac__marac_case where model = 'MARRAC'", ("meeting_date", "raw.police_marac__marac_case")),
    ],
)
def test_a_programme_begins_in_the_middle_of_the_series_that_it_is_judged_by(county, what, starts, outcomes):
    day = "meeting_date" if "marac" in starts else "referred_on"
    begins = county.rows(f"select min({day}) from {starts}")[0][0]
    first, last = county.rows(f"select min({outcomes[0]}), max({outcomes[0]}) from {outcomes[1]}")[0]
    assert (begins - first).days > 150, what
    assert (last - begins).days > 150, what


def test_the_county_lives_on_the_day_of_the_report_and_nothing_in_it_is_later(county):
    assert county.rows("select ops.as_of()") == [(DAY_OF_THE_REPORT,)]
    assert county.rows("select max(end_on) filter (where period_type = 'month') from marts.dim_period") == [(date(2020, 7, 31),)]
    # A delivery whose name gives no extract is taken to be of the moment in which it came.
    latest, cut = county.rows(
        "select max(period_end), max(extract_as_at::date) filter (where extract_as_at::date <> received_at::date) "
        "from ops.submission"
    )[0]
    assert max(latest, cut) < DAY_OF_THE_REPORT


def test_less_than_a_tenth_of_the_countys_figures_await_a_feed_that_is_expected(county):
    awaiting, figures = county.rows(
        "select count(*) filter (where status = 'awaiting_feed'), count(*) from marts.fct_indicator_value"
    )[0]
    assert awaiting < figures / 10
