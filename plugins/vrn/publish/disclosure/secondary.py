"""Complementary suppression: what else must be hidden so that no hidden count can be worked out more narrowly than allowed.

Of each hidden count in need we look for another table that agrees with everything published, in which the count is higher by the
width that its policy demands, and which differs from the true one in as little as possible: counts that are hidden already may
differ for nothing, others at the price of their size, and are hidden then. Under one total this is the rule of DOMAIN 5.4 (hide the
smallest other part that is not zero, of equal ones the first by area code, and the total where no part is left). Where sums cross,
over areas, months and windows at once, that rule taken relation by relation hides many times what this does. The other table is the
proof that the range is wide enough, whatever else is hidden later.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from vrn.publish.disclosure.certify import Certificates, prove_many
from vrn.publish.disclosure.puzzle import Puzzle

# What a hidden count costs when it moves: so little that it never keeps a published one from being spared.
HIDDEN_COST = 1e-3
# Between equal counts the first is taken.
ORDER_COST = 1e-4
MOVED = 1e-6
# So many counts without a proof are worth a try to prove them together.
MANY = 10
# After so many that were proved one by one they are tried together again: what was hidden for their sake proves many others.
SOME = 30
# Among how many cells around a count another table is looked for, before it is looked for among all.
NEAR = 2500


def protect(puzzle: Puzzle) -> np.ndarray:
    """Hides figures in `puzzle.hidden_rows` until every hidden cell that needs it has its range.

    Returns the cells that cannot be protected, because what gives them away was published before.
    """
    proofs = Certificates(puzzle)
    mover = Mover(puzzle)
    while len(waiting := proofs.open_cells()):
        if len(waiting) >= MANY:
            prove_many(puzzle, proofs)
        for cell in proofs.open_cells()[:SOME]:
            # An earlier step may have proved it.
            if proofs.is_open(cell) and not mover.move(cell, proofs):
                puzzle.is_fixed[cell] = True
    return np.flatnonzero(puzzle.is_fixed)


class Mover:
    """The linear program of the cheapest other table."""

    def __init__(self, puzzle: Puzzle):
        self._puzzle = puzzle
        self._columns = puzzle.relations.matrix(len(puzzle.values)).tocsc()
        self._rows = self._columns.tocsr()
        self._values = puzzle.settled
        self._right = -(self._columns @ self._values)
        order = np.arange(len(puzzle.values))
        self._price = self._values + ORDER_COST * order / max(1, len(order))
        self._hideable = (puzzle.row >= 0) & ~puzzle.was_published & (puzzle.values > 0)

    def move(self, cell: int, proofs: Certificates) -> bool:
        """Hides what must be hidden for a cell's sake, and records the proof. Returns whether there is such a table."""
        puzzle = self._puzzle
        own = puzzle.hidden | (puzzle.owner == puzzle.owner[cell])
        # First among the counts of the same indicator and what is hidden of others, then among those of others, then among all.
        tried = np.zeros(0, dtype=int)
        for may_move, most in ((own, NEAR), (True, NEAR), (True, len(own))):
            near = self._near(cell, may_move, most)
            if not np.array_equal(near, tried) and self._move(cell, near, proofs):
                return True
            tried = near
        return False

    def _near(self, cell: int, may_move: np.ndarray | bool, most: int) -> np.ndarray:
        """The cells that may move with one: ring by ring through the relations, of the last ring the cheapest."""
        puzzle = self._puzzle
        hidden = puzzle.hidden
        low, high = puzzle.ranges()
        moves = (hidden | self._hideable | (low < high)) & may_move
        price = np.where(hidden, 0, self._price)
        found = np.zeros(len(moves), dtype=bool)
        found[cell] = True
        ring = np.array([cell])
        while len(ring) and found.sum() < most:
            relations = np.unique(self._columns[:, ring].indices)
            ring = np.unique(self._rows[relations].indices)
            ring = ring[moves[ring] & ~found[ring]]
            ring = ring[np.argsort(price[ring], kind="stable")][: most - found.sum()]
            found[ring] = True
        return np.flatnonzero(found)

    def _move(self, cell: int, near: np.ndarray, proofs: Certificates) -> bool:
        puzzle, values = self._puzzle, self._values[near]
        hidden, floor = puzzle.hidden[near], puzzle.floor[near]
        low, high = (limit[near] for limit in puzzle.ranges())
        # Free moves: of hidden cells all, of rounded ones within the rounding. Others at their price.
        free_up, free_down = np.where(hidden, np.inf, high - values), np.where(hidden, values - floor, values - low)
        paid = self._hideable[near] & ~hidden
        paid_down = np.where(paid, np.maximum(values - floor, 0), 0)
        free_cost = np.where(np.isnan(puzzle.values[near]), 0, HIDDEN_COST)
        up, down = np.flatnonzero(free_up > 0), np.flatnonzero(free_down > 0)
        buy_up, buy_down = np.flatnonzero(paid), np.flatnonzero(paid_down > 0)
        columns = np.concatenate([up, down, buy_up, buy_down])
        signs = np.concatenate([np.ones(len(up)), -np.ones(len(down)), np.ones(len(buy_up)), -np.ones(len(buy_down))])
        price = self._price[near]
        cost = np.concatenate([free_cost[up], free_cost[down], price[buy_up], price[buy_down]])
        most = np.concatenate([free_up[up], free_down[down], np.full(len(buy_up), np.inf), paid_down[buy_down]])
        least = np.zeros(len(columns))
        # The cell itself goes up by its width, and not down.
        own = near[columns] == cell
        least[own] = most[own] = np.where(signs[own] > 0, puzzle.width[cell], 0)
        matrix = (self._columns[:, near[columns]] * signs).tocsc()
        relations = np.unique(matrix.indices)
        matrix, right = matrix.tocsr()[relations], self._right[relations]
        equal = puzzle.relations.is_equation[relations]
        found = linprog(
            cost,
            A_eq=matrix[equal],
            b_eq=right[equal],
            A_ub=matrix[~equal] if (~equal).any() else None,
            b_ub=right[~equal] if (~equal).any() else None,
            bounds=np.column_stack([least, most]),
            method="highs",
        )
        if found.status != 0:
            return False
        moves = np.bincount(columns, weights=signs * found.x, minlength=len(near))
        bought = near[columns[len(up) + len(down) :][found.x[len(up) + len(down) :] > MOVED]]
        puzzle.hidden_rows[puzzle.row[bought]] = True
        moved = np.flatnonzero((np.abs(moves) > MOVED) & ~np.isnan(puzzle.values[near]))
        proofs.record(near[moved], values[moved] + moves[moved])
        if proofs.is_open(cell):
            raise RuntimeError(
                "A table that was to prove a hidden count's range does not: the linear program was not exact enough."
            )
        return True
