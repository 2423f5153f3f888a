"""Complementary suppression: what else must be hidden so that no hidden count can be worked out more narrowly than allowed.

Of each hidden count in need we look for other tables that agree with everything published, in which it differs by the width that
its policy demands, and in which as little as possible differs that is not hidden yet (mover.py). Under one total this is the rule
of DOMAIN 5.4 (hide the smallest other part that is not zero, of equal ones the first by area code, and the total where no part is
left). Where sums cross, over areas, months and windows at once, that rule taken relation by relation hides many times what this
does.
"""

from __future__ import annotations

import numpy as np

from vrn.publish.disclosure.certify import Certificates, prove_many
from vrn.publish.disclosure.mover import Mover
from vrn.publish.disclosure.puzzle import Puzzle
from vrn.publish.disclosure.workers import Tell

# So many counts without a proof are worth a try to prove them together.
MANY = 10
# After so many that were proved one by one they are tried together again: what was hidden for their sake proves many others.
SOME = 30


def protect(puzzle: Puzzle, tell: Tell) -> np.ndarray:
    """Hides figures in `puzzle.hidden_rows` until every hidden cell that needs it has its range.

    tell: is told which share of the cells without a range has one by now.
    Returns the cells that cannot be protected, because what gives them away was published before.
    """
    proofs = Certificates(puzzle)
    mover = Mover(puzzle)
    most = 0
    while len(waiting := proofs.open_cells()):
        if len(waiting) >= MANY:
            prove_many(puzzle, proofs)
        left = proofs.open_cells()
        most = max(most, len(left))
        for number, cell in enumerate(left[:SOME]):
            tell(1 - (len(left) - number) / most)
            # An earlier step may have proved it.
            if proofs.is_open(cell) and not mover.move(cell, proofs):
                puzzle.is_fixed[cell] = True
    return np.flatnonzero(puzzle.is_fixed)
