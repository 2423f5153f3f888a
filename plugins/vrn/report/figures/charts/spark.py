"""An area's figures in a line as high as a row of text; a gap where none can be shown."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from vrn.report.figures import series
from vrn.report.figures.subject import Figure

WIDTH, HEIGHT, EDGE = 120, 30, 4
FROM_ZERO = 0.5

IMAGE = Markup('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
LINE = Markup('<polyline class="line" points="{}"/>')
DOT = Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>')
GAP = Markup('<line class="gap" x1="{}" x2="{}" y1="{}" y2="{}"/>')


def draw(figures: Sequence[Figure], alternative: str) -> Markup | None:
    """figures: in the order of time, from the first that is known to the last. None where the page of the indicator draws none."""
    if not series.is_worth_drawing(figures):
        return None
    values = [figure.value for figure in figures if figure.status == "ok"]
    first, last = series.span(figures[0].period)[0].toordinal(), series.span(figures[-1].period)[1].toordinal() + 1
    lowest, highest = _range(values)
    floor = HEIGHT - EDGE

    def x(day: int) -> float:
        return round(EDGE + (day - first) / (last - first) * (WIDTH - 2 * EDGE), 1)

    def at(figure: Figure) -> tuple[float, float]:
        begins, ends = series.span(figure.period)
        return x((begins.toordinal() + ends.toordinal()) // 2), round(
            floor - (figure.value - lowest) / (highest - lowest) * (floor - EDGE), 1
        )

    parts = []
    for run in series.pieces(figures):
        if run[0].status == "ok":
            points = [at(figure) for figure in run]
            if len(points) > 1:
                parts.append(LINE.format(" ".join(f"{left},{top}" for left, top in points)))
            else:
                parts.append(DOT.format(*points[0], 1.5))
        else:
            ends = x(series.span(run[0].period)[0].toordinal()), x(series.span(run[-1].period)[1].toordinal() + 1)
            parts.append(GAP.format(*ends, floor, floor))
    newest = next(figure for figure in reversed(figures) if figure.status == "ok")
    return IMAGE.format(WIDTH, HEIGHT, alternative, Markup("").join([*parts, DOT.format(*at(newest), 2.6)]))


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From 0, but where all are far from it: a line tells by its shape, not by its height."""
    lowest, highest = min(0.0, *values), max(0.0, *values)
    if lowest == 0 and min(values) > FROM_ZERO * highest:
        lowest = max(0.0, 2 * min(values) - highest - 0.05 * highest)
    return lowest, highest
