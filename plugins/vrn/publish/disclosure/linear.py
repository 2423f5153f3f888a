"""Linear programs, as disclosure control asks them: thousands of small ones, of which nobody wants
to know the prices.

HiGHS solves them, by the interface that scipy's `linprog` itself uses. `linprog` spends as long on
each program as HiGHS does: it checks what it is given, builds the same matrix several times over,
and walks through all columns for their marginal prices. The answers are those of `linprog` without
presolve to the last bit, because HiGHS is given the same program with the same options; a test
holds them together.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize._highspy import _core as highs
from scipy.sparse import csc_array, csr_array, vstack

from vrn.errors import VrnError

# What `linprog` takes for exact: a table that breaks a relation by more proves nothing.
TOLERANCE = 10 * np.sqrt(1e-9)
WITHOUT_ANSWER = (
    highs.HighsModelStatus.kInfeasible,
    highs.HighsModelStatus.kUnbounded,
    highs.HighsModelStatus.kUnboundedOrInfeasible,
    # Without a column.
    highs.HighsModelStatus.kModelEmpty,
)


class Unsolved(VrnError):
    """HiGHS came to no end with a program, or gave values that break a relation: nobody knows what would be safe."""


def solve(
    cost: np.ndarray,
    equal: tuple[csr_array, np.ndarray],
    below: tuple[csr_array, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> np.ndarray | None:
    """The values between `low` and `high` whose cost is least; None where there are none.

    equal, below: a matrix and what its product with the values is to be, or not to exceed; either may have no rows.
    """
    right = np.concatenate([below[1], equal[1]])
    left = np.concatenate([np.full(len(below[1]), -np.inf), equal[1]])
    return solve_columns(cost, csc_array(vstack([below[0], equal[0]])), (left, right), (low, high))


def solve_columns(
    cost: np.ndarray, matrix: csc_array, sides: tuple[np.ndarray, np.ndarray], limits: tuple[np.ndarray, np.ndarray]
) -> np.ndarray | None:
    """The same with all rows in one matrix, whose product with the values is to be between both sides. In each column the rows
    are in order."""
    for part in (cost, matrix.data, *sides, *limits):
        if np.isnan(part).any():
            raise ValueError("A program has something in it that is no number.")
    for presolve in ("off", "on"):
        status, values, products = _highs(cost, matrix, sides, limits, presolve)
        if status in WITHOUT_ANSWER:
            return None
        if status == highs.HighsModelStatus.kOptimal and _is_exact(values, products, sides, limits):
            return values
    row_count, column_count = matrix.shape
    raise Unsolved(
        f"A linear program of disclosure control ({column_count} columns, {row_count} rows) gave no sure answer: {status.name}. "
        "Nobody knows which figures may be shown, so none of this release is. Make the release again, on a machine with more "
        "memory if that was short; if that does not help, report this sentence."
    )


def _is_exact(values: np.ndarray, products: np.ndarray, sides: tuple[np.ndarray, ...], limits: tuple[np.ndarray, ...]) -> bool:
    is_off = max(
        np.max(sides[0] - products, initial=0),
        np.max(products - sides[1], initial=0),
        np.max(limits[0] - values, initial=0),
        np.max(values - limits[1], initial=0),
    )
    # What is no number is not exact either.
    return bool(is_off <= TOLERANCE)


def _highs(cost, matrix, sides, limits, presolve: str) -> tuple[highs.HighsModelStatus, np.ndarray, np.ndarray]:
    """What became of a program, and where it is optimal the values and what their products with the matrix are."""
    solver = highs._Highs()
    solver.passOptions(_options(presolve))
    row_count, column_count = matrix.shape
    # As arrays, because the fields of a HighsLp are converted number by number, which takes long.
    solver.passModel(
        column_count, row_count, matrix.nnz, int(highs.MatrixFormat.kColwise), int(highs.ObjSense.kMinimize), 0.0,
        cost, *limits, *sides, matrix.indptr, matrix.indices, matrix.data, np.zeros(column_count, dtype=np.int32),
    )  # fmt: skip
    solver.run()
    solution = solver.getSolution()
    return solver.getModelStatus(), np.array(solution.col_value), np.array(solution.row_value)


def _options(presolve: str) -> highs.HighsOptions:
    """Those of `linprog`; presolve: `off`, or `on` for a program that came to no end without.

    Nearly all that may move costs something and need not move, so that the dual simplex begins with a table in which little but
    the count in question does not hold yet. To look for a smaller program first takes longer than to solve the one that there is.
    """
    options = highs.HighsOptions()
    options.presolve = presolve
    options.highs_debug_level = highs.HighsDebugLevel.kHighsDebugLevelNone
    options.log_to_console = options.output_flag = False
    options.simplex_strategy = highs.simplex_constants.SimplexStrategy.kSimplexStrategyDual
    return options
