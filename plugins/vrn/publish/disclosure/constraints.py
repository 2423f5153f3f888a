"""Every additive relation among the counts of one indicator, as a sparse system over cells (ties.py has those among indicators).

A cell is one measure of one area, period and group in one version of its value. Figures of earlier releases are cells too: the same
cell where the value is the same, another where it was restated, so that what two releases say together is one system.

A relation is one that is true of the real counts: an equation where it holds exactly; `parts ≤ total` where the parts fall short
(what has no district, a part that has no figure); none where they exceed it (a child on two authorities' books, snapshots, means).
So an attacker is never given less than what he may rightly assume.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from vrn.publish.disclosure import groups
from vrn.publish.disclosure.geography import Geographies, Sum
from vrn.publish.disclosure.policies import Policy
from vrn.publish.disclosure.spans import Calendar

# Of which indicator what: `count`, `complement`, `group`, `reference`.
Measure = tuple[str, str]
# measure, area, period, cell
Place = tuple[Measure, str, object, tuple[str, str]]
# parts, totals, is_equation
Relation = tuple[tuple[int, ...], tuple[int, ...], bool]
MAX_SLACK = 1e-6


@dataclass
class Cells:
    """The cells of a group of indicators, columns in parallel: place; value (NaN for one that nobody published or counted);
    row (the figure of this release that shows it, or -1). is_open: those that are shown whatever they count. at_most: of some,
    what everybody knows that they do not exceed, so that no wider range can be left of them."""

    places: list[Place] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    is_open: set[int] = field(default_factory=set)
    at_most: dict[int, float] = field(default_factory=dict)

    def add(self, place: Place, value: float, row: int = -1) -> int:
        self.places.append(place)
        self.values.append(value)
        self.rows.append(row)
        return len(self.places) - 1


@dataclass(frozen=True)
class Relations:
    """Σ coefficient · cell = 0, or ≤ 0 where not `is_equation`. Entries in parallel: relation, cell,
    coefficient (+1 part, -1 total)."""

    relation: np.ndarray
    cell: np.ndarray
    coefficient: np.ndarray
    is_equation: np.ndarray

    @property
    def count(self) -> int:
        return len(self.is_equation)

    def matrix(self, cell_count: int) -> csr_array:
        return csr_array((self.coefficient, (self.relation, self.cell)), shape=(self.count, cell_count))


def compile_relations(found: Iterable[Relation]) -> Relations:
    """From (parts, totals, is_equation); repeated ones count once."""
    relation, cells, coefficients, kinds = [], [], [], []
    for parts, totals, is_equation in dict.fromkeys(found):
        number = len(kinds)
        kinds.append(is_equation)
        relation += [number] * (len(parts) + len(totals))
        cells += [*parts, *totals]
        coefficients += [1.0] * len(parts) + [-1.0] * len(totals)
    return Relations(
        np.array(relation, dtype=int), np.array(cells, dtype=int), np.array(coefficients, dtype=float), np.array(kinds, dtype=bool)
    )


class Builder:
    """Builds the relations of one indicator over `cells`, a layer (one release's figures) at a time."""

    def __init__(self, cells: Cells, geography: Geographies, calendar: Calendar, policy: Policy):
        self.cells, self._geography, self._calendar, self._policy = cells, geography, calendar, policy
        # In the order in which they were found, each once: releases say the same over and over.
        self._found: dict[Relation, None] = {}
        self._supposed: dict[Relation, None] = {}
        # Cells that no figure shows, by those that they follow from: what one release says as another did leaves the same.
        self._months: dict[tuple, dict[tuple, int]] = {}
        self._left: dict[tuple, int] = {}

    def add_layer(self, index: dict[Place, int]) -> None:
        """The relations among the figures of one release: place → cell."""
        self._over_time(index)
        self._over_groups(index)
        self._over_areas(index)

    def link(self, parts: Iterable[int], totals: Iterable[int]) -> None:
        """A relation among the measures of one figure."""
        self._found[tuple(parts), tuple(totals), True] = None

    def relations(self) -> tuple[list[Relation], list[Relation], list[Relation]]:
        """Those among known counts; those over months that nobody published; and of these the ones that are of one area."""
        return list(self._found), list(self._supposed), [one for one in self._supposed if self._is_over_time(one)]

    def _add(self, parts: tuple[int, ...], totals: tuple[int, ...], is_strict: bool = False) -> bool | None:
        """Returns whether it holds exactly; None where a hidden month is in it."""
        values = self.cells.values
        of_parts, of_totals = sum(values[one] for one in parts), sum(values[one] for one in totals)
        if np.isnan(of_parts + of_totals):
            self._supposed[parts, totals, True] = None
            return None
        holds = abs(of_parts - of_totals) < MAX_SLACK
        if holds or (of_parts < of_totals and not is_strict and len(totals) == 1):
            self._found[parts, totals, holds] = None
        return holds

    def _over_time(self, index: dict[Place, int]) -> None:
        series: dict[tuple, dict[object, int]] = defaultdict(dict)
        for (measure, area, period, cell), number in index.items():
            series[measure, area, cell][period] = number
        for (measure, area, cell), periods in sorted(series.items()):
            key = (measure, area, cell, frozenset(periods.items()))
            if key in self._months:
                index |= {(measure, area, month, cell): number for month, number in self._months[key].items()}
                continue
            hidden = self._months[key] = {}
            all_hold = True
            for equation in self._calendar.equations(frozenset(periods)):
                for period in (*equation.parts, *equation.totals):
                    if isinstance(period, tuple) and period not in hidden:
                        place = (measure, area, period, cell)
                        hidden[period] = index[place] = self.cells.add(place, np.nan)
                known = periods | hidden
                # What others imply need not be said, as long as those are true.
                if not (equation.is_implied and all_hold):
                    holds = self._add(tuple(known[one] for one in equation.parts), tuple(known[one] for one in equation.totals))
                    all_hold &= holds is not False

    def _over_groups(self, index: dict[Place, int]) -> None:
        tables: dict[tuple, dict[tuple[str, str], int]] = defaultdict(dict)
        for (measure, area, period, cell), number in index.items():
            if not isinstance(period, tuple):
                tables[measure, area, period][cell] = number
        for (measure, area, period), cells in sorted(tables.items(), key=lambda item: tuple(map(str, item[0]))):
            present = frozenset(cells)
            for one in groups.sums(present) if len(present) > 1 else ():
                if one.total in cells:
                    self._add(tuple(cells[part] for part in one.parts), (cells[one.total],), one.is_strict)
            for larger, smaller in groups.remainders(present) if len(present) > 1 else ():
                self._leave_over(measure, area, period, cells, larger, smaller)

    def _leave_over(self, measure, area, period, cells, larger, smaller) -> None:
        """What a band leaves of a larger one is a count like others, though nobody publishes it."""
        left = self.cells.values[cells[larger]] - self.cells.values[cells[smaller]]
        if left >= 0:
            cell = ("age_band", f"{larger[1]} without {smaller[1]}")
            self._leave((cells[smaller],), cells[larger], (measure, area, period, cell), left)

    def _over_areas(self, index: dict[Place, int]) -> None:
        tables: dict[tuple, dict[str, int]] = defaultdict(dict)
        for (measure, area, period, cell), number in index.items():
            tables[measure, period, cell][area] = number
        sums = self._geography.sums({area for _, area, _, _ in index})
        holds: dict[tuple, bool] = defaultdict(lambda: True)
        order = sorted(tables.items(), key=lambda item: (isinstance(item[0][1], tuple), str(item[0])))
        for (measure, period, _), areas in order:
            for one in sums:
                parts = tuple(areas[part] for part in one.parts if part in areas)
                if one.total not in areas or not parts:
                    continue
                if isinstance(period, tuple) and (len(parts) < len(one.parts) or not holds[measure, one]):
                    continue
                all_groups = tables[measure, period, groups.TOTAL]
                if self._leave_elsewhere(measure, period, one, parts, areas[one.total], all_groups):
                    continue
                holds[measure, one] &= self._add(parts, (areas[one.total],), one.is_strict) is not False

    def _leave_elsewhere(
        self, measure: Measure, period: object, one: Sum, parts: tuple[int, ...], total: int, all_groups: dict[str, int]
    ) -> bool:
        """What the force has beyond the county is a count like others where it is small, though nobody publishes it. Where others
        have printed the force's, the county would have to be hidden for it: the county's figure matters more. What a group has
        beyond the county is then told to be no more than what all groups have, and may be some where it is none.

        all_groups: the cells of all groups together, by area.
        """
        if total in self.cells.is_open or len(parts) < len(one.parts) or not self._geography.leaves_unplaced(one):
            return False
        rest = self._rest(parts, total)
        told = 0
        if all_groups.get(one.total) in self.cells.is_open and all(part in all_groups for part in one.parts):
            told = max(self._rest([all_groups[part] for part in one.parts], all_groups[one.total]), 0)
        if rest < 0 or not (self._policy.is_small(rest) or (rest == 0 and told)):
            return False
        number = self._leave(parts, total, (measure, one.total, period, ("rest", self.cells.places[total][3])), rest)
        if told:
            self.cells.at_most[number] = told
        return True

    def _rest(self, parts: Iterable[int], total: int) -> float:
        return self.cells.values[total] - sum(self.cells.values[part] for part in parts)

    def _leave(self, parts: tuple[int, ...], total: int, place: Place, rest: float) -> int:
        """The cell for what parts leave of a total."""
        if (parts, total) not in self._left:
            number = self._left[parts, total] = self.cells.add(place, rest)
            self._found[(*parts, number), (total,), True] = None
        return self._left[parts, total]

    def _is_over_time(self, relation) -> bool:
        parts, totals, _ = relation
        return len({self.cells.places[number][1] for number in (*parts, *totals)}) == 1
