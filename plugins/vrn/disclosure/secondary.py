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

from vrn.disclosure.certify import Certificates, prove_many
from vrn.disclosure.puzzle import Puzzle

# What a hidden count costs when it moves: so little that it never keeps a published one from being spared.
HIDDEN_COST = 1e-3
# Between equal counts the first is taken.
ORDER_COST = 1e-4
MOVED = 1e-6
# So many counts without a proof are worth a try to prove them together.
MANY = 10
# Cells of an indicator from which on its programs are shared, and by how many counts.
LARGE, BATCH = 2500, 8


def protect(puzzle: Puzzle) -> np.ndarray:
    """Hides figures in `puzzle.hidden_rows` until every hidden cell that needs it has its range.

    Returns the cells that cannot be protected, because what gives them away was published before.
    """
    proofs = Certificates(puzzle)
    mover = Mover(puzzle)
    while len(waiting := proofs.open_cells()):
        if len(waiting) >= MANY:
            prove_many(puzzle, proofs)
            waiting = proofs.open_cells()
        for together in _batches(waiting, puzzle):
            # An earlier step may have proved some.
            cells = np.array([cell for cell in together if proofs.is_open(cell)], dtype=int)
            if len(cells) and not mover.move(cells, proofs):
                for cell in cells:
                    if proofs.is_open(cell) and (len(cells) == 1 or not mover.move(np.array([cell]), proofs)):
                        puzzle.is_fixed[cell] = True
    return np.flatnonzero(puzzle.is_fixed)


def _batches(cells: np.ndarray, puzzle: Puzzle) -> list[np.ndarray]:
    """One cell at a time; of a large indicator several that are far from each other, which is as good and quicker."""
    if len(puzzle.values) < LARGE:
        return list(cells[:, None])
    count = -(-len(cells) // BATCH)
    return [cells[number::count] for number in range(count)]


class Mover:
    """The linear program of the cheapest other table."""

    def __init__(self, puzzle: Puzzle):
        self._puzzle = puzzle
        self._matrix = puzzle.relations.matrix(len(puzzle.values)).tocsc()
        self._values = np.nan_to_num(puzzle.values)
        self._right = -(self._matrix @ self._values)
        self._price = self._values + ORDER_COST * puzzle.rank / max(1, len(puzzle.rank))
        hideable = (puzzle.row >= 0) & ~puzzle.was_published & (puzzle.values > 0)
        self._hideable = hideable

    def move(self, cells: np.ndarray, proofs: Certificates) -> bool:
        """Hides what must be hidden for some cells' sake, and records the proof. Returns whether there is such a table."""
        puzzle, values = self._puzzle, self._values
        hidden = puzzle.hidden
        low, high = puzzle.ranges()
        # Free moves: of hidden cells all, of rounded ones within the rounding. Others at their price.
        free_up, free_down = np.where(hidden, np.inf, high - values), np.where(hidden, values - puzzle.floor, values - low)
        paid = self._hideable & ~hidden
        paid_down = np.where(paid, np.maximum(values - puzzle.floor, 0), 0)
        free_cost = np.where(np.isnan(puzzle.values), 0, HIDDEN_COST)
        up, down = np.flatnonzero(free_up > 0), np.flatnonzero(free_down > 0)
        buy_up, buy_down = np.flatnonzero(paid), np.flatnonzero(paid_down > 0)
        columns = np.concatenate([up, down, buy_up, buy_down])
        signs = np.concatenate([np.ones(len(up)), -np.ones(len(down)), np.ones(len(buy_up)), -np.ones(len(buy_down))])
        cost = np.concatenate([free_cost[up], free_cost[down], self._price[buy_up], self._price[buy_down]])
        most = np.concatenate([free_up[up], free_down[down], np.full(len(buy_up), np.inf), paid_down[buy_down]])
        least = np.zeros(len(columns))
        # The cells themselves go up by the width, and not down.
        own = np.isin(columns, cells)
        least[own] = np.where(signs[own] > 0, puzzle.width, 0)
        most[own] = np.where(signs[own] > 0, puzzle.width if len(cells) == 1 else np.inf, 0)
        matrix = self._matrix[:, columns] * signs
        equal = puzzle.relations.is_equation
        matrix = matrix.tocsr()
        found = linprog(
            cost,
            A_eq=matrix[equal],
            b_eq=self._right[equal],
            A_ub=matrix[~equal] if (~equal).any() else None,
            b_ub=self._right[~equal] if (~equal).any() else None,
            bounds=np.column_stack([least, most]),
            method="highs",
        )
        if found.status != 0:
            return False
        moves = np.bincount(columns, weights=signs * found.x, minlength=len(values))
        bought = columns[len(up) + len(down) :][found.x[len(up) + len(down) :] > MOVED]
        puzzle.hidden_rows[puzzle.row[bought]] = True
        moved = np.flatnonzero(np.abs(moves) > MOVED)
        moved = moved[~np.isnan(puzzle.values[moved])]
        proofs.record(moved, values[moved] + moves[moved])
        if any(proofs.is_open(cell) for cell in cells):
            raise RuntimeError(
                "A table that was to prove a hidden count's range does not: the linear program was not exact enough."
            )
        return True
