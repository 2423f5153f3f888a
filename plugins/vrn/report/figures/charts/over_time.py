"""An area's figures in the order of time, as a line with intervals, beside the lines of wider areas where they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from vrn.report.figures import series
from vrn.report.figures.charts import plot
from vrn.report.figures.charts.plot import BOX, DOT, PATH, TEXT, UPWARD, Size
from vrn.report.figures.subject import Annotation, Figure, Limits, Period

# Every how many periods the axis may have a label, for types of which there are more than one a year.
STRIDES = {"month": (1, 2, 3, 6, 12, 24), "rolling_12_months": (1, 2, 3, 6, 12, 24), "quarter": (1, 2, 4, 8)}
BELOW, ABOVE, RIGHT = 28, 22, 10


@dataclass(frozen=True)
class Beside:
    """The line of another area in the same periods. style: a class of the style sheet, county or england."""

    name: str
    style: str
    figures: tuple[Figure, ...]


def draw(
    figures: Sequence[Figure],
    unit: str,
    alternative: str,
    *,
    limits: Mapping[str, Limits],
    annotations: Sequence[tuple[int, Annotation]],
    reference: float | None = None,
    beside: Sequence[Beside] = (),
) -> Markup:
    """An area's figures in the order of time with 95 % intervals, control limits, and annotations by their numbers.

    figures: from the first that is known to the last. limits: by period_id, empty without a control chart.
    reference: a value to draw a line at, such as parity.
    """
    chart = _Chart(figures, limits, annotations, reference, beside)
    title = f"SYNTHETIC · {unit}" if any(figure.is_synthetic for figure in figures) else unit
    return plot.both(lambda size: chart.draw(size, title), alternative)


class _Chart:
    def __init__(self, figures, limits, annotations, reference, beside):
        self.figures, self.limits, self.annotations, self.reference = figures, limits, annotations, reference
        periods = {figure.period for figure in figures}
        self.beside = [
            Beside(one.name, one.style, tuple(f for f in one.figures if f.period in periods and f.status == "ok")) for one in beside
        ]
        self.beside = [one for one in self.beside if one.figures]
        self.first = series.span(figures[0].period)[0].toordinal()
        self.last = series.span(figures[-1].period)[1].toordinal() + 1

    def draw(self, size: Size, title: str) -> Markup:
        parts, top = plot.title(title, size)
        if self.beside:
            own = ("series", self.figures[0].area.area_name)
            more, top = plot.key([own, *((f"beside {one.style}", one.name) for one in self.beside)], top, size)
            parts += more
        self.top, self.bottom = top + ABOVE, size.height - BELOW
        self.y = plot.scale(self._heights(), self.top, self.bottom, size.labels)
        self.left, self.right = self.y.left, size.width - RIGHT
        return Markup("").join(
            [
                *parts,
                *self._events(),
                *self.y.draw(self.right),
                *self._labels(),
                *self._missing(),
                *self._control_lines(),
                *([plot.ACROSS.format("reference", self.left, self.right, self.y(self.reference))] if self.reference else []),
                *self._lines_beside(),
                *self._line(),
            ]
        )

    def _heights(self) -> list[float]:
        own = [v for f in self.figures if f.status == "ok" for v in (f.value, f.lower, f.upper) if v is not None]
        lines = [value for month in self._months() for value in (month.centre, month.lower, month.upper) if value is not None]
        others = [f.value for one in self.beside for f in one.figures]
        return [*own, *lines, *others, self.reference or 0.0]

    def _months(self) -> list[Limits]:
        found = (self.limits.get(figure.period.period_id) for figure in self.figures)
        return [month for month in found if month is not None and month.centre is not None]

    def _x(self, day: int) -> float:
        return round(self.left + (day - self.first) / (self.last - self.first) * (self.right - self.left), 1)

    def _place(self, period: Period) -> float:
        begins, ends = series.span(period)
        return self._x((begins.toordinal() + ends.toordinal() + 1) // 2)

    def _labels(self) -> list[Markup]:
        """At whole steps that begin with a year's first period, as many as do not touch."""
        periods = [figure.period for figure in self.figures]
        month = 9 if periods[0].period_type == "academic_year" else 4
        begins = next((place for place, period in enumerate(periods) if series.span(period)[0].month == month), 0)
        strides = STRIDES.get(periods[0].period_type, range(1, len(periods) + 1))
        stride = next((s for s in strides if self._fits(periods[begins % s :: s])), strides[-1])
        parts = []
        for period in periods[begins % stride :: stride]:
            # A label near an edge stays within the picture.
            half = len(_short_label(period)) * plot.LETTER / 2
            x = min(max(self._place(period), half), self.right + RIGHT - half)
            parts.append(TEXT.format("middle", round(x, 1), self.bottom + 18, _short_label(period)))
        return parts

    def _fits(self, periods: Sequence[Period]) -> bool:
        if len(periods) < 2:
            return True
        apart = (self._place(periods[-1]) - self._place(periods[0])) / (len(periods) - 1)
        return apart > max(len(_short_label(period)) for period in periods) * plot.LETTER + 10

    def _events(self) -> list[Markup]:
        """A shade for events that end and a line where a break begins, with the number of the list on the page."""
        parts, taken = [], -20.0
        for number, event in sorted(self.annotations, key=lambda one: one[1].starts_on):
            begins, ends = event.starts_on.toordinal(), (event.ends_on or date.max).toordinal()
            if ends < self.first or begins >= self.last:
                continue
            left, right = self._x(max(begins, self.first)), self._x(min(ends + 1, self.last))
            if event.kind == "break":
                parts.append(UPWARD.format("break", left, self.top, self.bottom))
                middle = left
            else:
                parts.append(BOX.format("shade", left, self.top, round(max(right - left, 1), 1), self.bottom - self.top))
                middle = (left + right) / 2
            # Numbers of events that are close stand one after the other.
            taken = max(middle, taken + 16)
            parts.append(TEXT.format("middle", round(taken, 1), self.top - 6, number))
        return parts

    def _missing(self) -> list[Markup]:
        parts = []
        for piece in series.pieces(self.figures):
            if piece[0].status == "ok":
                continue
            left = self._x(series.span(piece[0].period)[0].toordinal())
            right = self._x(series.span(piece[-1].period)[1].toordinal() + 1)
            # Along the axis, and never at a height where a figure could be.
            parts.append(BOX.format("gap", left, self.top, round(right - left, 1), self.bottom - self.top))
            if right - left > 2 * plot.LETTER:
                parts.append(TEXT.format("middle", round((left + right) / 2, 1), self.bottom - 8, "?"))
        return parts

    def _control_lines(self) -> list[Markup]:
        """Centre and limits of the control chart as steps; a phase does not run on into the next."""
        lines: dict[tuple[int, str], list[str]] = {}
        for figure in self.figures:
            month = self.limits.get(figure.period.period_id)
            if month is None or month.centre is None:
                continue
            begins, ends = series.span(figure.period)
            for name in ("centre", "lower", "upper"):
                height = getattr(month, name)
                if height is not None:
                    points = (f"{self._x(day)},{self.y(height)}" for day in (begins.toordinal(), ends.toordinal() + 1))
                    lines.setdefault((month.phase, name), []).extend(points)
        return [PATH.format(f"control {name}", " ".join(points)) for (_, name), points in lines.items()]

    def _lines_beside(self) -> list[Markup]:
        parts = []
        for one in self.beside:
            whole = {figure.period: figure for figure in one.figures}
            known = [whole.get(figure.period) for figure in self.figures]
            parts += self._paths(known, f"beside {one.style}")
        return parts

    def _line(self) -> list[Markup]:
        found = [figure for figure in self.figures if figure.status == "ok"]
        bars = [figure for figure in found if figure.lower is not None and figure.upper is not None]
        return [
            *(UPWARD.format("interval", self._place(f.period), self.y(f.lower), self.y(f.upper)) for f in bars),
            *self._paths([figure if figure.status == "ok" else None for figure in self.figures], "series"),
            *(DOT.format("point", self._place(f.period), self.y(f.value), 2.6 if len(found) > 20 else 3.4) for f in found),
        ]

    def _paths(self, figures: Sequence[Figure | None], style: str) -> list[Markup]:
        """A line for each run of figures: it never crosses a period without one."""
        runs: list[list[tuple[float, float]]] = [[]]
        for figure in figures:
            if figure is None:
                runs.append([])
            else:
                runs[-1].append((self._place(figure.period), self.y(figure.value)))
        return [
            PATH.format(style, " ".join(f"{x},{y}" for x, y in run)) if len(run) > 1 else DOT.format(f"{style} alone", *run[0], 2.4)
            for run in runs
            if run
        ]


def _short_label(period: Period) -> str:
    if period.period_type in ("month", "rolling_12_months"):
        return f"{period.end_on:%b %Y}"
    if period.period_type == "quarter":
        year, quarter = period.period_id.split("-")
        return f"{quarter} {year}"
    return period.period_id.removeprefix("AY").replace("-", "–")
