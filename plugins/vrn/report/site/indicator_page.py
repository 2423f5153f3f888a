"""What the page of an indicator says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vrn.report.figures import changes, findings, funnel, methods, sections, series, told, words
from vrn.report.figures.charts import funnel as funnel_chart
from vrn.report.figures.charts.over_time import Beside
from vrn.report.figures.numbers import grouped, listed
from vrn.report.figures.subject import COUNTY, ENGLAND, FORCE, Area, Figure, Subject
from vrn.report.site import choosing
from vrn.report.site.from_publish import Item

# A figure that is hidden is not missing, so what a gap lacks is said with care.
A_FIGURE = "a figure that can be shown"


def view(item: Item) -> dict[str, Any]:
    subject = item.subject
    compared = series.compared(subject)
    events = told.events(subject.annotations)
    shown = choosing.headline(subject)
    england = choosing.of_area_and_period(item.england_beside(shown.area), ENGLAND, shown.period) if shown else None
    return {
        "meta": subject.meta,
        "finding": finding(subject),
        "is_judged": told.is_judged(subject),
        "headline": told.figure(subject, shown) if shown else None,
        "england": told.beside_england(subject, england, shown, told.decimals_of([shown, england])),
        "newer": _newer(subject, shown),
        "change": changes.words(changes.latest(subject, shown, choosing.newer(subject, shown))),
        "caveats": short_list(subject.meta["caveats"]),
        "times": [
            sections.in_time(subject, area, figures, A_FIGURE, events=events, limits={}, beside=beside_england(item, area))
            for area, figures in series.over_time(subject)
        ],
        "compared": sections.side_by_side(subject, compared, A_FIGURE),
        "funnel": _funnel(subject, compared),
        "groups": _groups(item),
        "facts": _facts(item),
        "value_method": methods.value_method(subject.meta["value_type"], subject.meta["multiplier"]),
        "interval": methods.INTERVALS[subject.meta["ci_method"]],
        "annotations": events,
    }


def beside_england(item: Item, area: Area) -> list[Beside]:
    """England's line, where there is one that a rate of the area may stand beside."""
    figures = item.england_beside(area)
    return [Beside("England", "england", figures)] if figures and not item.subject.is_count else []


def finding(subject: Subject) -> str:
    """What is seen in the latest figures, of the county and of the areas as the page compares them; empty without a figure."""
    county, compared = choosing.shown_of_area(subject, COUNTY), series.compared(subject)
    areas = compared.figures if compared else ()
    said = findings.title(subject, county, areas, choosing.newer(subject, county))
    # Where the county's year is hidden and the force's is not, the force's speaks; where the latest of both is, one before it.
    shown = [choosing.headline(subject), *(choosing.last_shown(subject, code) for code in (COUNTY, FORCE))]
    spoken = (findings.of_area(subject, figure, choosing.newer(subject, figure)) for figure in shown)
    return said or next(filter(None, spoken), "") or findings.of_districts(subject, areas)


def short_list(caveats: str) -> list[str]:
    """A sentence a point, so that they are read beside the picture and not before it."""
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", caveats.strip()) if sentence]


def _newer(subject: Subject, shown: Figure | None) -> dict[str, Any] | None:
    newer = choosing.newer(subject, shown)
    return told.figure(subject, newer) if newer else None


def _funnel(subject: Subject, compared: series.Comparison | None) -> dict[str, Any] | None:
    made = funnel.of(subject, compared)
    if made is None:
        return None
    decimals = told.decimals_of([*made.points, compared.county])
    rows = [
        told.figure(subject, f, decimals, compared.county)
        | {"position": words.FUNNEL_POSITIONS[funnel.position(subject, f, made.county)]}
        for f in sorted(made.points, key=lambda f: -f.denominator)
    ]
    outside = [row["area"] for row in rows if row["position"] != words.FUNNEL_POSITIONS["within"]]
    alternative = (
        f"Funnel of {len(rows)} {words.AREA_LEVELS[subject.compared_level]} by size around "
        f"{compared.county.area.area_name}, {grouped(made.county, decimals)}. "
        f"{'Outside the 95 % limits: ' + listed(outside) if outside else 'All lie within the 95 % limits'}."
    )
    title = f"{'SYNTHETIC · ' if subject.is_synthetic else ''}{subject.meta['unit']}"
    return {
        "period": compared.period.period_label,
        "county": told.figure(subject, compared.county, decimals),
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
                "name": words.BREAKDOWNS[breakdown],
                "period": newest.period.period_label,
                "area": newest.area.area_name,
                "rows": [told.figure(item.subject, g.figure, decimals) | {"group": words.group(breakdown, g.name)} for g in rows],
            }
        )
    return tables


def _facts(item: Item) -> list[tuple[str, str]]:
    meta: Mapping[str, Any] = item.subject.meta
    return [
        ("Count", meta["numerator"]),
        ("Divided by", meta["denominator"] or "nothing"),
        ("Unit", meta["unit"]),
        ("Kind of value", words.VALUE_TYPES[meta["value_type"]]),
        ("Which way is good", words.POLARITIES[meta["polarity"]]),
        ("Given for the periods", listed(words.PERIOD_TYPES[p] for p in meta["period_types"])),
        ("Given for the areas", listed(words.AREA_LEVELS[level] for level in meta["geo_levels"])),
        ("Also given by, in financial years", listed(words.BREAKDOWNS[b] for b in meta["breakdowns"])),
        ("Counted by", meta["counting_date"]),
        ("Source", meta["source"]),
        ("Licence", words.LICENCES[item.is_open]),
        ("Public code", meta["public_code"] or "none"),
        ("Hiding small numbers", words.SUPPRESSION[meta["suppression_policy"]]),
        ("Looked after by", meta["owner"]),
        ("Version of the definition", str(meta["version"])),
    ]
