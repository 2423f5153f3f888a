"""What figures are compared with, and what is no nought (issue 15, B3 to B5): counts and deliveries made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.counted import Given, figures_of

BLACKBURN, BLACKPOOL, BURNLEY, PRESTON, WYRE = "E06000008", "E06000009", "E07000117", "E07000123", "E07000128"
COUNCIL, COUNTY, FORCE = "E10000017", "LANCS-14", "E23000003"


def given_crime(given: Given) -> None:
    """Three years of the restricted extract: in May 2019 three of ten robberies have no place, in June 300 of 1,000."""
    given.months("police_crime", "lancashire", (2017, 4), 40)
    for month, placed, unplaced in (("2018-06", 500, 0), ("2019-05", 7, 3), ("2019-06", 700, 300), ("2020-05", 100, 0)):
        given.counted("V10", BURNLEY, month, placed)
        given.counted("V10", "UNK", month, unplaced)
    # England's rate of V07 in 2018/19 is 28.0 in a thousand.
    given.counted("V07", PRESTON, "2018-06", 40_000)


def given_reported(given: Given) -> None:
    """Persistent absence of Blackpool and of the council as a whole; poverty of Blackburn and of one of the council's districts;
    admissions of three years together."""
    for year in (2017, 2018, 2019):
        given.came("public_outcomes", "lvrn", f"{year}-04-01", f"{year + 1}-03-31")
    given.counted("R03", BLACKPOOL, "2018-09", 100, 1_000)
    given.counted("R03", COUNCIL, "2018-09", 900, 9_000)
    given.counted("R08", BLACKBURN, "2018-04", 100, 1_000)
    given.counted("R08", BURNLEY, "2018-04", 50, 1_000)
    for year, admissions in ((2017, 90), (2018, 120), (2019, 150)):
        given.counted("R07", BLACKPOOL, f"{year}-04", admissions, 100_000)
    for authority in ("888", "889", "890"):
        given.came("cin_census", authority, "2018-04-01", "2019-03-31")
    given.counted("R09", BLACKPOOL, "2019-03", 400)


def given_programmes(given: Given) -> None:
    """One quarter of four of the grants; navigators at one site, whose referrals are the county's."""
    given.came("programme_grants", "lvrn", "2019-04-01", "2019-06-30")
    given.counted("P09a", COUNTY, "2019-04", 300)
    given.months("programme_ed_navigators", "lvrn", (2019, 4), 12)
    for place in ("RXR20", COUNTY):
        given.counted("P02a", place, "2019-04", 30, 40)


def given_hospitals(given: Given) -> None:
    """Two years of every trust: assaults of residents, and of all who came to a site."""
    for trust in ("rxl", "rxr", "rxn", "rtx", "rvy"):
        given.months("tiig_ed_attendance", trust, (2018, 4), 24)
    for month, assaults in (("2018-06", 400), ("2019-06", 800)):
        given.counted("V16", PRESTON, month, assaults, age_band="20-24")
        given.counted("V20", PRESTON, month, 20, 100)
        given.counted("V20", BURNLEY, month, 30, 100)
        given.counted("V20", "RXN02", month, 90, 100)


@pytest.fixture(scope="module")
def figures(built_server, tmp_path_factory) -> Iterator[dict]:
    yield from figures_of(
        built_server, tmp_path_factory.mktemp("compared"), given_crime, given_reported, given_programmes, given_hospitals
    )


def test_england_is_compared_with_the_force_and_not_with_places_that_leave_out_what_has_no_place(figures):
    """B3: V07 of Lancashire-14 was better than England only because 5.9 % of crimes have no place."""
    assert figures["V07", FORCE, "2018/19"]["comparison_england"] in ("better", "worse", "similar")
    for area in (COUNTY, PRESTON, "LANCS-S"):
        assert figures["V07", area, "2018/19"]["status"] == "ok"
        assert figures["V07", area, "2018/19"]["comparison_england"] == "not_compared"


def test_a_figure_of_another_definition_than_englands_is_not_compared_with_it(figures):
    """B3: R09 to R11."""
    row = figures["R09", BLACKPOOL, "2018/19"]
    assert (row["status"], row["comparison_england"]) == ("ok", "not_compared")


def test_the_share_of_events_without_a_place_stands_beside_each_figure(figures):
    """B3."""
    for area in (BURNLEY, COUNTY, FORCE):
        assert float(figures["V10", area, "2019-06"]["unlocated_share"]) == pytest.approx(0.3)
        assert figures["V10", area, "2018-06"]["unlocated_share"] == 0


def test_a_limit_on_what_has_no_place_is_not_reached_by_three_events(figures):
    """B5: a limit of 20 % without place is noise on three events."""
    assert figures["V10", BURNLEY, "2019-05"]["status"] == "ok"
    assert figures["V10", BURNLEY, "2019-06"]["status"] == "incomplete"
    assert figures["V10", FORCE, "2019-06"]["status"] == "ok"


def test_a_change_across_a_break_in_recording_is_given_and_not_judged(figures):
    """B4: the Constabulary changed its system in November 2018, and the break that ended separates what lies on either side."""
    across, after = figures["V10", BURNLEY, "2019-06"], figures["V10", BURNLEY, "2020-05"]
    assert figures["V10", FORCE, "2019-06"]["year_earlier_change_percent"] == pytest.approx(100, abs=2)
    assert figures["V10", FORCE, "2019-06"]["is_year_earlier_change_significant"] is None
    assert across["is_year_earlier_change_significant"] is None
    assert after["is_year_earlier_change_significant"] is True  # 7 to 100
    assert figures["V10", BURNLEY, "2019/20"]["comparison_baseline"] == "not_compared"


def test_a_figure_whose_change_no_method_tests_is_not_compared_with_the_baseline(figures):
    """B4: this year's interval says nothing of the baseline's own uncertainty."""
    row = figures["V16", PRESTON, "2019/20"]
    assert (row["status"], row["method"], row["comparison_baseline"]) == ("ok", "dobson_byar", "not_compared")


def test_a_site_has_all_who_came_to_it_and_is_not_compared_with_residents(figures):
    """B5."""
    assert figures["V20", "RXN02", "2019/20"]["value"] == pytest.approx(90)
    assert figures["V20", "RXN02", "2019/20"]["comparison"] == "not_compared"
    assert ("V20", "RXN02", "2019/20") not in figures["funnel"]


def test_what_no_source_says_of_a_place_is_awaited_and_no_nought(figures):
    """B5: zeros where nothing was delivered (R03, R08 in 12 districts)."""
    period = "AY2018/19"
    assert (figures["R03", BLACKPOOL, period]["status"], figures["R03", BLACKPOOL, period]["value"]) == ("ok", pytest.approx(10))
    assert (figures["R03", COUNCIL, period]["status"], figures["R03", COUNCIL, period]["count"]) == ("ok", 900)
    for area in (WYRE, PRESTON):
        row = figures["R03", area, period]
        assert (row["status"], row["count"], row["value"]) == ("awaiting_feed", None, None), area


def test_a_county_of_which_sources_say_a_part_is_incomplete(figures):
    """B5: R01's partial county."""
    for indicator, area, period in (("R03", COUNTY, "AY2018/19"), ("R08", COUNTY, "2018/19"), ("R08", COUNCIL, "2018/19")):
        row = figures[indicator, area, period]
        assert (row["status"], row["count"]) == ("incomplete", None), (indicator, area)


def test_years_that_a_source_pooled_are_a_figure_of_those_years_each_by_itself(figures):
    """B5: R07 is three years pooled and was typed as a year; overlapping years are not added up."""
    for period, admissions in (("2016/17-2018/19", 120), ("2017/18-2019/20", 150)):
        row = figures["R07", BLACKPOOL, period]
        assert (row["status"], row["count"]) == ("ok", admissions), period
        # Three years and the next three share two: no change is told, and no trend.
        assert (row["year_earlier_change_percent"], row["trend"]) == (None, None)
    assert ("R07", BLACKPOOL, "2018/19") not in figures


def test_a_year_of_which_one_quarter_of_four_came_is_incomplete(figures):
    """B5: P09a was ok with one quarter of four."""
    assert (figures["P09a", COUNTY, "2019/20-Q1"]["status"], figures["P09a", COUNTY, "2019/20-Q1"]["count"]) == ("ok", 300)
    assert (figures["P09a", COUNTY, "2019/20"]["status"], figures["P09a", COUNTY, "2019/20"]["count"]) == ("incomplete", None)


def test_a_place_is_not_compared_with_a_county_that_is_itself_alone(figures):
    """B5: P01 and P02a."""
    row = figures["P02a", "RXR20", "2019/20"]
    assert (row["status"], row["value"], row["comparison"]) == ("ok", pytest.approx(75), "not_compared")
    assert ("P02a", "RXR20", "2019/20") not in figures["funnel"]
    assert ("V20", PRESTON, "2019/20") in figures["funnel"]
