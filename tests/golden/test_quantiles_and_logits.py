"""Quantiles by PHE's rule, and the inequality of proportions on the scale of logits, by closed forms and numpy."""

from __future__ import annotations

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from tests.golden.asking import L95, L998, ask, refusal
from tests.golden.test_inequality import coefficients
from tests.properties import examples

quick = examples(40)


def quantiles(db, *arguments):
    return ask(db, "quantiles", *arguments)[0]


@pytest.mark.parametrize(
    ("points", "groups", "expected"),
    [
        # By k + 1 - ceil((n + 1 - r) k / n), on paper: of ten values the first quarter is three large and the second two.
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4, [1, 1, 1, 2, 2, 3, 3, 3, 4, 4]),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ([1, 2, 3, 4, 5, 6, 7], 3, [1, 1, 1, 2, 2, 3, 3]),
        ([7, 1, 5], 3, [3, 1, 2]),
        # Three that tie have the rank of the first of them; the fourth has its own.
        ([1, 2, 2, 2, 3, 4], 3, [1, 1, 1, 1, 3, 3]),
        ([5, 5, 5, 5], 2, [1, 1, 1, 1]),
        ([4, None, 2, 1, None, 3], 2, [2, None, 1, 1, None, 2]),
        ([4, None, 2], 3, [None, None, None]),
        ([], 5, None),
    ],
)
def test_quantiles_are_those_of_phes_rule(stats_db, points, groups, expected):
    """Issue 15, B8."""
    assert quantiles(stats_db, points, groups, False) == expected


def test_the_highest_values_are_in_the_first_quantile_as_the_most_deprived_areas_are(stats_db):
    assert quantiles(stats_db, [1, 2, 3, 4, 5, 6, 7], 3) == [3, 3, 2, 2, 1, 1, 1]
    assert quantiles(stats_db, [1, 2, 3, 4, 5, 6, 7], 3, True) == [3, 3, 2, 2, 1, 1, 1]


@quick
@given(size=st.integers(1, 30), groups=st.integers(1, 10), order=st.randoms(use_true_random=False))
def test_quantiles_of_different_values_differ_in_size_by_one_at_most(stats_db, size, groups, order):
    points = list(range(size))
    order.shuffle(points)
    got = quantiles(stats_db, points, groups, False)
    if size < groups:
        assert got == [None] * size
        return
    sizes = [got.count(group) for group in range(1, groups + 1)]
    assert sum(sizes) == size
    assert max(sizes) - min(sizes) <= 1
    assert [one for _, one in sorted(zip(points, got, strict=True))] == sorted(got)
    assert quantiles(stats_db, [-point for point in points], groups, True) == got


def test_what_is_no_quantile_is_null_or_an_error_with_a_sentence(stats_db):
    assert quantiles(stats_db, None, 5) is None
    assert quantiles(stats_db, [1, 2], None) is None
    assert quantiles(stats_db, [1, 2], 2, None) is None
    assert refusal(stats_db, "quantiles", [1, 2], 0) == "stats.quantiles takes one group or more, not 0"


PEOPLE = [1200, 900, 1100, 1000, 800]
SHARES = [0.31, 0.22, 0.25, 0.12, 0.08]


def test_the_index_of_proportions_whose_logits_lie_on_a_line_has_a_closed_form(stats_db):
    """Issue 15, B8. Three equal groups at logits of -1, 0 and 1 stand at 1/6, 1/2 and 5/6: the line goes from -1.5 to 1.5."""
    got = ask(stats_db, "sii_logit", [1, 1, 1], [1 / (1 + math.e), 0.5, math.e / (1 + math.e)])
    assert got == pytest.approx((0.6351489523872873, 4.4816890703380645), rel=1e-14)
    assert got == pytest.approx((math.tanh(0.75), math.exp(1.5)), rel=1e-14)


groups = st.integers(3, 10).flatmap(
    lambda size: st.tuples(
        st.lists(st.integers(1, 10**6), min_size=size, max_size=size),
        st.lists(st.floats(0.001, 0.999), min_size=size, max_size=size),
    )
)


@quick
@given(groups=groups)
def test_the_index_of_proportions_agrees_with_numpys_least_squares(stats_db, groups):
    populations, proportions = groups
    intercept, slope = coefficients(populations) @ logit(proportions)
    most, least = expit(intercept), expit(intercept + slope)
    got = ask(stats_db, "sii_logit", populations, proportions)
    assert got == pytest.approx((least - most, least / most), rel=1e-6, abs=1e-6)
    # Of those that do not have it, the index is turned over.
    assert ask(stats_db, "sii_logit", populations, [1 - p for p in proportions])[0] == pytest.approx(-got[0], abs=1e-9)


@pytest.mark.parametrize("level", [L95, L998])
def test_limits_of_proportions_agree_with_a_simulation_that_draws_every_group_by_itself(stats_db, level):
    errors = [1 / math.sqrt(n * p * (1 - p)) for n, p in zip(PEOPLE, SHARES, strict=True)]
    drawn = numpy.random.default_rng(15).normal(logit(SHARES), errors, (400_000, 5)) @ coefficients(PEOPLE).T
    most, least = expit(drawn[:, 0]), expit(drawn.sum(axis=1))
    tails = [(1 - float(level)) / 2, (1 + float(level)) / 2]
    wanted = [*numpy.quantile(least - most, tails), *numpy.quantile(least / most, tails)]
    assert ask(stats_db, "sii_logit_ci", PEOPLE, SHARES, errors, level) == pytest.approx(wanted, rel=0.02)


def test_proportions_known_without_error_have_limits_at_the_index(stats_db):
    sii, rii = ask(stats_db, "sii_logit", PEOPLE, SHARES)
    assert ask(stats_db, "sii_logit_ci", PEOPLE, SHARES, [0] * 5, L95) == pytest.approx((sii, sii, rii, rii), rel=1e-12)


def test_t060_a_proportion_of_none_or_all_has_no_logit_and_no_index(stats_db):
    for odd in (0, 1, None):
        assert ask(stats_db, "sii_logit", [1, 2, 3], [0.5, odd, 0.2]) == (None, None)
        assert ask(stats_db, "sii_logit_ci", [1, 2, 3], [0.5, odd, 0.2], [1, 1, 1], L95) == (None,) * 4


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("sii_logit", ([1, 2, 3], [0.1, 1.1, 0.2]), "stats.sii_logit takes proportions from 0 to 1, not {0.1,1.1,0.2}"),
        ("sii_logit", ([1, 2, 3], [0.1, -0.1, 0.2]), "stats.sii_logit takes proportions from 0 to 1, not {0.1,-0.1,0.2}"),
        (
            "sii_logit",
            ([1, 2], [0.1, 0.2]),
            "stats.sii takes the populations and values of three groups or more, the most deprived first, not 2 and 2",
        ),
        (
            "sii_logit_ci",
            ([1, 2, 3], [0.1, 0.2, 0.3], [1, 1, 1], 95),
            "stats.sii_ci takes a level between 0 and 1, such as 0.95, not 95",
        ),
    ],
)
def test_what_is_no_inequality_of_proportions_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    assert refusal(stats_db, function, *arguments) == sentence
