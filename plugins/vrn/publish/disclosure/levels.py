"""What matters most and is published first, and which figures are withdrawn together.

County and force before divisions and authorities, those before districts; years before rolling years, those before quarters, months
and groups. A finer figure is hidden before a coarser one. Where no choice of figures that count somebody is enough, because zeros
tell of whom there are few, a block is withdrawn whole: the figures of one kind of area (or one breakdown of an area) in one period,
zeros and all, so that nobody can tell of any of them that it is none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vrn.publish.disclosure.policies import DIMENSIONS

# Ranks of kinds of area and of period; what is not named comes last. Of county and force the force is hidden, where both would tell
# what has no place.
AREAS = {"country": 0, "county_14": 0, "police_force": 1, "police_division": 2, "upper_tier": 2}
DISTRICT = 3
PERIODS = {"financial_year": 0, "academic_year": 0, "three_financial_years": 0, "rolling_12_months": 2}
# Quarters, months and groups, of whatever area, come after all others.
FINE = 4
LAST = FINE + DISTRICT


def ranks(figures: pd.DataFrame, area_types: Mapping[str, str], period_types: Mapping[str, str]) -> np.ndarray:
    """By figure from 0, which matters most, to LAST. area_types, period_types: by code."""
    area = figures["area_code"].map(area_types).map(AREAS).fillna(DISTRICT).to_numpy(dtype=int)
    period = figures["period_id"].map(period_types).map(PERIODS).fillna(FINE).to_numpy(dtype=int)
    is_fine = (period == FINE) | ~_is_total(figures)
    return np.where(is_fine, FINE + area, np.maximum(area, period))


def blocks(figures: pd.DataFrame, area_types: Mapping[str, str]) -> np.ndarray:
    """By figure the number of its block; -1 for one that stands alone in its own, which says what it is if it may be none."""
    dimension = np.select([(figures[name] != "all").to_numpy() for name in DIMENSIONS], DIMENSIONS, "")
    # A breakdown is one area's; totals are those of all areas of a kind.
    area = np.where(dimension == "", figures["area_code"].map(area_types), figures["area_code"])
    numbers = pd.DataFrame({"area": area, "period": figures["period_id"].to_numpy(), "dimension": dimension})
    block = numbers.groupby(list(numbers), sort=True).ngroup().to_numpy()
    return np.where(np.bincount(block, minlength=len(block))[block] > 1, block, -1)


def withdrawn(block: np.ndarray, counts: np.ndarray, is_published: np.ndarray) -> np.ndarray:
    """Which figures of a release are in blocks of which nothing was published, though some are none (booleans by figure)."""
    size = int(block.max(initial=-1)) + 1
    shown = np.bincount(block[(block >= 0) & is_published], minlength=size)
    none = np.bincount(block[(block >= 0) & (counts == 0)], minlength=size)
    return (block >= 0) & np.append((shown == 0) & (none > 0), False)[block]


def _is_total(figures: pd.DataFrame) -> np.ndarray:
    return (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
