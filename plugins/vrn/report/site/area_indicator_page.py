"""What the page of an indicator for one area says: its line beside the county's and England's, and how it stands."""

from __future__ import annotations

from typing import Any

from vrn.report.figures import changes, findings, sections, series, told
from vrn.report.figures.charts.over_time import Beside
from vrn.report.figures.subject import COUNTY, ENGLAND, Area
from vrn.report.site import choosing
from vrn.report.site.from_publish import Item
from vrn.report.site.indicator_page import A_FIGURE, beside_england, short_list


def has_page(item: Item, area: Area) -> bool:
    """Whether there is anything to see: districts of which a figure can be shown."""
    return area.area_levels[0] == "district" and any(f.area == area and f.status == "ok" for f in item.subject.figures)


def view(item: Item, area: Area) -> dict[str, Any]:
    subject = item.subject
    shown = choosing.shown_of_area(subject, area.area_code)
    newer = choosing.newer(subject, shown)
    county = choosing.beside(subject, shown)
    england = choosing.of_area_and_period(item.england_beside(area), ENGLAND, shown.period)
    decimals = told.decimals_of([shown, county, england])
    events = told.events(subject.annotations)
    figures = series.of_area(subject, area)
    return {
        "meta": subject.meta,
        "area": area,
        "is_judged": told.is_judged(subject),
        "finding": findings.of_area(subject, shown, newer)
        or findings.of_area(subject, choosing.last_shown(subject, area.area_code)),
        "headline": told.figure(subject, shown, decimals, county),
        "newer": told.figure(subject, newer) if newer else None,
        "change": changes.words(changes.latest(subject, shown, newer)),
        "county": told.figure(subject, county, decimals) if county else None,
        "england": told.beside_england(subject, england, shown, decimals),
        "rank": _rank(item, area),
        "time": sections.in_time(subject, area, figures, A_FIGURE, events=events, limits={}, beside=beside(item, area)),
        "caveats": short_list(subject.meta["caveats"]),
        "annotations": events,
        "others": [other for other in choosing.areas(subject, "district") if other != area and has_page(item, other)],
    }


def beside(item: Item, area: Area) -> list[Beside]:
    """The lines of the county and of England, whatever the kind of period: a chart takes those of its own."""
    if item.subject.is_count:
        return []
    county = tuple(f for f in item.subject.figures if f.area.area_code == COUNTY)
    return [*([Beside(county[0].area.area_name, "county", county)] if county else []), *beside_england(item, area)]


def _rank(item: Item, area: Area) -> str:
    """The area's place among the districts that have a figure of the same period; empty with fewer than three, or if hidden."""
    shown = choosing.shown_of_area(item.subject, area.area_code)
    found = [f for f in choosing.districts(item.subject, shown) if f.status == "ok"]
    if item.subject.is_count or shown.status != "ok" or len(found) < 3:
        return ""
    above = sum(f.value > shown.value for f in found)
    of = f"of the {len(found)} districts with a figure"
    if above == 0:
        return f"The highest {of}."
    if above == len(found) - 1:
        return f"The lowest {of}."
    return f"Number {above + 1} from the highest {of}."
