"""The intervals of the database's `stats` functions for figures that are no longer in it: rounded ones, and curves of a funnel.

In units of events or as proportions, of numbers or arrays. Sources as stats.poisson_ci and stats.wilson_ci.
"""

from __future__ import annotations

import numpy as np

Z = {"95": 1.959963984540054, "998": 3.090232306167813}


def wilson(count, group, z: float):
    """(2x + z² ∓ z √(z² + 4x(1 - x/n))) / (2(n + z²)): lower and upper limit of a proportion of `group` > 0."""
    half = z * np.sqrt(z**2 + 4 * count * (1 - count / group))
    return (2 * count + z**2 - half) / (2 * (group + z**2)), (2 * count + z**2 + half) / (2 * (group + z**2))


def byar(events, z: float):
    """Lower and upper limit of a count: of none the exact ones (as stats.poisson_ci), of others Byar's."""
    tail = 0.05 if z < 2 else 0.002
    return byar_lower(events, z), np.where(np.asarray(events) == 0, -np.log(tail / 2), byar_upper(events, z))


def byar_lower(events, z: float):
    """O(1 - 1/(9O) - z/(3√O))³ for ten events and more; never below 0, and 0 of none."""
    some = np.maximum(events, 1e-9)
    return np.where(np.asarray(events) > 0, some * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0) ** 3, 0.0)


def byar_upper(events, z: float):
    """(O + 1)(1 - 1/(9(O + 1)) + z/(3√(O + 1)))³ for ten events and more."""
    more = events + 1
    return more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
