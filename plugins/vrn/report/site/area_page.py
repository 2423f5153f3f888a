"""What the page of an area says: each indicator's latest figure beside the county's, what is worse or getting worse first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.figures import changes, told
from vrn.report.figures.charts import spark
from vrn.report.figures.numbers import counted, grouped, listed
from vrn.report.figures.subject import COUNTY, ENGLAND, Area
from vrn.report.site import choosing
from vrn.report.site.from_publish import ALIKE, Item, Similar

A_FIGURE = "a figure that can be shown"
# Title of a part of the page. The first part that an area has is open.
PARTS: Mapping[str, str] = {
    "both": "Worse and getting worse",
    "worse": "Worse than the county or than England",
    "worsening": "Getting worse",
    "better": "Better than the county",
    "steady": "Not clearly better or worse",
    "unjudged": "Neither good nor bad in itself",
    "hidden": "Hidden to protect people",
}
OPEN = ("both", "worse", "worsening")


def row(item: Item, area: Area, has_page: bool) -> dict[str, Any] | None:
    """An area's latest figure beside the county's of the same period; None where no figure is expected.

    has_page: whether the indicator has a page of its own for this area.
    """
    subject = item.subject
    shown = choosing.of_area(subject, area.area_code)
    if shown is None:
        return None
    county = choosing.beside(subject, shown)
    england = choosing.of_area_and_period(item.england_beside(area), ENGLAND, shown.period)
    decimals = told.decimals_of([shown, county, england])
    line = choosing.line(subject, area.area_code)
    newer = choosing.newer(subject, shown)
    change = changes.latest(subject, shown, newer)
    worse = next((one for one in item.worse if one.area_code == area.area_code), None)
    is_judged = told.is_judged(subject)
    if shown.status != "ok":
        part = "hidden" if shown.status == "suppressed" else None
    elif worse is not None:
        part = "both" if worse.is_worse and worse.is_worsening else "worse" if worse.is_worse else "worsening"
    else:
        part = "unjudged" if not is_judged else "better" if shown.comparison == "better" else "steady"
    return told.heading(subject) | {
        "page": f"../area/{area.area_code}/{subject.indicator_id}.html"
        if has_page
        else f"../indicator/{subject.indicator_id}.html",
        "figure": told.figure(subject, shown, decimals, county),
        "newer": told.figure(subject, newer) if newer else None,
        "county": told.figure(subject, county, decimals) if county else None,
        "england": told.figure(subject, england, decimals) if england else None,
        "change": changes.words(change),
        "spark": spark.draw(line, told.line(subject, line, told.decimals_of(line), A_FIGURE)) if line else None,
        "is_count": subject.is_count,
        "part": part,
    }


def view(area: Area, rows: Sequence[Mapping[str, Any]], similar: Sequence[Similar]) -> dict[str, Any]:
    """rows: of every indicator that is expected for the area."""
    parts = [
        {"code": code, "title": title, "rows": found, "is_open": code in OPEN}
        for code, title in PARTS.items()
        if (found := [one for one in rows if one["part"] == code])
    ]
    if parts and not any(part["is_open"] for part in parts):
        parts[0]["is_open"] = parts[0]["code"] != "hidden"
    return {
        "area": area,
        "is_county": area.area_code == COUNTY,
        "finding": _finding(rows),
        "parts": parts,
        "without": [one for one in rows if one["part"] is None],
        "similar": [_beside(one.name, one.figures, grouped(one.distance, 2)) for one in similar],
        "own": _beside(area.area_name, similar[0].own, "") if similar else None,
    }


def _beside(name: str, figures: Mapping[str, float], distance: str) -> dict[str, Any]:
    """A row of the table of similar districts: a cell for each figure, as it is kept."""
    return {"name": name, "distance": distance, "cells": [grouped(value, decimals) for value, decimals in _written(figures)]}


def _written(figures: Mapping[str, float]) -> list[tuple[float, int]]:
    return [(figures[name], 0 if name == "people_per_km2" else 1) for name in ALIKE if name in figures]


def _finding(rows: Sequence[Mapping[str, Any]]) -> str:
    """The area in a sentence."""
    names = {code: [one["short_name"] for one in rows if one["part"] == code] for code in PARTS}
    worse = names["both"] + names["worse"]
    shown = sum(len(found) for code, found in names.items() if code != "hidden")
    if not shown:
        return ""
    said = [f"worse in {_few(worse)}" if worse else "", f"better in {_few(names['better'])}" if names["better"] else ""]
    clauses = [clause for clause in said if clause] or ["not clearly better or worse in any"]
    return f"Beside the county, of {counted(shown, 'indicator', 'indicators')} with a figure: {'; '.join(clauses)}."


def _few(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= 4 else f"{len(names)}, among them {listed(names[:3])}"
