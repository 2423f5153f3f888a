"""The charts of a page as static SVG, drawn by Vega-Lite inside this process: no browser, no network, no script.

Each is drawn twice, for a wide and for a narrow screen, and the page shows one: text that shrinks with its chart cannot
be read on a phone. Colours are CSS variables of the page, so that a chart is light or dark as the page is.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from vrn.report.indicator_docs import series
from vrn.report.indicator_docs.reading import Annotation, Figure, Limits, Period

INNER_ROLE = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
INK, MUTED, GRID, LINE, SHADE = "var(--ink)", "var(--muted)", "var(--grid)", "var(--line)", "var(--shade)"
COLOURS = {"better": "var(--better)", "worse": "var(--worse)", "higher": LINE, "lower": LINE}
WIDE, NARROW = 640, 300
MOST_LABELS = {WIDE: 8, NARROW: 4}
LONGEST_NAME = {WIDE: 30, NARROW: 16}
LONGEST_TITLE = {WIDE: 90, NARROW: 40}
LONGEST_WORDS = {WIDE: 70, NARROW: 28}
LETTER = 7.2
# Every how many periods the axis may have a label, for types of which there are more than one a year.
STRIDES = {"month": (1, 2, 3, 6, 12, 24), "rolling_12_months": (1, 2, 3, 6, 12, 24), "quarter": (1, 2, 4, 8)}


def time_line(
    figures: Sequence[Figure],
    unit: str,
    alternative: str,
    *,
    limits: Mapping[str, Limits],
    annotations: Sequence[tuple[int, Annotation]],
    reference: float | None = None,
) -> Markup:
    """An area's figures in the order of time with 95 % intervals, control limits, and annotations by their numbers.

    figures: from the first with a value to the last. limits: by period_id, empty without a control chart.
    reference: a value to draw a line at, such as parity.
    """

    def draw(width: int) -> alt.LayerChart:
        first, last = series.span(figures[0].period)[0].toordinal(), series.span(figures[-1].period)[1].toordinal() + 1
        x = alt.X("x:Q", title=None, scale=alt.Scale(domain=[first, last], nice=False), axis=_time_axis(figures, width))
        y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=True))
        layers = [
            *_marked_days(annotations, x, first, last),
            *_missing_days(figures, x),
            *_control_lines(figures, limits, x, y),
            *([_rule_at(reference, y)] if reference is not None else []),
            *_intervals(figures, x, y),
        ]
        return _chart(layers, width, 250 if width == WIDE else 220, unit, figures)

    return _both_widths(draw, alternative)


def areas_compared(comparison: series.Comparison, unit: str, alternative: str, missing: Mapping[str, str]) -> Markup:
    """The areas of one period, a row each, with 95 % intervals and the county's figure as a line.

    missing: for each status but ok, what to write in place of a figure.
    """

    def draw(width: int) -> alt.LayerChart:
        labels = [figure.area.area_name for figure in comparison.figures]
        lines = [textwrap.wrap(label, LONGEST_NAME[width]) for label in labels]
        # A browser's letters can be wider than those that Vega measures with.
        extent = max(len(line) for label in lines for line in label) * LETTER + 10
        axis = alt.Axis(
            labelExpr=f"({json.dumps(dict(zip(labels, lines, strict=True)))})[datum.label]",
            labelLimit=0,
            minExtent=extent,
            grid=False,
        )
        y = alt.Y("area:N", title=None, sort=None, scale=alt.Scale(domain=labels), axis=axis)
        x = alt.X("x:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=MOST_LABELS[width]))
        layers = [
            *([_county_line(comparison.county.value, x)] if comparison.county else []),
            *_area_intervals(comparison, x, y),
            *_area_words(comparison, y, missing, width),
        ]
        return _chart(layers, width, alt.Step(12 + 12 * max(map(len, lines))), unit, comparison.figures)

    return _both_widths(draw, alternative)


def _time_axis(figures: Sequence[Figure], width: int) -> alt.Axis:
    """Labels at whole steps that begin with a year's first period, at the places of the points."""
    labels = {}
    for place in _labelled([figure.period for figure in figures], MOST_LABELS[width]):
        labels[_place(figures[place].period)] = _short_label(figures[place].period)
    # The axis counts days, because a date would be drawn in the time zone of the machine.
    return alt.Axis(values=list(labels), labelExpr=f"({json.dumps(labels)})[datum.value]", grid=False, labelOverlap=True)


def _labelled(periods: Sequence[Period], most: int) -> range:
    month = 9 if periods[0].period_type == "academic_year" else 4
    begins = next((place for place, period in enumerate(periods) if series.span(period)[0].month == month), 0)
    strides = STRIDES.get(periods[0].period_type, range(1, len(periods) + 1))
    stride = next((s for s in strides if len(periods[begins % s :: s]) <= most), strides[-1])
    return range(begins % stride, len(periods), stride)


def _short_label(period: Period) -> str:
    if period.period_type in ("month", "rolling_12_months"):
        return f"{period.end_on:%b %Y}"
    if period.period_type == "quarter":
        year, quarter = period.period_id.split("-")
        return f"{quarter} {year}"
    return period.period_id.removeprefix("AY").rpartition("-")[2]


def _place(period: Period) -> int:
    first, last = series.span(period)
    return (first.toordinal() + last.toordinal()) // 2


def _marked_days(annotations: Sequence[tuple[int, Annotation]], x: alt.X, first: int, last: int) -> list[alt.Chart]:
    """A shade for events that end and a line where a break begins, with the number of the list below."""
    bands, breaks = [], []
    for number, annotation in annotations:
        begins, ends = annotation.starts_on.toordinal(), (annotation.ends_on or date.max).toordinal()
        if ends < first or begins >= last:
            continue
        row = {"x": max(begins, first), "x2": min(ends + 1, last), "number": str(number)}
        (breaks if annotation.kind == "break" else bands).append(row)
    layers = []
    if bands:
        layers.append(_of(bands).mark_rect(color=SHADE, opacity=0.6).encode(x=x, x2="x2:Q"))
    if breaks:
        layers.append(_of(breaks).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x=x))
    if bands or breaks:
        words = _of(bands + breaks).mark_text(color=MUTED, baseline="bottom", dy=-3, fontSize=11)
        layers.append(words.encode(x=x, y=alt.value(0), text="number:N"))
    return layers


def _missing_days(figures: Sequence[Figure], x: alt.X) -> list[alt.Chart]:
    runs = [row for row in series.rows(figures) if isinstance(row, series.Run)]
    if not runs:
        return []
    gaps = [
        {"x": series.span(run.first)[0].toordinal(), "x2": series.span(run.last)[1].toordinal() + 1, "word": "?"} for run in runs
    ]
    for gap in gaps:
        gap["middle"] = (gap["x"] + gap["x2"]) / 2
    # Along the axis, and never at a height where a figure could be.
    mark = _of(gaps).mark_rect(fill="none", stroke=MUTED, strokeDash=[3, 3], strokeWidth=1)
    word = _of(gaps).mark_text(color=MUTED, fontSize=12, dy=-10)
    middle = alt.X("middle:Q", scale=x["scale"], axis=x["axis"], title=None)
    return [mark.encode(x=x, x2="x2:Q"), word.encode(x=middle, y=alt.value("height"), text="word:N")]


def _control_lines(figures: Sequence[Figure], limits: Mapping[str, Limits], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Centre and limits of the control chart as steps; a phase does not run on into the next."""
    lines = []
    for figure in figures:
        month = limits.get(figure.period.period_id)
        if month is None or month.centre is None:
            continue
        first, last = series.span(figure.period)
        for name in ("centre", "lower", "upper"):
            height = getattr(month, name)
            if height is not None:
                lines += [
                    {"x": day, "y": height, "line": f"{name} {month.phase}", "centre": name == "centre"}
                    for day in (first.toordinal(), last.toordinal() + 1)
                ]
    if not lines:
        return []
    dash = alt.StrokeDash("centre:N", legend=None, scale=alt.Scale(domain=[True, False], range=[[1, 0], [4, 3]]))
    return [_of(lines).mark_line(color=MUTED, strokeWidth=1).encode(x=x, y=y, detail="line:N", strokeDash=dash)]


def _intervals(figures: Sequence[Figure], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    points = [
        {"x": _place(f.period), "y": f.value if f.status == "ok" else None, "lower": f.lower, "upper": f.upper} for f in figures
    ]
    whole = [point for point in points if point["y"] is not None]
    bars = [point for point in whole if point["lower"] is not None and point["upper"] is not None]
    layers = []
    if bars:
        lower = alt.Y("lower:Q", scale=y["scale"], title=None)
        layers.append(_of(bars).mark_rule(color=LINE, opacity=0.45, strokeWidth=3).encode(x=x, y=lower, y2="upper:Q"))
    line = _of(points).mark_line(color=LINE, strokeWidth=1.5, invalid="break-paths-show-domains").encode(x=x, y=y)
    return [*layers, line, _of(whole).mark_point(color=LINE, filled=True, opacity=1, size=26).encode(x=x, y=y)]


def _county_line(value: float, x: alt.X) -> alt.Chart:
    return _of([{"x": value}]).mark_rule(color=INK, strokeDash=[5, 3]).encode(x=x)


def _rule_at(value: float, y: alt.Y) -> alt.Chart:
    return _of([{"y": value}]).mark_rule(color=INK, strokeDash=[5, 3]).encode(y=y)


def _area_intervals(comparison: series.Comparison, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Triangles point to the side of the county on which the interval lies, so that colour is not needed to read them."""
    points = [
        {
            "area": figure.area.area_name,
            "x": figure.value,
            "lower": figure.lower,
            "upper": figure.upper,
            "colour": COLOURS.get(figure.comparison, MUTED),
            "shape": _side(figure, comparison.county),
            "size": 50 if _side(figure, comparison.county) == "circle" else 90,
        }
        for figure in comparison.with_figure
    ]
    bars = [point for point in points if point["lower"] is not None and point["upper"] is not None]
    colour = alt.Color("colour:N", scale=None, legend=None)
    layers = []
    if bars:
        lower = alt.X("lower:Q", scale=x["scale"], axis=x["axis"], title=None)
        layers.append(_of(bars).mark_rule(opacity=0.45, strokeWidth=4).encode(y=y, x=lower, x2="upper:Q", color=colour))
    shape, size = alt.Shape("shape:N", scale=None, legend=None), alt.Size("size:Q", scale=None, legend=None)
    return [*layers, _of(points).mark_point(filled=True, opacity=1).encode(y=y, x=x, color=colour, shape=shape, size=size)]


def _side(figure: Figure, county: Figure | None) -> str:
    if county is None or figure.comparison in ("similar", "not_compared"):
        return "circle"
    return "triangle-right" if figure.value > county.value else "triangle-left"


def _area_words(comparison: series.Comparison, y: alt.Y, missing: Mapping[str, str], width: int) -> list[alt.Chart]:
    rows = [
        {"area": figure.area.area_name, "words": textwrap.wrap(missing[figure.status], LONGEST_WORDS[width])}
        for figure in comparison.figures
        if figure.status != "ok"
    ]
    if not rows:
        return []
    # First as an outline in the colour of the page, so that no line runs through the words.
    outline = {"stroke": "var(--paper)", "strokeWidth": 4, "color": "var(--paper)"}
    text = {"align": "left", "fontStyle": "italic", "fontSize": 12, "dx": 4}
    marks = (_of(rows).mark_text(**text, **outline), _of(rows).mark_text(**text, color=MUTED))
    return [mark.encode(y=y, x=alt.value(0), text="words:N") for mark in marks]


def _of(rows: list[dict]) -> alt.Chart:
    return alt.Chart(alt.Data(values=rows))


def _chart(layers: list[alt.Chart], width: int, height: int | alt.Step, unit: str, figures: Sequence[Figure]) -> alt.LayerChart:
    # On the picture too: a picture is copied without its page.
    words = f"SYNTHETIC · {unit}" if any(figure.is_synthetic for figure in figures) else unit
    title = textwrap.wrap(words, LONGEST_TITLE[width])
    return (
        alt.layer(*layers, width=width, height=height, title=title, background="transparent", autosize=_fitted())
        .configure(aria=False, font="sans-serif", padding=4)
        .configure_view(stroke=None)
        .configure_title(anchor="start", color=MUTED, fontSize=12, fontWeight="normal", offset=18)
        .configure_axis(domainColor=GRID, gridColor=GRID, tickColor=GRID, labelColor=MUTED, labelFontSize=12, labelPadding=4)
    )


def _fitted() -> alt.AutoSizeParams:
    """Labels are part of the width, which is then the same for every chart."""
    return alt.AutoSizeParams(type="fit-x", contains="padding")


def _both_widths(draw: Callable[[int], alt.LayerChart], alternative: str) -> Markup:
    return Markup("").join(_svg(draw(width), name, alternative) for width, name in ((WIDE, "wide"), (NARROW, "narrow")))


def _svg(chart: alt.LayerChart, name: str, alternative: str) -> Markup:
    """The chart to be put into a page: as wide as its place, and one image with one text for those who cannot see it."""
    text = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE, allowed_base_urls=[])
    box = re.search(r'viewBox="[^"]*"', text).group()
    # Its parts have no text of their own, so they are given no role either.
    inside = INNER_ROLE.sub("", text[text.index(">") + 1 :])
    # Vega escapes what it writes into SVG.
    return Markup('<svg class="{}" {} role="img" aria-label="{}">').format(name, Markup(box), escape(alternative)) + Markup(inside)
