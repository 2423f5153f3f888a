"""The recent trend in the database against the vectors of Fingertips' calculator (DOMAIN 4.7)."""

from __future__ import annotations

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from tests.golden.asking import L95, ask, refusal, vectors
from tests.properties import examples

quick = examples(40)

PROPORTIONS = [
    ([621, 599, 556, 535, 447], [3454, 3195, 3256, 3227, 3121], 20.1151, "decreasing"),
    ([8116, 8145, 8222, 8506, 8728], [91530, 91773, 92088, 92238, 92665.89], 23.5541, "increasing"),
    ([5405, 5500, 5435, 5480, 5315], [18095, 18170, 18005, 17890, 17860], 0.0180, "no_change"),
    ([22435, 22445, 21365, 20955, 19055], [65880, 67900, 68705, 69835, 70910], 978.2845, "decreasing"),
    ([7, 6, 8, 8, 9], [35, 42, 50, 100, 200], 13.7631, "decreasing"),
]
VALUES = (
    [7.0826, 7.1085, 7.2571, 7.4528, 7.6554],
    [7.0754, 7.1013, 7.2499, 7.4456, 7.6481],
    [7.094, 7.1199, 7.2684, 7.4643, 7.6669],
)


def wilson(db, numerators, denominators):
    """Five proportions with their limits, as a trend takes them."""
    limits = [ask(db, "wilson_ci", x, n, L95) for x, n in zip(numerators, denominators, strict=True)]
    return [x / n for x, n in zip(numerators, denominators, strict=True)], *map(list, zip(*limits, strict=True))


@pytest.mark.parametrize(("numerators", "denominators", "chi_square", "mark"), PROPORTIONS)
def test_trends_of_proportions_agree_with_the_published_vectors(stats_db, numerators, denominators, chi_square, mark):
    got = ask(stats_db, "recent_trend_proportion_chi_square", numerators, denominators)[0]
    assert got == pytest.approx(chi_square, abs=5.1e-5)
    assert ask(stats_db, "recent_trend_proportion", numerators, denominators) == (mark,)


def test_the_vectors_here_are_those_of_the_vector_file():
    for mine, its in zip(PROPORTIONS[:4], vectors("trend_proportion"), strict=True):
        assert mine == (its["r"], its["n"], its["chi2"], its["marker"])


def test_trends_of_values_agree_with_the_published_vectors(stats_db):
    line = ask(stats_db, "weighted_line", [1, 2, 3, 4, 5], VALUES[0], ask(stats_db, "recent_trend_weights", *VALUES[1:])[0])
    assert line[1] == pytest.approx(0.148799, abs=5.1e-7)
    assert ask(stats_db, "recent_trend_chi_square", *VALUES)[0] == pytest.approx(9740.10, abs=5.1e-3)
    assert ask(stats_db, "recent_trend", *VALUES) == ("increasing",)


def test_the_weighted_trend_of_wilsons_limits_agrees_with_the_published_vector(stats_db):
    points = wilson(stats_db, *PROPORTIONS[0][:2])
    assert ask(stats_db, "recent_trend_chi_square", *points)[0] == pytest.approx(21.653, abs=5.1e-4)
    assert ask(stats_db, "recent_trend", *points) == ("decreasing",)


@quick
@given(data=st.data())
def test_the_line_and_its_chi_square_agree_with_numpy(stats_db, data):
    points = data.draw(st.lists(st.floats(1, 100), min_size=5, max_size=5))
    halves = data.draw(st.lists(st.floats(0.5, 5), min_size=5, max_size=5))
    lowers, uppers = [p - h for p, h in zip(points, halves, strict=True)], [p + h for p, h in zip(points, halves, strict=True)]
    sigmas = (numpy.array(uppers) - numpy.array(lowers)) / 3.92
    (slope, intercept), covariance = numpy.polyfit([1, 2, 3, 4, 5], points, 1, w=1 / sigmas, cov="unscaled")
    got = ask(stats_db, "weighted_line", [1, 2, 3, 4, 5], points, list(1 / sigmas**2))
    assert got == pytest.approx((intercept, slope, covariance[0, 0]), rel=1e-9, abs=1e-9)
    expected = slope**2 / covariance[0, 0]
    assert ask(stats_db, "recent_trend_chi_square", points, lowers, uppers)[0] == pytest.approx(expected, rel=1e-7, abs=1e-9)


def steady(step, half):
    points = [100 + step * year for year in range(5)]
    return points, [p - half for p in points], [p + half for p in points]


def test_the_threshold_is_two_in_a_thousand_and_not_one_in_twenty(stats_db):
    """With sigma 1 the chi-square of a steady step is ten times its square."""
    for chi_square, mark in ((9.5495, "no_change"), (9.5496, "increasing"), (chi2.isf(0.05, 1) + 1, "no_change")):
        points = steady(math.sqrt(chi_square / 10), 1.96)
        assert ask(stats_db, "recent_trend_chi_square", *points)[0] == pytest.approx(chi_square, rel=1e-9)
        assert ask(stats_db, "recent_trend", *points) == (mark,)
        falling = steady(-math.sqrt(chi_square / 10), 1.96)
        assert ask(stats_db, "recent_trend", *falling) == (mark.replace("increasing", "decreasing"),)
    assert chi2.isf(0.002, 1) == pytest.approx(9.5495357)


@pytest.mark.parametrize("place", range(5))
def test_a_trend_that_one_point_makes_alone_is_no_trend(stats_db, place):
    """Four points fall a little; the fifth lies so far off that the line of all rises, or the other way round."""
    sign = 1 if place > 2 else -1
    points = [100 - 0.5 * year for year in range(5)]
    points[place] += sign * 40
    if place == 2:
        # In the middle a point does not move the slope, so it is the far ends that decide.
        points = [100, 100, 100, 100, 140]
    limits = [p - 1 for p in points], [p + 1 for p in points]
    assert ask(stats_db, "recent_trend_chi_square", points, *limits)[0] > 9.55
    assert ask(stats_db, "recent_trend", points, *limits) == ("no_change",)
    turned = [-p for p in points]
    assert ask(stats_db, "recent_trend", turned, [p - 1 for p in turned], [p + 1 for p in turned]) == ("no_change",)


def test_a_trend_of_proportions_that_one_year_makes_alone_is_no_trend(stats_db):
    numerators, denominators = [500, 495, 490, 485, 800], [1000] * 5
    assert ask(stats_db, "recent_trend_proportion_chi_square", numerators, denominators)[0] > 9.55
    assert ask(stats_db, "recent_trend_proportion", numerators, denominators) == ("no_change",)
    assert ask(stats_db, "recent_trend_proportion", [500, 550, 600, 650, 800], denominators) == ("increasing",)


def test_the_direction_of_proportions_goes_by_logits_with_the_same_weight_for_every_year(stats_db):
    """The large years fall, and so does the chi-square's line; without the fourth year the logits of all years rise."""
    numerators, denominators = [50, 5400, 5000, 460, 5], [100, 10_000, 10_000, 1000, 8]
    assert ask(stats_db, "recent_trend_proportion_chi_square", numerators, denominators)[0] > 9.55
    assert ask(stats_db, "recent_trend_proportion", numerators, denominators) == ("no_change",)


@quick
@given(data=st.data())
def test_a_trend_read_backwards_turns_over(stats_db, data):
    denominators = data.draw(st.lists(st.integers(50, 5000), min_size=5, max_size=5))
    numerators = [data.draw(st.integers(1, n - 1)) for n in denominators]
    forwards = ask(stats_db, "recent_trend_proportion", numerators, denominators)[0]
    backwards = ask(stats_db, "recent_trend_proportion", numerators[::-1], denominators[::-1])[0]
    assert backwards == {"increasing": "decreasing", "decreasing": "increasing"}.get(forwards, forwards)
    misses = [n - x for x, n in zip(numerators, denominators, strict=True)]
    assert ask(stats_db, "recent_trend_proportion", misses, denominators)[0] == backwards


def test_points_that_do_not_move_have_no_trend(stats_db):
    assert ask(stats_db, "recent_trend_chi_square", *steady(0, 1)) == (0,)
    assert ask(stats_db, "recent_trend", *steady(0, 1)) == ("no_change",)
    assert ask(stats_db, "recent_trend_proportion", [3] * 5, [10] * 5) == ("no_change",)


def without(points, place):
    return [None if i == place else p for i, p in enumerate(points)]


@pytest.mark.parametrize("place", range(5))
def test_a_year_that_is_not_known_leaves_the_trend_unknown(stats_db, place):
    for column in range(3):
        points = [without(one, place) if i == column else one for i, one in enumerate(VALUES)]
        assert ask(stats_db, "recent_trend", *points) == ("cannot_be_calculated",)
        assert ask(stats_db, "recent_trend_chi_square", *points) == (None,)
    numerators, denominators, *_ = PROPORTIONS[0]
    for points in ((without(numerators, place), denominators), (numerators, without(denominators, place))):
        assert ask(stats_db, "recent_trend_proportion", *points) == ("cannot_be_calculated",)
        assert ask(stats_db, "recent_trend_proportion_chi_square", *points) == (None,)


def test_no_years_at_all_leave_the_trend_unknown(stats_db):
    for column in range(3):
        points = [None if i == column else one for i, one in enumerate(VALUES)]
        assert ask(stats_db, "recent_trend", *points) == ("cannot_be_calculated",)
    assert ask(stats_db, "recent_trend_proportion", None, [9] * 5) == ("cannot_be_calculated",)
    assert ask(stats_db, "recent_trend_proportion", [9] * 5, None) == ("cannot_be_calculated",)


def test_limits_without_width_leave_the_trend_unknown(stats_db):
    points, lowers, uppers = VALUES
    assert ask(stats_db, "recent_trend", points, lowers, [*uppers[:4], lowers[4]]) == ("cannot_be_calculated",)


@pytest.mark.parametrize("extreme", [0, 50])
def test_a_year_with_none_or_all_leaves_the_trend_of_proportions_unknown(stats_db, extreme):
    numerators = [10, 20, 30, 40, extreme]
    assert ask(stats_db, "recent_trend_proportion", numerators, [50] * 5) == ("cannot_be_calculated",)
    assert ask(stats_db, "recent_trend_proportion_chi_square", numerators, [50] * 5) == (None,)


def test_a_year_without_a_denominator_leaves_the_trend_of_proportions_unknown(stats_db):
    assert ask(stats_db, "recent_trend_proportion", [10, 20, 30, 40, 0], [50, 50, 50, 50, 0]) == ("cannot_be_calculated",)


def test_a_line_leaves_out_a_point_that_weighs_nothing(stats_db):
    assert ask(stats_db, "weighted_line", [1, 2, 3, 4], [5, 7, 1000, 11], [1, 1, 0, 1])[:2] == pytest.approx((3, 2), rel=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        (None, [1, 2], [1, 1]),
        ([1, 2], None, [1, 1]),
        ([1, 2], [1, 2], None),
        ([1, None], [1, 2], [1, 1]),
        ([1, 2], [None, 2], [1, 1]),
        ([1, 2], [1, 2], [1, None]),
        ([3, 3], [1, 2], [1, 1]),
        ([1, 2], [1, 2], [0, 0]),
        ([], [], []),
    ],
)
def test_points_that_fix_no_line_have_none(stats_db, arguments):
    assert ask(stats_db, "weighted_line", *arguments) == (None, None, None)


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("recent_trend", ([1] * 4, [0] * 5, [2] * 5), "takes the values of the latest five points, oldest first, not 4"),
        ("recent_trend", ([1] * 6, [0] * 5, [2] * 5), "takes the values of the latest five points, oldest first, not 6"),
        ("recent_trend", ([1] * 5, [0] * 4, [2] * 5), "takes the limits of the latest five points, not 4 and 5 limits"),
        ("recent_trend", ([1] * 5, [0] * 5, [2] * 6), "takes the limits of the latest five points, not 5 and 6 limits"),
        (
            "recent_trend",
            ([1] * 5, [0, 0, 0, 0, 3], [2] * 5),
            "takes lower limits that are not above the upper ones, not {0,0,0,0,3} and {2,2,2,2,2}",
        ),
        (
            "recent_trend_proportion",
            ([1] * 4, [2] * 5),
            "takes the latest five numerators and denominators, oldest first, not 4 and 5",
        ),
        (
            "recent_trend_proportion",
            ([1] * 5, [2] * 6),
            "takes the latest five numerators and denominators, oldest first, not 5 and 6",
        ),
        (
            "recent_trend_proportion",
            ([1, 1, 1, 1, 3], [2] * 5),
            "takes 0 <= numerator <= denominator, not {1,1,1,1,3} of {2,2,2,2,2}",
        ),
        (
            "recent_trend_proportion",
            ([1, 1, 1, 1, -1], [2] * 5),
            "takes 0 <= numerator <= denominator, not {1,1,1,1,-1} of {2,2,2,2,2}",
        ),
        ("weighted_line", ([1, 2], [1], [1, 1]), "takes as many x as y and weights of 0 or more, not {1,2}, {1} and {1,1}"),
        ("weighted_line", ([1, 2], [1, 2], [1]), "takes as many x as y and weights of 0 or more, not {1,2}, {1,2} and {1}"),
        (
            "weighted_line",
            ([1, 2], [1, 2], [1, -1]),
            "takes as many x as y and weights of 0 or more, not {1,2}, {1,2} and {1,-1}",
        ),
    ],
)
def test_what_is_no_trend_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    assert refusal(stats_db, function, *arguments) == f"stats.{function} {sentence}"
