"""The evaluators' pages: a page for each indicator with all that the marts know of it, and an index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from vrn.report.figures import methods, sections, series, templating, told, words
from vrn.report.figures.numbers import day, grouped, listed
from vrn.report.figures.subject import Area, Figure, Limits, Subject

HERE = Path(__file__).parent
A_FIGURE = "a figure"


def write(folder: Path, subjects: Iterable[Subject], lives_on: date) -> None:
    """index.html and a page for each indicator. Nothing of the machine is in them: the same figures give the same bytes.

    lives_on: the day on which the home lives, said where figures are made up.
    """
    templates = templating.environment(HERE / "templates")
    templates.globals["as_of"] = day(lives_on)
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


def _entry(subject: Subject) -> dict[str, Any]:
    """A row of the index: the latest year's figure of the widest area, or why there is none."""
    shown = series.over_time(subject)
    found = [figure for area, _ in shown for _, figure in series.latest(subject, area) if figure]
    # The longest period of all that have a figure, as in the comparison of areas.
    newest = min(found, key=lambda f: (series.COMPARED.index(f.period.period_type), f.area.sort_order), default=None)
    last = shown[0][1][-1] if shown and shown[0][1] else None
    return told.heading(subject) | {
        "is_synthetic": subject.is_synthetic,
        "latest": told.figure(subject, newest) if newest else None,
        "missing": words.status(last.status, subject.meta) if last else "no area or period is expected yet",
    }


def _indicator(subject: Subject) -> dict[str, Any]:
    meta = subject.meta
    return {
        "meta": meta,
        "is_synthetic": subject.is_synthetic,
        "times": [_over_time(subject, area, figures) for area, figures in series.over_time(subject)],
        "compared": sections.side_by_side(subject, series.compared(subject), A_FIGURE),
        "value_method": methods.value_method(meta["value_type"], meta["multiplier"]),
        "interval": methods.INTERVALS[meta["ci_method"]],
        "facts": _facts(subject),
        "statuses": [(code, *texts, subject.status_counts.get(code, 0)) for code, texts in words.STATUSES.items()],
        "deliveries": [(d.feed, d.supplier, d.submissions, day(d.latest_on)) for d in subject.deliveries],
        "annotations": told.events(subject.annotations),
    }


def _facts(subject: Subject) -> list[tuple[str, str]]:
    """Every field of the metadata that has no section of its own, in words."""
    meta = subject.meta
    population = f" (residents: {meta['population']})" if meta["population"] else ""
    limit = meta["max_unlocated_share"]
    share = (
        f"Areas are given unless more than {grouped(limit * 100)} % of the events have no place, by more than chance."
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
        ("Given for the periods", listed(words.PERIOD_TYPES[p] for p in meta["period_types"])),
        ("Given for the areas", listed(words.AREA_LEVELS[level] for level in meta["geo_levels"])),
        ("Finest area its feed can say", words.AREA_LEVELS[meta["finest_area"]]),
        ("Also given by, in financial years", listed(words.BREAKDOWNS[b] for b in meta["breakdowns"])),
        ("Compared with", subject.comparator_name or "nothing"),
        ("Counting date", meta["counting_date"]),
        ("Feeds", listed(meta["feeds"])),
        (
            "How far a delivery reaches",
            words.REACHES[meta["reach"]] + (f" Counts also rest on the {back} months before." if back else ""),
        ),
        ("Source", meta["source"]),
        ("Public code", meta["public_code"] or "none"),
        ("Series begins", day(meta["series_starts_on"])),
        ("Least denominator", grouped(meta["min_denominator"])),
        ("Events without a place", share),
        ("Suppression before publication", words.SUPPRESSION[meta["suppression_policy"]]),
        ("Owner", meta["owner"]),
        ("Version of the definition", grouped(meta["version"])),
        ("First published", day(meta["first_published"]) if meta["first_published"] else "not yet"),
        ("Retired", day(meta["retired_on"]) if meta["retired_on"] else "no"),
    ]


def _over_time(subject: Subject, area: Area, figures: Sequence[Figure]) -> dict[str, Any]:
    drawn = series.drawn(figures)
    touched = {figure.period.period_id for figure in drawn}
    is_monthly = bool(drawn) and drawn[0].period.period_type == "month"
    limits = {period: limit for (code, period), limit in subject.limits.items() if code == area.area_code} if is_monthly else {}
    events = [event for event in told.events(subject.annotations) if event[2].touched & touched]
    view = sections.in_time(subject, area, figures, A_FIGURE, events=events, limits=limits)
    return view | {
        "has_limits": any(limits[period].centre is not None for period in touched if period in limits),
        "has_provisional_limits": any(limits[period].is_provisional for period in touched if period in limits),
        "rows": [cells | _signal(row, limits) for row, cells in zip(series.rows(figures), view["rows"], strict=True)],
        "latest": [
            (words.PERIOD_TYPES[kind], _latest(subject, figure, view["decimals"] if figure in drawn else None) if figure else None)
            for kind, figure in series.latest(subject, area)
        ],
    }


def _latest(subject: Subject, figure: Figure, decimals: int | None) -> dict[str, Any]:
    change = figure.change_percent
    sure = {True: "more than chance", False: "may be chance", None: "not tested"}[figure.is_change_significant]
    across = words.DIVIDED if told.is_divided(subject, figure, "changed") else ""
    return told.figure(subject, figure, decimals) | {
        "change": "" if change is None else f"{'+' if change > 0 else ''}{grouped(change, 1)} % ({sure}{across})"
    }


def _signal(row: Figure | series.Run, limits: Mapping[str, Limits]) -> dict[str, str]:
    """What the control chart says of a month; nothing of a gap."""
    month = limits.get(row.period.period_id) if isinstance(row, Figure) else None
    return {"signal": words.SIGNALS[month.signal] if month and month.signal else ""}
