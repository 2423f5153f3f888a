"""Two districts beside each other: each indicator's figures of one period, and whether they clearly differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from vrn.report.figures import series, told
from vrn.report.figures.subject import Area, Figure, Subject


@dataclass(frozen=True)
class Compared:
    """The districts of an indicator in one period, by their codes; only those that have a figure."""

    subject: Subject
    figures: dict[str, Figure]
    county: Figure | None


def of(subject: Subject) -> Compared | None:
    """None for a bare count, and for an indicator that fewer than two districts have a figure of."""
    found = series.compared(subject) if subject.compared_level == "district" else None
    if found is None or len(found.with_figure) < 2 or subject.is_count:
        return None
    return Compared(subject, {figure.area.area_code: figure for figure in found.with_figure}, found.county)


def pairs(areas: Iterable[Area]) -> list[tuple[Area, Area]]:
    return list(combinations([area for area in areas if _is_district(area)], 2))


def others(area: Area, areas: Iterable[Area]) -> list[Area]:
    """Those that an area can be compared with."""
    return [other for other in areas if _is_district(area) and _is_district(other) and other != area]


def path(one: Area, other: Area) -> str:
    """The page of a pair, whichever of the two is named first."""
    first, second = sorted((one, other), key=lambda area: (area.sort_order, area.area_code))
    return f"compare/{first.area_code}-{second.area_code}.html"


def view(one: Area, other: Area, compared: Sequence[Compared]) -> dict[str, Any]:
    rows = [
        _row(of_indicator, one, other)
        for of_indicator in compared
        if one.area_code in of_indicator.figures and other.area_code in of_indicator.figures
    ]
    return {
        "one": one,
        "other": other,
        "differing": [row for row in rows if row["is_clear"]],
        "alike": [row for row in rows if not row["is_clear"]],
    }


def _row(compared: Compared, one: Area, other: Area) -> dict[str, Any]:
    subject = compared.subject
    left, right = compared.figures[one.area_code], compared.figures[other.area_code]
    decimals = told.decimals_of([left, right, compared.county])
    side = _side(left, right)
    return told.heading(subject) | {
        "period": left.period.period_label,
        "left": told.figure(subject, left, decimals),
        "right": told.figure(subject, right, decimals),
        "county": told.figure(subject, compared.county, decimals) if compared.county else None,
        "is_clear": bool(side),
        "said": f"{(one if side > 0 else other).area_name} is higher" if side else "not clearly different",
    }


def _side(left: Figure, right: Figure) -> int:
    """1 where the first is clearly higher, -1 where the second is, 0 otherwise: where their 95 % intervals do not overlap.

    That is stricter than a test of the difference, and asks for nothing but what is published.
    """
    if None in (left.lower, left.upper, right.lower, right.upper):
        return 0
    return 1 if left.lower > right.upper else -1 if right.lower > left.upper else 0


def _is_district(area: Area) -> bool:
    return area.area_levels[0] == "district"
