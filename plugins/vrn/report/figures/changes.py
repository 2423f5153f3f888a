"""Since a year earlier: by how much a published figure moved, and whether by more than chance.

Both figures are published, so that a change tells nothing that they do not. Where the two are of different sides of a break in
recording the change is given and not judged.
Sources: rate ratio, Rothman, Greenland and Lash, Modern Epidemiology, chapter 14; difference of two proportions, Newcombe 1998
(method 10). As stats.ratio_ci and stats.newcombe_ci have them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, sqrt

from vrn.publish import intervals
from vrn.report.figures import told
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Figure, Subject

Z = intervals.Z["95"]
PERCENT = "%"


@dataclass(frozen=True)
class Change:
    """percent: of the earlier value, or None where that is 0; points: the difference of two shares in per cent, else None.

    is_clear: more than chance, None where that is not known. code: better, worse, higher or lower where it is clear, else similar
    or not_compared. is_divided: across a change of the series.
    """

    earlier: Figure
    later: Figure
    percent: float | None
    points: float | None
    is_clear: bool | None
    code: str
    is_divided: bool

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 not clearly either."""
        if not self.is_clear:
            return 0
        return 1 if self.later.value > self.earlier.value else -1


def of(subject: Subject, figure: Figure | None, figures: Iterable[Figure] | None = None) -> Change | None:
    """The change of a figure since its period a year earlier; None where either is not published, or where the two overlap."""
    if figure is None or figure.status != "ok" or figure.period.period_type == "three_financial_years":
        return None
    earlier = next((f for f in figures or subject.figures if f.status == "ok" and _is_year_before(f, figure)), None)
    if earlier is None:
        return None
    is_divided = told.is_divided(subject, figure, "changed")
    is_clear = None if is_divided else _is_clear(subject, earlier, figure)
    is_share = subject.meta["unit"].startswith(PERCENT) and subject.meta["value_type"] == "proportion"
    return Change(
        earlier=earlier,
        later=figure,
        percent=100 * (figure.value - earlier.value) / earlier.value if earlier.value else None,
        points=figure.value - earlier.value if is_share else None,
        is_clear=is_clear,
        code=_code(subject, earlier, figure, is_clear),
        is_divided=is_divided,
    )


def words(change: Change | None) -> dict[str, str]:
    """How a change is written: its number, what it means, and its sign; empty without one."""
    if change is None:
        return {"code": "none", "sign": "", "number": "", "words": "not known", "period": ""}
    if change.points is not None:
        number = f"{_signed(change.points, 1)} points"
    elif change.percent is not None:
        number = f"{_signed(change.percent, 0 if abs(change.percent) >= 10 else 1)} %"
    else:
        number = f"from 0 to {grouped(change.later.value, told.decimals_of([change.later]))}"
    meaning = {"similar": "not clear", "not_compared": "not tested"}.get(change.code, change.code)
    if change.is_divided:
        meaning = "across a change of the series"
    sign = {1: "up", -1: "down", 0: "level" if change.is_clear is False else ""}[change.direction]
    return {"code": change.code, "sign": sign, "number": number, "words": meaning, "period": change.later.period.period_label}


def _signed(number: float, decimals: int) -> str:
    text = grouped(number, decimals)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def _is_year_before(other: Figure, figure: Figure) -> bool:
    mine, its = figure.period, other.period
    return (
        other.area == figure.area
        and its.period_type == mine.period_type
        and (its.end_on.year + 1, its.end_on.month) == (mine.end_on.year, mine.end_on.month)
    )


def _code(subject: Subject, earlier: Figure, later: Figure, is_clear: bool | None) -> str:
    if is_clear is None:
        return "not_compared"
    if not is_clear:
        return "similar"
    is_up = later.value > earlier.value
    polarity = subject.meta["polarity"]
    if polarity in ("low_is_good", "high_is_good"):
        return "better" if is_up == (polarity == "high_is_good") else "worse"
    return "higher" if is_up else "lower"


def _is_clear(subject: Subject, earlier: Figure, later: Figure) -> bool | None:
    """By the test of marts.fct_indicator_value, of the published counts; None of a kind of value that has none."""
    a, b = later.count, earlier.count
    if a is None or b is None:
        return None
    if subject.meta["value_type"] in ("crude_rate", "count"):
        if not a or not b:
            return None
        ratio = (a / (later.denominator or 1)) / (b / (earlier.denominator or 1))
        return abs(log(ratio)) > Z * sqrt(1 / a + 1 / b)
    if subject.meta["value_type"] == "proportion" and subject.meta["ci_method"] == "wilson":
        return _is_share_changed((a, later.denominator), (b, earlier.denominator))
    return None


def _is_share_changed(later: tuple[float, float | None], earlier: tuple[float, float | None]) -> bool | None:
    if not later[1] or not earlier[1]:
        return None
    (p, (p_low, p_high)), (q, (q_low, q_high)) = ((x / n, intervals.wilson(x, n, Z)) for x, n in (later, earlier))
    below = sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    above = sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return p - q > below or q - p > above
