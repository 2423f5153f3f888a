"""A figure as it is written on a page: numbers, or the reason why there is none; signs with their words; a chart in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vrn.report.figures import words
from vrn.report.figures.numbers import counted, day, decimals_for, grouped, listed
from vrn.report.figures.series import Comparison, Run, has_bare_count
from vrn.report.figures.subject import Annotation, Figure, Period, Subject


def heading(subject: Subject) -> dict[str, Any]:
    """What a row or a page says of its indicator."""
    return {name: subject.meta[name] for name in ("indicator_id", "name", "short_name", "domain", "unit")}


def is_judged(subject: Subject) -> bool:
    """Whether more of it is better or worse; without that no colour says so."""
    return subject.meta["polarity"] != "no_judgement"


def figure(subject: Subject, shown: Figure, decimals: int | None = None, county: Figure | None = None) -> dict[str, Any]:
    """The cells of a row. words is empty for a figure and has the reason for none."""
    common = {
        "area": shown.area.area_name,
        "area_code": shown.area.area_code,
        "period": shown.period.period_label,
        "events": beside(subject, shown.period),
    }
    if shown.status != "ok":
        said = words.missing(shown.status, subject.meta)
        if shown.hidden_range:
            said += ": a count of {} to {}".format(*shown.hidden_range)
        if has_bare_count(shown):
            said += f"; a count of {amount(shown.count)}"
        return common | {"words": said, "is_hidden": shown.status == "suppressed"}
    places = decimals_of([shown]) if decimals is None else decimals
    return common | {
        "words": "",
        "is_hidden": False,
        "count": amount(shown.count),
        "denominator": amount(shown.denominator),
        "value": grouped(shown.value, places),
        "interval": interval(shown, places),
        "comparison": comparison(shown, county),
        "trend": trend(shown.trend, is_divided=is_divided(subject, shown, "trended")),
    }


def before(subject: Subject, runs: Sequence[Run]) -> str:
    """Why a line begins later than its series, in a sentence; empty where it does not."""
    said = "; ".join(f"{_from_to(one)}: {words.status(one.status, subject.meta)}" for one in runs)
    return f"Before the first figure, {said}." if said else ""


def run(subject: Subject, without: Run) -> dict[str, Any]:
    """Periods in a row without a figure, as a row of a table."""
    number = f" ({without.periods} periods)" if without.periods > 1 else ""
    return {
        "period": _from_to(without),
        "events": "",
        "words": words.missing(without.status, subject.meta) + number,
    }


def _from_to(without: Run) -> str:
    first, last = without.first.period_label, without.last.period_label
    return first if first == last else f"{first} to {last}"


def decimals_of(figures: Iterable[Figure | None]) -> int:
    """None for counts; else as many as tell figures of this size apart, whatever they end in: 33.0 stands beside 226.8."""
    found = [f for f in figures if f is not None and f.value is not None]
    return 0 if all(map(_is_whole, found)) else decimals_for(f.value for f in found)


def _is_whole(shown: Figure) -> bool:
    """Whether it is a count, which nothing divides, or zero."""
    return not shown.value or (shown.denominator is None and shown.value == shown.count)


def amount(number: float | None) -> str:
    """What is counted is whole; sums and expected counts need not be."""
    return "" if number is None else grouped(number, 0 if float(number).is_integer() else 1)


def interval(shown: Figure, decimals: int) -> str:
    if shown.lower is None or shown.upper is None:
        return "none"
    # Around a zero rate the upper limit is none.
    places = decimals or (0 if shown.value and _is_whole(shown) else decimals_for([shown.lower, shown.upper]))
    return f"{grouped(shown.lower, places)} to {grouped(shown.upper, places)}"


def comparison(shown: Figure, county: Figure | None = None) -> dict[str, str]:
    """The sign points to the side of the county on which the interval lies; the words say whether that is good."""
    code = shown.comparison
    if code in ("better", "worse", "higher", "lower") and county is not None and county.status == "ok":
        sign = "up" if shown.value > county.value else "down"
    else:
        sign = "" if code == "not_compared" else "level" if code == "similar" else {"higher": "up", "lower": "down"}.get(code, "")
    return {"code": code, "sign": sign, "words": words.COMPARISONS[code]}


def beside_england(subject: Subject, england: Figure | None, shown: Figure | None, decimals: int) -> dict[str, Any] | None:
    """England's figure, and in `than_it` what the one that is shown is beside it, empty where the two are not compared."""
    if england is None or shown is None:
        return None
    code = shown.england_comparison
    return figure(subject, england, decimals) | {"than_it": "" if code == "not_compared" else words.COMPARISONS[code]}


def is_divided(subject: Subject, shown: Figure, what: str) -> bool:
    """Whether a break or a gradual change lies within what is said of a figure. what: "changed" or "trended"."""
    return any(one.divides and shown.period.period_id in getattr(one, what) for one in subject.annotations)


def trend(code: str | None, *, is_divided: bool = False) -> dict[str, str]:
    if code is None:
        return {"code": "none", "sign": "", "words": "not given for this period"}
    sign, text = words.TRENDS[code]
    if is_divided and code != "cannot_be_calculated":
        text += words.DIVIDED
    return {"code": code.rpartition("_")[2] if "getting" in code else "plain", "sign": sign, "words": text}


def events(annotations: Sequence[Annotation]) -> list[tuple[int, str, Annotation]]:
    """What has to be known beside the figures: numbered from 1, as charts mark it, with its days in words."""
    return [(number, _days(one), one) for number, one in enumerate(annotations, start=1)]


def beside(subject: Subject, period: Period) -> str:
    """The numbers, as in `events`, of what stands beside the figures of a period; empty without any."""
    numbers = [str(number) for number, _, event in events(subject.annotations) if period.period_id in event.touched]
    return f"event{'s' if len(numbers) > 1 else ''} {listed(numbers)}" if numbers else ""


def _days(event: Annotation) -> str:
    kind = words.EVENTS[event.kind]
    if event.ends_on is None:
        return f"{kind}from {day(event.starts_on)}"
    return f"{kind}{day(event.starts_on)} to {day(event.ends_on)}"


def line(subject: Subject, drawn: Sequence[Figure], decimals: int, a_figure: str) -> str:
    """A chart over time in words. drawn: begins and ends with a figure; a_figure: what a gap lacks, such as "a figure"."""
    found = [f for f in drawn if f.status == "ok"]
    gaps = len(drawn) - len(found)
    start = f"{subject.meta['short_name']}, {drawn[0].area.area_name}, {subject.meta['unit']}: "

    def at(f: Figure) -> str:
        return f"{grouped(f.value, decimals)} in {f.period.period_label}"

    if len(found) == 1:
        return f"{start}one figure, {at(found[0])}."
    highest, lowest = max(found, key=lambda f: f.value), min(found, key=lambda f: f.value)
    between = f" {counted(gaps, 'period', 'periods')} without {a_figure}." if gaps else ""
    return (
        f"{start}{len(found)} figures. First {at(found[0])}, last {at(found[-1])}, highest {at(highest)}, "
        f"lowest {at(lowest)}.{between}"
    )


def areas(subject: Subject, compared: Comparison, decimals: int, a_figure: str) -> str:
    """A chart of areas in words."""
    found = compared.with_figure

    def at(f: Figure) -> str:
        return f"{f.area.area_name} {grouped(f.value, decimals)}"

    if len(found) == 1:
        ends = at(found[0])
    elif found[0].value == found[-1].value:
        ends = f"Each {grouped(found[0].value, decimals)}"
    else:
        ends = f"Highest {at(found[0])}, lowest {at(found[-1])}"
    return (
        f"{subject.meta['short_name']}, {compared.period.period_label}, {subject.meta['unit']}: {len(found)} of "
        f"{len(compared.figures)} areas have {a_figure}. {ends}{', ' + at(compared.county) if compared.county else ''}."
    )
