"""Change between two periods, rounding, control charts and funnels in the database (DOMAIN 4.8, 4.10 and 4.11)."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from tests.golden.asking import L95, L998, ask, refusal, vectors
from tests.properties import examples

quick = examples(40)


@pytest.mark.parametrize(
    ("x_a", "n_a", "x_b", "n_b", "lower", "upper"),
    [
        # Newcombe 1998, table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_differences_of_proportions_agree_with_newcombes_table(stats_db, x_a, n_a, x_b, n_b, lower, upper):
    assert ask(stats_db, "newcombe_ci", x_a, n_a, x_b, n_b, L95) == pytest.approx((lower, upper), abs=5.1e-5)


@quick
@given(data=st.data(), n_a=st.integers(1, 5000), n_b=st.integers(1, 5000), level=st.sampled_from([L95, L998]))
def test_the_limits_of_a_difference_bracket_it_and_turn_over_with_it(stats_db, data, n_a, n_b, level):
    x_a, x_b = data.draw(st.integers(0, n_a)), data.draw(st.integers(0, n_b))
    lower, upper = ask(stats_db, "newcombe_ci", x_a, n_a, x_b, n_b, level)
    assert -1 - 1e-9 <= lower <= x_a / n_a - x_b / n_b <= upper <= 1 + 1e-9
    turned = ask(stats_db, "newcombe_ci", x_b, n_b, x_a, n_a, level)
    assert (-turned[1], -turned[0]) == pytest.approx((lower, upper), abs=1e-12)


@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b"),
    [(0, 1, 5, 1), (3, 1, 0, 2), (7, 3.5, 2, 1.25), (40, 12_000, 25, 9_000), (1131, 1, 1144, 1), (300, 1e6, 20_000, 3e7)],
)
def test_mid_p_is_twice_the_smaller_tail_of_the_binomial(stats_db, a, n_a, b, n_b):
    n, share = a + b, n_a / (n_a + n_b)
    half = binom.pmf(a, n, share) / 2
    expected = 2 * min(binom.cdf(a - 1, n, share) + half, binom.sf(a, n, share) + half)
    assert ask(stats_db, "mid_p", a, float(n_a), b, float(n_b))[0] == pytest.approx(expected, rel=1e-9, abs=0)


def test_mid_p_of_none_against_some_is_a_power_of_the_others_share(stats_db):
    for events in (1, 5, 30):
        assert ask(stats_db, "mid_p", 0, 1, events, 1)[0] == pytest.approx(0.5**events, rel=1e-12, abs=0)
        assert ask(stats_db, "mid_p", events, 3, 0, 1)[0] == pytest.approx(0.75**events, rel=1e-12, abs=0)


def test_mid_p_of_counts_in_their_share_is_near_one(stats_db):
    assert ask(stats_db, "mid_p", 0, 1, 0, 1) == (1,)
    assert ask(stats_db, "mid_p", 7, 1, 7, 1)[0] == pytest.approx(1, abs=1e-12)


def test_mid_p_that_no_double_precision_can_hold_is_nought(stats_db):
    assert ask(stats_db, "mid_p", 0, 1, 100_000, 1) == (0,)


@quick
@given(a=st.integers(0, 300), b=st.integers(0, 300), n_a=st.floats(0.01, 1000), n_b=st.floats(0.01, 1000))
def test_mid_p_is_a_probability_and_the_same_from_both_sides(stats_db, a, b, n_a, n_b):
    got = ask(stats_db, "mid_p", a, n_a, b, n_b)[0]
    assert 0 <= got <= 1
    assert ask(stats_db, "mid_p", b, n_b, a, n_a)[0] == pytest.approx(got, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "places", "printed"),
    [
        (-12.5, 0, "-13"),
        (12.5, 0, "13"),
        (0.5, 0, "1"),
        (-0.5, 0, "-1"),
        (2.5, 0, "3"),
        (0.285, 2, "0.29"),
        (-0.285, 2, "-0.29"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (-38.65546218487395, 3, "-38.655"),
        (1.2, 2, "1.20"),
        (1250, -2, "1300"),
        (1e15, 0, "1000000000000000"),
        (0, 1, "0.0"),
    ],
)
def test_t062_half_is_rounded_away_from_zero(stats_db, value, places, printed):
    assert str(ask(stats_db, "round_half_away", float(value), places)[0]) == printed


def test_t062_a_half_that_comes_out_of_a_division_is_still_a_half(stats_db):
    """32 to 28 is -12.5 %; 1.15 of 0.1 is 11.5 and not the 11.499999999999998 of double precision."""
    assert ask(stats_db, "round_half_away", (28 - 32) / 32 * 100, 0) == (-13,)
    assert 1.15 / 0.1 < 11.5
    assert ask(stats_db, "round_half_away", 1.15 / 0.1, 0) == (12,)


@quick
@given(hundredths=st.integers(-(10**9), 10**9))
def test_t062_rounding_is_that_of_the_decimal_that_is_seen(stats_db, hundredths):
    decimal = Decimal(hundredths) / 100
    expected = decimal.quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")
    assert ask(stats_db, "round_half_away", hundredths / 100, 1) == (expected,)


def test_a_figure_that_is_not_known_is_rounded_to_nothing(stats_db):
    assert ask(stats_db, "round_half_away", None, 1) == (None,)
    assert ask(stats_db, "round_half_away", 1.5, None) == (None,)


@pytest.mark.parametrize(("baseline", "now", "change"), [(1144, 1131, "-1.136"), (119, 73, "-38.655"), (19889, 16163, "-18.734")])
def test_the_changes_of_the_progress_report_come_out_to_the_printed_digits(stats_db, baseline, now, change):
    assert str(ask(stats_db, "round_half_away", (now - baseline) / baseline * 100, 3)[0]) == change


def signals(db, points, centre=0, sigma=1):
    return ask(db, "spc_signals", points, centre, sigma)[0]


def test_a_point_beyond_three_sigma_is_a_signal_on_either_side(stats_db):
    assert signals(stats_db, [1, 3, 3.01, -1, -3.01, 0]) == [None, None, "outside_limits", None, "outside_limits", None]


def test_the_eighth_point_in_a_row_on_one_side_is_a_signal_and_so_is_the_ninth(stats_db):
    points = [0.1, 0.5, 0.2, 0.6, 0.3, 0.9, 0.1, 0.2, 0.1]
    assert signals(stats_db, points) == [None] * 7 + ["run"] * 2
    assert signals(stats_db, [-p for p in points]) == [None] * 7 + ["run"] * 2
    assert signals(stats_db, points[:7]) == [None] * 7


@pytest.mark.parametrize("interruption", [0, -0.1, None])
def test_a_point_on_the_centre_or_across_it_or_missing_ends_a_run(stats_db, interruption):
    points = [0.1, 0.5, 0.2, 0.6, interruption, 0.9, 0.1, 0.2, 0.1, 0.3, 0.2, 0.4]
    assert signals(stats_db, points) == [None] * 12
    assert signals(stats_db, [*points, 0.3]) == [None] * 12 + ["run"]
    assert signals(stats_db, [0.1, 0.5, 0.2, 0.6, 0.3, 0.9, 0.1, 0.2, interruption]) == [None] * 7 + ["run", None]


def test_the_sixth_point_that_rises_or_falls_steadily_is_a_signal_and_so_is_the_seventh(stats_db):
    points = [-0.6, -0.4, -0.2, 0.1, 0.2, 0.3, 0.4]
    assert signals(stats_db, points) == [None] * 5 + ["trend"] * 2
    assert signals(stats_db, points[::-1]) == [None] * 5 + ["trend"] * 2
    assert signals(stats_db, points[:5]) == [None] * 5


@pytest.mark.parametrize("interruption", [-0.2, -0.3, None])
def test_a_point_that_stands_or_turns_or_is_missing_ends_a_trend(stats_db, interruption):
    assert signals(stats_db, [-0.6, -0.4, -0.2, interruption, 0.1, 0.2, 0.3]) == [None] * 7
    assert signals(stats_db, [-1.1, -1, -0.8, -0.6, -0.4, -0.2, interruption]) == [None] * 5 + ["trend", None]


def test_a_trend_that_turns_begins_anew_with_the_turning_point(stats_db):
    assert signals(stats_db, [-0.4, 0, 0.5, 0.4, 0.3, -0.1, -0.2, -0.3]) == [None] * 7 + ["trend"]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([2.1, 2.2], [None, "two_of_three"]),
        ([2.1, 0, 2.2], [None, None, "two_of_three"]),
        ([-2.1, 0, -2.2], [None, None, "two_of_three"]),
        ([2.1, None, 2.2], [None, None, "two_of_three"]),
        ([2.1, 0, 0.5, 2.2], [None] * 4),
        ([2.1, -2.2], [None, None]),
        ([2.1, 2.0], [None, None]),
        ([2.1, 2.2, 0.5], [None, "two_of_three", None]),
        ([3.5, 2.2], ["outside_limits", "two_of_three"]),
    ],
)
def test_two_of_three_points_beyond_two_sigma_on_one_side_are_a_signal(stats_db, points, expected):
    assert signals(stats_db, points) == expected


def test_a_point_that_breaks_several_rules_has_the_first_of_them(stats_db):
    assert signals(stats_db, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 2.5, 2.6, 3.5]) == [
        *[None] * 5,
        "trend",
        "trend",
        "run",
        "outside_limits",
    ]


def test_the_published_robbery_series_has_its_limits_and_the_signals_of_a_run_are_not_in_it(stats_db):
    file = vectors("xmr")
    moves = [abs(b - a) for a, b in zip(file["x"], file["x"][1:], strict=False)]
    mean, range_ = sum(file["x"]) / 12, sum(moves) / 11
    assert (mean, mean - 2.66 * range_, mean + 2.66 * range_) == pytest.approx((file["mean"], file["lcl"], file["ucl"]), abs=5.1e-9)
    assert signals(stats_db, file["x"], mean, 2.66 * range_ / 3) == [None] * 12
    # The count chart takes the same numbers for noise of their own size: its limits are nearer, and still none is outside.
    assert (mean - 3 * math.sqrt(mean), mean + 3 * math.sqrt(mean)) == pytest.approx((57.5507, 112.9493), abs=5.1e-5)
    c_chart = signals(stats_db, file["x"], mean, math.sqrt(mean))
    assert c_chart == [None] * 9 + ["two_of_three"] + [None] * 2


@quick
@given(points=st.lists(st.integers(-40, 40), max_size=30), centre=st.integers(-5, 5), scale=st.sampled_from([0.25, 2, 8]))
def test_signals_do_not_depend_on_the_unit_or_on_which_way_is_up(stats_db, points, centre, scale):
    plain = signals(stats_db, points, centre, 10)
    assert len(plain) == len(points)
    assert signals(stats_db, [p * scale for p in points], centre * scale, 10 * scale) == plain
    assert signals(stats_db, [-p for p in points], -centre, 10) == plain


def test_without_points_a_centre_or_a_sigma_there_are_no_signals(stats_db):
    assert signals(stats_db, []) == []
    assert signals(stats_db, None) is None
    assert signals(stats_db, [1], centre=None) is None
    assert signals(stats_db, [1], sigma=None) is None


def inverse_wilson(p, n, level):
    """PHE's formula, as DOMAIN 4.11 has it."""
    z2 = norm.isf((1 - float(level)) / 2) ** 2
    f = p * (n / z2 + 1)
    adj = math.sqrt((8 * f) ** 2 - 64 * (1 / z2 + 1 / n) * p * (n * (p * (n / z2 + 2) - 1) + z2 * (p - 1)))
    return [(f + sign * adj / 8) / (1 / z2 + 1 / n) / n for sign in (-1, 1)]


@pytest.mark.parametrize(("level", "upper"), [(L95, 0.8102039750), (L998, 0.8123835279)])
def test_funnel_limits_agree_with_the_published_vectors(stats_db, level, upper):
    benchmark = 0.806424478571495
    got = ask(stats_db, "funnel_proportion_limits", benchmark, 41_980, level)
    assert got[1] == pytest.approx(upper, abs=5.1e-11)
    assert got == pytest.approx(inverse_wilson(benchmark, 41_980, level), rel=1e-9)


@quick
@given(benchmark=st.floats(0.01, 0.99), n=st.integers(10, 10**6), level=st.sampled_from([L95, L998]))
def test_funnel_limits_are_where_wilsons_limits_meet_the_benchmark(stats_db, benchmark, n, level):
    lower, upper = ask(stats_db, "funnel_proportion_limits", benchmark, n, level)
    assert 0 <= lower < benchmark < upper <= 1
    if lower > 0 and upper < 1:
        assert (lower, upper) == pytest.approx(inverse_wilson(benchmark, n, level), rel=1e-6)
        low, high = (ask(stats_db, "wilson_ci", Decimal(repr(p * n)), n, level) for p in (lower, upper))
        assert (low[1], high[0]) == pytest.approx((benchmark, benchmark), rel=1e-6)


def test_funnel_limits_stay_within_nought_and_one(stats_db):
    assert ask(stats_db, "funnel_proportion_limits", 0.1, 5, L95)[0] == 0
    assert ask(stats_db, "funnel_proportion_limits", 0.9, 5, L95)[1] == 1
    assert ask(stats_db, "funnel_proportion_limits", 0, 5, L95) == (0, 0)
    assert ask(stats_db, "funnel_proportion_limits", 1, 5, L95) == (1, 1)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("newcombe_ci", (None, 5, 1, 5, L95)),
        ("newcombe_ci", (1, 5, None, 5, L95)),
        ("newcombe_ci", (0, 0, 1, 5, L95)),
        ("newcombe_ci", (1, 5, 0, 0, L95)),
        ("newcombe_ci", (1, 5, 1, 5, None)),
        ("funnel_proportion_limits", (None, 5, L95)),
        ("funnel_proportion_limits", (0.5, None, L95)),
        ("funnel_proportion_limits", (0.5, 5, None)),
        ("funnel_proportion_limits", (0.5, 0, L95)),
        ("mid_p", (None, 1, 1, 1)),
        ("mid_p", (1, None, 1, 1)),
        ("mid_p", (1, 1, None, 1)),
        ("mid_p", (1, 1, 1, None)),
        ("mid_p", (1, 0, 1, 1)),
        ("mid_p", (1, 1, 1, -1)),
        ("mid_p", (1, 0, 1, 0)),
    ],
)
def test_t060_nothing_known_or_no_denominator_gives_one_row_of_nulls(stats_db, function, arguments):
    assert set(ask(stats_db, function, *arguments)) == {None}


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("newcombe_ci", (6, 5, 1, 5, L95), "stats.wilson_ci takes 0 <= numerator <= denominator, not 6 of 5"),
        ("newcombe_ci", (1, 5, -1, 5, L95), "stats.wilson_ci takes 0 <= numerator <= denominator, not -1 of 5"),
        ("newcombe_ci", (1, 5, 1, 5, 95), "stats.wilson_ci takes a level between 0 and 1, such as 0.95, not 95"),
        ("mid_p", (-1, 1, 1, 1), "stats.mid_p takes whole numbers of events of 0 or more, not -1 and 1"),
        ("mid_p", (1, 1, -1, 1), "stats.mid_p takes whole numbers of events of 0 or more, not 1 and -1"),
        ("mid_p", (Decimal("1.5"), 1, 1, 1), "stats.mid_p takes whole numbers of events of 0 or more, not 1.5 and 1"),
        ("mid_p", (1, 1, Decimal("1.5"), 1), "stats.mid_p takes whole numbers of events of 0 or more, not 1 and 1.5"),
        ("spc_signals", ([1], 0, -1), "stats.spc_signals takes a sigma of 0 or more, not -1"),
        ("funnel_proportion_limits", (-0.1, 5, L95), "stats.funnel_proportion_limits takes a benchmark between 0 and 1, not -0.1"),
        ("funnel_proportion_limits", (1.1, 5, L95), "stats.funnel_proportion_limits takes a benchmark between 0 and 1, not 1.1"),
        ("funnel_proportion_limits", (0.5, -5, L95), "stats.funnel_proportion_limits takes a denominator of 0 or more, not -5"),
        (
            "funnel_proportion_limits",
            (0.5, 5, 1),
            "stats.funnel_proportion_limits takes a level between 0 and 1, such as 0.95, not 1",
        ),
    ],
)
def test_what_is_no_change_or_chart_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    assert refusal(stats_db, function, *arguments) == sentence
