"""The pages: what reading gives, in the words of words, with the charts of charts, put into the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from vrn.report.indicator_docs import charts, series, words
from vrn.report.indicator_docs.reading import Annotation, Area, Figure, Period, Subject


def write(folder: Path, subjects: Iterable[Subject]) -> None:
    """index.html and a page for each indicator. Nothing of the day or the machine is in them: the same figures give the
    same bytes."""
    templates = _templates()
    entries = []
    for subject in subjects:
        page = templates.get_template("indicator.html.j2").render(_indicator(subject))
        (folder / f"{subject.indicator_id}.html").write_text(page, encoding="utf-8")
        entries.append(_entry(subject))
    index = templates.get_template("index.html.j2").render(
        domains=[(title, [e for e in entries if e["domain"] == code]) for code, title in words.DOMAINS.items()],
        count=len(entries),
        statuses=words.STATUSES,
        is_synthetic=any(entry["is_synthetic"] for entry in entries),
    )
    (folder / "index.html").write_text(index, encoding="utf-8")


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _entry(subject: Subject) -> dict[str, Any]:
    """A row of the index: the latest year's figure of the widest area, or why there is none."""
    shown = series.over_time(subject)
    found = [figure for area, _ in shown for _, figure in series.latest(subject, area) if figure]
    # The longest period of all that have a figure, as in the comparison of areas.
    newest = min(found, key=lambda f: (series.COMPARED.index(f.period.period_type), f.area.sort_order), default=None)
    last = shown[0][1][-1] if shown and shown[0][1] else None
    return {
        "indicator_id": subject.indicator_id,
        "name": subject.meta["name"],
        "domain": subject.meta["domain"],
        "unit": subject.meta["unit"],
        "is_synthetic": subject.is_synthetic,
        "latest": _numbers(newest, _decimals([newest])) if newest else None,
        "missing": words.status(last.status, subject.meta) if last else "no area or period is expected yet",
    }


def _indicator(subject: Subject) -> dict[str, Any]:
    meta = subject.meta
    return {
        "meta": meta,
        "is_synthetic": subject.is_synthetic,
        "times": [_over_time(subject, area, figures) for area, figures in series.over_time(subject)],
        "compared": _compared(subject),
        "value_method": words.value_method(meta["value_type"], meta["multiplier"]),
        "interval": words.INTERVALS[meta["ci_method"]],
        "facts": _facts(subject),
        "statuses": [(code, *texts, subject.status_counts.get(code, 0)) for code, texts in words.STATUSES.items()],
        "deliveries": [(d.feed, d.supplier, d.submissions, words.day(d.latest_on)) for d in subject.deliveries],
        "annotations": [(number, _event(a), a) for number, a in enumerate(subject.annotations, start=1)],
    }


def _facts(subject: Subject) -> list[tuple[str, str]]:
    """Every field of the metadata that has no section of its own, in words."""
    meta = subject.meta
    population = f" (residents: {meta['population']})" if meta["population"] else ""
    limit = meta["max_unlocated_share"]
    share = (
        f"Areas are given while at most {words.grouped(limit * 100)} % of the events have no place."
        if limit < 1
        else "Events without a place do not keep areas from being given."
    )
    back = int(meta["looks_back_months"] or 0)
    return [
        ("Short name", meta["short_name"]),
        ("Domain", words.DOMAINS[meta["domain"]]),
        ("Numerator", meta["numerator_def"]),
        ("Denominator", meta["denominator_def"] + population),
        ("Unit", meta["unit"]),
        ("Kind of value", words.VALUE_TYPES[meta["value_type"]]),
        ("Polarity", words.POLARITIES[meta["polarity"]]),
        ("Given for the periods", words.listed(words.PERIOD_TYPES[p] for p in meta["period_types"])),
        ("Given for the areas", words.listed(words.AREA_LEVELS[level] for level in meta["geo_levels"])),
        ("Finest area its feed can say", words.AREA_LEVELS[meta["finest_area"]]),
        ("Also given by, in financial years", words.listed(words.BREAKDOWNS[b] for b in meta["breakdowns"])),
        ("Compared with", subject.comparator_name or "nothing"),
        ("Counting date", meta["counting_date"]),
        ("Feeds", words.listed(meta["feeds"])),
        (
            "How far a delivery reaches",
            words.REACHES[meta["reach"]] + (f" Counts also rest on the {back} months before." if back else ""),
        ),
        ("Source", meta["source"]),
        ("Public code", meta["public_code"] or "none"),
        ("Series begins", words.day(meta["series_starts_on"])),
        ("Least denominator", words.grouped(meta["min_denominator"])),
        ("Events without a place", share),
        ("Suppression before publication", words.SUPPRESSION[meta["suppression_policy"]]),
        ("Owner", meta["owner"]),
        ("Version of the definition", words.grouped(meta["version"])),
        ("First published", words.day(meta["first_published"]) if meta["first_published"] else "not yet"),
        ("Retired", words.day(meta["retired_on"]) if meta["retired_on"] else "no"),
    ]


def _over_time(subject: Subject, area: Area, figures: Sequence[Figure]) -> dict[str, Any]:
    drawn = series.drawn(figures)
    limits = {p: limit for (code, p), limit in subject.limits.items() if code == area.area_code} if _is_monthly(drawn) else {}
    touched = {figure.period.period_id for figure in drawn}
    events = [(number, a) for number, a in enumerate(subject.annotations, start=1) if a.touched & touched]
    decimals = _decimals(drawn)
    alternative = _line_in_words(subject, area, drawn, decimals) if drawn else ""
    unit, near_one = subject.meta["unit"], subject.meta["polarity"] == "near_one"
    return {
        "area": area,
        "period_type": words.PERIOD_TYPES[figures[0].period.period_type] if figures else "",
        "is_rolling": _is_overlapping(figures),
        "has_limits": any(limits[p].centre is not None for p in touched if p in limits),
        "alternative": alternative,
        "chart": charts.time_line(drawn, unit, alternative, limits=limits, annotations=events, reference=1 if near_one else None)
        if drawn
        else None,
        "has_parity": near_one,
        "has_gaps": any(figure.status != "ok" for figure in drawn),
        "rows": [
            _run(row, subject.meta) if isinstance(row, series.Run) else _numbers(row, decimals) | _signal(row, limits)
            for row in series.rows(figures)
        ],
        "latest": [
            (words.PERIOD_TYPES[kind], _numbers(figure, decimals if figure in drawn else _decimals([figure])) if figure else None)
            for kind, figure in series.latest(subject, area)
        ],
    }


def _compared(subject: Subject) -> dict[str, Any] | None:
    comparison = series.compared(subject)
    if comparison is None:
        return None
    found = comparison.with_figure
    decimals = _decimals([*found, *([comparison.county] if comparison.county else [])])
    missing = {code: words.status(code, subject.meta) for code in words.STATUSES}
    alternative = _areas_in_words(subject, comparison, decimals) if found else ""
    return {
        "level": words.AREA_LEVELS[subject.compared_level],
        "period": comparison.period.period_label,
        "alternative": alternative,
        "chart": charts.areas_compared(comparison, subject.meta["unit"], alternative, missing) if found else None,
        "county": _numbers(comparison.county, decimals) if comparison.county else None,
        "rows": [
            _numbers(f, decimals) | {"comparison": words.COMPARISONS[f.comparison]}
            if f.status == "ok"
            else {"words": f"no figure: {missing[f.status]}", "area": f.area.area_name}
            for f in comparison.figures
        ],
    }


def _is_monthly(figures: Sequence[Figure]) -> bool:
    return bool(figures) and figures[0].period.period_type == "month"


def _is_overlapping(figures: Sequence[Figure]) -> bool:
    return bool(figures) and figures[0].period.period_type in ("rolling_12_months", "three_financial_years")


def _decimals(figures: Iterable[Figure]) -> int:
    return words.decimals_for(figure.value for figure in figures if figure.value is not None)


def _numbers(figure: Figure, decimals: int) -> dict[str, Any]:
    """A figure as it is written in tables."""
    change = figure.change_percent
    sure = {True: "more than chance", False: "may be chance", None: "not tested"}[figure.is_change_significant]
    return {
        "area": figure.area.area_name,
        "period": figure.period.period_label,
        "count": _amount(figure.count),
        "denominator": _amount(figure.denominator),
        "value": "" if figure.value is None else words.grouped(figure.value, decimals),
        "interval": _interval(figure, decimals),
        "change": "" if change is None else f"{'+' if change > 0 else ''}{words.grouped(change, 1)} % ({sure})",
        "trend": words.trend(figure.trend) if figure.trend else "",
        "words": "",
    }


def _amount(number: float | None) -> str:
    """What is counted is whole; sums and expected counts need not be."""
    return "" if number is None else words.grouped(number, 0 if float(number).is_integer() else 1)


def _interval(figure: Figure, decimals: int) -> str:
    if figure.lower is None or figure.upper is None:
        return "none"
    return f"{words.grouped(figure.lower, decimals)} to {words.grouped(figure.upper, decimals)}"


def _signal(figure: Figure, limits: Mapping[str, Any]) -> dict[str, str]:
    month = limits.get(figure.period.period_id)
    return {"signal": words.SIGNALS[month.signal] if month and month.signal else ""}


def _run(run: series.Run, meta: Mapping[str, Any]) -> dict[str, str]:
    """Periods without a figure, as a row of a table."""
    number = f" ({run.periods} periods)" if run.periods > 1 else ""
    return {"period": _from_to(run.first, run.last), "words": f"no figure: {words.status(run.status, meta)}{number}"}


def _from_to(first: Period, last: Period) -> str:
    return first.period_label if first == last else f"{first.period_label} to {last.period_label}"


def _event(annotation: Annotation) -> str:
    if annotation.ends_on is None:
        return f"from {words.day(annotation.starts_on)}"
    return f"{words.day(annotation.starts_on)} to {words.day(annotation.ends_on)}"


def _line_in_words(subject: Subject, area: Area, drawn: Sequence[Figure], decimals: int) -> str:
    found = [figure for figure in drawn if figure.status == "ok"]
    gaps = len(drawn) - len(found)

    def told(figure: Figure) -> str:
        return f"{words.grouped(figure.value, decimals)} in {figure.period.period_label}"

    start = f"{subject.meta['short_name']}, {area.area_name}, {subject.meta['unit']}: "
    if len(found) == 1:
        return f"{start}one figure, {told(found[0])}."
    return (
        f"{start}{len(found)} figures, {_from_to(drawn[0].period, drawn[-1].period)}. "
        f"First {told(found[0])}, last {told(found[-1])}, "
        f"highest {told(max(found, key=lambda f: f.value))}, lowest {told(min(found, key=lambda f: f.value))}."
        + (f" {gaps} periods between have no figure." if gaps > 1 else " One period between has no figure." if gaps else "")
    )


def _areas_in_words(subject: Subject, comparison: series.Comparison, decimals: int) -> str:
    found = comparison.with_figure

    def told(figure: Figure) -> str:
        return f"{figure.area.area_name} {words.grouped(figure.value, decimals)}"

    county = f", {told(comparison.county)}" if comparison.county else ""
    missing = len(comparison.figures) - len(found)
    return (
        f"{subject.meta['short_name']}, {comparison.period.period_label}, {subject.meta['unit']}: {len(found)} of "
        f"{len(comparison.figures)} areas have a figure. Highest {told(found[0])}, lowest {told(found[-1])}{county}."
        + (f" {missing} have none." if missing else "")
    )
