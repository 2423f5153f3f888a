"""Standardised rates and means in the database against published vectors (PHE's test tables, DOMAIN 4.3 to 4.5) and scipy."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from tests.golden.asking import L95, L998, ask, refusal, vectors
from tests.properties import examples, seeds

quick = examples(40)

WEIGHTS = [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]
POPULATIONS = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
MANY = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SOME = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
NINE = [0, 0, None, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 3]

DSR = """
    select sum(w * o / n) / sum(w), (stats.dsr_ci(sum(o), sum(w * o / n) / sum(w), sum(o * (w / n) ^ 2) / sum(w) ^ 2, %s)).*
    from unnest(%s::numeric[], %s::numeric[], %s::numeric[]) as band (o, n, w)
"""


@pytest.mark.parametrize(
    ("counts", "level", "per_100_000"),
    [
        (MANY, L95, (10430.247991469423, 9717.709067985681, 11178.94091547925)),
        (MANY, L998, (10430.247991469423, 9323.287880219903, 11620.595999522058)),
        (SOME, L95, (1103.212025300104, 877.455767536709, 1367.0882227251795)),
    ],
)
def test_standardised_rates_agree_with_the_published_vectors(stats_db, counts, level, per_100_000):
    from_arrays = ask(stats_db, "dsr", counts, POPULATIONS, WEIGHTS, level)
    assert [x * 1e5 for x in from_arrays] == pytest.approx(per_100_000, rel=1e-12)
    from_a_query = stats_db.execute(DSR, [level, counts, POPULATIONS, WEIGHTS]).fetchone()
    assert [float(x) * 1e5 for x in from_a_query] == pytest.approx(per_100_000, rel=1e-12)


def test_the_vectors_here_are_those_of_the_vector_file():
    file = vectors("dsr_esp2013")
    assert (file["weights"], file["pop"]) == (WEIGHTS, POPULATIONS)
    assert [file[one]["count"] for one in ("big", "small", "tiny")] == [MANY, SOME, NINE]


def test_events_that_repeat_have_the_limits_of_the_variance_that_is_passed_in(stats_db):
    """Both published limits for repeat events come from one variance: the one that the lower of them says."""
    rate, lower, upper = 10430.247991469423, 9532.94977862, 11373.07483298
    byar = stats_db.execute("select lower from stats.poisson_ci(895, 0.95)").fetchone()[0]
    variance = 895 * ((rate - lower) / (895 - byar)) ** 2
    assert ask(stats_db, "dsr_ci", 895, rate, variance, L95) == pytest.approx((lower, upper), rel=1e-11)


def test_one_person_with_f_events_weighs_f_squared_in_the_variance(stats_db):
    """80 people with one event and 20 with three are 140 events; the limits are wider than those of 140 people with one."""
    people, f = {1: 80, 3: 20}, 1 / 1000
    variance = sum(times**2 * number * f**2 for times, number in people.items())
    repeated = ask(stats_db, "dsr_ci", 140, 0.14, variance, L95)
    apart = ask(stats_db, "dsr_ci", 140, 0.14, 140 * f**2, L95)
    widened = math.sqrt((80 + 9 * 20) / 140)
    assert [x - 0.14 for x in repeated] == pytest.approx([(x - 0.14) * widened for x in apart], rel=1e-12)


def test_t065_a_dsr_of_nine_events_is_null(stats_db):
    assert ask(stats_db, "dsr", NINE, POPULATIONS, WEIGHTS, L95) == (None, None, None)
    assert ask(stats_db, "dsr_ci", 9, 0.001, 0.0001, L95) == (None, None)
    ten = [1, *NINE[1:]]
    assert None not in ask(stats_db, "dsr", ten, POPULATIONS, WEIGHTS, L95)
    assert None not in ask(stats_db, "dsr_ci", 10, 0.001, 0.0001, L95)


def test_t063_a_dsr_of_ten_events_has_byars_limits(stats_db):
    """With a variance of 10 the standardised count is the count."""
    assert ask(stats_db, "dsr_ci", 10, 10, 10, L95) == pytest.approx((2393.7249569837822 / 500, 9195.729302878237 / 500), rel=1e-12)


def test_t060_no_events_in_any_band_are_no_rate(stats_db):
    assert ask(stats_db, "dsr", [0] * 19, POPULATIONS, WEIGHTS, L95) == (None, None, None)


@pytest.mark.worlds
def test_t069_the_order_of_the_bands_changes_no_digit_of_a_dsr(stats_db):
    bands = list(zip(MANY, POPULATIONS, WEIGHTS, strict=True))
    in_order = ask(stats_db, "dsr", *map(list, zip(*bands, strict=True)), L95)
    for seed in seeds(20):
        random.Random(seed).shuffle(bands)
        assert ask(stats_db, "dsr", *map(list, zip(*bands, strict=True)), L95) == in_order, (seed, bands)


def test_a_band_without_a_count_has_no_events(stats_db):
    with_null, with_nought = [None, *MANY[1:]], [0, *MANY[1:]]
    assert ask(stats_db, "dsr", with_null, POPULATIONS, WEIGHTS, L95) == ask(
        stats_db, "dsr", with_nought, POPULATIONS, WEIGHTS, L95
    )


@quick
@given(
    counts=st.lists(st.integers(0, 500), min_size=2, max_size=19).filter(lambda found: sum(found) >= 10),
    population=st.integers(1, 10**6),
    weight=st.integers(1, 10**5),
    level=st.sampled_from([L95, L998]),
)
def test_equal_weights_and_populations_give_the_crude_rate_and_its_limits(stats_db, counts, population, weight, level):
    bands, events = len(counts), sum(counts)
    crude = stats_db.execute("select %s, lower, upper from stats.poisson_ci(%s, %s)", [float(events), events, level]).fetchone()
    got = ask(stats_db, "dsr", counts, [population] * bands, [weight] * bands, level)
    assert got == pytest.approx([x / (population * bands) for x in crude], rel=1e-9, abs=0)


@quick
@given(data=st.data(), size=st.integers(1, 8))
def test_the_limits_of_a_dsr_bracket_it_and_do_not_depend_on_the_scale_of_the_weights(stats_db, data, size):
    counts = data.draw(st.lists(st.integers(0, 200), min_size=size, max_size=size).filter(lambda found: sum(found) >= 10))
    populations = data.draw(st.lists(st.integers(1, 10**5), min_size=size, max_size=size))
    weights = data.draw(st.lists(st.integers(1, 10**4), min_size=size, max_size=size))
    value, lower, upper = ask(stats_db, "dsr", counts, populations, weights, L95)
    assert lower < value < upper
    scaled = ask(stats_db, "dsr", counts, populations, [w * 7 for w in weights], L95)
    assert scaled == pytest.approx((value, lower, upper), rel=1e-9)


def test_indirectly_standardised_ratios_agree_with_the_published_vectors(stats_db):
    expected = 835.8835612311743
    assert 895 / expected * 100 == pytest.approx(107.07232939020275, rel=1e-12)
    assert ask(stats_db, "isr_ci", 895, expected, L95) == pytest.approx((100.17147712553987, 114.3233287249895), rel=1e-12)


def test_t063_an_isr_of_nine_events_has_exact_limits_and_of_ten_byars(stats_db):
    # Printed as ratios of 9 events to 8.3588.
    assert ask(stats_db, "isr_ci", 9, 8.358835612311743, L95) == pytest.approx((49.23, 204.39), abs=5.1e-3)
    for events in (9, 10):
        counts = stats_db.execute("select lower, upper from stats.poisson_ci(%s, 0.95)", [events]).fetchone()
        assert ask(stats_db, "isr_ci", events, 50.0, L95) == pytest.approx([x * 2 for x in counts], rel=1e-12)


def test_t060_an_isr_of_no_expected_events_is_null(stats_db):
    assert ask(stats_db, "isr_ci", 5, 0, L95) == (None, None)
    assert ask(stats_db, "isr_ci", 5, None, L95) == (None, None)
    assert ask(stats_db, "isr_ci", None, 5, L95) == (None, None)


def sums(values):
    exact = [Decimal(repr(x)) for x in values]
    return len(exact), sum(exact), sum(x * x for x in exact)


def test_means_agree_with_the_published_vector(stats_db):
    n, mean, sd = 8, Decimal("53.704345"), Decimal("20.97557525770931")
    got = ask(stats_db, "mean_ci", n, n * mean, (n - 1) * sd**2 + n * mean**2, L95)
    assert got == pytest.approx((36.168325241336504, 71.24036475866352), rel=1e-12)


@quick
@given(
    values=st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)), min_size=2, max_size=30).filter(
        lambda xs: len(set(xs)) > 1
    ),
    level=st.sampled_from([L95, L998]),
)
def test_means_agree_with_scipy(stats_db, values, level):
    n, total, squares = sums(values)
    mean = total / n
    sd = math.sqrt(sum((Decimal(repr(x)) - mean) ** 2 for x in values) / (n - 1))
    half = student.isf((1 - float(level)) / 2, n - 1) * sd / math.sqrt(n)
    lower, upper = ask(stats_db, "mean_ci", n, total, squares, level)
    assert (upper - lower) / 2 == pytest.approx(half, rel=1e-9, abs=1e-9)
    assert (upper + lower) / 2 == pytest.approx(float(mean), rel=1e-9, abs=1e-9)


def test_a_small_spread_about_a_large_mean_is_not_lost_in_rounding(stats_db):
    """In double precision the squares of these would leave no digit of their variance."""
    n, total, squares = sums([1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.3])
    lower, upper = ask(stats_db, "mean_ci", n, total, squares, L95)
    assert (upper - lower) / 2 == pytest.approx(student.isf(0.025, 2) * 0.1 / math.sqrt(3), rel=1e-5)


def test_values_that_are_all_the_same_have_limits_at_their_mean(stats_db):
    assert ask(stats_db, "mean_ci", 3, 15, 75, L95) == (5, 5)
    # A last digit lost on the way, as from a sum in double precision.
    assert ask(stats_db, "mean_ci", 3, 15, Decimal("74.999999999"), L95) == (5, 5)


@pytest.mark.parametrize("arguments", [(0, 0, 0), (1, 5, 25), (None, 5, 25), (3, None, 25), (3, 5, None)])
def test_fewer_than_two_values_have_no_limits(stats_db, arguments):
    assert ask(stats_db, "mean_ci", *arguments, L95) == (None, None)


@pytest.mark.parametrize("df", [1, 1.5, 2, 3, 7, 19, 39.9, 40.1, 200, 5_000, 99_999, 100_001, 1e7])
def test_the_t_quantile_agrees_with_scipy_to_nine_digits(stats_db, df):
    for p in (1e-60, 1e-12, 0.0005, 0.001, 0.025, 0.1, 0.2, 0.24, 0.26, 0.4, 0.499, 0.5 - 1e-9, 0.5 + 1e-9, 0.7, 0.975, 0.999):
        # scipy's own quantile loses digits close to the middle and far out: what is compared is the probability.
        got = ask(stats_db, "student_t_quantile", p, df)[0]
        if abs(p - 0.5) > 1e-6:
            assert student.cdf(got, df) == pytest.approx(p, rel=1e-9 * max(1, df * 1e-2), abs=0), p
            assert got == pytest.approx(student.ppf(p, df), rel=1e-9), p
        else:
            assert got == pytest.approx((p - 0.5) / student.pdf(0, df), rel=1e-9), p


def test_the_t_quantile_has_the_values_that_are_known_exactly(stats_db):
    for p in (0.025, 0.25, 0.3, 0.6, 0.999):
        assert ask(stats_db, "student_t_quantile", p, 1)[0] == pytest.approx(-1 / math.tan(math.pi * p), rel=1e-12)
        assert ask(stats_db, "student_t_quantile", p, 2)[0] == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-12)
    assert ask(stats_db, "student_t_quantile", 0.5, 3)[0] == 0
    assert ask(stats_db, "student_t_quantile", None, 3)[0] is None
    assert ask(stats_db, "student_t_quantile", 0.1, None)[0] is None


@quick
@given(p=st.floats(1e-9, 1 - 1e-9), df=st.floats(1, 1000))
def test_the_t_quantile_lies_outside_the_normal_one_and_mirrors_itself(stats_db, p, df):
    got = ask(stats_db, "student_t_quantile", p, df)[0]
    assert abs(got) >= abs(norm.ppf(p)) * (1 - 1e-9)
    # 1 - p is rounded, and far out that moves the quantile.
    assert ask(stats_db, "student_t_quantile", 1 - p, df)[0] == pytest.approx(-got, rel=1e-6, abs=1e-12)


def test_the_t_quantile_of_many_degrees_of_freedom_is_the_normal_one(stats_db):
    for p in (0.001, 0.025, 0.3, 0.9):
        assert ask(stats_db, "student_t_quantile", p, 1e12)[0] == pytest.approx(norm.ppf(p), rel=1e-11)


@pytest.mark.parametrize(
    ("a", "b", "x"), [(0.5, 3, 0.2), (10, 0.5, 0.9), (2, 3, 0), (50_000, 0.5, 0.999), (1.5, 2.5, 0.8), (0.5, 50_000, 1e-5)]
)
def test_the_beta_fraction_makes_the_incomplete_beta_function(stats_db, a, b, x):
    from scipy.special import beta, betainc

    got = ask(stats_db, "beta_fraction", float(a), float(b), float(x))[0]
    if x == 0:
        assert got == 1
    else:
        assert x**a * (1 - x) ** b / (a * beta(a, b)) * got == pytest.approx(betainc(a, b, x), rel=1e-9, abs=0)


def test_the_beta_fraction_of_nothing_known_is_null(stats_db):
    assert [ask(stats_db, "beta_fraction", *one)[0] for one in ((None, 1, 0.1), (1, None, 0.1), (1, 1, None))] == [None] * 3


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("dsr_ci", (-1, 0.1, 0.1, L95), "stats.dsr_ci takes events, a rate and a variance of 0 or more, not -1, 0.1 and 0.1"),
        ("dsr_ci", (10, -0.1, 0.1, L95), "stats.dsr_ci takes events, a rate and a variance of 0 or more, not 10, -0.1 and 0.1"),
        ("dsr_ci", (10, 0.1, -0.1, L95), "stats.dsr_ci takes events, a rate and a variance of 0 or more, not 10, 0.1 and -0.1"),
        ("dsr_ci", (9, 0.1, 0.1, 95), "stats.dsr_ci takes a level between 0 and 1, such as 0.95, not 95"),
        ("dsr", ([20], [10], [1], 0), "stats.dsr_ci takes a level between 0 and 1, such as 0.95, not 0"),
        (
            "dsr",
            ([5, 6], [10, 20], [1], L95),
            "stats.dsr takes a count, a population and a weight for each age band, not 2, 2 and 1 of them",
        ),
        (
            "dsr",
            ([5], [10, 20], [1], L95),
            "stats.dsr takes a count, a population and a weight for each age band, not 1, 2 and 1 of them",
        ),
        *(
            (
                "dsr",
                (*arrays, L95),
                "stats.dsr takes counts of 0 or more or NULL, populations above 0 and weights of 0 or more, not " + shown,
            )
            for arrays, shown in (
                (([5, 6], [10, 0], [1, 1]), "{5,6}, {10,0} and {1,1}"),
                (([5, 6], [10, None], [1, 1]), "{5,6}, {10,NULL} and {1,1}"),
                (([-5, 6], [10, 9], [1, 1]), "{-5,6}, {10,9} and {1,1}"),
                (([5, 6], [10, 9], [-1, 1]), "{5,6}, {10,9} and {-1,1}"),
                (([5, 6], [10, 9], [1, None]), "{5,6}, {10,9} and {1,NULL}"),
            )
        ),
        ("isr_ci", (5, -1, L95), "stats.isr_ci takes an expected number of events of 0 or more, not -1"),
        ("isr_ci", (-5, 1, L95), "stats.poisson_ci takes a whole number of events, 0 or more, not -5"),
        ("isr_ci", (5, 1, 1), "stats.poisson_ci takes a level between 0 and 1, such as 0.95, not 1"),
        ("mean_ci", (-1, 1, 1, L95), "stats.mean_ci takes a whole number of values, 0 or more, not -1"),
        ("mean_ci", (2.5, 1, 1, L95), "stats.mean_ci takes a whole number of values, 0 or more, not 2.5"),
        ("mean_ci", (3, 15, 75, 1), "stats.mean_ci takes a level between 0 and 1, such as 0.95, not 1"),
        (
            "mean_ci",
            (3, 15, 74, L95),
            "stats.mean_ci takes the sum of the squared values, which for 3 values with the sum 15 cannot be 74",
        ),
        ("student_t_quantile", (0.0, 5), "stats.student_t_quantile takes a probability between 1e-100 and 1, not 0"),
        ("student_t_quantile", (1.0, 5), "stats.student_t_quantile takes a probability between 1e-100 and 1, not 1"),
        ("student_t_quantile", (0.5, 0.9), "stats.student_t_quantile takes 1 degree of freedom or more, not 0.9"),
        ("beta_fraction", (0, 1, 0.5), "stats.beta_fraction takes a and b above 0 and x from 0 to below 1, not 0, 1 and 0.5"),
        ("beta_fraction", (1, -1, 0.5), "stats.beta_fraction takes a and b above 0 and x from 0 to below 1, not 1, -1 and 0.5"),
        ("beta_fraction", (1, 1, 1), "stats.beta_fraction takes a and b above 0 and x from 0 to below 1, not 1, 1 and 1"),
    ],
)
def test_what_is_no_rate_or_mean_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    given_ = [Decimal(str(x)) if function == "mean_ci" and x is not None else x for x in arguments]
    assert refusal(stats_db, function, *given_) == sentence


@pytest.mark.parametrize(
    ("function", "arguments", "columns"),
    [
        ("dsr", (None, [1], [1], L95), 3),
        ("dsr", ([1], None, [1], L95), 3),
        ("dsr", ([1], [1], None, L95), 3),
        ("dsr", ([20], [100], [1], None), 3),
        ("dsr_ci", (None, 0.1, 0.1, L95), 2),
        ("dsr_ci", (20, None, 0.1, L95), 2),
        ("dsr_ci", (20, 0.1, None, L95), 2),
        ("dsr_ci", (20, 0.1, 0.1, None), 2),
        ("mean_ci", (3, 15, 80, None), 2),
        ("isr_ci", (3, 15, None), 2),
    ],
)
def test_nothing_known_gives_one_row_of_nulls(stats_db, function, arguments, columns):
    assert ask(stats_db, function, *arguments) == (None,) * columns
