"""An area's figures in the order of time, as a line with intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import altair as alt
from markupsafe import Markup

from vrn.report.figures import series
from vrn.report.figures.charts import frame
from vrn.report.figures.subject import Annotation, Figure, Limits, Period

# Every how many periods the axis may have a label, for types of which there are more than one a year.
STRIDES = {"month": (1, 2, 3, 6, 12, 24), "rolling_12_months": (1, 2, 3, 6, 12, 24), "quarter": (1, 2, 4, 8)}


def draw(
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

    def at(width: int) -> alt.LayerChart:
        first, last = series.span(figures[0].period)[0].toordinal(), series.span(figures[-1].period)[1].toordinal() + 1
        x = alt.X("x:Q", title=None, scale=alt.Scale(domain=[first, last], nice=False), axis=_time_axis(figures, width))
        y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=True))
        layers = [
            *_marked_days(annotations, x, first, last),
            *_missing_days(figures, x),
            *_control_lines(figures, limits, x, y),
            *([frame.line_at(reference, y)] if reference is not None else []),
            *_intervals(figures, x, y),
        ]
        return frame.chart(layers, width, 250 if width == frame.WIDE else 220, unit, figures)

    return frame.both_widths(at, alternative)


def _time_axis(figures: Sequence[Figure], width: int) -> alt.Axis:
    """Labels at whole steps that begin with a year's first period, at the places of the points."""
    labels = {}
    for place in _labelled([figure.period for figure in figures], frame.MOST_LABELS[width]):
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
        layers.append(frame.of(bands).mark_rect(color=frame.SHADE, opacity=0.6).encode(x=x, x2="x2:Q"))
    if breaks:
        layers.append(frame.of(breaks).mark_rule(color=frame.MUTED, strokeDash=[2, 3]).encode(x=x))
    if bands or breaks:
        words = frame.of(bands + breaks).mark_text(color=frame.MUTED, baseline="bottom", dy=-3, fontSize=11)
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
    mark = frame.of(gaps).mark_rect(fill="none", stroke=frame.MUTED, strokeDash=[3, 3], strokeWidth=1)
    word = frame.of(gaps).mark_text(color=frame.MUTED, fontSize=12, dy=-10)
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
    return [frame.of(lines).mark_line(color=frame.MUTED, strokeWidth=1).encode(x=x, y=y, detail="line:N", strokeDash=dash)]


def _intervals(figures: Sequence[Figure], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    points = [
        {"x": _place(f.period), "y": f.value if f.status == "ok" else None, "lower": f.lower, "upper": f.upper} for f in figures
    ]
    whole = [point for point in points if point["y"] is not None]
    bars = [point for point in whole if point["lower"] is not None and point["upper"] is not None]
    layers = []
    if bars:
        lower = alt.Y("lower:Q", scale=y["scale"], title=None)
        layers.append(frame.of(bars).mark_rule(color=frame.LINE, opacity=0.45, strokeWidth=3).encode(x=x, y=lower, y2="upper:Q"))
    line = frame.of(points).mark_line(color=frame.LINE, strokeWidth=1.5, invalid="break-paths-show-domains").encode(x=x, y=y)
    return [*layers, line, frame.of(whole).mark_point(color=frame.LINE, filled=True, opacity=1, size=26).encode(x=x, y=y)]
