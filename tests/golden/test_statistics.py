"""The statistics in the database against published vectors (PHE's test tables, DOMAIN section 4) and against scipy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import RaiseException
from scipy.stats import binomtest, chi2, norm

from tests.properties import examples

quick = examples(40)

LEVELS = [0.95, 0.998]


def limits(db, function, *arguments):
    places = ", ".join(["%s::numeric"] * len(arguments))
    return db.execute(f"select (limits).lower, (limits).upper from stats.{function}({places}) as limits", arguments).fetchone()


def value(db, function, *arguments):
    places = ", ".join(["%s"] * len(arguments))
    return db.execute(f"select stats.{function}({places})", arguments).fetchone()[0]


def byar(events, level):
    z, more = norm.isf((1 - level) / 2), events + 1
    return (
        events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3,
        more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3,
    )


def exact(events, level):
    alpha = 1 - level
    return (chi2.ppf(alpha / 2, 2 * events) / 2 if events else 0, chi2.isf(alpha / 2, 2 * events + 2) / 2)


RATES = [
    # events, population, multiplier, value, lower 95 %, upper 95 %, method
    (1, 100, 100_000, 1000, 25.317807984289896, 5571.643390938898, "exact_poisson"),
    (5, 100, 100_000, 5000, 1623.4863901184199, 11668.332079322669, "exact_poisson"),
    (10, 200, 100_000, 5000, 2393.7249569837822, 9195.729302878237, "byar"),
    (20, 100, 100_000, 20000, 12211.428834875936, 30889.880369197064, "byar"),
    (65, 100, 100_000, 65000, 50163.18771045945, 82849.13854593984, "byar"),
    (9856, 12345, 100_000, 79837.99108950992, 78269.49058976758, 81430.01654272141, "byar"),
    (222, 3215, 100, 6.905132192846033, 6.026574877652675, 7.87572937087185, "byar"),
    (250, 220, 100_000, 113636.36363636365, 99984.94738532876, 128631.14487455782, "byar"),
    (1131, 1_508_941, 100_000, 74.95322878760668, 70.6480542673039, 79.45213224068718, "byar"),
]


@pytest.mark.parametrize(("events", "population", "multiplier", "rate", "lower", "upper", "method"), RATES)
def test_rates_agree_with_the_published_vectors(stats_db, events, population, multiplier, rate, lower, upper, method):
    got = limits(stats_db, "poisson_ci", events, 0.95)
    scale = multiplier / population
    assert events * scale == pytest.approx(rate, rel=1e-12)
    assert got[0] * scale == pytest.approx(lower, rel=1e-9)
    assert got[1] * scale == pytest.approx(upper, rel=1e-9)
    assert value(stats_db, "poisson_ci_method", events) == method


@pytest.mark.parametrize(
    ("events", "level", "lower", "upper"),
    [
        (65, 0.95, 50.163187710459454, 82.84913854593984),
        (1045, 0.95, 982.5932018073325, 1110.33121298565),
        (65, 0.998, 42.8802614714802, 94.00029084431802),
        (10, 0.998, 2.916318374695686, 24.193724927880535),
    ],
)
def test_counts_agree_with_the_published_vectors(stats_db, events, level, lower, upper):
    assert limits(stats_db, "poisson_ci", events, level) == pytest.approx((lower, upper), rel=1e-9)


@pytest.mark.parametrize(
    ("events", "population", "multiplier", "rate", "lower", "upper"),
    [
        (28, 1_508_941, 100_000, 1.8556, 1.2328, 2.6820),
        # DOMAIN prints 74.9533 here; its own vector file has 74.95322878760668.
        (1131, 1_508_941, 100_000, 74.9532, 70.6481, 79.4521),
        (73, 1_508_941, 100_000, 4.8378, 3.7919, 6.0829),
        (16163, 1_508_941, 1_000, 10.7115, 10.5470, 10.8779),
        (1362, 1_508_941, 100_000, 90.2620, 85.5314, 95.1861),
        (1182, 1_508_941, 100_000, 78.3331, 73.9305, 82.9294),
        (142, 1_508_941, 100_000, 9.4106, 7.9263, 11.0920),
        (20684, 1_508_941, 1_000, 13.7076, 13.5214, 13.8957),
        (686, 1_508_941, 100_000, 45.4623, 42.1235, 48.9955),
        (0, 60_888, 100_000, 0, 0, 6.0585),
        (3, 60_888, 100_000, 4.9271, 1.0161, 14.3990),
        (9, 60_888, 100_000, 14.7812, 6.7589, 28.0594),
        (10, 60_888, 100_000, 16.4236, 7.8627, 30.2054),
    ],
)
def test_the_progress_reports_rates_come_out_to_the_printed_digits(stats_db, events, population, multiplier, rate, lower, upper):
    got = limits(stats_db, "poisson_ci", events, 0.95)
    scale = multiplier / population
    assert [x * scale for x in (events, *got)] == pytest.approx([rate, lower, upper], abs=5.1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_exact_limits_are_used_below_ten_events_and_byars_from_ten_on(stats_db, level):
    assert limits(stats_db, "poisson_ci", 9, level) == pytest.approx(exact(9, level), rel=1e-9)
    assert limits(stats_db, "poisson_ci", 9, level) != pytest.approx(byar(9, level), rel=1e-6)
    assert limits(stats_db, "poisson_ci", 10, level) == pytest.approx(byar(10, level), rel=1e-9)
    assert [value(stats_db, "poisson_ci_method", x) for x in (0, 9, 10)] == ["exact_poisson", "exact_poisson", "byar"]


def test_one_event_has_a_lower_limit_where_byars_would_be_negative(stats_db):
    assert byar(1, 0.998) == (pytest.approx(-0.0028, abs=1e-4), pytest.approx(9.362180217908362, rel=1e-9))
    assert limits(stats_db, "poisson_ci", 1, 0.998) == pytest.approx((0.001000500333583534, 9.233413476451586), rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_limits_agree_with_scipy_for_every_count_to_two_hundred(stats_db, level):
    rows = stats_db.execute(
        "select events, limits.lower, limits.upper "
        "from generate_series(0, 200) as events cross join lateral stats.poisson_ci(events, %s::numeric) as limits order by events",
        [level],
    ).fetchall()
    assert [row[0] for row in rows] == list(range(201))
    for events, *got in rows:
        assert got == pytest.approx((exact if events < 10 else byar)(events, level), rel=1e-9)


PROPORTIONS = [
    (1, 100, 0.95, 0.0017674320641406511, 0.054486196178705294),
    (5, 100, 0.95, 0.02154367915436798, 0.11175046923191911),
    (20, 100, 0.95, 0.1333669333310325, 0.28882916559315885),
    (65, 100, 0.95, 0.5525444329688797, 0.7363575175690247),
    (1045, 5000, 0.95, 0.19795549880013297, 0.22049130373189027),
    (999, 3456, 0.95, 0.27418951080009873, 0.30440389662818057),
    (65, 100, 0.998, 0.4954946574070431, 0.7783540614089697),
]


@pytest.mark.parametrize(("x", "n", "level", "lower", "upper"), PROPORTIONS)
def test_proportions_agree_with_the_published_vectors(stats_db, x, n, level, lower, upper):
    assert limits(stats_db, "wilson_ci", x, n, level) == pytest.approx((lower, upper), rel=1e-9)


@pytest.mark.parametrize(("x", "n", "lower", "upper"), [(0, 120, 0, 0.031019), (5, 5, 0.565518, 1), (4, 15, 0.108975, 0.519504)])
def test_proportions_at_the_edges_come_out_to_the_printed_digits(stats_db, x, n, lower, upper):
    assert limits(stats_db, "wilson_ci", x, n, 0.95) == pytest.approx((lower, upper), abs=5.1e-7)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("x", "n"), [(0, 1), (1, 1), (3, 7), (250, 1000), (99_999, 100_000)])
def test_proportions_agree_with_scipy(stats_db, x, n, level):
    interval = binomtest(x, n).proportion_ci(level, method="wilson")
    assert limits(stats_db, "wilson_ci", x, n, level) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("a", "b", "ratio", "lower", "upper"),
    [
        (1144, 1131, 0.9886, 0.9106, 1.0733),
        (119, 73, 0.6134, 0.4584, 0.8210),
        (19889, 16163, 0.8127, 0.7960, 0.8297),
        (19, 28, 1.4737, 0.8230, 2.6388),
        (339, 199, 0.5870, 0.4928, 0.6993),
    ],
)
def test_ratios_of_two_years_agree_with_the_published_vectors(stats_db, a, b, ratio, lower, upper):
    got = limits(stats_db, "ratio_ci", b, 1, a, 1, 0.95)
    assert got == pytest.approx((lower, upper), abs=5.1e-5)
    # On the scale of logarithms the ratio lies in the middle.
    assert math.sqrt(got[0] * got[1]) == pytest.approx(ratio, abs=5.1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_ratios_of_rates_take_the_exposures_into_account(stats_db, level):
    ratio, se = (40 / 12_000) / (25 / 9_000), math.sqrt(1 / 40 + 1 / 25)
    expected = [math.exp(math.log(ratio) + sign * norm.isf((1 - level) / 2) * se) for sign in (-1, 1)]
    assert limits(stats_db, "ratio_ci", 40, 12_000, 25, 9_000, level) == pytest.approx(expected, rel=1e-9)


def test_the_normal_quantile_has_the_digits_of_the_published_one(stats_db):
    for p, published in ((0.975, 1.959963984540054), (0.999, 3.090232306167813)):
        assert value(stats_db, "normal_quantile", p) == pytest.approx(published, rel=1e-15)
        assert round(value(stats_db, "normal_quantile", p), 15) == published
    for p in (1e-300, 1e-10, 0.001, 0.07, 0.3, 0.5, 0.8, 0.93, 0.9999, 1 - 1e-10):
        assert value(stats_db, "normal_quantile", p) == pytest.approx(norm.ppf(p), rel=1e-12)


def test_limits_are_one_row_of_two_columns_however_they_are_asked_for(stats_db):
    cursor = stats_db.execute("select * from stats.poisson_ci(28, 0.95)")
    assert [(column.name, column.type_display) for column in cursor.description] == [("lower", "float8"), ("upper", "float8")]
    assert cursor.fetchall() == [limits(stats_db, "poisson_ci", 28, 0.95)]
    assert stats_db.execute("select (stats.poisson_ci(28, 0.95)).lower").fetchall() == [
        limits(stats_db, "poisson_ci", 28, 0.95)[:1]
    ]


counts = st.one_of(st.integers(0, 12), st.integers(0, 100_000))


@quick
@given(events=counts)
def test_limits_bracket_the_count_and_widen_with_the_level(stats_db, events):
    narrow, wide = limits(stats_db, "poisson_ci", events, 0.95), limits(stats_db, "poisson_ci", events, 0.998)
    assert wide[0] <= narrow[0] <= events < narrow[1] < wide[1]
    assert events == 0 or wide[0] < narrow[0] < events


@quick
@given(events=counts, level=st.sampled_from(LEVELS))
def test_limits_rise_with_the_count(stats_db, events, level):
    fewer, more = limits(stats_db, "poisson_ci", events, level), limits(stats_db, "poisson_ci", events + 1, level)
    assert fewer[0] < more[0]
    assert fewer[1] < more[1]


@quick
@given(n=st.integers(1, 10_000), data=st.data())
def test_wilsons_limits_mirror_each_other_and_stay_within_nought_and_one(stats_db, n, data):
    x = data.draw(st.integers(0, n))
    lower, upper = limits(stats_db, "wilson_ci", x, n, 0.95)
    mirrored = limits(stats_db, "wilson_ci", n - x, n, 0.95)
    assert 0 <= lower <= x / n <= upper <= 1
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((lower, upper), abs=1e-12)


@quick
@given(n=st.integers(1, 10_000), data=st.data())
def test_wilsons_limits_widen_with_the_level(stats_db, n, data):
    x = data.draw(st.integers(0, n))
    narrow, wide = limits(stats_db, "wilson_ci", x, n, 0.95), limits(stats_db, "wilson_ci", x, n, 0.998)
    assert wide[1] - wide[0] > narrow[1] - narrow[0]
    assert wide[0] <= narrow[0]
    assert narrow[1] <= wide[1]


@quick
@given(a=st.integers(1, 10_000), b=st.integers(1, 10_000), n_a=st.integers(1, 10**6), n_b=st.integers(1, 10**6))
def test_the_limits_of_a_ratio_turn_over_with_the_ratio(stats_db, a, b, n_a, n_b):
    lower, upper = limits(stats_db, "ratio_ci", a, n_a, b, n_b, 0.95)
    turned = limits(stats_db, "ratio_ci", b, n_b, a, n_a, 0.95)
    assert lower < (a / n_a) / (b / n_b) < upper
    assert (1 / turned[1], 1 / turned[0]) == pytest.approx((lower, upper), rel=1e-9)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("poisson_ci", (None, 0.95)),
        ("poisson_ci", (5, None)),
        ("wilson_ci", (None, 5, 0.95)),
        ("wilson_ci", (5, None, 0.95)),
        ("wilson_ci", (5, 10, None)),
        ("wilson_ci", (0, 0, 0.95)),
        ("ratio_ci", (0, 10, 5, 10, 0.95)),
        ("ratio_ci", (5, 10, 0, 10, 0.95)),
        ("ratio_ci", (None, 10, 5, 10, 0.95)),
        ("ratio_ci", (5, None, 5, 10, 0.95)),
        ("ratio_ci", (5, 10, 5, 0, 0.95)),
        ("ratio_ci", (5, -10, 5, 10, 0.95)),
        ("ratio_ci", (5, 10, 5, 10, None)),
    ],
)
def test_nothing_known_gives_one_row_without_limits(stats_db, function, arguments):
    assert limits(stats_db, function, *arguments) == (None, None)
    places = ", ".join(["%s::numeric"] * len(arguments))
    assert stats_db.execute(f"select * from stats.{function}({places})", arguments).fetchall() == [(None, None)]


def test_a_count_that_is_not_known_has_no_method(stats_db):
    assert value(stats_db, "poisson_ci_method", None) is None


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("poisson_ci", (-1, 0.95), "stats.poisson_ci takes a whole number of events, 0 or more, not -1"),
        ("poisson_ci", (2.5, 0.95), "stats.poisson_ci takes a whole number of events, 0 or more, not 2.5"),
        ("wilson_ci", (6, 5, 0.95), "stats.wilson_ci takes 0 <= numerator <= denominator, not 6 of 5"),
        ("wilson_ci", (-1, 5, 0.95), "stats.wilson_ci takes 0 <= numerator <= denominator, not -1 of 5"),
        ("wilson_ci", (0, -5, 0.95), "stats.wilson_ci takes 0 <= numerator <= denominator, not 0 of -5"),
        ("ratio_ci", (-1, 10, 5, 10, 0.95), "stats.ratio_ci takes numbers of events of 0 or more, not -1 and 5"),
        ("ratio_ci", (5, 10, -1, 10, 0.95), "stats.ratio_ci takes numbers of events of 0 or more, not 5 and -1"),
    ],
)
def test_an_impossible_count_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    with pytest.raises(RaiseException) as refusal:
        limits(stats_db, function, *arguments)
    assert refusal.value.diag.message_primary == sentence


@pytest.mark.parametrize("level", [-0.5, 0, 1, 95])
@pytest.mark.parametrize(
    ("function", "counts"), [("poisson_ci", (5,)), ("poisson_ci", (50,)), ("wilson_ci", (5, 10)), ("ratio_ci", (5, 10, 5, 10))]
)
def test_a_level_that_is_no_probability_is_an_error_with_a_sentence(stats_db, function, counts, level):
    with pytest.raises(RaiseException) as refusal:
        limits(stats_db, function, *counts, level)
    assert refusal.value.diag.message_primary == f"stats.{function} takes a level between 0 and 1, such as 0.95, not {level}"


@pytest.mark.parametrize("p", [-0.1, 0, 1, 1.1])
def test_the_normal_quantile_refuses_what_is_no_probability(stats_db, p):
    with pytest.raises(RaiseException, match="takes a probability between 0 and 1"):
        value(stats_db, "normal_quantile", p)


def test_every_statistic_is_immutable_and_safe_to_run_in_parallel(stats_db):
    others = stats_db.execute(
        "select proname from pg_proc where pronamespace = 'stats'::regnamespace and (provolatile, proparallel) <> ('i', 's')"
    ).fetchall()
    assert others == []


def test_every_statistic_says_its_formula_and_source_in_the_database(stats_db):
    described = stats_db.execute(
        "select proname, coalesce(obj_description(oid, 'pg_proc'), '') from pg_proc where pronamespace = 'stats'::regnamespace"
    ).fetchall()
    assert {"normal_quantile", "poisson_ci", "poisson_ci_method", "wilson_ci", "ratio_ci"} <= {name for name, _ in described}
    assert [name for name, description in described if "Source:" not in description] == []
