"""The primary rules of DOMAIN 5.4: which figures are too small to publish, and how published counts are rounded.

A policy belongs to an indicator (dim_indicator.suppression_policy). A zero is shown as zero; counts from 1 to `limit` are not
shown; where `rounding` is more than 1, the rest is shown to the nearest multiple of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Proportions and means of fewer than this say too much of too few, whatever the policy.
MIN_GROUP = 20
# Once suppressed, a figure comes back only with this many.
COMES_BACK_AT = 10
DIMENSIONS = ["sex", "age_band", "ethnicity", "imd_quintile"]


@dataclass(frozen=True)
class Policy:
    """limit: the largest count that is suppressed (0: none is). rounding: the base of rounding (1: none). tells_range: whether the
    range that sums leave of a suppressed count may be printed."""

    name: str
    limit: int
    rounding: int = 1
    tells_range: bool = False

    @property
    def is_control(self) -> bool:
        return self.limit > 0

    @property
    def width(self) -> int:
        """How wide a suppressed count's feasible range (highest - lowest) must stay: the smallest count that is shown."""
        return self.limit + 1 if self.is_control else 0

    def is_small(self, counts: np.ndarray) -> np.ndarray:
        """Which counts are suppressed in themselves; a sum below zero, or of less than one, as the same sum above."""
        return (np.abs(counts) > 0) & (np.abs(counts) <= self.limit)

    def rounded(self, counts: np.ndarray) -> np.ndarray:
        """Counts as published. Halves do not occur: 5 is odd."""
        return np.floor(counts / self.rounding + 0.5) * self.rounding if self.rounding > 1 else counts

    def known_range(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a reader of published counts knows of them: lowest and highest."""
        if self.rounding == 1:
            return counts, counts
        middle, reach = self.rounded(counts), self.rounding // 2
        is_zero = counts == 0
        low = np.where(is_zero, 0, np.maximum(middle - reach, self.limit + 1))
        return low, np.where(is_zero, 0, np.maximum(middle + reach, low))


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("none", 0),
        Policy("LVRN5", 4, tells_range=True),
        Policy("MoJ", 4),
        Policy("DfE", 5),
        Policy("NHS7", 7, rounding=5),
    )
}


def strictest(names: Iterable[str]) -> Policy:
    """The policy for an indicator fed by several sources: the highest limit and the coarsest rounding of theirs.

    An unknown name raises ValueError: a figure without a policy must not be published by mistake.
    """
    names = sorted(set(names))
    unknown = [name for name in names if name not in POLICIES]
    if unknown or not names:
        raise ValueError(f"No suppression policy is called {unknown}. There are: {', '.join(POLICIES)}.")
    policies = [POLICIES[name] for name in names]
    limit, rounding = max(one.limit for one in policies), max(one.rounding for one in policies)
    return Policy("+".join(names), limit, rounding, all(one.tells_range for one in policies))


def of_indicator(text: str) -> Policy:
    """From dim_indicator.suppression_policy: one name, or several joined by `+`."""
    return strictest(part.strip() for part in str(text).split("+"))


def primary(figures: pd.DataFrame, measures: dict[str, np.ndarray], policy: Policy, value_type: str) -> np.ndarray:
    """Which figures of one indicator are suppressed in themselves (booleans in the order of the rows).

    figures: keys, `status` and `is_controlled` (false for a country, which needs none). measures: the counts that a figure gives
    away (measures.py): `count`, and of proportions `complement` and `group`, of means `group`, of ratios `reference`; NaN where
    there is none.
    """
    if not policy.is_control:
        return np.zeros(len(figures), dtype=bool)
    small = np.zeros(len(figures), dtype=bool)
    for counts in measures.values():
        small |= policy.is_small(counts)
    if value_type in ("proportion", "mean"):
        small |= (measures["group"] >= 1) & (measures["group"] < MIN_GROUP)
    return (small | _reveals(figures, measures["count"], policy)) & figures["is_controlled"].to_numpy()


def _reveals(figures: pd.DataFrame, counts: np.ndarray, policy: Policy) -> np.ndarray:
    """Zeros of a group where the total is small: they say that all of the few are in the other groups."""
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    place = pd.MultiIndex.from_frame(figures[["area_code", "period_id"]])
    total = pd.Series(counts[is_total], index=place[is_total]).reindex(place).to_numpy()
    return ~is_total & (counts == 0) & policy.is_small(total)
