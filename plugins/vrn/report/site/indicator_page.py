"""What the page of an indicator says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.indicator_docs import charts, series
from vrn.report.indicator_docs import words as shared
from vrn.report.indicator_docs.reading import Annotation, Area, Figure, Subject
from vrn.report.site import choosing, funnel, funnel_chart, told, words
from vrn.report.site.reading import COUNTY, Item


def view(item: Item) -> dict[str, Any]:
    subject = item.subject
    compared = series.compared(subject)
    return {
        "meta": subject.meta,
        "headline": _headline(subject),
        "times": [_over_time(subject, area, figures) for area, figures in series.over_time(subject)],
        "compared": _compared(subject, compared),
        "funnel": _funnel(subject, compared),
        "groups": _groups(item),
        "facts": _facts(subject),
        "value_method": shared.value_method(subject.meta["value_type"], subject.meta["multiplier"]),
        "interval": shared.INTERVALS[subject.meta["ci_method"]],
        "annotations": [(number, _event(a), a) for number, a in enumerate(subject.annotations, start=1)],
    }


def _headline(subject: Subject) -> dict[str, Any] | None:
    shown = choosing.headline(subject)
    return told.figure(shown) if shown else None


def _over_time(subject: Subject, area: Area, figures: Sequence[Figure]) -> dict[str, Any]:
    drawn = series.drawn(figures)
    decimals = told.decimals_of(drawn)
    alternative = told.line(subject, drawn, decimals) if drawn else ""
    parity = 1 if subject.meta["polarity"] == "near_one" else None
    marked = list(enumerate(subject.annotations, start=1))
    return {
        "area": area,
        "period_type": shared.PERIOD_TYPES[figures[0].period.period_type],
        "is_overlapping": figures[0].period.period_type in ("rolling_12_months", "three_financial_years"),
        "alternative": alternative,
        "chart": charts.time_line(drawn, subject.meta["unit"], alternative, limits={}, annotations=marked, reference=parity)
        if drawn
        else None,
        "has_parity": parity is not None,
        "has_gaps": any(f.status != "ok" for f in drawn),
        "rows": [_run(row) if isinstance(row, series.Run) else told.figure(row, decimals) for row in series.rows(figures)],
    }


def _run(run: series.Run) -> dict[str, Any]:
    period = run.first.period_label if run.first == run.last else f"{run.first.period_label} to {run.last.period_label}"
    number = f" ({run.periods} periods)" if run.periods > 1 else ""
    return {"period": period, "words": words.missing(run.status) + number}


def _compared(subject: Subject, compared: series.Comparison | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    found = compared.with_figure
    decimals = told.decimals_of([*found, compared.county])
    alternative = told.areas(subject, compared, decimals) if found else ""
    missing = {code: texts[0] for code, texts in words.STATUSES.items()}
    return {
        "level": shared.AREA_LEVELS[subject.compared_level],
        "period": compared.period.period_label,
        "alternative": alternative,
        "chart": charts.areas_compared(compared, subject.meta["unit"], alternative, missing) if found else None,
        "county": told.figure(compared.county, decimals) if compared.county else None,
        "rows": [told.figure(f, decimals, compared.county) for f in compared.figures],
    }


def _funnel(subject: Subject, compared: series.Comparison | None) -> dict[str, Any] | None:
    made = funnel.of(subject, compared)
    if made is None:
        return None
    decimals = told.decimals_of([*made.points, compared.county])
    rows = [
        told.figure(f, decimals, compared.county) | {"position": words.FUNNEL_POSITIONS[funnel.position(subject, f, made.county)]}
        for f in sorted(made.points, key=lambda f: -f.denominator)
    ]
    outside = [row["area"] for row in rows if row["position"] != words.FUNNEL_POSITIONS["within"]]
    alternative = (
        f"Funnel of {len(rows)} {shared.AREA_LEVELS[subject.compared_level]} by size around "
        f"{compared.county.area.area_name}, {shared.grouped(made.county, decimals)}. "
        f"{'Outside the 95 % limits: ' + shared.listed(outside) if outside else 'All lie within the 95 % limits'}."
    )
    title = f"{'SYNTHETIC · ' if subject.is_synthetic else ''}{subject.meta['unit']}"
    return {
        "period": compared.period.period_label,
        "county": told.figure(compared.county, decimals),
        "alternative": alternative,
        "chart": funnel_chart.draw(made, title, alternative, compared.county),
        "rows": rows,
    }


def _groups(item: Item) -> list[dict[str, Any]]:
    """For each breakdown the county's groups in the latest year in which any of them has something to say."""
    tables = []
    for breakdown in item.subject.meta["breakdowns"]:
        of_county = [g for g in item.groups if g.breakdown == breakdown and g.figure.area.area_code == COUNTY]
        newest = choosing.latest(g.figure for g in of_county)
        if newest is None:
            continue
        rows = [g for g in of_county if g.figure.period == newest.period]
        decimals = told.decimals_of(g.figure for g in rows)
        tables.append(
            {
                "name": shared.BREAKDOWNS[breakdown],
                "period": newest.period.period_label,
                "area": newest.area.area_name,
                "rows": [told.figure(g.figure, decimals) | {"group": words.group(breakdown, g.name)} for g in rows],
            }
        )
    return tables


def _facts(subject: Subject) -> list[tuple[str, str]]:
    meta: Mapping[str, Any] = subject.meta
    return [
        ("Count", meta["numerator"]),
        ("Divided by", meta["denominator"] or "nothing"),
        ("Unit", meta["unit"]),
        ("Kind of value", shared.VALUE_TYPES[meta["value_type"]]),
        ("Which way is good", shared.POLARITIES[meta["polarity"]]),
        ("Given for the periods", shared.listed(shared.PERIOD_TYPES[p] for p in meta["period_types"])),
        ("Given for the areas", shared.listed(shared.AREA_LEVELS[level] for level in meta["geo_levels"])),
        ("Also given by, in financial years", shared.listed(shared.BREAKDOWNS[b] for b in meta["breakdowns"])),
        ("Counted by", meta["counting_date"]),
        ("Source", meta["source"]),
        ("Public code", meta["public_code"] or "none"),
        ("Hiding small numbers", shared.SUPPRESSION[meta["suppression_policy"]]),
        ("Looked after by", meta["owner"]),
        ("Version of the definition", str(meta["version"])),
    ]


def _event(annotation: Annotation) -> str:
    if annotation.ends_on is None:
        return f"from {shared.day(annotation.starts_on)}"
    return f"{shared.day(annotation.starts_on)} to {shared.day(annotation.ends_on)}"
