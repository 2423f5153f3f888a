"""The attack on published figures: what a reader can work out of each suppressed count, by adding and subtracting everything.

It knows nothing of how disclosure control works. Every figure is a sum of atoms (what happened in one place and month, and of years
what happened in one place to one group); every published figure is an equation over them, or two inequalities where it is rounded;
a suppressed one is unknown, and at least one, since a zero would have been shown. A linear program, or one in whole numbers, then
gives the lowest and highest that a suppressed count can have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_diag, csr_array, hstack, vstack

DIMENSIONS = ["sex", "age_band", "ethnicity", "imd_quintile"]
MANY = 10**6


@dataclass(frozen=True)
class Figures:
    """What the attacker sees. matrix: figure by atom; low, high: what is known of each figure; wanted: the suppressed ones."""

    matrix: csr_array
    low: np.ndarray
    high: np.ndarray
    wanted: np.ndarray


def months_of(period: pd.Series) -> range:
    """The months of a period (a row of dim_period), counted from year 0."""
    start, end = pd.Timestamp(period["start_on"]), pd.Timestamp(period["end_on"])
    return range(start.year * 12 + start.month - 1, end.year * 12 + end.month)


def atoms_of(figures: pd.DataFrame, areas: pd.DataFrame, periods: pd.DataFrame, has_rest: bool = False) -> csr_array:
    """Which atoms each figure sums, for totals and groups alike: (figure, atom) is 1.

    The total of a year is the months' atoms, and also the atoms of the groups of each dimension: the rows that say so stand
    at the end of the matrix, and sum to zero. has_rest: areas may hold more than their places do. A column `kinds` of `figures`
    says which kinds of atom a figure counts (a tuple), where indicators count some of the same.
    """
    leaves = {row.area_code: set(row.leaf_codes) for row in areas.itertuples()}
    places = {code for code, found in leaves.items() if found == {code}}
    by_period = {row["period_id"]: months_of(row) for _, row in periods.iterrows()}
    atoms: dict[tuple, int] = {}
    entries: list[tuple[int, int, float]] = []
    tables: dict[tuple, set[str]] = {}
    kinds = figures["kinds"] if "kinds" in figures else [("",)] * len(figures)
    rows = figures[["area_code", "period_id", *DIMENSIONS]].itertuples(index=False)
    for number, ((area, period, *cell), of_kinds) in enumerate(zip(rows, kinds, strict=True)):
        named = [(dimension, group) for dimension, group in zip(DIMENSIONS, cell, strict=True) if group != "all"]
        inside = (leaves[area] & places) | ({area} if has_rest and leaves[area] != {area} else set())
        for kind, place in itertools.product(of_kinds, sorted(inside)):
            if named:
                tables.setdefault((kind, period, named[0][0], place), set()).add(named[0][1])
                entries.append((number, atoms.setdefault((kind, place, period, named[0]), len(atoms)), 1.0))
            else:
                entries += [(number, atoms.setdefault((kind, place, month), len(atoms)), 1.0) for month in by_period[period]]
    size = len(figures)
    for (kind, period, dimension, place), found in sorted(tables.items()):
        entries += [(size, atoms[kind, place, period, (dimension, group)], 1.0) for group in sorted(found)]
        entries += [(size, atoms.setdefault((kind, place, month), len(atoms)), -1.0) for month in by_period[period]]
        size += 1
    row, column, value = zip(*entries, strict=True)
    return csr_array((value, (row, column)), shape=(size, len(atoms)))


def may_be_none(figures: pd.DataFrame, is_published: np.ndarray, areas: pd.DataFrame) -> np.ndarray:
    """Suppressed figures of which the attacker cannot say that they are not zero: nothing of the same kind of area (or of the same
    breakdown of the area) was published in the period, and not all of it counts some."""
    dimension = np.select([(figures[name] != "all").to_numpy() for name in DIMENSIONS], DIMENSIONS, "")
    kinds = figures["area_code"].map(dict(zip(areas["area_code"], areas["area_type"], strict=True)))
    block = pd.DataFrame({"area": kinds.where(dimension == "", figures["area_code"]), "dimension": dimension})
    block = block.assign(period=figures["period_id"], indicator=figures["indicator_id"])
    by = block.assign(shown=is_published, none=(figures["count"] == 0).to_numpy()).groupby(list(block))
    return ~is_published & ~by["shown"].transform("any").to_numpy() & by["none"].transform("any").to_numpy()


def seen(
    matrix: csr_array,
    is_published: np.ndarray,
    known: Callable[[np.ndarray], tuple],
    counts: np.ndarray,
    may_be_none: np.ndarray | bool = False,
) -> Figures:
    """What the attacker knows: published figures within `known` (lowest and highest), suppressed ones at least 1 (0 where there
    are none in truth: then there is nothing to find; or where it may be so)."""
    low, high = (np.asarray(limit, dtype=float) for limit in known(counts))
    low = np.where(is_published, low, np.where(may_be_none, 0, np.minimum(counts, 1)))
    high = np.where(is_published, high, np.inf)
    ties = matrix.shape[0] - len(counts)
    return Figures(matrix, np.append(low, np.zeros(ties)), np.append(high, np.zeros(ties)), np.flatnonzero(~is_published))


def ranges(figures: Figures, wanted: np.ndarray | None = None, whole: bool = False) -> pd.DataFrame:
    """Of each suppressed figure (or the `wanted` ones) the lowest and highest that agree with what is seen: columns low, high.

    whole: with whole atoms only, by a program in whole numbers, which is slow; without, the answer is never narrower than that
    one's, and is rounded to whole numbers. Raises AssertionError where no counts at all agree: what is published is wrong.
    """
    wanted = figures.wanted if wanted is None else wanted
    solve = _whole(figures) if whole else _linear(figures)
    found = []
    for number in wanted:
        objective = figures.matrix[[number]].toarray()[0]
        found.append([solve(objective), -solve(-objective)])
    low, high = np.array(found).reshape(-1, 2).T
    return pd.DataFrame({"low": np.ceil(low - 1e-6), "high": np.floor(high + 1e-6)}, index=wanted)


def _linear(figures: Figures) -> Callable[[np.ndarray], float]:
    equal = figures.low == figures.high
    rest = figures.matrix[~equal]
    top, bottom = np.isfinite(figures.high[~equal]), np.isfinite(figures.low[~equal])
    above, below = figures.high[~equal][top], -figures.low[~equal][bottom]
    known = {"A_eq": figures.matrix[equal], "b_eq": figures.low[equal]} if equal.any() else {}
    if len(above) + len(below):
        known |= {"A_ub": vstack([rest[top], -1 * rest[bottom]]), "b_ub": np.append(above, below)}
    return lambda objective: _answer(linprog(objective, **known, bounds=(0, MANY), method="highs"))


def _whole(figures: Figures) -> Callable[[np.ndarray], float]:
    known = LinearConstraint(figures.matrix, figures.low, figures.high)
    return lambda objective: _answer(
        milp(objective, constraints=known, bounds=Bounds(0, MANY), integrality=np.ones(len(objective)))
    )


def _answer(found) -> float:
    if found.status != 0:
        raise AssertionError(f"What is published cannot be: {found.message}")
    return found.fun


def joined(first: Figures, second: Figures, same: np.ndarray) -> Figures:
    """Two releases at once: their own atoms, and an equation for each figure (by its row in both) that was not restated."""
    change = hstack([first.matrix[same], -1 * second.matrix[same]])
    matrix = csr_array(vstack([block_diag([first.matrix, second.matrix]), change]))
    zeros = np.zeros(len(same))
    wanted = np.append(first.wanted, second.wanted + first.matrix.shape[0])
    return Figures(matrix, np.concatenate([first.low, second.low, zeros]), np.concatenate([first.high, second.high, zeros]), wanted)
