"""The recent trend of the database's `stats` functions, for figures that are no longer in it: rounded ones.

Sources as stats.recent_trend and stats.recent_trend_proportion (Fingertips' method).
"""

from __future__ import annotations

import numpy as np

YEARS = 5
# The chi-square of one degree of freedom that chance alone exceeds twice in a thousand times.
EXCEEDED = 9.54953570608324
UNKNOWN = "cannot_be_calculated"


def of_values(values: np.ndarray, lowers: np.ndarray, uppers: np.ndarray) -> str:
    """increasing, decreasing, no_change or cannot_be_calculated: five values in a row, oldest first, with their 95 % limits."""
    widths = uppers - lowers
    if np.isnan(values).any() or np.isnan(widths).any() or (widths <= 0).any():
        return UNKNOWN
    weights = (3.92 / widths) ** 2
    slope, spread = _line(values, weights)
    return _mark(slope**2 * spread, values, weights)


def of_proportions(counts: np.ndarray, groups: np.ndarray) -> str:
    """The same of five shares, by their counts: none or all of a group cannot be calculated."""
    if np.isnan(counts + groups).any() or (counts <= 0).any() or (counts >= groups).any():
        return UNKNOWN
    years = np.arange(1, YEARS + 1)
    n, r, nt, rt, ntt = groups.sum(), counts.sum(), groups @ years, counts @ years, groups @ years**2
    chi_square = n * (n * rt - r * nt) ** 2 / (r * (n - r) * (n * ntt - nt**2))
    return _mark(chi_square, np.log(counts / (groups - counts)), np.ones(YEARS))


def _mark(chi_square: float, points: np.ndarray, weights: np.ndarray) -> str:
    """By the line through all five points and the five lines that leave one of them out."""
    without = 1 - np.eye(YEARS)
    slopes = np.array([_line(points, weights * left)[0] for left in (np.ones(YEARS), *without)])
    if chi_square > EXCEEDED and (slopes > 0).all():
        return "increasing"
    if chi_square > EXCEEDED and (slopes < 0).all():
        return "decreasing"
    return "no_change"


def _line(points: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slope of the weighted line over years, and the weighted spread of these."""
    years = np.arange(1, YEARS + 1)
    years = years - weights @ years / weights.sum()
    spread = weights @ years**2
    # Heights above the first, so that equal points have a slope of 0 and not of a rounding error.
    return float(weights @ (years * (points - points[0])) / spread), float(spread)
