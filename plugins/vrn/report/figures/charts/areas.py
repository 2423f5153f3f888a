"""The areas of one period beside each other, a row each, with 95 % intervals and the county's figure as a line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from markupsafe import Markup

from vrn.report.figures import series
from vrn.report.figures.charts import plot
from vrn.report.figures.charts.plot import TEXT, UPWARD, Size
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Figure

LONGEST_NAME = {"wide": 30, "narrow": 16}
LABELS = {"wide": 8, "narrow": 4}
LINE, ROW, ABOVE, BELOW, RIGHT = 13, 12, 12, 28, 14
SIGNS = {"left": "M-6,0 L5,-6 L5,6 Z", "right": "M6,0 L-5,-6 L-5,6 Z", "": "M-4,0 A4,4 0 1,0 4,0 A4,4 0 1,0 -4,0 Z"}

POINT = Markup('<path class="point {}" d="{}" transform="translate({},{})"/>')
BAR = Markup('<line class="interval {0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>')


def draw(comparison: series.Comparison, unit: str, alternative: str, missing: Mapping[str, str]) -> Markup:
    """missing: for each status but ok, what to write in place of a figure."""
    title = f"SYNTHETIC · {unit}" if any(figure.is_synthetic for figure in comparison.figures) else unit
    sizes = [_sized(size, comparison, title) for size in plot.SIZES]
    return plot.both(lambda size: _inside(comparison, title, missing, size), alternative, sizes)


def _sized(size: Size, comparison: series.Comparison, title: str) -> Size:
    """As high as its title, its rows and the numbers below them are."""
    rows = sum(ROW + LINE * len(lines) for lines in _names(comparison, size))
    height = plot.title(title, size)[1] + ABOVE + rows + BELOW
    return Size(size.name, size.width, height, size.labels, size.title_letters)


def _names(comparison: series.Comparison, size: Size) -> list[list[str]]:
    return [textwrap.wrap(figure.area.area_name, LONGEST_NAME[size.name]) for figure in comparison.figures]


def _inside(comparison: series.Comparison, title: str, missing: Mapping[str, str], size: Size) -> Markup:
    heading, top = plot.title(title, size)
    names = _names(comparison, size)
    left = round(max(len(line) for lines in names for line in lines) * plot.LETTER) + 12
    right = size.width - RIGHT
    values = [v for f in comparison.with_figure for v in (f.value, f.lower, f.upper) if v is not None]
    # A scale across is a scale upward that lies down.
    scale = plot.scale([*values, *([comparison.county.value] if comparison.county else [])], left, right, LABELS[size.name])

    def x(value: float) -> float:
        return round(left + right - scale(value), 1)

    y, rows = float(top + ABOVE), []
    for figure, lines in zip(comparison.figures, names, strict=True):
        height = ROW + LINE * len(lines)
        middle = y + height / 2
        rows += [
            TEXT.format("end", left - 8, round(middle + 4 + LINE * (place - (len(lines) - 1) / 2), 1), line)
            for place, line in enumerate(lines)
        ]
        if figure.status == "ok":
            rows += _figure(figure, comparison.county, x, middle)
        else:
            rows.append(TEXT.format("said", left + 4, middle + 4, missing[figure.status]))
        y += height
    county = comparison.county
    return Markup("").join(
        [
            *heading,
            *(UPWARD.format("grid", x(mark), top + 8, y) for mark in scale.marks),
            *(TEXT.format("middle", x(mark), y + 18, grouped(mark, scale.decimals)) for mark in scale.marks),
            *([UPWARD.format("reference", x(county.value), top + 8, y)] if county else []),
            *rows,
        ]
    )


def _figure(figure: Figure, county: Figure | None, x: Callable[[float], float], middle: float) -> list[Markup]:
    """A triangle points to the side of the county on which the interval lies, so that colour is not needed to read it."""
    bar = []
    if figure.lower is not None and figure.upper is not None:
        bar = [BAR.format(figure.comparison, x(figure.lower), x(figure.upper), middle)]
    side = ""
    if county is not None and figure.comparison not in ("similar", "not_compared"):
        side = "right" if figure.value > county.value else "left"
    return [*bar, POINT.format(figure.comparison, SIGNS[side], x(figure.value), middle)]
