"""Which figures a page shows: an area over time, the areas of one period, and what is missing between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from vrn.report.figures.subject import FORCE, Area, Figure, Period, Subject

# Periods that do not overlap come first: the points of a line are then separate news.
OVER_TIME = ("month", "quarter", "financial_year", "academic_year", "rolling_12_months", "three_financial_years")
# A point of these stands at the end of its period and overlaps the one before.
OVERLAPPING = ("rolling_12_months", "three_financial_years")
# For areas beside each other the longest tells most, and a year is what people mean.
COMPARED = ("financial_year", "academic_year", "rolling_12_months", "three_financial_years", "quarter", "month")

# Of a figure that is hidden one knows that there is one.
KNOWN = ("ok", "suppressed")


@dataclass(frozen=True)
class Run:
    """Periods in a row that have no figure, for one reason."""

    first: Period
    last: Period
    status: str
    periods: int


@dataclass(frozen=True)
class Comparison:
    """The areas of a level in one period; county: the figure they are compared with, of another area."""

    period: Period
    figures: tuple[Figure, ...]
    county: Figure | None

    @property
    def with_figure(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.status == "ok"]

    @property
    def is_compared(self) -> bool:
        """Whether any of them was compared: a bare count never is."""
        return any(figure.comparison != "not_compared" for figure in self.with_figure)


def over_time(subject: Subject) -> list[tuple[Area, list[Figure]]]:
    """The widest area with its figures in the order of time; of hospital sites each, because no area holds them all.

    Where most of the county's is hidden for the force's sake, as homicide's is, and the force's shows more, that stands before it.
    """
    level = subject.widest_level
    inside = sorted({f.area for f in subject.figures if level in f.area.area_levels}, key=lambda area: area.sort_order)
    lines = [(area, of_area(subject, area)) for area in inside]
    force = next((f.area for f in subject.figures if f.area.area_code == FORCE), None)
    if force is None or force in inside or not lines or not all(_is_mostly_hidden(line) for _, line in lines):
        return lines
    of_force = of_area(subject, force)
    shows_more = _shown(of_force) > max(_shown(line) for _, line in lines)
    return [(force, of_force), *lines] if shows_more and not _is_mostly_hidden(of_force) else lines


def _is_mostly_hidden(figures: Sequence[Figure]) -> bool:
    return _shown(figures) <= sum(figure.status == "suppressed" for figure in figures)


def _shown(figures: Sequence[Figure]) -> int:
    return sum(figure.status == "ok" for figure in figures)


def latest(subject: Subject, area: Area) -> list[tuple[str, Figure | None]]:
    """For each type of period the latest figure of an area, or None."""
    figures = _in_time(f for f in subject.figures if f.area == area and f.status == "ok")
    return [
        (period_type, next((f for f in reversed(figures) if f.period.period_type == period_type), None))
        for period_type in OVER_TIME
        if period_type in subject.meta["period_types"]
    ]


def compared(subject: Subject) -> Comparison | None:
    """The areas of the level to compare, in the latest year in which the county is complete.

    Where the county never is, the latest period in which any area has a figure; without one, the latest of all.
    """
    level = subject.compared_level
    if level is None:
        return None
    inside = [f for f in subject.figures if level in f.area.area_levels]
    county = [f for f in subject.figures if f.area.area_code == subject.meta["comparator_default"]]
    period = (
        _latest_period([f for f in inside if f.status == "ok" and f.period in {c.period for c in county if c.status == "ok"}])
        or _latest_period([f for f in inside if f.status == "ok"])
        or _latest_period(inside)
    )
    if period is None:
        return None
    return Comparison(
        period,
        tuple(sorted((f for f in inside if f.period == period), key=_highest_first)),
        next((f for f in county if f.period == period and f.status == "ok" and not subject.is_count), None),
    )


def drawn(figures: Sequence[Figure]) -> list[Figure]:
    """From the first figure that is known to the last, with what is hidden at either end, so that a line does not end unsaid.

    What was never delivered before and after is said in words and takes no room. Empty where no figure can be shown.
    """
    if not any(figure.status == "ok" for figure in figures):
        return []
    places = [place for place, figure in enumerate(figures) if figure.status in KNOWN]
    return list(figures[places[0] : places[-1] + 1])


def before(figures: Sequence[Figure]) -> list[Run]:
    """What should have come before the first figure that is known and did not: a line has no room for it."""
    known = next((place for place, figure in enumerate(figures) if figure.status in KNOWN), 0)
    return [row for row in rows(figures[:known]) if isinstance(row, Run) and row.status != "before_series"]


def is_worth_drawing(figures: Sequence[Figure]) -> bool:
    """Whether they make a picture: zeros, and one figure alone, are said in words."""
    return any(figure.value for figure in figures) and sum(figure.status == "ok" for figure in figures) > 1


def pieces(figures: Iterable[Figure]) -> list[list[Figure]]:
    """Figures in a row, and periods in a row without one, each as a piece of a line."""
    return [list(group) for _, group in groupby(figures, key=lambda figure: figure.status == "ok")]


def rows(figures: Iterable[Figure]) -> list[Figure | Run]:
    """Figures, and counts that nothing can be divided by, with periods in a row that have neither for the same reason together."""
    result: list[Figure | Run] = []
    for (status, has_count), group in groupby(figures, key=lambda figure: (figure.status, has_bare_count(figure))):
        members = list(group)
        if status == "ok" or has_count:
            result += members
        else:
            result.append(Run(members[0].period, members[-1].period, status, len(members)))
    return result


def has_bare_count(figure: Figure) -> bool:
    """Whether something was counted that there is nothing to divide by."""
    return figure.status == "no_denominator" and figure.count is not None


def span(period: Period) -> tuple[date, date]:
    """The days for which a period stands on the axis: its own, or the last month or year of one that overlaps the next."""
    if period.period_type == "rolling_12_months":
        return period.end_on.replace(day=1), period.end_on
    if period.period_type == "three_financial_years":
        return period.end_on.replace(year=period.end_on.year - 1) + timedelta(days=1), period.end_on
    return period.start_on, period.end_on


def of_area(subject: Subject, area: Area) -> list[Figure]:
    """An area's figures in the order of time, of the kind of period that shows most of it.

    Of those that do not overlap the one with most figures, the shorter of two that have as many; rolling years and pooled years
    only where the others are no line.
    """
    of_one = [f for f in subject.figures if f.area == area]
    types = [t for t in OVER_TIME if t in subject.meta["period_types"]]
    found = Counter(f.period.period_type for f in of_one if f.status == "ok")
    apart = max((t for t in types if t not in OVERLAPPING), key=lambda t: found[t], default=None)
    rolling = max((t for t in types if t in OVERLAPPING), key=lambda t: found[t], default=None)
    chosen = rolling if apart is None or (found[apart] < 2 and rolling and found[rolling] > found[apart]) else apart
    return _in_time(f for f in of_one if f.period.period_type == chosen)


def _latest_period(figures: Sequence[Figure]) -> Period | None:
    for period_type in COMPARED:
        found = [f.period for f in figures if f.period.period_type == period_type]
        if found:
            return max(found, key=lambda period: period.end_on)
    return None


def _in_time(figures: Iterable[Figure]) -> list[Figure]:
    return sorted(figures, key=lambda figure: (figure.period.end_on, figure.period.start_on))


def _highest_first(figure: Figure) -> tuple[bool, float, int]:
    return figure.value is None, -(figure.value or 0), figure.area.sort_order
