"""A figure as it is written on a page: numbers, or the reason why there is none; signs with their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vrn.report.indicator_docs import series
from vrn.report.indicator_docs import words as shared
from vrn.report.indicator_docs.reading import Figure, Subject
from vrn.report.site import words


def figure(shown: Figure, decimals: int | None = None, county: Figure | None = None) -> dict[str, Any]:
    """The cells of a row. words is empty for a figure and has the reason for none."""
    common = {"area": shown.area.area_name, "area_code": shown.area.area_code, "period": shown.period.period_label}
    if shown.status != "ok":
        return common | {"words": words.missing(shown.status), "is_hidden": shown.status == "suppressed"}
    places = decimals_of([shown]) if decimals is None else decimals
    return common | {
        "words": "",
        "is_hidden": False,
        "count": amount(shown.count),
        "denominator": amount(shown.denominator),
        "value": shared.grouped(shown.value, places),
        "interval": interval(shown, places),
        "comparison": comparison(shown, county),
        "trend": trend(shown.trend),
    }


def decimals_of(figures: Iterable[Figure | None]) -> int:
    return shared.decimals_for(f.value for f in figures if f is not None and f.value is not None)


def amount(number: float | None) -> str:
    return "" if number is None else shared.grouped(number, 0 if float(number).is_integer() else 1)


def interval(shown: Figure, decimals: int) -> str:
    if shown.lower is None or shown.upper is None:
        return "none"
    # Around a whole number the limits need not be whole.
    places = decimals or shared.decimals_for([shown.lower, shown.upper])
    return f"{shared.grouped(shown.lower, places)} to {shared.grouped(shown.upper, places)}"


def comparison(shown: Figure, county: Figure | None = None) -> dict[str, str]:
    """The sign points to the side of the county on which the interval lies; the words say whether that is good."""
    code = shown.comparison
    if code in ("better", "worse", "higher", "lower") and county is not None and county.status == "ok":
        sign = "up" if shown.value > county.value else "down"
    else:
        sign = "" if code == "not_compared" else "level" if code == "similar" else {"higher": "up", "lower": "down"}.get(code, "")
    return {"code": code, "sign": sign, "words": shared.COMPARISONS[code]}


def trend(code: str | None) -> dict[str, str]:
    if code is None:
        return {"code": "none", "sign": "", "words": "not given for this period"}
    sign, text = words.TRENDS[code]
    return {"code": code.rpartition("_")[2] if "getting" in code else "plain", "sign": sign, "words": text}


def line(subject: Subject, drawn: Sequence[Figure], decimals: int) -> str:
    """A chart over time in words."""
    found = [f for f in drawn if f.status == "ok"]
    gaps = len(drawn) - len(found)
    start = f"{subject.meta['short_name']}, {drawn[0].area.area_name}, {subject.meta['unit']}: "

    def at(f: Figure) -> str:
        return f"{shared.grouped(f.value, decimals)} in {f.period.period_label}"

    if len(found) == 1:
        return f"{start}one figure, {at(found[0])}."
    highest, lowest = max(found, key=lambda f: f.value), min(found, key=lambda f: f.value)
    between = f" {words.counted(gaps, 'period', 'periods')} between without a figure that can be shown." if gaps else ""
    return (
        f"{start}{len(found)} figures. First {at(found[0])}, last {at(found[-1])}, highest {at(highest)}, "
        f"lowest {at(lowest)}.{between}"
    )


def areas(subject: Subject, compared: series.Comparison, decimals: int) -> str:
    """A chart of areas in words."""
    found = compared.with_figure
    ends = [found[0], found[-1], *([compared.county] if compared.county else [])]
    highest, lowest, *county = (f"{f.area.area_name} {shared.grouped(f.value, decimals)}" for f in ends)
    return (
        f"{subject.meta['short_name']}, {compared.period.period_label}, {subject.meta['unit']}: {len(found)} of "
        f"{len(compared.figures)} areas have a figure that can be shown. Highest {highest}, lowest {lowest}"
        f"{', ' + county[0] if county else ''}."
    )
