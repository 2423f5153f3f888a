"""The sections that both kinds of pages have: an area over time, and the areas of one period beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.figures import series, told, words
from vrn.report.figures.charts import areas, over_time
from vrn.report.figures.subject import Annotation, Area, Figure, Limits, Subject


def in_time(
    subject: Subject,
    area: Area,
    figures: Sequence[Figure],
    a_figure: str,
    *,
    events: Sequence[tuple[int, str, Annotation]],
    limits: Mapping[str, Limits],
) -> dict[str, Any]:
    """An area's line, its text and its table.

    a_figure: what a gap lacks, in words. events: as told.events has them. limits: by period_id, empty without a control chart.
    """
    drawn = series.drawn(figures)
    decimals = told.decimals_of(drawn)
    alternative = told.line(subject, drawn, decimals, a_figure) if drawn else ""
    parity = 1 if subject.meta["polarity"] == "near_one" else None
    marked = [(number, event) for number, _, event in events]
    unit = subject.meta["unit"]
    return {
        "area": area,
        "period_type": words.PERIOD_TYPES[figures[0].period.period_type] if figures else "",
        "is_overlapping": bool(figures) and figures[0].period.period_type in series.OVERLAPPING,
        "alternative": alternative,
        "chart": over_time.draw(drawn, unit, alternative, limits=limits, annotations=marked, reference=parity) if drawn else None,
        "has_parity": parity is not None,
        "has_gaps": any(f.status != "ok" for f in drawn),
        "decimals": decimals,
        "rows": [
            told.run(subject, row) if isinstance(row, series.Run) else told.figure(subject, row, decimals)
            for row in series.rows(figures)
        ],
    }


def side_by_side(subject: Subject, compared: series.Comparison | None, a_figure: str) -> dict[str, Any] | None:
    """The areas of one period; None for an indicator that has none to compare."""
    if compared is None:
        return None
    found = compared.with_figure
    decimals = told.decimals_of([*found, compared.county])
    alternative = told.areas(subject, compared, decimals, a_figure) if found else ""
    missing = {code: words.status(code, subject.meta) for code in words.PUBLISHED_STATUSES}
    return {
        "level": words.AREA_LEVELS[subject.compared_level],
        "period": compared.period.period_label,
        "events": told.beside(subject, compared.period),
        "alternative": alternative,
        "chart": areas.draw(compared, subject.meta["unit"], alternative, missing) if found else None,
        "county": told.figure(subject, compared.county, decimals) if compared.county else None,
        "rows": [told.figure(subject, f, decimals, compared.county) for f in compared.figures],
    }
