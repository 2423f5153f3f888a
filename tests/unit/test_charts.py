"""The charts drawn by hand: gaps, lines beside, labels, events."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from vrn.report.figures import series
from vrn.report.figures.charts import over_time, plot
from vrn.report.figures.subject import Annotation, Area, Figure, Period

PRESTON = Area("E07000123", "Preston", ("district",), 10)
COUNTY = Area("LANCS-14", "Lancashire-14", ("county_14",), 41)


def month(number: int) -> Period:
    year, place = divmod(number, 12)
    begins = date(2017 + year, place + 1, 1)
    ends = (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Period(f"{begins:%Y-%m}", "month", f"{begins:%B %Y}", begins, ends)


def line(values, area=PRESTON) -> list[Figure]:
    """None: hidden; a text: another status."""
    return [
        Figure(area, month(number), "suppressed" if value is None else value)
        if value is None or isinstance(value, str)
        else Figure(area, month(number), "ok", value=value, lower=value - 1, upper=value + 1)
        for number, value in enumerate(values)
    ]


def wide(figures, **other) -> str:
    known = {"limits": {}, "annotations": ()}
    return over_time.draw(series.drawn(figures), "per 1,000", "In words", **known | other).partition("</svg>")[0]


def test_hidden_months_are_gaps_at_both_ends_and_months_that_never_came_take_no_room():
    """Issue 16, E."""
    figures = line(["awaiting_feed", None, None, 4.0, 5.0, 6.0, None, "awaiting_feed"])
    assert [figure.period.period_id for figure in series.drawn(figures)] == [month(number).period_id for number in range(1, 7)]
    picture = wide(figures)
    assert picture.count('class="gap"') == 2
    assert picture.count('class="point"') == 3


def test_nothing_is_drawn_where_all_is_hidden():
    assert series.drawn(line([None, None])) == []


def test_the_lines_of_county_and_england_are_beside_with_a_key_and_stop_where_they_have_no_figure():
    """Issue 16, E: a page for each district and indicator with its line beside the county's and England's."""
    county = over_time.Beside("Lancashire-14", "county", tuple(line([4.0, 4.0, None, 4.0, 4.0, 4.0], COUNTY)))
    nothing = over_time.Beside("England", "england", ())
    picture = wide(line([5.0] * 5), beside=[county, nothing])
    assert [text for text in ("Preston", "Lancashire-14", "England") if f">{text}</text>" in picture] == [
        "Preston",
        "Lancashire-14",
    ]
    assert [len(points.split()) for points in re.findall(r'<polyline class="beside county" points="([^"]+)"', picture)] == [2, 2]


@pytest.mark.parametrize("months", [3, 7, 12, 24, 37, 60, 96])
@pytest.mark.parametrize("size", plot.SIZES, ids=lambda size: size.name)
def test_labels_of_the_axis_do_not_touch(months, size):
    """Issue 16, E: axis labels that do not collide."""
    picture = over_time.draw(line([5.0] * months), "", "", limits={}, annotations=()).split("</svg>")[size.name == "narrow"]
    labels = [
        (float(x), text) for x, text in re.findall(r'<text class="axis middle" x="([\d.]+)" y="[\d.]+">([A-Z][^<]+)<', picture)
    ]
    assert labels
    spans = [(x - len(text) * plot.LETTER / 2, x + len(text) * plot.LETTER / 2) for x, text in labels]
    assert all(left[1] < right[0] for left, right in pairwise(spans))
    assert spans[0][0] >= -1
    assert spans[-1][1] <= size.width + 1


def test_numbers_of_events_that_are_close_do_not_lie_on_each_other():
    events = [
        (place, Annotation("context", date(2017, 5, day), date(2017, 5, day + 1), "", "", True, frozenset()))
        for place, day in enumerate((1, 3, 5), start=1)
    ]
    places = [float(x) for x in re.findall(r'axis middle" x="([\d.]+)" y="[\d.]+">\d<', wide(line([5.0] * 24), annotations=events))]
    assert len(places) == 3
    assert all(after - before >= 16 for before, after in pairwise(places))


@pytest.mark.parametrize("values", [(0.0, 0.0), (-2.0, 3.0), (0.0004, 0.0009), (1.0, 123456.0)])
def test_a_scale_holds_every_value_and_has_numbers_that_differ(values):
    scale = plot.scale(values, 10, 200, 6)
    assert all(10 <= scale(value) <= 200 for value in values)
    said = [f"{mark:.{scale.decimals}f}" for mark in scale.marks]
    assert len(set(said)) == len(said) >= 2


def test_years_that_are_pooled_are_named_as_such_on_the_axis():
    """Issue 16, E: three years together were labelled as the last of them."""
    years = [
        Period(f"{y - 3}/{y - 2 - 2000}-{y - 1}/{y - 2000}", "three_financial_years", "", date(y - 3, 4, 1), date(y, 3, 31))
        for y in (2019, 2020)
    ]
    figures = [Figure(PRESTON, period, "ok", value=5.0) for period in years]
    found = re.findall(r">([^<]*2019/20)<", wide(figures))
    assert found == ["2017/18–2019/20"]
