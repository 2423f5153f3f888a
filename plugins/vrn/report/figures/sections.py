"""The sections that both kinds of pages have: an area over time, and the areas of one period beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    beside: Sequence[over_time.Beside] = (),
) -> dict[str, Any]:
    """An area's line, its text and its table; and a line of counts where there are some that nothing can be divided by yet.

    a_figure: what a gap lacks, in words. events: as told.events has them. limits: by period_id, empty without a control chart.
    beside: the lines of wider areas.
    """
    drawn = series.drawn(figures)
    decimals = told.decimals_of(drawn)
    alternative = told.line(subject, drawn, decimals, a_figure) if drawn else ""
    parity = 1 if subject.meta["polarity"] == "near_one" else None
    marked = [(number, event) for number, _, event in events]
    return {
        "area": area,
        "period_type": words.PERIOD_TYPES[figures[0].period.period_type] if figures else "",
        "is_overlapping": bool(figures) and figures[0].period.period_type in series.OVERLAPPING,
        "before": told.before(subject, series.before(figures)),
        "alternative": alternative,
        "chart": over_time.draw(
            drawn, subject.meta["unit"], alternative, limits=limits, annotations=marked, reference=parity, beside=beside
        )
        if series.is_worth_drawing(drawn)
        else None,
        "counts": _counts(subject, figures, a_figure, marked),
        "has_parity": parity is not None,
        "has_gaps": any(f.status != "ok" for f in drawn),
        "has_intervals": any(f.lower is not None for f in drawn),
        "decimals": decimals,
        "rows": [
            told.run(subject, row) if isinstance(row, series.Run) else told.figure(subject, row, decimals)
            for row in series.rows(figures)
        ],
    }


def _counts(
    subject: Subject, figures: Sequence[Figure], a_figure: str, marked: Sequence[tuple[int, Annotation]]
) -> dict[str, Any] | None:
    """The counts as a line of their own, where the rate ends for want of a population and the counts go on; one alone in words."""
    if not any(series.has_bare_count(figure) and figure.count for figure in figures):
        return None
    counted = [
        replace(f, status="ok", value=f.count, lower=None, upper=None)
        if f.count is not None and f.status in ("ok", "no_denominator")
        else f
        for f in figures
    ]
    drawn = series.drawn(counted)
    named = replace(subject, meta={**subject.meta, "unit": "counts"})
    alternative = told.line(named, drawn, 0, a_figure)
    return {
        "alternative": alternative,
        "chart": over_time.draw(drawn, "counts", alternative, limits={}, annotations=marked)
        if series.is_worth_drawing(drawn)
        else None,
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
        "is_compared": compared.is_compared,
        "chart": areas.draw(compared, subject.meta["unit"], alternative, missing)
        if series.is_worth_drawing([*found, *([compared.county] if compared.county else [])])
        else None,
        "county": told.figure(subject, compared.county, decimals) if compared.county else None,
        "rows": [told.figure(subject, f, decimals, compared.county) for f in compared.figures],
    }
