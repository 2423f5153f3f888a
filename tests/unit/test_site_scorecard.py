"""The scorecard: what is worse and getting worse comes first, and nothing that is hidden or never came stands before it."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.outline import Outline
from tests.published import BY_CODE, COUNTY, DISTRICTS, META, NETWORK, WHOLE, YEARS, made, missing, published, row, texts
from vrn.report.figures import changes
from vrn.report.figures.subject import Annotation, Period
from vrn.report.site import pages
from vrn.report.site.from_publish import Worse, item

MAY = Period("2020-05", "month", "May 2020", date(2020, 5, 1), date(2020, 5, 31))
PERIODS = YEARS | {"2020-05": MAY}


def index(tmp_path, *items) -> str:
    pages.write(tmp_path, published(*items), NETWORK)
    return texts(tmp_path)["index.html"]


def named(number: int, rows=WHOLE, meta=None, **other):
    return made(rows, {"indicator_id": f"T{number:02d}", "short_name": f"Test {number}"} | (meta or {}), **other)


def steady(*values: float, trend="no_change", comparison="similar", **other) -> list[dict]:
    return [
        *(row(COUNTY, period, value, trend=trend) for period, value in zip(YEARS, values, strict=True)),
        *(row(district, "2019/20", values[-1], comparison=comparison) for district in DISTRICTS),
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
    assert "1 is getting worse in the county and 1 is getting better; 2 more are worse somewhere." in text


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
    assert "No figure: nothing was delivered: 30 indicators" in after
    assert after.count(">Test ") == 31


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
    text = Outline(index(tmp_path, named(1, steady(5, 5, 4)))).text
    assert "−20 %, better" in re.sub(r"\s+", " ", text)
    assert 'class="spark"' in (tmp_path / "index.html").read_text()


def test_a_line_has_a_gap_where_a_figure_is_hidden_and_no_line_is_drawn_of_zeros(tmp_path):
    gap = [row(COUNTY, "2017/18", 5), missing(COUNTY, "2018/19", "suppressed"), row(COUNTY, "2019/20", 5)]
    assert 'class="spark"' not in index(tmp_path, named(1, gap)), "two points are no line"
    for name in ("gap", "zero"):
        (tmp_path / name).mkdir()
    years = YEARS | {"2016/17": Period("2016/17", "financial_year", "Year ending March 2017", date(2016, 4, 1), date(2017, 3, 31))}
    whole = item(META, [row(COUNTY, "2019/20", 5, period_id="2016/17"), *gap], BY_CODE, years, is_synthetic=False)
    assert 'class="gap"' in index(tmp_path / "gap", whole)
    assert 'class="spark"' not in index(tmp_path / "zero", named(1, steady(0, 0, 0)))


@pytest.mark.parametrize(
    ("meta", "then", "now", "said"),
    [
        ({}, (500, 100000), (600, 100000), ("worse", "+20 %")),
        ({"polarity": "high_is_good"}, (500, 100000), (600, 100000), ("better", "+20 %")),
        ({"polarity": "no_judgement"}, (500, 100000), (400, 100000), ("lower", "−20 %")),
        ({}, (50, 100000), (55, 100000), ("similar", "+10 %")),
        ({}, (0, 100000), (55, 100000), ("not_compared", "from 0 to 0.550")),
        ({"value_type": "dsr"}, (500, 100000), (600, 100000), ("not_compared", "+20 %")),
        (
            {"value_type": "proportion", "ci_method": "wilson", "unit": "% of those asked", "multiplier": 100},
            (300, 1000), (360, 1000), ("worse", "+6.0 points"),
        ),
    ],
)  # fmt: skip
def test_a_change_is_of_two_published_figures_and_is_judged_where_it_is_more_than_chance(meta, then, now, said):
    """As stats.ratio_ci and stats.newcombe_ci judge it (DOMAIN, 4)."""
    multiplier = META["multiplier"] if "multiplier" not in meta else meta["multiplier"]
    rows = [
        row(COUNTY, period, float(multiplier * count / size), count=Decimal(count), denominator=Decimal(size))
        for period, (count, size) in (("2018/19", then), ("2019/20", now))
    ]
    subject = made(rows, meta).subject
    change = changes.of(subject, subject.figures[-1])
    assert (change.code, changes.words(change)["number"]) == said


def test_nothing_is_said_of_a_change_since_a_hidden_year_nor_judged_across_a_break():
    hidden = made([missing(COUNTY, "2018/19", "suppressed"), row(COUNTY, "2019/20", 5)]).subject
    assert changes.of(hidden, hidden.figures[-1]) is None
    system = Annotation("break", date(2019, 1, 1), None, "A new system.", "", True, frozenset(), frozenset({"2019/20"}))
    divided = replace(made(steady(5, 5, 9)).subject, annotations=(system,))
    county = next(f for f in divided.figures if f.area == COUNTY and f.period.period_id == "2019/20")
    change = changes.of(divided, county)
    assert (change.code, changes.words(change)["words"]) == ("not_compared", "across a change of the series")


def test_where_the_year_before_is_unknown_the_change_is_of_the_latest_month(tmp_path):
    before = Period("2019-05", "month", "May 2019", date(2019, 5, 1), date(2019, 5, 31))
    months = [row(COUNTY, "2019/20", value, period_id=name) for name, value in (("2019-05", 1.0), ("2020-05", 0.8))]
    whole = item(META, [row(COUNTY, "2019/20", 5), *months], BY_CODE, PERIODS | {"2019-05": before}, is_synthetic=False)
    told = re.sub(r"\s+", " ", Outline(index(tmp_path, whole)).text)
    assert "−20 %, not clear May 2020" in told


def test_a_county_that_is_worse_than_england_is_said_to_be(tmp_path):
    text = index(tmp_path, named(1, steady(5, 5, 5), worse=[Worse("T01", COUNTY.area_code, COUNTY.area_name, True, False)]))
    assert "The county is worse than England." in text
    assert 'id="somewhere"' in text
