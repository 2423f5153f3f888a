"""The funnel as static SVG, wide and narrow as the other charts are; colours are the page's."""

from __future__ import annotations

from math import floor, log10

from markupsafe import Markup

from vrn.report.figures.charts import plot
from vrn.report.figures.charts.plot import PATH, TEXT, Scale, Size
from vrn.report.figures.funnel import Curve, Funnel, ticks
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Figure
from vrn.report.figures.told import comparison

FROM_ZERO = 0.5
RIGHT, BOTTOM, ABOVE = 14, 44, 14
# Most labels across.
ACROSS = {"wide": 6, "narrow": 3}
SIGNS = {"up": "M0,-6 L6,5 L-6,5 Z", "down": "M0,6 L6,-5 L-6,-5 Z", "level": "M-4,0 A4,4 0 1,0 4,0 A4,4 0 1,0 -4,0 Z"}

POINT = Markup('<path class="point {}" d="{}" transform="translate({},{})"/>')


def draw(funnel: Funnel, title: str, alternative: str, county: Figure) -> Markup:
    """title: above the picture; alternative: in its place for those who cannot see it; county: what areas are beside."""
    return plot.both(lambda size: _inside(funnel, title, county, size), alternative)


def _inside(funnel: Funnel, title: str, county: Figure, size: Size) -> Markup:
    heading, top = plot.title(title, size)
    top += ABOVE
    inner = [value for name, curve in funnel.curves if name.endswith("_95") for _, value in curve]
    values = [*inner, *(figure.value for figure in funnel.points)]
    highest = max(values) * 1.1 or 1.0
    # Points tell by their place between the limits, not by their height from 0 as bars do.
    lowest = 0.0 if min(values) < highest * FROM_ZERO else min(values) * 0.9
    bottom, end = size.height - BOTTOM, size.width - RIGHT
    upward = [tick for tick in ticks(highest, 7 if lowest == 0 else 18) if tick >= lowest]
    decimals = max(0, -floor(log10(upward[1] - upward[0]) + 1e-9))
    y = Scale(lowest, highest, top, bottom, tuple(upward), decimals)

    def x(people: float) -> float:
        return round(y.left + people / funnel.largest * (end - y.left), 1)

    def line(curve: Curve) -> str:
        """The outer limits of small areas may leave the picture."""
        return " ".join(f"{x(people)},{y(value)}" for people, value in curve if lowest <= value <= highest)

    sides = [(figure, comparison(figure, county)) for figure in funnel.points]
    return Markup("").join(
        [
            *heading,
            *y.draw(end),
            *(TEXT.format("middle", x(tick), bottom + 18, grouped(tick)) for tick in ticks(funnel.largest, ACROSS[size.name])),
            TEXT.format("end", end, size.height - 6, "size: what the count is divided by"),
            *(PATH.format(f"limit limit-{name.rpartition('_')[2]}", line(curve)) for name, curve in funnel.curves),
            plot.ACROSS.format("county", y.left, end, y(funnel.county)),
            *(
                POINT.format(side["code"], SIGNS[side["sign"] or "level"], x(figure.denominator), y(figure.value))
                for figure, side in sides
            ),
        ]
    )
