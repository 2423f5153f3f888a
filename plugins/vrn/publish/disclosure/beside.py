"""Of each figure of an indicator the one that stands beside it: the same group in another period,
or in another area.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish.disclosure.policies import DIMENSIONS

NONE = -1


class Beside:
    """Numbers for the places of one indicator's figures, which are unique by area, period and group. Made once, because
    pandas takes as long for each look-up of words as for the first."""

    def __init__(self, figures: pd.DataFrame):
        self._area, self._areas = pd.factorize(figures["area_code"])
        self._period, self._periods = pd.factorize(figures["period_id"])
        group = np.zeros(len(figures), dtype=np.int64)
        for name in DIMENSIONS:
            code, found = pd.factorize(figures[name])
            group = group * len(found) + code
        self._group = group
        numbers = self._numbers(self._area, self._period)
        self._order = np.argsort(numbers)
        self._sorted = numbers[self._order]

    def in_period(self, periods: pd.Series) -> np.ndarray:
        """The row of the figure of the same area and group in these periods, by figure; NONE where there is none."""
        return self._rows(self._area, self._periods.get_indexer(periods))

    def in_area(self, area: str) -> np.ndarray:
        """The same of the same period and group in another area."""
        return self._rows(np.repeat(self._areas.get_indexer([area]), len(self._period)), self._period)

    def _numbers(self, area: np.ndarray, period: np.ndarray) -> np.ndarray:
        return (self._group * len(self._areas) + area) * len(self._periods) + period

    def _rows(self, area: np.ndarray, period: np.ndarray) -> np.ndarray:
        wanted = self._numbers(area, period)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(wanted) - 1)
        is_there = (area >= 0) & (period >= 0) & (self._sorted[place] == wanted)
        return np.where(is_there, self._order[place], NONE)


def is_true(marks: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether the figures in these rows are marked; false of NONE."""
    return (rows != NONE) & marks[rows]


def numbers(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What the figures in these rows have, a row or a number each; NaN of NONE."""
    found = values[rows].astype(float)
    found[rows == NONE] = np.nan
    return found
