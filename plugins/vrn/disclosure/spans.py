"""Which periods add up to which: months to quarters, financial years and rolling windows; years to three years."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LENGTHS = {"month": 1, "quarter": 3, "financial_year": 12, "rolling_12_months": 12, "three_financial_years": 36}


@dataclass(frozen=True)
class Span:
    """A period by its kind and months, counted from year 0: `first` to `last`."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Equation:
    """Σ parts = Σ totals, by period. A period that has no figure is a hidden month ("month", n)."""

    parts: tuple
    totals: tuple


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
        self._cache: dict[frozenset[str], list[Equation]] = {}
        self.order = dict(zip(periods["period_id"], pd.to_datetime(periods["start_on"]), strict=True))

    def equations(self, present: frozenset[str]) -> list[Equation]:
        """Every sum among periods that have a figure. Windows over months without figures are tied by hidden months, so that
        what overlaps is known to overlap."""
        if present not in self._cache:
            self._cache[present] = list(self._equations(present))
        return self._cache[present]

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


def _parts_of(span: Span, has: set[str]) -> list[str]:
    """The kinds of shorter periods that a period is the sum of."""
    if span.kind == "three_financial_years":
        return ["financial_year"] if "financial_year" in has else []
    shorter = {"financial_year": ["quarter", "month"], "quarter": ["month"], "month": []}
    if span.kind == "rolling_12_months":
        return [kind for kind in ("quarter", "month") if kind in has and (kind == "month" or span.first % 3 == 0)]
    return [kind for kind in shorter[span.kind] if kind in has]
