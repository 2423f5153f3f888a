"""Proofs that hidden counts have wide ranges, by linear programs, and as few of them as possible.

Two tables that agree with everything published and differ in a count prove that it is not known more narrowly than they differ.
One program that moves many counts at once proves many. What it proves stays proved when more is hidden.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from vrn.publish.disclosure import linear
from vrn.publish.disclosure.puzzle import Puzzle

ROUNDS = 12
CLOSE = 1e-6


def whole_width(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """From the lowest to the highest whole number between two values, because a count is a whole number."""
    return np.floor(high + CLOSE) - np.ceil(low - CLOSE)


class Certificates:
    """Lowest and highest value that each cell has been proved to be able to have."""

    def __init__(self, puzzle: Puzzle):
        self._puzzle = puzzle
        self.low, self.high = puzzle.values.copy(), puzzle.values.copy()

    def open_cells(self) -> np.ndarray:
        """Hidden cells that need a range and are not yet proved to have it."""
        wide = whole_width(self.low, self.high) >= self._puzzle.width
        return np.flatnonzero(self._puzzle.hidden & self._puzzle.needs & ~wide & ~self._puzzle.is_fixed)

    def is_open(self, cell: int) -> bool:
        """Whether one cell still waits for its proof."""
        wide = whole_width(self.low[cell], self.high[cell]) >= self._puzzle.width[cell]
        return not wide and not self._puzzle.is_fixed[cell]

    def record(self, cells: np.ndarray, values: np.ndarray) -> None:
        self.low[cells] = np.fmin(self.low[cells], values)
        self.high[cells] = np.fmax(self.high[cells], values)


class Program:
    """The linear program of the hidden cells that are tied, directly or through others, to one of `cells`."""

    def __init__(self, puzzle: Puzzle, cells: np.ndarray):
        low, high = puzzle.ranges()
        entries = puzzle.relations
        free = low < high
        of_free = free[entries.cell]
        cell_count = len(low)
        graph = csr_array(
            (np.ones(of_free.sum()), (entries.cell[of_free], cell_count + entries.relation[of_free])),
            shape=(cell_count + entries.count,) * 2,
        )
        _, part = connected_components(graph, directed=False)
        wanted = np.isin(part, np.unique(part[cells]))
        self.cells = np.flatnonzero(wanted[:cell_count] & free)
        self.relations = np.flatnonzero(wanted[cell_count:])
        self.low, self.high = low[self.cells], high[self.cells]
        column = np.full(cell_count, -1)
        column[self.cells] = np.arange(len(self.cells))
        line = np.full(entries.count, -1)
        line[self.relations] = np.arange(len(self.relations))
        inside = of_free & (line[entries.relation] >= 0)
        matrix = csr_array(
            (entries.coefficient[inside], (line[entries.relation[inside]], column[entries.cell[inside]])),
            shape=(len(self.relations), len(self.cells)),
        )
        fixed = ~of_free
        right = -np.bincount(
            entries.relation[fixed], weights=entries.coefficient[fixed] * low[entries.cell[fixed]], minlength=entries.count
        )
        is_equation = entries.is_equation[self.relations]
        right = right[self.relations]
        self._equal, self._below = (matrix[is_equation], right[is_equation]), (matrix[~is_equation], right[~is_equation])

    def solve(self, objective: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray | None:
        """The values by column that make the objective least; None where there are none."""
        return linear.solve(objective, self._equal, self._below, low, high)


def prove_many(puzzle: Puzzle, proofs: Certificates) -> None:
    """Moves many open cells at once, up and down at random (always the same way), until that proves nothing more."""
    directions = np.random.default_rng(54)
    barren = 0
    for number in range(ROUNDS):
        open_cells = proofs.open_cells()
        if not len(open_cells) or barren > 2:
            return
        program = Program(puzzle, open_cells)
        values = puzzle.values[program.cells]
        counted = ~np.isnan(values)
        width = puzzle.width[program.cells]
        low = np.where(counted, np.maximum(program.low, values - width), program.low)
        high = np.where(counted, np.minimum(program.high, values + width), program.high)
        signs = np.where(number == 0, 1, np.where(number == 1, -1, directions.choice([-1.0, 1.0], size=len(program.cells))))
        wanted = np.isin(program.cells, open_cells)
        # Further the way that it has begun to move.
        lead = proofs.high[program.cells] + proofs.low[program.cells] - 2 * values
        signs = np.where(number % 2 & (lead != 0) & counted, np.sign(lead), signs)
        try:
            found = program.solve(-signs * wanted, low, high)
        except linear.Unsolved:
            # What is not proved together is proved one by one, by smaller programs.
            return
        if found is None:
            return
        proofs.record(program.cells, found)
        barren = barren + 1 if len(proofs.open_cells()) == len(open_cells) else 0
