"""The slope and relative index of inequality in the database against PHE's vector, numpy and exact limits (DOMAIN 4.12)."""

from __future__ import annotations

import math
from statistics import fmean

import numpy
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tests.golden.asking import L95, L998, ask, refusal, vectors
from tests.properties import examples

quick = examples(40)

POPULATIONS = [7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534]
VALUES = [
    75.9334590103081,
    78.3442382727843,
    83.8360631041654,
    83.6375399664931,
    80.4655031529559,
    81.1156759857022,
    81.6930848,
    84.1900062,
    80.5955641,
    86.2894349,
]
# Violence with injury a thousand by fifths, as it falls from the most deprived to the least.
PEOPLE = [310_000, 305_000, 298_000, 301_000, 295_000]
RATES = [24.1, 14.8, 9.9, 7.2, 4.6]
ERRORS = [1 / math.sqrt(rate * people / 1000) for rate, people in zip(RATES, PEOPLE, strict=True)]


def coefficients(populations):
    """What intercept and slope make of the values: the least squares of sqrt(a) y on sqrt(a) and b sqrt(a)."""
    shares = numpy.array(populations, float) / sum(populations)
    midpoints = numpy.cumsum(shares) - shares / 2
    root = numpy.sqrt(shares)
    return numpy.linalg.pinv(numpy.column_stack([root, midpoints * root])) * root


def test_the_index_agrees_with_the_published_vector(stats_db):
    # PHE's digits are cut off after the sixth and not rounded.
    assert ask(stats_db, "sii", POPULATIONS, VALUES) == pytest.approx((6.934616, 1.088818), abs=1e-6)
    intercept, slope = coefficients(POPULATIONS) @ VALUES
    assert ask(stats_db, "sii", POPULATIONS, VALUES) == pytest.approx((slope, (intercept + slope) / intercept), rel=1e-11)
    file = vectors("sii")
    assert (file["pop"], file["value"], file["sii"], file["rii"]) == (POPULATIONS, VALUES, 6.934616, 1.088818)


groups = st.integers(3, 10).flatmap(
    lambda size: st.tuples(
        st.lists(st.integers(1, 10**6), min_size=size, max_size=size), st.lists(st.floats(1, 1000), min_size=size, max_size=size)
    )
)


@quick
@given(groups=groups)
def test_the_index_agrees_with_numpys_least_squares(stats_db, groups):
    populations, values = groups
    intercept, slope = coefficients(populations) @ values
    assert ask(stats_db, "sii", populations, values)[0] == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert ask(stats_db, "sii_line", populations, values, False) == pytest.approx((intercept, slope), rel=1e-6, abs=1e-6)
    intercept, slope = coefficients(populations) @ numpy.log(values)
    expected = (math.exp(intercept + slope) - math.exp(intercept), math.exp(slope))
    assert ask(stats_db, "sii", populations, values, True) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@quick
@given(populations=st.lists(st.integers(0, 10**6), min_size=3, max_size=10).filter(lambda p: sum(x > 0 for x in p) > 1))
def test_equal_values_have_no_inequality(stats_db, populations):
    assert ask(stats_db, "sii", populations, [12.3] * len(populations)) == (0, 1)
    assert ask(stats_db, "sii", populations, [12.3] * len(populations), True) == (0, 1)


@quick
@given(groups=groups)
def test_the_index_turns_over_with_the_order_of_the_groups(stats_db, groups):
    populations, values = groups
    sii, rii = ask(stats_db, "sii", populations, values, True)
    turned = ask(stats_db, "sii", populations[::-1], values[::-1], True)
    assert (-turned[0], 1 / turned[1]) == pytest.approx((sii, rii), rel=1e-6, abs=1e-6)


@quick
@given(groups=groups, factor=st.sampled_from([0.001, 10, 1e5]))
def test_the_slope_index_has_the_unit_of_the_values_and_the_relative_one_has_none(stats_db, groups, factor):
    populations, values = groups
    for transform in (False, True):
        sii, rii = ask(stats_db, "sii", populations, values, transform)
        scaled = ask(stats_db, "sii", populations, [v * factor for v in values], transform)
        assert scaled[0] == pytest.approx(sii * factor, rel=1e-6, abs=1e-6 * factor)
        assert scaled[1] == pytest.approx(rii, rel=1e-6)


def test_higher_rates_in_deprived_areas_make_the_index_negative(stats_db):
    for transform in (False, True):
        sii, rii = ask(stats_db, "sii", PEOPLE, RATES, transform)
        assert sii < 0 < rii < 1


def test_a_line_that_begins_at_nought_has_no_relative_index(stats_db):
    assert ask(stats_db, "sii", [1, 1, 1], [0, 0, 0]) == (0, None)


def half_width(limits):
    return (limits[1] - limits[0]) / 2


@pytest.mark.parametrize("level", [L95, L998])
def test_the_limits_of_the_slope_index_are_those_of_a_normal_distribution(stats_db, level):
    """Without transform the slope is a sum of normal values, so its limits are known without a simulation."""
    errors = [0.4, 0.3, 0.5, 0.4, 0.6]
    slope, sd = coefficients(PEOPLE)[1] @ RATES, math.sqrt(sum((coefficients(PEOPLE)[1] * errors) ** 2))
    z = norm.isf((1 - float(level)) / 2)
    got = ask(stats_db, "sii_ci", PEOPLE, RATES, errors, level)[:2]
    assert fmean(got) == pytest.approx(slope, abs=1e-4 * z * sd)
    assert half_width(got) == pytest.approx(z * sd, rel=0.006)


@pytest.mark.parametrize("level", [L95, L998])
def test_the_limits_of_the_relative_index_of_rates_are_those_of_a_log_normal_distribution(stats_db, level):
    slope, sd = coefficients(PEOPLE)[1] @ numpy.log(RATES), math.sqrt(sum((coefficients(PEOPLE)[1] * ERRORS) ** 2))
    z = norm.isf((1 - float(level)) / 2)
    got = [math.log(x) for x in ask(stats_db, "sii_ci", PEOPLE, RATES, ERRORS, level, True)[2:]]
    assert fmean(got) == pytest.approx(slope, abs=1e-4 * z * sd)
    assert half_width(got) == pytest.approx(z * sd, rel=0.006)


@pytest.mark.parametrize(("transform", "errors"), [(True, ERRORS), (False, [0.4, 0.3, 0.5, 0.4, 0.6])])
def test_limits_agree_with_a_simulation_that_draws_every_group_by_itself(stats_db, transform, errors):
    centre = numpy.log(RATES) if transform else numpy.array(RATES)
    draws = numpy.random.default_rng(20200825).normal(centre, errors, (400_000, 5))
    bottom, slope = coefficients(PEOPLE) @ draws.T
    top = bottom + slope
    if transform:
        bottom, top = numpy.exp(bottom), numpy.exp(top)
    sii, rii = numpy.quantile(top - bottom, [0.025, 0.975]), numpy.quantile(top / bottom, [0.025, 0.975])
    got = ask(stats_db, "sii_ci", PEOPLE, RATES, errors, L95, transform)
    assert got[:2] == pytest.approx(tuple(sii), abs=0.02 * half_width(sii))
    assert got[2:] == pytest.approx(tuple(rii), abs=0.02 * half_width(rii))


def test_limits_are_the_same_every_time_they_are_asked_for(stats_db):
    answers = {ask(stats_db, "sii_ci", PEOPLE, RATES, ERRORS, L95, True) for _ in range(3)}
    assert answers == {ask(stats_db, "sii_ci", PEOPLE, RATES, ERRORS, L95, True, 10_000)}
    assert ask(stats_db, "sii_ci", PEOPLE, RATES, ERRORS, L95, True, 20_000) not in answers


def test_limits_take_two_quantiles_for_each_of_ten_thousand_draws(server, stats_db):
    # That is what they cost, counted by the server: it is the same on every machine.
    called = "select funcname, calls from pg_stat_xact_user_functions where schemaname = 'stats'"
    with psycopg.connect(server.conninfo("postgres", stats_db.info.dbname)) as superuser:
        superuser.execute("set local track_functions = 'all'")
        ask(superuser, "sii_ci", PEOPLE, RATES, ERRORS, L95, True)
        lines = 1 + len(RATES)
        assert dict(superuser.execute(called).fetchall()) == {
            "sii_ci": 1, "sii_draws": 1, "sii_limits": 1, "sii_line": lines, "weighted_line": lines, "normal_quantile": 20_000,
        }  # fmt: skip


@pytest.mark.parametrize("transform", [False, True])
def test_limits_bracket_the_index_and_widen_with_the_level_and_the_errors(stats_db, transform):
    sii, rii = ask(stats_db, "sii", PEOPLE, RATES, transform)
    narrow, wide = (ask(stats_db, "sii_ci", PEOPLE, RATES, ERRORS, level, transform) for level in (L95, L998))
    larger = ask(stats_db, "sii_ci", PEOPLE, RATES, [e * 2 for e in ERRORS], L95, transform)
    for outer in (wide, larger):
        assert outer[0] < narrow[0] < sii < narrow[1] < outer[1]
        assert outer[2] < narrow[2] < rii < narrow[3] < outer[3]


def test_values_without_errors_have_limits_at_the_index(stats_db):
    sii, rii = ask(stats_db, "sii", PEOPLE, RATES)
    assert ask(stats_db, "sii_ci", PEOPLE, RATES, [0] * 5, L95) == pytest.approx((sii, sii, rii, rii), rel=1e-12)


@pytest.mark.parametrize("transform", [False, True])
@pytest.mark.parametrize(
    ("populations", "values"),
    [(None, [1, 2, 3]), ([1, 2, 3], None), ([1, None, 3], [1, 2, 3]), ([1, 2, 3], [1, 2, None]), ([0, 5, 0], [1, 2, 3])],
)
def test_groups_that_are_not_known_or_empty_have_no_index(stats_db, populations, values, transform):
    assert ask(stats_db, "sii", populations, values, transform) == (None, None)
    assert ask(stats_db, "sii_ci", populations, values, [1, 1, 1], L95, transform) == (None,) * 4


def test_t060_a_rate_of_nought_has_no_logarithm_and_no_index_of_rates(stats_db):
    assert ask(stats_db, "sii", [1, 2, 3], [5, 2, 0], True) == (None, None)
    assert ask(stats_db, "sii_ci", [1, 2, 3], [5, 2, 0], [1, 1, 1], L95, True) == (None,) * 4
    assert None not in ask(stats_db, "sii", [1, 2, 3], [5, 2, 0], False)


def test_errors_or_a_level_that_are_not_known_leave_the_limits_unknown(stats_db):
    for unknown in (([1, None, 1], L95, False, 10_000), (None, L95, False, 10_000), ([1, 1, 1], None, False, 10_000)):
        assert ask(stats_db, "sii_ci", [1, 2, 3], [5, 2, 1], *unknown) == (None,) * 4
    assert ask(stats_db, "sii_ci", [1, 2, 3], [5, 2, 1], [1, 1, 1], L95, None, 10_000) == (None,) * 4
    assert ask(stats_db, "sii_ci", [1, 2, 3], [5, 2, 1], [1, 1, 1], L95, False, None) == (None,) * 4
    assert ask(stats_db, "sii", [1, 2, 3], [5, 2, 1], None) == (None, None)


GROUPS = "stats.sii takes the populations and values of three groups or more, the most deprived first, not "


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("sii", ([1, 2, 3], [1, 2]), GROUPS + "3 and 2"),
        ("sii", ([1, 2], [1, 2]), GROUPS + "2 and 2"),
        ("sii", ([1, 2, -3], [1, 2, 3]), "stats.sii takes populations of 0 or more, not {1,2,-3}"),
        (
            "sii",
            ([1, 2, 3], [1, 2, -3], True),
            "stats.sii takes rates of 0 or more where it takes their logarithms, not {1,2,-3}",
        ),
        (
            "sii_ci",
            ([1, 2, 3], [1, 2, 3], [1, 2], L95),
            "stats.sii_ci takes a standard error of 0 or more for each value, not {1,2} for {1,2,3}",
        ),
        (
            "sii_ci",
            ([1, 2, 3], [1, 2, 3], [1, 2, -1], L95),
            "stats.sii_ci takes a standard error of 0 or more for each value, not {1,2,-1} for {1,2,3}",
        ),
        (
            "sii_ci",
            ([1, 2, 3], [1, 2, 3], [1, 1, 1], 95),
            "stats.sii_ci takes a level between 0 and 1, such as 0.95, not 95",
        ),
        *(
            (
                "sii_ci",
                ([1, 2, 3], [1, 2, 3], [1, 1, 1], L95, False, draws),
                f"stats.sii_ci takes from 10000 to 1000000 draws, not {draws}",
            )
            for draws in (9_999, 1_000_001)
        ),
    ],
)
def test_what_is_no_inequality_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    assert refusal(stats_db, function, *arguments) == sentence
