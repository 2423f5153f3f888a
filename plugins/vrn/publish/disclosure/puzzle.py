"""What stands in the tables of related indicators as a reader sees it: which cells are known, within what, and which may not be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from vrn.publish.disclosure.constraints import Relations


@dataclass
class Puzzle:
    """Arrays by cell, and the relations among them.

    values: true counts (NaN where nobody has one). settled: the same, with counts in place of NaN that agree with all relations.
    row: the figure of this release that shows the cell, or -1. known_low, known_high: what a reader knows of it when it is
    published. was_published: it was, in an earlier release, so hiding is in vain. floor: the least that a reader must suppose of a
    hidden one. needs: its range must be `width` wide while it is hidden. owner: the number of its indicator, or -1 for what counts
    of several leave. measure: its name. is_fixed: nothing can hide it. places: its indicator and area. is_some: an earlier release
    said that it is not zero.

    By figure: rank and block (levels.py); hidden_rows and withdrawn_rows, changed by secondary suppression.
    """

    relations: Relations
    values: np.ndarray
    settled: np.ndarray
    row: np.ndarray
    known_low: np.ndarray
    known_high: np.ndarray
    was_published: np.ndarray
    floor: np.ndarray
    needs: np.ndarray
    width: np.ndarray
    owner: np.ndarray
    measure: np.ndarray
    is_fixed: np.ndarray
    places: list[tuple[str, str]]
    is_some: np.ndarray
    rank: np.ndarray
    block: np.ndarray
    hidden_rows: np.ndarray
    withdrawn_rows: np.ndarray

    @property
    def hidden(self) -> np.ndarray:
        """By cell: whether a reader has to work it out."""
        in_row = np.append(self.hidden_rows, True)[self.row]
        return in_row & ~self.was_published

    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """What is known of each cell before any sum is used."""
        hidden = self.hidden
        return np.where(hidden, self.floor, self.known_low), np.where(hidden, np.inf, self.known_high)

    def withdraw(self, blocks: np.ndarray) -> None:
        """Hides all figures of some blocks, so that nobody can tell of any that it is not zero."""
        rows = np.isin(self.block, blocks)
        self.hidden_rows[rows] = self.withdrawn_rows[rows] = True
        self.floor[np.append(rows, False)[self.row] & ~self.is_some] = 0

    def as_seen_by(self, own: Collection[tuple[str, str]]) -> Puzzle | None:
        """The same for who knows the counts of some indicators and areas, having sent what they are made of; None where that is
        none of these or all. What is hidden in it is hidden in this one."""
        is_own = np.array([place in own for place in self.places], dtype=bool) & ~np.isnan(self.values)
        if not is_own.any() or is_own.all():
            return None
        return replace(
            self,
            known_low=np.where(is_own, self.values, self.known_low),
            known_high=np.where(is_own, self.values, self.known_high),
            was_published=self.was_published | is_own,
            needs=self.needs & ~is_own,
            is_fixed=self.is_fixed.copy(),
        )
