"""What a map of an indicator says."""

from __future__ import annotations

from typing import Any

from vrn.report.figures import series, told
from vrn.report.figures.subject import Subject
from vrn.report.site.tiles import tiles

# The map that is seen first: the first of these that has one.
FIRST = ("V06", "V15", "V03", "PUB-VSO")


def view(subject: Subject) -> dict[str, Any] | None:
    """None for an indicator that no district has a figure of."""
    compared = series.compared(subject) if subject.compared_level == "district" else None
    if compared is None or not compared.with_figure:
        return None
    decimals = told.decimals_of([*compared.with_figure, compared.county])
    return told.heading(subject) | {
        "period": compared.period.period_label,
        "is_judged": told.is_judged(subject),
        "county": told.figure(subject, compared.county, decimals) if compared.county else None,
        "tiles": tiles(subject, compared.figures, compared.county, decimals),
        "rows": [told.figure(subject, f, decimals, compared.county) for f in compared.figures],
    }


def first(views: list[dict[str, Any]]) -> dict[str, Any] | None:
    by_id = {view["indicator_id"]: view for view in views}
    return next((by_id[i] for i in FIRST if i in by_id), views[0] if views else None)
