"""What a map of an indicator says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.figures import findings, series, told
from vrn.report.figures.charts import outlines
from vrn.report.figures.subject import Subject
from vrn.report.site.indicator_page import A_FIGURE
from vrn.report.site.tiles import tiles

# The map that is seen first: the first of these that has one.
FIRST = ("V06", "V15", "V03", "PUB-VSO")


def view(subject: Subject, rings: Mapping[str, Sequence[outlines.Ring]]) -> dict[str, Any] | None:
    """None for an indicator that no district has a figure of. rings: the districts' outlines, which may be empty."""
    compared = series.compared(subject) if subject.compared_level == "district" else None
    if compared is None or not compared.with_figure:
        return None
    decimals = told.decimals_of([*compared.with_figure, compared.county])
    placed = tiles(subject, compared.figures, compared.county, decimals)
    said = [_said(tile) for tile in placed if tile["area_code"] in rings]
    alternative = f"Map. {told.areas(subject, compared, decimals, A_FIGURE)}"
    return told.heading(subject) | {
        "finding": findings.of_districts(subject, compared.figures),
        "period": compared.period.period_label,
        "is_judged": told.is_judged(subject),
        "is_compared": compared.is_compared,
        "county": told.figure(subject, compared.county, decimals) if compared.county else None,
        "tiles": placed,
        "outlines": outlines.draw(rings, said, alternative, "SYNTHETIC" if subject.is_synthetic else "") if said else None,
        "alternative": alternative,
        "rows": [told.figure(subject, f, decimals, compared.county) for f in compared.figures],
    }


def _said(tile: dict[str, Any]) -> dict[str, str]:
    """What the map says of a district."""
    named = {"area_code": tile["area_code"], "name": tile["area"]}
    if tile["words"]:
        return named | {"value": "hidden" if tile["is_hidden"] else "no figure", "code": "none", "sign": ""}
    return named | {"value": tile["value"], "code": tile["comparison"]["code"], "sign": tile["comparison"]["sign"]}


def first(views: list[dict[str, Any]]) -> dict[str, Any] | None:
    by_id = {view["indicator_id"]: view for view in views}
    return next((by_id[i] for i in FIRST if i in by_id), views[0] if views else None)
