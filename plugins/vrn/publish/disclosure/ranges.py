"""What a reader can say of a hidden count by adding and subtracting: the range that may be printed in its place, such as 1 to 9.

It is worked out of what is published alone, so that it tells nobody more than they could work out: what parts leave of a total is
the most that a hidden part can be, and what parts add up to is the least that a hidden total can be.
"""

from __future__ import annotations

import numpy as np

from vrn.publish.disclosure.puzzle import Puzzle

ROUNDS = 6


def of_counts(puzzle: Puzzle, least: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By cell the least and the most that it can be; infinity where nothing says.

    least: by cell, what a hidden one is at least before any sum is used.
    """
    hidden = puzzle.hidden
    low, high = np.where(hidden, least, puzzle.known_low), np.where(hidden, np.inf, puzzle.known_high)
    entries = puzzle.relations
    is_part = entries.coefficient > 0
    for _ in range(ROUNDS):
        before = low.copy(), high.copy()
        # The least that each adds to parts less totals, which is never more than nothing.
        adds = np.where(is_part, low[entries.cell], -high[entries.cell])
        is_open = np.isinf(adds)
        sums = np.bincount(entries.relation, weights=np.where(is_open, 0, adds), minlength=entries.count)
        opens = np.bincount(entries.relation, weights=is_open, minlength=entries.count)
        others = sums[entries.relation] - np.where(is_open, 0, adds)
        is_said = opens[entries.relation] - is_open == 0
        of_parts, of_totals = is_said & is_part, is_said & ~is_part
        np.minimum.at(high, entries.cell[of_parts], -others[of_parts])
        np.maximum.at(low, entries.cell[of_totals], others[of_totals])
        if all(np.array_equal(*pair) for pair in zip(before, (low, high), strict=True)):
            break
    return low, high
