"""Which periods add up to which: months to quarters, financial years and rolling windows; years to three years."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

NOTHING = 1e-9
LENGTHS = {"month": 1, "quarter": 3, "financial_year": 12, "rolling_12_months": 12, "three_financial_years": 36}


@dataclass(frozen=True)
class Span:
    """A period by its kind and months, counted from year 0: `first` to `last`."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Equation:
    """Σ parts = Σ totals, by period. A period that has no figure is a hidden month ("month", n). is_implied: it follows from those
    that are not implied (a year of months from its quarters and theirs)."""

    parts: tuple
    totals: tuple
    is_implied: bool = False


class Calendar:
    """Sums of periods, from dim_period: period_id, period_type, start_on, end_on. Academic years add to nothing here."""

    def __init__(self, periods: pd.DataFrame):
        kinds = periods[periods["period_type"].isin(LENGTHS)]
        start, end = pd.to_datetime(kinds["start_on"]), pd.to_datetime(kinds["end_on"])
        firsts, lasts = start.dt.year * 12 + start.dt.month - 1, end.dt.year * 12 + end.dt.month - 1
        self._spans = {
            period_id: Span(kind, int(first), int(last))
            for period_id, kind, first, last in zip(kinds["period_id"], kinds["period_type"], firsts, lasts, strict=True)
        }
        self._codes = {(span.kind, span.first): code for code, span in self._spans.items()}
        self._cache: dict[frozenset[str], list[Equation]] = {}
        self.order = dict(zip(periods["period_id"], pd.to_datetime(periods["start_on"]), strict=True))

    def equations(self, present: frozenset[str]) -> list[Equation]:
        """Every sum among periods that have a figure. Windows over months without figures are tied by hidden months, so that
        what overlaps is known to overlap."""
        if present not in self._cache:
            self._cache[present] = _with_implied(self._equations(present))
        return self._cache[present]

    def span(self, code: str) -> Span | None:
        """The kind and months of a period; None of one that adds to nothing here."""
        return self._spans.get(code)

    def month(self, code: str | tuple) -> tuple[str, int] | None:
        """A month, published or hidden, as ("month", n); None of any other period."""
        span = self._spans.get(code) if isinstance(code, str) else None
        return code if isinstance(code, tuple) else ("month", span.first) if span and span.kind == "month" else None

    def earlier(self, code: str, months: int) -> str | None:
        """The period of the same kind that is so many months earlier; None where there is none."""
        span = self._spans.get(code)
        return self._codes.get((span.kind, span.first - months)) if span else None

    def shorter(self, code: str, present: Collection[str]) -> tuple[str, ...]:
        """The longest periods of `present` that are shorter and add up to a period; nothing where none do."""
        span = self._spans.get(code)
        for kind in ("financial_year", "quarter", "month") if span else ():
            firsts = range(span.first, span.last + 1, LENGTHS[kind])
            codes = tuple(self._codes.get((kind, first)) for first in firsts)
            is_sum = len(codes) > 1 and len(codes) * LENGTHS[kind] == span.last + 1 - span.first
            if is_sum and all(one in present for one in codes):
                return codes
        return ()

    def _equations(self, present: frozenset[str]):
        spans = {code: self._spans[code] for code in sorted(present) if code in self._spans}
        by_span = {(span.kind, span.first): code for code, span in spans.items()}
        windows = [span for span in spans.values() if span.kind == "rolling_12_months"]
        needs_months = {month for span in windows for month in range(span.first, span.last + 1)}
        if windows:
            needs_months |= {
                month
                for span in spans.values()
                if span.kind in ("quarter", "financial_year")
                for month in range(span.first, span.last + 1)
            }

        def month(number: int):
            return by_span.get(("month", number), ("month", number) if number in needs_months else None)

        def run(kind: str, span: Span) -> tuple | None:
            if kind == "month":
                found = tuple(month(number) for number in range(span.first, span.last + 1))
            else:
                found = tuple(by_span.get((kind, first)) for first in range(span.first, span.last + 1, LENGTHS[kind]))
            return found if all(one is not None for one in found) else tuple(one for one in found if one is not None)

        has = {kind for kind, _ in by_span} | ({"month"} if needs_months else set())
        for code, span in spans.items():
            for kind in _parts_of(span, has):
                parts = run(kind, span)
                if parts:
                    yield Equation(parts, (code,))
            if span.kind == "rolling_12_months":
                yield from self._beside(code, span, by_span)

    def _beside(self, code: str, span: Span, by_span: dict):
        """A window is its year; two windows that follow each other differ by two months."""
        year = by_span.get(("financial_year", span.first))
        if year:
            yield Equation((code,), (year,))
        before = by_span.get(("rolling_12_months", span.first - 1))
        joined, left = by_span.get(("month", span.last)), by_span.get(("month", span.first - 1))
        if before and joined and left:
            # What joined less what left is the change: moved over, every sign is plus.
            yield Equation((joined, before), (left, code))


def _with_implied(equations: Iterable[Equation]) -> list[Equation]:
    """The same equations, short ones first, each with whether those before it imply it: by elimination."""
    equations = sorted(equations, key=lambda one: len(one.parts) + len(one.totals))
    periods = {period: column for column, period in enumerate({period: None for one in equations for period in _periods(one)})}
    reduced: dict[int, np.ndarray] = {}
    found = []
    for one in equations:
        row = np.zeros(len(periods))
        row[[periods[period] for period in one.parts]] += 1
        row[[periods[period] for period in one.totals]] -= 1
        for column, pivot in reduced.items():
            row -= row[column] * pivot
        is_implied = bool((np.abs(row) < NOTHING).all())
        if not is_implied:
            column = int(np.abs(row).argmax())
            reduced[column] = row / row[column]
        found.append(replace(one, is_implied=is_implied))
    return found


def _periods(equation: Equation) -> tuple:
    return (*equation.parts, *equation.totals)


def _parts_of(span: Span, has: set[str]) -> list[str]:
    """The kinds of shorter periods that a period is the sum of."""
    if span.kind == "three_financial_years":
        return ["financial_year"] if "financial_year" in has else []
    shorter = {"financial_year": ["quarter", "month"], "quarter": ["month"], "month": []}
    if span.kind == "rolling_12_months":
        return [kind for kind in ("quarter", "month") if kind in has and (kind == "month" or span.first % 3 == 0)]
    return [kind for kind in shorter[span.kind] if kind in has]
