"""Rows of the areas' profiles, collected while the indicators go by one at a time."""

from __future__ import annotations

from typing import Any

from vrn.report.figures import told
from vrn.report.figures.subject import Area, Subject
from vrn.report.site import choosing

ORDER = ("better", "worse", "higher", "lower", "similar")


def profile_row(subject: Subject, area: Area) -> dict[str, Any] | None:
    """An area's latest figure beside the county's of the same period; None where no figure is expected."""
    shown = choosing.of_area(subject, area.area_code)
    if shown is None:
        return None
    county = choosing.beside(subject, shown)
    decimals = told.decimals_of([shown, county])
    return told.heading(subject) | {
        "figure": told.figure(subject, shown, decimals, county),
        "county": told.figure(subject, county, decimals) if county else None,
        "comparison_code": shown.comparison if shown.status == "ok" else None,
    }
