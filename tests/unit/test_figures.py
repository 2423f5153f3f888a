"""Figures and their statuses, from counts and deliveries made by hand: the index, sums, denominators, comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.counted import Given, figures_of

BLACKBURN, BLACKPOOL, BURNLEY, LANCASTER, RIBBLE_VALLEY = "E06000008", "E06000009", "E07000117", "E07000121", "E07000124"
HYNDBURN = "E07000120"


def given_police(given: Given) -> None:
    """Two years of the restricted extract, of which October 2019 never came and November 2019 was refused."""
    given.months("police_crime", "lancashire", (2018, 4), 25, without=("2019-10", "2019-11"))
    given.came("police_crime", "lancashire", "2019-11-01", "2019-11-30", "refused")
    for month, count in (("2018-04", 10), ("2018-05", 9), ("2019-04", 20), ("2019-05", 12), ("2020-04", 5)):
        given.counted("V10", BLACKPOOL, month, count)
    given.counted("V10", BURNLEY, "2018-04", 30)
    given.counted("V10", BURNLEY, "2019-04", 32)
    given.counted("V10", BURNLEY, "2020-04", 2)
    given.counted("V10", BLACKBURN, "2020-04", 4)
    given.counted("V10", HYNDBURN, "2019-04", 9)
    given.counted("V10", HYNDBURN, "2020-04", 5)
    given.counted("V10", "OUT", "2019-04", 1)


def given_hospitals(given: Given) -> None:
    """A year of three of the trusts, and of Morecambe Bay nothing; Southport is expected until June 2023."""
    for trust in ("rxl", "rxr", "rxn", "rvy"):
        given.months("tiig_ed_attendance", trust, (2019, 4), 12)
    for month in ("2019-04", "2019-05"):
        given.counted("S13", "RXL01", month, 3, 4)
    given.counted("V16", LANCASTER, "2019-04", 40, age_band="20-24")
    given.months("hes_violence_admissions", "nhs-england", (2018, 4), 36)
    for area, events in ((BLACKPOOL, 9), (BURNLEY, 12)):
        given.counted("V18", area, "2019-04", events, age_band="20-24")
        given.counted("V18", area, "2019-04", events)


def given_children(given: Given) -> None:
    """Figures that others publish, of which Lancashire-12 has none for R01; a census of two of three authorities."""
    given.came("public_outcomes", "lvrn", "2019-04-01", "2020-03-31")
    given.counted("R01", BLACKBURN, "2019-04", 700, 1_000)
    given.counted("R01", BLACKPOOL, "2019-04", 800, 1_000)
    given.counted("R01", "E10000017", "2019-04", None, None)
    for authority in ("889", "890"):
        given.came("cin_census", authority, "2019-04-01", "2020-03-31")
    given.counted("R09", BLACKBURN, "2020-03", 150)


def given_suppliers_that_begin_and_end(given: Given) -> None:
    """Notifications have another supplier since January 2020, of whose March no row serves; conferences end in September 2019."""
    for feed, last in (("police_encompass", "2019-12-31"), ("police_marac", "2019-09-30")):
        given.owner.execute("update ops.feed_supplier set valid_until = %s where feed = %s", [last, feed])
    for supplier, first in (("later", "2020-01-01"), ("to-come", "2021-07-01")):
        given.owner.execute(
            "insert into ops.feed_supplier (feed, supplier, supplier_name, is_expected, valid_from) "
            "values ('police_encompass', %s, 'Another', true, %s)",
            [supplier, first],
        )
    given.months("police_encompass", "lancashire", (2018, 4), 21)
    given.months("police_encompass", "later", (2020, 1), 3)
    given.owner.execute("update ops.counted_submission set has_rows = period_start_on <> '2020-03-01' where supplier = 'later'")
    given.months("police_marac", "lancashire", (2018, 4), 18)
    given.owner.execute(
        "insert into staging.stg_ops__submission (submission_id, feed, supplier, period_end_on, received_at, status, is_synthetic) "
        "select submission_id, feed, supplier, period_end_on, received_at, status, is_synthetic from ops.counted_submission "
        "where feed = 'police_encompass'"
    )


def given_programmes(given: Given) -> None:
    given.months("programme_divert", "lvrn", (2019, 4), 12)
    given.months("police_weapons", "lancashire", (2019, 4), 12)
    given.counted("S09b", "LANCS-W", "2019-04", 100)
    given.counted("S09b", "LANCS-E", "2019-04", 300)
    given.came("programme_sceptre", "lvrn", "2019-07-01", "2019-09-30")
    given.counted("S10", "LANCS-14", "2019-09", 4, 15)


@pytest.fixture(scope="module")
def figures(built_server, tmp_path_factory) -> Iterator[dict]:
    """{(indicator, area, period): row} of totals."""
    worlds = (given_police, given_hospitals, given_children, given_programmes, given_suppliers_that_begin_and_end)
    yield from figures_of(built_server, tmp_path_factory.mktemp("figures"), *worlds)


def test_t060_t066_none_where_the_delivery_came_is_zero_with_limits(figures):
    row = figures["V10", RIBBLE_VALLEY, "2019-04"]
    assert (row["status"], row["count"], row["value"]) == ("ok", 0, 0)
    assert row["lower_ci_95"] == 0
    assert row["upper_ci_95"] == pytest.approx(6.0585, abs=1e-4)  # DOMAIN 4.1: 0 of 60,888


def test_t066_what_never_came_is_not_zero_and_what_was_refused_says_so(figures):
    assert {figures["V10", BLACKPOOL, month]["status"] for month in ("2019-10", "2020-06")} == {"awaiting_feed"}
    assert figures["V10", BLACKPOOL, "2019-11"]["status"] == "refused"
    assert figures["V10", BLACKPOOL, "2019/20-Q3"]["status"] == "incomplete"
    for period in ("2019-10", "2019-11", "2019/20-Q3", "2020-06"):
        row = figures["V10", BLACKPOOL, period]
        assert (row["count"], row["value"], row["lower_ci_95"], row["trend"]) == (None, None, None, None)


def test_t014_a_year_with_a_missing_month_is_incomplete_and_no_sum_of_eleven(figures):
    for period in ("2019/20", "2020-03-R12", "2019-10-R12"):
        assert figures["V10", BLACKPOOL, period]["status"] == "incomplete"
        assert figures["V10", BLACKPOOL, period]["count"] is None
    assert figures["V10", BLACKPOOL, "2019-09-R12"]["count"] == 32


def test_before_the_series_begins_nothing_is_expected_of_a_period_that_reaches_into_it(figures):
    assert figures["V10", BLACKPOOL, "2018-06-R12"]["status"] == "before_series"
    assert ("V10", BLACKPOOL, "2018-03") not in figures


def test_t013_a_period_that_has_not_ended_is_not_there(figures):
    months = {key[2] for key in figures if re.fullmatch(r"\d{4}-\d{2}", key[2])}
    # The home lives on the last day of June 2021, which is not over.
    assert max(months) == "2021-05"
    assert not [key for key in figures if key[2].startswith("2021-06")]


def test_t063_nine_events_have_exact_limits_and_ten_byars(figures):
    assert figures["V10", BLACKPOOL, "2018-05"]["method"] == "exact_poisson"
    assert figures["V10", BLACKPOOL, "2018-04"]["method"] == "byar"


def test_t061_a_change_from_zero_is_none(figures):
    row = figures["V10", BLACKBURN, "2020-04"]
    assert row["count"] == 4
    assert row["year_earlier_change_percent"] is None
    assert row["is_year_earlier_change_significant"] is False


def test_a_change_is_called_significant_only_where_chance_would_hardly_make_it(figures):
    burnley, hyndburn = figures["V10", BURNLEY, "2020-04"], figures["V10", HYNDBURN, "2020-04"]
    assert burnley["is_year_earlier_change_significant"] is True  # 32 to 2
    assert hyndburn["is_year_earlier_change_significant"] is False  # 9 to 5
    # The rate doubled but for the population's growth.
    assert figures["V10", BLACKPOOL, "2019-04"]["year_earlier_change_percent"] == pytest.approx(100, abs=1)


def test_t068_a_rate_of_an_aggregate_is_its_sum_over_its_people_and_no_average(figures):
    parts = [figures["V10", area, "2019-04"] for area in (BLACKPOOL, "E07000119", LANCASTER, "E07000128")]
    division = figures["V10", "LANCS-W", "2019-04"]
    assert division["count"] == sum(part["count"] for part in parts) == 20
    assert division["denominator"] == sum(part["denominator"] for part in parts) == 478_355
    assert division["value"] == pytest.approx(20 / 478_355 * 100_000)
    assert figures["V10", "E23000003", "2019-04"]["count"] == figures["V10", "LANCS-14", "2019-04"]["count"] + 1


def test_places_are_compared_with_the_county_and_the_county_with_none(figures):
    assert figures["V10", BLACKPOOL, "2019-04"]["comparison"] == "worse"
    assert figures["V10", RIBBLE_VALLEY, "2019-04"]["comparison"] == "similar"
    assert figures["V10", "LANCS-14", "2019-04"]["comparison"] == "not_compared"
    assert figures["V10", "OUT", "2019-04"]["status"] == "no_denominator"


def test_counts_are_never_compared_with_the_count_of_the_whole(figures):
    assert figures["S09b", "LANCS-W", "2019-04"]["comparison"] == "not_compared"
    assert figures["S09b", "LANCS-14", "2019-04"]["count"] == 400


def test_t065_a_standardised_rate_of_nine_events_is_none(figures):
    nine, twelve = figures["V18", BLACKPOOL, "2018/19-2020/21"], figures["V18", BURNLEY, "2018/19-2020/21"]
    assert (nine["status"], nine["value"], nine["count"]) == ("not_applicable", None, 9)
    assert (twelve["status"], twelve["method"]) == ("ok", "dobson_byar")
    assert twelve["lower_ci_95"] < twelve["value"] < twelve["upper_ci_95"]


def test_t060_nothing_to_divide_by_is_no_denominator(figures):
    row = figures["P03", BLACKPOOL, "2019/20"]
    assert (row["status"], row["count"], row["denominator"], row["value"]) == ("no_denominator", 0, 0, None)


def test_t067_an_authority_without_a_figure_leaves_the_county_without_one(figures):
    assert figures["R01", BLACKPOOL, "2019/20"]["value"] == pytest.approx(80)
    assert figures["R01", "E10000017", "2019/20"]["status"] == "incomplete"
    assert figures["R01", "LANCS-14", "2019/20"]["status"] == "incomplete"
    assert figures["R01", "LANCS-14", "2019/20"]["count"] is None


def test_an_authority_that_did_not_deliver_is_missed_in_the_county_and_not_by_the_others(figures):
    assert figures["R09", BLACKBURN, "2019/20"]["status"] == "ok"
    assert figures["R09", BLACKPOOL, "2019/20"]["count"] == 0
    assert figures["R09", "E10000017", "2019/20"]["status"] == "awaiting_feed"
    assert figures["R09", "LANCS-14", "2019/20"]["status"] == "incomplete"


def test_a_trust_that_never_delivered_is_missed_wherever_its_patients_live_and_at_its_own_site(figures):
    assert figures["V16", LANCASTER, "2019/20"]["status"] == "incomplete"
    assert figures["S13", "RXL01", "2019-04"]["value"] == pytest.approx(75)
    assert figures["S13", "RTX02", "2019-04"]["status"] == "awaiting_feed"
    assert figures["S13", "RXR20", "2019-04"]["status"] == "no_denominator"


def test_a_supplier_is_expected_between_its_dates_and_one_that_is_added_makes_no_history_incomplete(figures):
    """Issue 13, point 12."""
    found = {month: figures["S01", BLACKPOOL, month]["status"] for month in ("2019-05", "2019-12", "2020-01", "2020-02", "2020-04")}
    assert found == dict.fromkeys(("2019-05", "2019-12", "2020-01", "2020-02"), "ok") | {"2020-04": "awaiting_feed"}


def test_a_delivery_of_which_no_row_serves_is_no_zero(figures):
    """Issue 13, point 12: an indicator's completeness counts rows that serve, not files that came."""
    row = figures["S01", BLACKPOOL, "2020-03"]
    assert (row["status"], row["count"]) == ("refused", None)


def test_what_nobody_delivers_any_more_is_awaited_no_longer(figures):
    """Issue 13, point 12."""
    assert figures["S04", BLACKPOOL, "2019/20-Q2"]["status"] == "ok"
    assert figures["S04", BLACKPOOL, "2019/20-Q3"]["status"] == "not_applicable"


def test_a_supplier_that_ended_is_not_late_for_ever_and_one_to_come_is_not_late_yet(figures):
    """Issue 13, point 12."""
    assert figures["status"] == {"lancashire": "ended", "later": "late", "to-come": "not_expected"}


def test_a_return_that_comes_only_when_there_is_something_to_tell_is_whole_when_it_came(figures):
    row = figures["S10", "LANCS-14", "2019/20"]
    assert (row["status"], row["count"], row["denominator"]) == ("ok", 4, 15)
    assert row["lower_ci_95"] == pytest.approx(10.8975, abs=1e-3)  # DOMAIN 4.2: 4 of 15
    assert figures["S10", "LANCS-14", "2020/21"]["status"] == "awaiting_feed"


def test_what_a_feed_cannot_say_is_not_applicable(figures):
    assert figures["V05", "LANCS-W", "2019/20"]["status"] == "not_applicable"
    assert figures["P02b", "LANCS-14", "2019/20"]["status"] == "not_applicable"
