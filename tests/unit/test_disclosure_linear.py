"""Disclosure control's own way to HiGHS gives what scipy's `linprog` gives, to the last bit (issue
17, 5).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array

from tests.related_worlds import SHAPES, RelatedWorld
from tests.worlds import suppressed
from vrn.publish.disclosure import certify, linear


def program(seed: int, rows_equal: int, rows_below: int, columns: int = 60) -> tuple:
    """A program such as disclosure control asks: sums of a few counts, some of which may fall short; values agree."""
    draw = np.random.default_rng(seed)
    true = draw.integers(0, 30, columns).astype(float)

    def some(rows: int) -> csr_array:
        return csr_array((draw.random((rows, columns)) < 0.1) * draw.choice([-1.0, 1.0], (rows, columns)))

    equal, below = some(rows_equal), some(rows_below)
    low = np.where(draw.random(columns) < 0.3, true, 0)
    high = np.where(draw.random(columns) < 0.3, true + 5, np.inf)
    cost = draw.choice([0.0, 1e-3, 2.5], columns)
    return cost, (equal, equal @ true), (below, below @ true + draw.integers(0, 3, rows_below)), low, high


def by_linprog(cost, equal, below, low, high):
    found = linprog(
        cost,
        A_eq=equal[0] if equal[0].shape[0] else None,
        b_eq=equal[1] if equal[0].shape[0] else None,
        A_ub=below[0] if below[0].shape[0] else None,
        b_ub=below[1] if below[0].shape[0] else None,
        bounds=np.column_stack([low, high]),
        method="highs",
        options={"presolve": False},
    )
    return found.x if found.status == 0 else None


@pytest.mark.parametrize(("rows_equal", "rows_below"), [(25, 10), (25, 0), (0, 25)])
def test_the_answer_is_that_of_linprog_to_the_last_bit(rows_equal, rows_below):
    for seed in range(30):
        asked = program(seed, rows_equal, rows_below)
        assert linear.solve(*asked).tobytes() == by_linprog(*asked).tobytes()


def test_there_is_no_answer_where_no_values_agree():
    cost, (equal, right), below, low, high = program(1, 25, 10)
    narrow = np.minimum(high, low)
    assert by_linprog(cost, (equal, right + 1), below, low, narrow) is None
    assert linear.solve(cost, (equal, right + 1), below, low, narrow) is None


def test_there_is_no_answer_where_a_cost_falls_for_ever():
    cost, equal, below, low, high = program(1, 0, 1)
    assert linear.solve(-np.ones_like(cost), equal, below, low, np.full_like(high, np.inf)) is None


def come_to_no_end(monkeypatch, *presolves: str) -> None:
    """HiGHS gives up after two pivots where its presolve is one of these."""
    options = linear._options

    def limited(presolve: str):
        made = options(presolve)
        if presolve in presolves:
            made.simplex_iteration_limit = 2
        return made

    monkeypatch.setattr(linear, "_options", limited)


def test_a_program_that_came_to_no_end_is_not_taken_for_a_program_without_an_answer(monkeypatch):
    """Every failure of the solver was: of forty hidden counts thirty could then be worked out, and nobody heard of it."""
    come_to_no_end(monkeypatch, "off", "on")
    with pytest.raises(linear.Unsolved, match=r"60 columns, 35 rows\) gave no sure answer: kIterationLimit"):
        linear.solve(*program(3, 25, 10))


def test_a_program_that_comes_to_no_end_without_presolve_is_solved_with_presolve(monkeypatch):
    asked = program(3, 25, 10)
    cost, least = asked[0], linear.solve(*asked)
    come_to_no_end(monkeypatch, "off")
    assert cost @ linear.solve(*asked) == pytest.approx(cost @ least)


def test_an_answer_that_breaks_a_relation_is_no_answer(monkeypatch):
    monkeypatch.setattr(linear, "TOLERANCE", -1)
    with pytest.raises(linear.Unsolved):
        linear.solve(*program(3, 25, 10))


@pytest.mark.parametrize("place", ["cost", "coefficient", "side", "limit"])
def test_a_program_with_something_that_is_no_number_is_refused(place):
    given = dict.fromkeys(("cost", "coefficient", "side", "limit"), 1.0) | {place: np.nan}
    matrix, side = csc_array(np.array([[given["coefficient"]]])), np.array([given["side"]])
    with pytest.raises(ValueError, match="no number"):
        linear.solve_columns(np.array([given["cost"]]), matrix, (side, side), (np.zeros(1), np.array([given["limit"]])))


def test_counts_that_are_not_proved_together_because_that_program_came_to_no_end_are_proved_one_by_one(monkeypatch):
    world = RelatedWorld(SHAPES["a sum"], 9009, "LVRN5", has_windows=True)
    figures = world.figures()

    def no_end(*_):
        raise linear.Unsolved

    monkeypatch.setattr(certify.Program, "solve", no_end)
    assert world.too_narrow(figures, suppressed(world.decide(figures)), most=6) == []
