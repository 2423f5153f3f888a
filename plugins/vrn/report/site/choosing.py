"""Which figure of many is shown: the same rule as publish.indicator_latest, so that site and dashboards agree."""

from __future__ import annotations

from collections.abc import Iterable

from vrn.report.figures import series
from vrn.report.figures.subject import COUNTY, FORCE, Area, Figure, Period, Subject


def latest(figures: Iterable[Figure]) -> Figure | None:
    """The newest of the longest kind of period that has something to say; without one the newest reason."""
    return max(
        figures,
        key=lambda f: (f.status in series.KNOWN, -series.COMPARED.index(f.period.period_type), f.period.end_on),
        default=None,
    )


def _each_type(subject: Subject, area_code: str) -> list[Figure]:
    """The latest figure of each kind of period of an area, the longest kind first."""
    inside = [f for f in subject.figures if f.area.area_code == area_code]
    kinds = {f.period.period_type for f in inside}
    return [latest(f for f in inside if f.period.period_type == kind) for kind in series.COMPARED if kind in kinds]


def of_area(subject: Subject, area_code: str) -> Figure | None:
    return latest(figure for figure in subject.figures if figure.area.area_code == area_code)


def areas(subject: Subject, level: str) -> list[Area]:
    """The areas of a level that the indicator is given for, in their order."""
    return sorted({f.area for f in subject.figures if level in f.area.area_levels}, key=lambda area: area.sort_order)


def headline(subject: Subject) -> Figure | None:
    """The county's latest figure, or the police force's where only that has one of so long a period.

    Where the longest kind of period is hidden and a shorter one is not, the shorter: a board reads what can be read.
    """
    found = [figure for code in (COUNTY, FORCE) for figure in _each_type(subject, code)]
    return max(found, key=_said_of_longest, default=None)


def _said_of_longest(figure: Figure) -> tuple[bool, bool, int]:
    return figure.status == "ok", figure.status in series.KNOWN, -series.COMPARED.index(figure.period.period_type)


def newer(subject: Subject, shown: Figure | None) -> Figure | None:
    """The newest figure of the shortest period of the same area, where it goes on beyond the one that is shown."""
    found = [
        f for f in subject.figures if shown and f.area == shown.area and f.status == "ok" and f.period.end_on > shown.period.end_on
    ]
    return max(found, key=lambda f: (f.period.end_on, f.period.start_on), default=None)


def line(subject: Subject, area_code: str) -> list[Figure]:
    """An area's figures in the order of time, from the first that is known to the last."""
    area = next((f.area for f in subject.figures if f.area.area_code == area_code), None)
    return series.drawn(series.of_area(subject, area)) if area else []


def last_shown(subject: Subject, area_code: str) -> Figure | None:
    """The last figure of an area's line that can be shown."""
    return next((figure for figure in reversed(line(subject, area_code)) if figure.status == "ok"), None)


def shown_of_area(subject: Subject, area_code: str) -> Figure | None:
    """An area's latest figure: of the longest kind of period whose latest one can be shown, else the reason."""
    found = _each_type(subject, area_code)
    return max(found, key=lambda f: (f.status == "ok", f.status in series.KNOWN), default=None)


def of_area_and_period(figures: Iterable[Figure], area_code: str, period: Period) -> Figure | None:
    return next((f for f in figures if f.area.area_code == area_code and f.period == period), None)


def beside(subject: Subject, figure: Figure) -> Figure | None:
    """The county's figure of the same period, unless the figure is the county's, or a part of its count."""
    return next(
        (
            other
            for other in subject.figures
            if other.area.area_code == COUNTY
            and other.period == figure.period
            and figure.area.area_code != COUNTY
            and not subject.is_count
        ),
        None,
    )


def districts(subject: Subject, figure: Figure | None) -> list[Figure]:
    """The districts in the period of a figure."""
    return _of_level(subject, figure, "district")


def compared(subject: Subject, figure: Figure | None) -> list[Figure]:
    """The areas to compare in the period of a figure: districts, or else the authorities, divisions or sites it is given for."""
    return _of_level(subject, figure, subject.compared_level)


def _of_level(subject: Subject, figure: Figure | None, level: str | None) -> list[Figure]:
    return [f for f in subject.figures if figure and level in f.area.area_levels and f.period == figure.period]
