"""The funnel as static SVG, wide and narrow as the other charts are; colours are the page's."""

from __future__ import annotations

from math import floor, log10

from markupsafe import Markup

from vrn.report.figures.funnel import Curve, Funnel, ticks
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Figure
from vrn.report.figures.told import comparison

FROM_ZERO = 0.5
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 44
# Name, width, height, and most labels across.
SIZES = (("wide", 640, 320, 6), ("narrow", 320, 300, 3))
SIGNS = {"up": "M0,-6 L6,5 L-6,5 Z", "down": "M0,6 L6,-5 L-6,-5 Z", "level": "M-4,0 A4,4 0 1,0 4,0 A4,4 0 1,0 -4,0 Z"}

IMAGE = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>\n')
TEXT = Markup('<text class="axis {}" x="{}" y="{}">{}</text>')
LINE = Markup('<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>')
CURVE = Markup('<polyline class="limit limit-{}" points="{}"/>')
POINT = Markup('<path class="point {}" d="{}" transform="translate({},{})"/>')


def draw(funnel: Funnel, title: str, alternative: str, county: Figure) -> Markup:
    """title: above the picture; alternative: in its place for those who cannot see it; county: what areas are beside."""
    return Markup("").join(
        IMAGE.format(name, width, height, alternative, _inside(funnel, title, county, width, height, most))
        for name, width, height, most in SIZES
    )


def _inside(funnel: Funnel, title: str, county: Figure, width: int, height: int, most: int) -> Markup:
    inner = [value for name, curve in funnel.curves if name.endswith("_95") for _, value in curve]
    values = [*inner, *(figure.value for figure in funnel.points)]
    highest = max(values) * 1.1 or 1.0
    # Points tell by their place between the limits, not by their height from 0 as bars do.
    lowest = 0.0 if min(values) < highest * FROM_ZERO else min(values) * 0.9
    bottom, end = height - BOTTOM, width - RIGHT

    def x(size: float) -> float:
        return round(LEFT + size / funnel.largest * (end - LEFT), 1)

    def y(value: float) -> float:
        return round(bottom - (value - lowest) / (highest - lowest) * (bottom - TOP), 1)

    def line(curve: Curve) -> str:
        """The outer limits of small areas may leave the picture."""
        return " ".join(f"{x(size)},{y(value)}" for size, value in curve if lowest <= value <= highest)

    upward = [tick for tick in ticks(highest, 7 if lowest == 0 else 18) if tick >= lowest]
    decimals = max(0, -floor(log10(upward[1] - upward[0]) + 1e-9))
    sides = [(figure, comparison(figure, county)) for figure in funnel.points]
    return Markup("").join(
        [
            TEXT.format("", 0, 12, title),
            *(LINE.format("grid", LEFT, end, y(tick)) for tick in upward),
            *(TEXT.format("end", LEFT - 6, y(tick) + 4, grouped(tick, decimals)) for tick in upward),
            *(TEXT.format("middle", x(tick), bottom + 18, grouped(tick)) for tick in ticks(funnel.largest, most)),
            TEXT.format("end", end, height - 6, "size: what the count is divided by"),
            *(CURVE.format(name.rpartition("_")[2], line(curve)) for name, curve in funnel.curves),
            LINE.format("county", LEFT, end, y(funnel.county)),
            *(
                POINT.format(side["code"], SIGNS[side["sign"] or "level"], x(figure.denominator), y(figure.value))
                for figure, side in sides
            ),
        ]
    )
