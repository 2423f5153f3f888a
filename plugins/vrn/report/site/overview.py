"""Rows of the scorecard and of the areas' profiles, collected while the indicators go by one at a time."""

from __future__ import annotations

from collections import Counter
from typing import Any

from vrn.report.figures import told
from vrn.report.figures.numbers import counted
from vrn.report.figures.subject import Area, Figure, Subject
from vrn.report.site import choosing

ORDER = ("better", "worse", "higher", "lower", "similar")


def scorecard_row(subject: Subject) -> dict[str, Any]:
    """The county's latest figure, its trend, and how its districts stand beside it."""
    shown = choosing.headline(subject)
    return told.heading(subject) | {
        "figure": told.figure(subject, shown) if shown else None,
        "trend_code": shown.trend if shown and shown.status == "ok" else None,
        "districts": _districts(subject, shown),
        "has_districts": "district" in subject.meta["geo_levels"],
    }


def _districts(subject: Subject, shown: Figure | None) -> list[dict[str, Any]]:
    """How many districts are better, worse, and so on; and how many have no figure that could be compared."""
    figures = choosing.districts(subject, shown)
    county = choosing.beside(subject, figures[0]) if figures else None
    counts = Counter(f.comparison for f in figures if f.status == "ok")
    signs = {f.comparison: told.comparison(f, county)["sign"] for f in figures if f.status == "ok"}
    result = [{"code": code, "sign": signs[code], "number": counts[code], "words": code} for code in ORDER if counts[code]]
    hidden = sum(f.status == "suppressed" for f in figures)
    none = sum(f.status not in choosing.KNOWN for f in figures)
    return result + [
        {"code": "none", "sign": "", "number": number, "words": text}
        for number, text in ((counts["not_compared"], "not compared"), (hidden, "hidden"), (none, "no figure"))
        if number
    ]


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


def summary(rows: list[dict[str, Any]]) -> list[str]:
    """The scorecard in a few sentences."""
    with_figure = [row for row in rows if row["figure"] and not row["figure"]["words"]]
    hidden = sum(bool(row["figure"] and row["figure"]["is_hidden"]) for row in rows)
    without = len(rows) - len(with_figure) - hidden
    better = sum((row["trend_code"] or "").endswith("_better") for row in rows)
    worse = sum((row["trend_code"] or "").endswith("_worse") for row in rows)
    sentences = [
        f"{counted(len(rows), 'indicator', 'indicators')}: {len(with_figure)} with a figure, "
        f"{hidden} hidden to protect people, {without} without a figure."
    ]
    if better or worse:
        sentences.append(f"By their recent trend {better} are getting better and {worse} are getting worse.")
    else:
        sentences.append("No recent trend can be told to be getting better or worse.")
    return sentences
