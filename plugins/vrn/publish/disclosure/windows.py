"""Zeros of rolling windows that say in which month something happened: the window before was none, the next one is hidden.

What a reader may know is what years (or quarters) say where months are not given. So a window's zero is shown where each year that
it reaches into is a zero too, and tells no more than they do; that another is hidden tells nothing, for it is whether it is a zero
or not. A year that is not over has no figure: a zero that was shown in it would tell, once something happens, that it was later.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from vrn.publish.disclosure.policies import DIMENSIONS
from vrn.publish.disclosure.spans import LENGTHS, Calendar, Span

ROLLING = "rolling_12_months"
# The finest kinds that can be given beside windows; months name themselves.
BLOCKS = ("quarter", "financial_year")


def telling_zeros(figures: pd.DataFrame, counts: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Which figures of one indicator are such zeros (booleans in the order of the rows). figures: their keys."""
    telling = np.zeros(len(figures), dtype=bool)
    series: dict[tuple, dict[int, Span]] = defaultdict(dict)
    rows = zip(figures["area_code"], *(figures[name] for name in DIMENSIONS), figures["period_id"], strict=True)
    for number, (*key, period) in enumerate(rows):
        if span := calendar.span(period):
            series[tuple(key)][number] = span
    for spans in series.values():
        kinds = {span.kind for span in spans.values()}
        if ROLLING not in kinds or "month" in kinds:
            continue
        kind = next((one for one in BLOCKS if one in kinds), "financial_year")
        quiet = {span.first for number, span in spans.items() if span.kind == kind and counts[number] == 0}
        for number, span in spans.items():
            if span.kind == ROLLING and counts[number] == 0:
                telling[number] = not _blocks(span, kind) <= quiet
    return telling


def _blocks(span: Span, kind: str) -> set[int]:
    """The first months of the quarters, or of the years from April, that a period reaches into."""
    length = LENGTHS[kind]
    return {month - (month - 3) % length for month in range(span.first, span.last + 1)}
