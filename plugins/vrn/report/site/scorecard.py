"""The scorecard: what a board reads in a minute. What is worse and getting worse comes first, what cannot be shown last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vrn.report.figures import changes, told, words
from vrn.report.figures.charts import spark
from vrn.report.figures.numbers import counted, grouped
from vrn.report.figures.subject import ENGLAND, Figure, Subject
from vrn.report.site import choosing
from vrn.report.site.from_publish import Item, Worse
from vrn.report.site.indicator_page import finding

ORDER = ("worse", "better", "higher", "lower", "similar")
# Title of a part of the scorecard, and what is in it.
PARTS: Mapping[str, tuple[str, str]] = {
    "worsening": ("Getting worse", "In the county as a whole, by the recent trend or since a year earlier, by more than chance."),
    "somewhere": (
        "Worse somewhere",
        "Not getting worse in the county, which may be getting better, but a part of it is worse or is getting worse, or the "
        "county is worse than England.",
    ),
    "steady": ("No clear change", "Tested for the county, and neither better nor worse by more than chance."),
    "better": (
        "Getting better",
        "In the county, by the recent trend or since a year earlier, by more than chance, and worse nowhere.",
    ),
    "unknown": (
        "Change not known",
        "Of the county no figure of a year earlier can be compared, or the difference is not tested, and there is no trend yet.",
    ),
    "unjudged": ("Neither good nor bad in itself", "More is not better or worse here: what it means depends on why."),
}
OPEN = ("worsening", "somewhere")


def row(item: Item) -> dict[str, Any]:
    """An indicator's row."""
    subject, worse = item.subject, item.worse
    shown = choosing.headline(subject)
    is_shown = shown is not None and shown.status == "ok"
    newer = choosing.newer(subject, shown) if is_shown else None
    change = changes.latest(subject, shown, newer)
    line = choosing.line(subject, shown.area.area_code) if is_shown else []
    figures = choosing.compared(subject, shown)
    england = choosing.of_area_and_period(item.england_beside(shown.area), ENGLAND, shown.period) if is_shown else None
    there = [one for one in worse if one.area_code in {figure.area.area_code for figure in figures}]
    way = _way(shown, change, worse) if is_shown else None
    both = sorted(one.area_name for one in there if one.is_worse and one.is_worsening)
    return told.heading(subject) | {
        "figure": told.figure(subject, shown) if shown else None,
        "finding": finding(subject) if is_shown else "",
        "newer": told.figure(subject, newer) if newer else None,
        "change": changes.words(change),
        "spark": spark.draw(line, told.line(subject, line, told.decimals_of(line), "a figure that can be shown")) if line else None,
        "standing": _standing(subject, figures),
        "reason": words.status(shown.status, subject.meta) if shown else "not given for the county",
        "england": told.figure(subject, england, told.decimals_of([shown, england])) if england else None,
        "level": words.AREA_LEVELS[subject.compared_level] if subject.compared_level else "",
        "worst": both,
        "is_worse_than_england": shown is not None and any(one.is_worse for one in worse if one.area_code == shown.area.area_code),
        "way": way,
        "part": _part(subject, shown, way, worse, there),
        "rank": _rank(there),
        "trend_code": shown.trend if is_shown else None,
    }


def parts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts that have rows, what is worse in more districts first; without what has no figure."""
    named = []
    for code, (title, text) in PARTS.items():
        found = sorted((row for row in rows if row["part"] == code), key=lambda row: row["rank"])
        if found:
            named.append({"code": code, "title": title, "text": text, "rows": found, "is_open": code in OPEN})
    if named and not any(part["is_open"] for part in named):
        named[0]["is_open"] = True
    return named


def without(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The indicators that have no figure for the county, by the reason: the most frequent first."""
    reasons: dict[str, list[Mapping[str, Any]]] = {}
    for one in rows:
        if one["part"] is None:
            reasons.setdefault(one["reason"], []).append(one)
    return sorted(reasons.items(), key=lambda item: ("hidden" not in item[0], -len(item[1])))


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """The scorecard in a sentence or two. Each indicator with a figure is counted once by how the county moved."""
    shown = [row for row in rows if row["part"] is not None]
    if not shown:
        return f"None of the {counted(len(rows), 'indicator', 'indicators')} has a figure for the county yet."
    unjudged = sum(row["part"] == "unjudged" for row in shown)
    ways = Counter(row["way"] for row in shown if row["part"] != "unjudged")
    somewhere = sum(row["part"] == "somewhere" for row in shown)
    said = (
        f"Of {counted(len(shown), 'indicator', 'indicators')} with a figure, {ways['worse']} "
        f"{_is(ways['worse'])} getting worse in the county, {ways['better']} {_is(ways['better'])} getting better and "
        f"{ways['level']} did not clearly change; of {ways['unknown']} it is not known."
    )
    if unjudged:
        said += f" {unjudged} {_is(unjudged)} neither good nor bad in {'itself' if unjudged == 1 else 'themselves'}."
    if somewhere:
        said += f" {somewhere} that {_is(somewhere)} not getting worse in the county {_is(somewhere)} worse somewhere."
    return said


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _way(shown: Figure, change: changes.Change | None, worse: Sequence[Worse]) -> str:
    """How the county moved by more than chance: worse, better or level; unknown where neither trend nor change was tested."""
    trend, code = shown.trend or "cannot_be_calculated", change.code if change else "not_compared"
    is_worsening = any(one.is_worsening for one in worse if one.area_code == shown.area.area_code)
    if trend.endswith("_worse") or code == "worse" or is_worsening:
        return "worse"
    if trend.endswith("_better") or code == "better":
        return "better"
    return "unknown" if trend == "cannot_be_calculated" and code == "not_compared" else "level"


def _part(subject: Subject, shown: Figure | None, way: str | None, worse: Sequence[Worse], there: Sequence[Worse]) -> str | None:
    """None: no figure."""
    if way is None:
        return None
    if subject.meta["polarity"] not in ("low_is_good", "high_is_good", "near_one"):
        return "unjudged"
    if way == "worse":
        return "worsening"
    if there or any(one.is_worse for one in worse if one.area_code == shown.area.area_code):
        return "somewhere"
    return {"better": "better", "level": "steady"}.get(way, "unknown")


def _rank(there: Sequence[Worse]) -> tuple[int, int]:
    """What is worse and worsening in most districts first, then what is worse or worsening in most."""
    return -sum(one.is_worse and one.is_worsening for one in there), -len(there)


def _standing(subject: Subject, figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """How many areas are worse, better, and so on; and how many have no figure that could be compared, by the reason."""
    county = choosing.beside(subject, figures[0]) if figures else None
    compared = [f for f in figures if f.status == "ok"]
    counts = Counter(f.comparison for f in compared)
    signs = {f.comparison: told.comparison(f, county)["sign"] for f in compared}
    result = [{"code": code, "sign": signs[code], "number": grouped(counts[code]), "words": code} for code in ORDER if counts[code]]
    statuses = Counter(f.status for f in figures)
    without = [(statuses[status], text) for status, text in words.AREAS_WITHOUT.items()]
    return result + [
        {"code": "none", "sign": "", "number": grouped(number), "words": text}
        for number, text in ((counts["not_compared"], words.COMPARISONS["not_compared"]), *without)
        if number
    ]
