"""The cheapest other table in which a hidden count is known as little as its policy demands.

Of a hidden count we look for two tables that agree with everything published, in which it differs by the width that its policy
demands: one in which it is higher, one in which it is lower, or in both the true one. Counts that are hidden already may differ for
nothing; others at a price, and are hidden then; zeros at the price of their block, which is withdrawn then. What matters most is
dearest (levels.py). The tables are the proof that the range is wide enough, whatever else is hidden later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from vrn.publish.disclosure import levels, linear
from vrn.publish.disclosure.certify import Certificates, whole_width
from vrn.publish.disclosure.puzzle import Puzzle

# What a hidden count costs when it moves: so little that it never keeps a published one from being spared.
HIDDEN_COST = 1e-3
# Between equal counts the first is taken.
ORDER_COST = 1e-4
MOVED = 1e-6
# Among how many cells around a count other tables are looked for, before they are looked for among all.
NEAR = 2500
# So many times dearer is a figure than one of the next finer rank that counts as many.
DEARER = 2.5
# What a figure that counts none adds to the price of its block.
NONE_COST = 5.0
FREE, BOUGHT, OPENED = 0, 1, 2


@dataclass(frozen=True)
class Moves:
    """Ways in which cells may move, in parallel: the cell's place among those near, +1 or -1, its cost, how far, what it does."""

    cell: np.ndarray
    sign: np.ndarray
    cost: np.ndarray
    most: np.ndarray
    kind: np.ndarray


class Mover:
    """The linear programs of the cheapest other tables of one puzzle."""

    def __init__(self, puzzle: Puzzle):
        self._puzzle = puzzle
        self._columns = puzzle.relations.matrix(len(puzzle.values)).tocsc()
        self._rows = self._columns.tocsr()
        self._values = puzzle.settled
        self._right = -(self._columns @ self._values)
        order = np.arange(len(puzzle.values))
        self._rank = self._ranks()
        self._block = np.append(puzzle.block, -1)[puzzle.row]
        dearer = DEARER ** (levels.LAST - self._rank)
        self._price = dearer * (np.maximum(self._values, 0) + ORDER_COST * order / max(1, len(order)))
        can_hide = (puzzle.row >= 0) & ~puzzle.was_published
        self._hideable = can_hide & (puzzle.values > 0)
        self._openable = can_hide & (self._block >= 0) & (self._rank > 0) & ~np.isnan(puzzle.values)
        # Beside a figure that was shown before no zero can be hidden.
        self._openable &= ~np.isin(self._block, self._block[(puzzle.row >= 0) & puzzle.was_published])
        # Without a zero among them, all of a block hidden would say that each counts some.
        self._openable &= np.isin(self._block, self._block[self._openable & (puzzle.values == 0)])
        blocks = self._block[self._openable]
        of_block = np.bincount(blocks, weights=(self._values + NONE_COST)[self._openable])
        self._open_price = np.zeros(len(order))
        self._open_price[self._openable] = dearer[self._openable] * of_block[blocks]
        self._look()

    def _look(self) -> None:
        """What is hidden, and what is known of each cell: the same until more is hidden, and thousands of tables are looked for."""
        self._hidden = self._puzzle.hidden
        self._low, self._high = self._puzzle.ranges()
        self._is_free = self._hidden | (self._low < self._high)
        self._cost = np.where(self._hidden, 0, np.where(self._puzzle.values > 0, self._price, self._open_price))

    def _ranks(self) -> np.ndarray:
        """By cell; of one that no figure shows the last of those that it is left of, or the first."""
        of_figures = np.append(self._puzzle.rank, -1)[self._puzzle.row]
        entries = self._puzzle.relations
        last = np.full(entries.count, -1)
        np.maximum.at(last, entries.relation, of_figures[entries.cell])
        beside = np.zeros(len(of_figures), dtype=int)
        np.maximum.at(beside, entries.cell, last[entries.relation])
        return np.where(self._puzzle.row >= 0, of_figures, beside)

    def move(self, cell: int, proofs: Certificates) -> bool:
        """Hides what must be hidden for a cell's sake, and records the proof. Returns whether there are such tables."""
        own, everything = self._hidden | (self._puzzle.owner == self._puzzle.owner[cell]), np.ones(len(self._values), dtype=bool)
        # First what matters no more than the cell itself, zeros last; then anything. First among the counts of the same indicator
        # and what is hidden of others, then among those of others, then among all.
        for least_rank, may_open in dict.fromkeys([(self._rank[cell], False), (self._rank[cell], True), (0, True)]):
            tried = np.zeros(0, dtype=int)
            for may_move, most in ((own, NEAR), (everything, NEAR), (everything, len(own))):
                near = self._near(cell, may_move, most, least_rank, may_open)
                if not np.array_equal(near, tried) and self._move(cell, near, proofs, least_rank, may_open):
                    return True
                tried = near
        return False

    def _near(self, cell: int, may_move: np.ndarray, most: int, least_rank: int, may_open: bool) -> np.ndarray:
        """The cells that may move with one: ring by ring through the relations, of the last ring the cheapest."""
        found = np.zeros(len(may_move), dtype=bool)
        found[cell] = True
        ring, count = np.array([cell]), 1
        while len(ring) and count < most:
            ring = _across(self._rows, _across(self._columns, ring))
            ring = ring[may_move[ring] & ~found[ring]]
            paid = (self._hideable[ring] | (self._openable[ring] & may_open)) & (self._rank[ring] >= least_rank)
            ring = ring[self._is_free[ring] | paid]
            ring = ring[np.argsort(self._cost[ring], kind="stable")][: most - count]
            found[ring] = True
            count += len(ring)
        return np.flatnonzero(found)

    def _moves(self, near: np.ndarray, least_rank: int, may_open: bool) -> Moves:
        """Of hidden cells all for nothing, of rounded ones within the rounding; of others at their price."""
        puzzle, values = self._puzzle, self._values[near]
        hidden, floor = self._hidden[near], puzzle.floor[near]
        low, high = self._low[near], self._high[near]
        infinite = np.full(len(near), np.inf)
        may_pay = ~hidden & (self._rank[near] >= least_rank)
        paid = self._hideable[near] & may_pay
        opens = self._openable[near] & (self._rank[near] >= least_rank) & may_open
        sinks = opens & (paid | hidden) & ~puzzle.is_some[near]
        free_cost = np.where(np.isnan(puzzle.values[near]), 0, HIDDEN_COST)
        price, open_price = self._price[near], self._open_price[near]
        kinds = [
            (np.where(hidden, np.inf, high - values), 1, free_cost, FREE),
            (np.where(hidden, values - floor, values - low), -1, free_cost, FREE),
            (np.where(paid, infinite, 0), 1, price, BOUGHT),
            (np.where(paid, np.maximum(values - floor, 0), 0), -1, price, BOUGHT),
            # Below what a hidden count would be, and above a zero that would be shown.
            (np.where(sinks, floor, 0), -1, price + open_price, OPENED),
            (np.where(opens & may_pay & (values == 0), infinite, 0), 1, open_price, OPENED),
        ]
        parts = [(np.flatnonzero(most > 0), most, sign, cost, kind) for most, sign, cost, kind in kinds]
        return Moves(
            cell=np.concatenate([some for some, *_ in parts]),
            sign=np.concatenate([np.full(len(some), float(sign)) for some, _, sign, _, _ in parts]),
            cost=np.concatenate([cost[some] for some, _, _, cost, _ in parts]),
            most=np.concatenate([most[some] for some, most, *_ in parts]),
            kind=np.concatenate([np.full(len(some), kind) for some, *_, kind in parts]),
        )

    def _move(self, cell: int, near: np.ndarray, proofs: Certificates, least_rank: int, may_open: bool) -> bool:
        puzzle = self._puzzle
        moves = self._moves(near, least_rank, may_open)
        is_own, width = near[moves.cell] == cell, puzzle.width[cell]
        found = self._solve(moves, near, is_own, width)
        if found is not None and whole_width(*np.sort(self._values[cell] + found[:, is_own] @ moves.sign[is_own])) < width:
            # Both tables lie between whole numbers, as a program's may, and so the count has a whole number less.
            found = self._solve(moves, near, is_own, width + 1)
        if found is None:
            return False
        for kind, act in ((BOUGHT, self._hide), (OPENED, self._open)):
            if len(cells := np.unique(near[moves.cell[(found > MOVED).any(axis=0) & (moves.kind == kind)]])):
                act(cells)
                self._look()
        for amounts in found:
            by = np.bincount(moves.cell, weights=moves.sign * amounts, minlength=len(near))
            moved = np.flatnonzero((np.abs(by) > MOVED) & ~np.isnan(puzzle.values[near]))
            proofs.record(near[moved], self._values[near[moved]] + by[moved])
        if proofs.is_open(cell):
            raise RuntimeError("Tables that were to prove a hidden count's range do not: the linear program was not exact enough.")
        return True

    def _solve(self, moves: Moves, near: np.ndarray, is_own: np.ndarray, width: float) -> np.ndarray | None:
        """How far each way is gone, in the table in which the cell is higher and in the other; None where there are none."""
        columns, rows, signs = _of_columns(self._columns, near[moves.cell])
        signs *= moves.sign[columns]
        relations, row = np.unique(rows, return_inverse=True)
        equal, right = self._puzzle.relations.is_equation[relations], self._right[relations]
        size, below_count, equal_count = len(moves.cell), int((~equal).sum()), int(equal.sum())
        # Both tables in one program: first what is not to be exceeded, of one and of the other, then what is to be equal, and last
        # how far the cell is apart in both.
        place = np.where(equal, 2 * below_count + np.cumsum(equal) - 1, np.cumsum(~equal) - 1)
        shift = np.where(equal, equal_count, below_count)
        own = np.flatnonzero(np.tile(is_own, 2))
        last = 2 * len(relations)
        matrix = csc_array(
            csr_array(
                (
                    np.concatenate([signs, signs, np.ones(len(own))]),
                    (
                        np.concatenate([place[row], place[row] + shift[row], np.full(len(own), last)]),
                        np.concatenate([columns, columns + size, own]),
                    ),
                ),
                shape=(last + 1, 2 * size),
            )
        )
        exact = np.concatenate([np.tile(right[equal], 2), [width]])
        most_right = np.concatenate([np.tile(right[~equal], 2), exact])
        least_right = np.concatenate([np.full(2 * below_count, -np.inf), exact])
        # In the first table the cell only rises, in the second it only falls.
        most = np.concatenate(
            [np.where(is_own & (moves.sign < 0), 0, moves.most), np.where(is_own & (moves.sign > 0), 0, moves.most)]
        )
        found = linear.solve_columns(np.tile(moves.cost, 2), matrix, (least_right, most_right), (np.zeros(2 * size), most))
        return None if found is None else found.reshape(2, size)

    def _hide(self, cells: np.ndarray) -> None:
        self._puzzle.hidden_rows[self._puzzle.row[cells]] = True

    def _open(self, cells: np.ndarray) -> None:
        """Withdraws the blocks of cells."""
        self._puzzle.withdraw(np.unique(self._block[cells]))


def _across(matrix: csc_array | csr_array, lines: np.ndarray) -> np.ndarray:
    """What the columns (or rows) of a matrix touch."""
    touched = np.zeros(matrix.shape[0] if isinstance(matrix, csc_array) else matrix.shape[1], dtype=bool)
    touched[_of_columns(matrix, lines)[1]] = True
    return np.flatnonzero(touched)


def _of_columns(matrix: csc_array | csr_array, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The entries of columns (or rows) of a matrix: of which of `lines`, what they touch, and their values. Read from its arrays,
    because to cut it takes ten times as long."""
    first, count = matrix.indptr[lines], matrix.indptr[lines + 1] - matrix.indptr[lines]
    before = np.cumsum(count) - count
    entries = np.repeat(first - before, count) + np.arange(count.sum())
    return np.repeat(np.arange(len(lines)), count), matrix.indices[entries], matrix.data[entries]
