"""Which figure of many is shown: the same rule as publish.indicator_latest, so that site and dashboards agree."""

from __future__ import annotations

from collections.abc import Iterable

from vrn.report.figures import series
from vrn.report.figures.subject import COUNTY, FORCE, Figure, Subject

KNOWN = ("ok", "suppressed")


def latest(figures: Iterable[Figure]) -> Figure | None:
    """The newest of the longest kind of period that has something to say; without one the newest reason."""
    return max(
        figures,
        key=lambda f: (f.status in KNOWN, -series.COMPARED.index(f.period.period_type), f.period.end_on),
        default=None,
    )


def of_area(subject: Subject, area_code: str) -> Figure | None:
    return latest(figure for figure in subject.figures if figure.area.area_code == area_code)


def headline(subject: Subject) -> Figure | None:
    """The county's latest figure, or the police force's where only that has one."""
    found = [figure for code in (COUNTY, FORCE) if (figure := of_area(subject, code))]
    return max(found, key=lambda figure: figure.status == "ok", default=None)


def beside(subject: Subject, figure: Figure) -> Figure | None:
    """The county's figure of the same period, unless the figure is the county's."""
    return next(
        (
            other
            for other in subject.figures
            if other.area.area_code == COUNTY and other.period == figure.period and figure.area.area_code != COUNTY
        ),
        None,
    )


def districts(subject: Subject, figure: Figure | None) -> list[Figure]:
    """The districts in the period of a figure."""
    return [f for f in subject.figures if figure and "district" in f.area.area_levels and f.period == figure.period]
