"""The scorecard: what is worse and getting worse comes first, and nothing that is hidden or never came stands before it."""

import re
from dataclasses import replace
from datetime import date

import pytest

from tests.outline import Outline
from tests.published import BY_CODE, COUNTY, DISTRICTS, META, NETWORK, WHOLE, YEARS, made, missing, published, row, since, texts
from vrn.report.figures import changes
from vrn.report.figures.subject import Annotation, Area, Period
from vrn.report.figures.words import AREAS_WITHOUT, PUBLISHED_STATUSES
from vrn.report.site import pages
from vrn.report.site.from_publish import Worse, item

MAY = Period("2020-05", "month", "May 2020", date(2020, 5, 1), date(2020, 5, 31))
PERIODS = YEARS | {"2020-05": MAY}


def index(tmp_path, *items) -> str:
    pages.write(tmp_path, published(*items), NETWORK)
    return texts(tmp_path)["index.html"]


def said(text: str) -> str:
    return re.sub(r"\s+", " ", Outline(text).text)


def named(number: int, rows=WHOLE, meta=None, **other):
    return made(rows, {"indicator_id": f"T{number:02d}", "short_name": f"Test {number}"} | (meta or {}), **other)


def steady(*values: float, trend="no_change", change="similar") -> list[dict]:
    return [
        *(row(COUNTY, period, value, trend=trend) for period, value in zip(list(YEARS)[:2], values[:2], strict=True)),
        row(COUNTY, "2019/20", values[2], trend=trend, **since(values[1], values[2], change)),
        *(row(district, "2019/20", values[-1]) for district in DISTRICTS),
    ]


def test_what_gets_worse_comes_first_and_what_is_worse_in_more_districts_before_what_is_in_fewer(tmp_path):
    """Issue 16, E: ordered by what is worse and worsening."""
    worse = [Worse("", district.area_code, district.area_name, True, True) for district in DISTRICTS]
    text = index(
        tmp_path,
        named(1, steady(5, 5, 5)),
        named(2, steady(7, 6, 5, trend="decreasing_and_getting_better")),
        named(3, steady(5, 5, 5), worse=worse[:1]),
        named(4, steady(5, 5, 5), worse=worse[:3]),
        named(5, steady(5, 6, 7, trend="increasing_and_getting_worse")),
        named(6, steady(5, 6, 7), {"polarity": "no_judgement"}),
    )
    assert re.findall(r">Test (\d)</a>", text) == list("543126")
    assert "Worse and getting worse: District 0, District 1, District 2" in text
    assert "1 is getting worse in the county, 1 is getting better and 3 did not clearly change; of 0 it is not known." in text
    assert "1 is neither good nor bad in itself. 2 that are not getting worse in the county are worse somewhere." in text


def test_what_gets_better_in_the_county_is_counted_though_it_is_worse_somewhere(tmp_path):
    """Issue 16, E: the first sentence said that two get better, and seven rows of the same page said "better"."""
    worse = [Worse("", DISTRICTS[0].area_code, DISTRICTS[0].area_name, True, True)]
    falls = "decreasing_and_getting_better"
    text = index(tmp_path, named(1, steady(7, 6, 5, trend=falls), worse=worse), named(2, steady(7, 6, 5, trend=falls)))
    assert "0 are getting worse in the county, 2 are getting better and 0 did not clearly change" in text
    summary = said(texts(tmp_path)["summary.html"])
    assert "2 are getting better" in summary
    assert "In the county as a whole, though worse somewhere: Test 1." in summary


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([row(COUNTY, "2019/20", 5)], "unknown"),
        ([row(COUNTY, "2019/20", 5, trend="cannot_be_calculated")], "unknown"),
        ([row(COUNTY, "2019/20", 5, **since(4, 5, "not_compared"))], "unknown"),
        ([row(COUNTY, "2019/20", 5, **since(4, 5, "similar"))], "steady"),
        ([row(COUNTY, "2019/20", 5, trend="no_change")], "steady"),
    ],
)
def test_what_was_not_tested_is_not_said_to_have_no_clear_change(tmp_path, rows, part):
    """Issue 16, E: 26 of 35 indicators that "did not clearly change" had nothing to be compared with."""
    text = index(tmp_path, named(1, rows))
    assert [code for code in ("steady", "unknown") if f'id="{code}"' in text] == [part]
    assert f"{int(part == 'steady')} did not clearly change; of {int(part == 'unknown')} it is not known." in text
    level = "1 indicator did" if part == "steady" else "0 indicators did"
    assert f"{level} not clearly change in the county" in said(texts(tmp_path)["summary.html"])


def test_no_row_of_the_scorecard_is_hidden_or_never_came_and_their_names_stand_at_the_end(tmp_path):
    """Issue 16, E: seventy-eight rows of "nothing was delivered" stood around three figures."""
    never = [named(number, [missing(COUNTY, "2019/20", "awaiting_feed")]) for number in range(10, 40)]
    hidden = named(50, [missing(COUNTY, "2019/20", "suppressed")])
    text = index(tmp_path, hidden, *never, named(1))
    assert text.count('<th scope="row">') == 1
    before, _, after = text.partition('id="without"')
    assert "hidden to protect people" not in before.lower()
    assert "nothing was delivered" not in before
    assert re.search(r"Hidden to protect people: 1 indicator\b", after)
    assert "Nothing was delivered: 30 indicators" in after
    assert after.count(">Test ") == 31


def test_a_range_that_may_be_told_of_a_hidden_count_makes_no_reason_of_its_own(tmp_path):
    told = missing(COUNTY, "2019/20", "suppressed", hidden_at_least=1, hidden_at_most=28)
    text = index(tmp_path, named(1, [told]), named(2, [missing(COUNTY, "2019/20", "suppressed")]))
    assert "Hidden to protect people: 2 indicators" in text
    assert "1 to 28" not in text


def test_an_indicator_of_authorities_says_how_they_stand_and_one_of_the_county_alone_that_it_has_no_parts(tmp_path):
    """Persistent absence stood under "worse somewhere", and the page did not say where."""
    authority = Area("E10000017", "Lancashire-12", ("upper_tier",), 31)
    rows = [row(COUNTY, "2019/20"), row(authority, "2019/20", comparison="worse")]
    areas = {**BY_CODE, authority.area_code: authority}
    of_authorities = item(META | {"geo_levels": "upper_tier, county_14"}, rows, areas, YEARS, is_synthetic=False)
    text = said(index(tmp_path, of_authorities, named(2, [row(COUNTY, "2019/20")], {"geo_levels": "county_14"})))
    assert "Upper-tier authorities: 1 worse" in text
    assert "not given for parts of the county" in text


def test_areas_without_a_figure_are_counted_by_the_reason(tmp_path):
    """Twelve districts that nobody delivers for had "no figure", as those have of which it cannot be given."""
    reasons = ["suppressed", "refused", *["awaiting_feed"] * 3, *["not_applicable"] * 2, "incomplete", "no_denominator"]
    without = [missing(district, "2019/20", status) for district, status in zip(DISTRICTS, reasons, strict=False)]
    shown = [row(district, "2019/20", comparison="better") for district in DISTRICTS[len(reasons) :]]
    text = said(index(tmp_path, made([row(COUNTY, "2019/20"), *without, *shown])))
    assert "5 better, 1 hidden, 3 with no delivery, 1 with a refused delivery, 1 incomplete, 1 with nothing to divide by" in text
    assert "2 cannot be given" in text
    assert not re.search(r"\d no figure", text)


def test_each_reason_for_which_an_area_has_no_figure_has_its_words():
    assert AREAS_WITHOUT.keys() == PUBLISHED_STATUSES.keys() - {"ok"}


def test_the_latest_month_stands_beside_the_longest_period(tmp_path):
    """Issue 16, E: May 2020 is known and the year to March 2020 was all that was shown."""
    month = row(COUNTY, "2019/20", 0.8, period_id="2020-05", period_label="May 2020")
    text = index(tmp_path, item(META, [*WHOLE, month], BY_CODE, PERIODS, is_synthetic=False))
    assert re.search(r"Year ending March 2020\. May 2020: 0\.800", text)


def test_a_year_that_is_hidden_gives_its_place_to_a_month_that_is_not(tmp_path):
    month = row(COUNTY, "2019/20", 0.8, period_id="2020-05", period_label="May 2020")
    rows = [missing(COUNTY, "2019/20", "suppressed"), month]
    text = index(tmp_path, item(META, rows, BY_CODE, PERIODS, is_synthetic=False))
    assert "<strong>0.800</strong>" in text
    assert 'id="without"' not in text


def test_a_line_and_the_change_since_a_year_earlier_stand_beside_the_figure(tmp_path):
    text = Outline(index(tmp_path, named(1, steady(5, 5, 4, change="better")))).text
    assert "−20 %, better" in re.sub(r"\s+", " ", text)
    assert 'class="spark"' in (tmp_path / "index.html").read_text()


def test_two_figures_are_a_line_on_the_scorecard_as_they_are_on_the_page_of_the_indicator(tmp_path):
    """Issue 16, E: "no line yet" stood beside two years that the indicator's page draws."""
    two = [row(COUNTY, "2018/19", 5), row(COUNTY, "2019/20", 6)]
    assert 'class="spark"' in index(tmp_path, named(1, two))
    assert 'role="img"' in texts(tmp_path)["indicator/T01.html"]


def test_a_line_has_a_gap_where_a_figure_is_hidden_and_no_line_is_drawn_of_zeros(tmp_path):
    gap = [row(COUNTY, "2017/18", 5), missing(COUNTY, "2018/19", "suppressed"), row(COUNTY, "2019/20", 5)]
    for name in ("gap", "zero"):
        (tmp_path / name).mkdir()
    assert 'class="gap"' in index(tmp_path / "gap", named(1, gap))
    assert 'class="spark"' not in index(tmp_path / "zero", named(1, steady(0, 0, 0)))


@pytest.mark.parametrize(
    ("meta", "earlier", "now", "code", "said"),
    [
        ({}, 5.0, 6.0, "worse", ("+20 %", "worse", "up")),
        ({}, 5.0, 4.0, "better", ("−20 %", "better", "down")),
        ({}, 50.0, 52.0, "similar", ("+4.0 %", "not clear", "level")),
        ({}, 5.0, 6.0, "not_compared", ("+20 %", "not tested", "")),
        ({}, 0.0, 0.55, "worse", ("from 0 to 0.550", "worse", "up")),
        ({"value_type": "proportion", "unit": "% of those asked"}, 30.0, 36.0, "worse", ("+6.0 points", "worse", "up")),
    ],
)
def test_a_change_is_written_with_its_number_its_meaning_and_its_sign(meta, earlier, now, code, said):
    subject = made([row(COUNTY, "2019/20", now, **since(earlier, now, code))], meta).subject
    words = changes.words(changes.of(subject, subject.figures[0]))
    assert (words["number"], words["words"], words["sign"]) == said


def test_nothing_is_said_of_a_change_since_a_hidden_year_nor_of_a_hidden_figure_nor_judged_across_a_break():
    unknown = made([missing(COUNTY, "2018/19", "suppressed"), row(COUNTY, "2019/20", 5)]).subject
    assert changes.of(unknown, unknown.figures[-1]) is None
    hidden = made([row(COUNTY, "2019/20", 5, **since(4, 5, "worse"), status="suppressed")]).subject
    assert changes.of(hidden, hidden.figures[0]) is None
    assert hidden.figures[0].earlier_value is None
    system = Annotation("break", date(2019, 1, 1), None, "A new system.", "", True, frozenset(), frozenset({"2019/20"}))
    rows = [row(COUNTY, "2019/20", 9, year_earlier_value=5.0)]
    divided = replace(made(rows).subject, annotations=(system,))
    words = changes.words(changes.of(divided, divided.figures[0]))
    assert (words["code"], words["number"], words["words"]) == ("not_compared", "not compared", "across a change of the series")


def test_where_the_year_before_is_unknown_the_change_is_of_the_latest_month(tmp_path):
    month = row(COUNTY, "2019/20", 0.8, period_id="2020-05", **since(1.0, 0.8, "similar"))
    whole = item(META, [row(COUNTY, "2019/20", 5), month], BY_CODE, PERIODS, is_synthetic=False)
    told = re.sub(r"\s+", " ", Outline(index(tmp_path, whole)).text)
    assert "−20 %, not clear May 2020" in told


def test_where_the_year_before_lies_beyond_a_break_the_change_is_of_the_latest_month(tmp_path):
    changed = frozenset({"2019/20"})
    recording = Annotation("break", date(2018, 5, 1), None, "Recording changed.", "a source", True, changed, changed)
    year = row(COUNTY, "2019/20", 5, year_earlier_value=6.0)
    month = row(COUNTY, "2019/20", 0.8, period_id="2020-05", period_label="May 2020", **since(1.0, 0.8, "better"))
    text = index(tmp_path, item(META, [year, month], BY_CODE, PERIODS, is_synthetic=False, annotations=(recording,)))
    assert "−20 %, better" in said(text)
    assert "not compared, across a change of the series" in said(
        index(tmp_path, item(META, [year], BY_CODE, YEARS, is_synthetic=False, annotations=(recording,)))
    )


def test_a_county_that_is_worse_than_england_is_said_to_be(tmp_path):
    worse = [Worse("T01", COUNTY.area_code, COUNTY.area_name, True, False)]
    text = index(tmp_path, named(1, steady(5, 5, 5), worse=worse))
    assert "The county is worse than England." in text
    assert 'id="somewhere"' in text
    beside = [one | {"england_value": 4.5} for one in steady(5, 5, 5)]
    assert "The county is worse than England (4.50)." in index(tmp_path, named(1, beside, worse=worse))
    assert "The county is worse than England (4.50)." in said(texts(tmp_path)["summary.html"])
