"""The areas of one period beside each other, a row each."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping

import altair as alt
from markupsafe import Markup

from vrn.report.figures import series
from vrn.report.figures.charts import frame
from vrn.report.figures.subject import Figure

COLOURS = {"better": "var(--better)", "worse": "var(--worse)", "higher": frame.LINE, "lower": frame.LINE}
LONGEST_NAME = {frame.WIDE: 30, frame.NARROW: 16}
LONGEST_WORDS = {frame.WIDE: 70, frame.NARROW: 28}
# The width of a letter.
LETTER = 7.2


def draw(comparison: series.Comparison, unit: str, alternative: str, missing: Mapping[str, str]) -> Markup:
    """The areas of one period, a row each, with 95 % intervals and the county's figure as a line.

    missing: for each status but ok, what to write in place of a figure.
    """

    def at(width: int) -> alt.LayerChart:
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
        x = alt.X("x:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=frame.MOST_LABELS[width]))
        layers = [
            *([frame.line_at(comparison.county.value, x)] if comparison.county else []),
            *_area_intervals(comparison, x, y),
            *_area_words(comparison, y, missing, width),
        ]
        return frame.chart(layers, width, alt.Step(12 + 12 * max(map(len, lines))), unit, comparison.figures)

    return frame.both_widths(at, alternative)


def _area_intervals(comparison: series.Comparison, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Triangles point to the side of the county on which the interval lies, so that colour is not needed to read them."""
    points = [
        {
            "area": figure.area.area_name,
            "x": figure.value,
            "lower": figure.lower,
            "upper": figure.upper,
            "colour": COLOURS.get(figure.comparison, frame.MUTED),
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
        layers.append(frame.of(bars).mark_rule(opacity=0.45, strokeWidth=4).encode(y=y, x=lower, x2="upper:Q", color=colour))
    shape, size = alt.Shape("shape:N", scale=None, legend=None), alt.Size("size:Q", scale=None, legend=None)
    return [*layers, frame.of(points).mark_point(filled=True, opacity=1).encode(y=y, x=x, color=colour, shape=shape, size=size)]


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
    marks = (frame.of(rows).mark_text(**text, **outline), frame.of(rows).mark_text(**text, color=frame.MUTED))
    return [mark.encode(y=y, x=alt.value(0), text="words:N") for mark in marks]
