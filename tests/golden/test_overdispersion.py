"""Funnels and charts of what varies more than chance has it: Spiegelhalter's phi and tau, Laney's p' and u'."""

from __future__ import annotations

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tests.golden.asking import L95, L998, ask, refusal
from tests.properties import examples

quick = examples(40)

# Observed and expected events of six areas: the data of FunnelPlotR's own test of its adjustment (nhs-r-community/FunnelPlotR).
OBSERVED = [100, 150, 180, 80, 120, 225]
EXPECTED = [108, 112, 165, 95, 100, 220]


def test_the_outer_scores_are_pulled_in_before_phi_is_taken(stats_db):
    """Issue 15, B8. Of -3, -1, 0, 1, 2, 5 the outer tenths end at -2 and 3.5: phi is 22.25 / 6, tau squared 17.25 / 5."""
    assert ask(stats_db, "overdispersion", [-3, -1, 0, 1, 2, 5], [1] * 6) == pytest.approx((22.25 / 6, 3.45), rel=1e-14)
    assert ask(stats_db, "overdispersion", [5, 2, -1, 1, -3, 0], [1] * 6, 0.1) == pytest.approx((22.25 / 6, 3.45), rel=1e-14)
    # With nothing pulled in it is 40 / 6 and 35 / 5.
    assert ask(stats_db, "overdispersion", [-3, -1, 0, 1, 2, 5], [1] * 6, 0) == pytest.approx((40 / 6, 7), rel=1e-14)


def test_ratios_on_the_scale_of_roots_have_the_phi_and_tau_of_numpy(stats_db):
    errors = 1 / (2 * numpy.sqrt(EXPECTED))
    scores = (numpy.sqrt(numpy.divide(OBSERVED, EXPECTED)) - 1) / errors
    phi = numpy.mean(numpy.clip(scores, *numpy.quantile(scores, [0.1, 0.9])) ** 2)
    weights = 1 / errors**2
    tau_squared = (6 * phi - 5) / (weights.sum() - (weights**2).sum() / weights.sum())
    assert tau_squared > 0
    got = ask(stats_db, "overdispersion", list(scores), list(errors))
    assert got == pytest.approx((phi, tau_squared), rel=1e-12)


areas = st.lists(st.tuples(st.floats(-10, 10).map(lambda score: round(score, 6)), st.floats(0.01, 10)), min_size=2, max_size=30)


@quick
@given(areas=areas, share=st.floats(0, 0.49))
def test_phi_and_tau_agree_with_numpy_and_do_not_depend_on_the_order_of_the_areas(stats_db, areas, share):
    scores, errors = (list(column) for column in zip(*areas, strict=True))
    phi = numpy.mean(numpy.clip(scores, *numpy.quantile(scores, [share, 1 - share])) ** 2)
    weights = 1 / numpy.array(errors) ** 2
    tau_squared = max((len(areas) * phi - (len(areas) - 1)) / (weights.sum() - (weights**2).sum() / weights.sum()), 0)
    got = ask(stats_db, "overdispersion", scores, errors, share)
    assert got == pytest.approx((phi, tau_squared), rel=1e-6, abs=1e-9)
    assert ask(stats_db, "overdispersion", scores[::-1], errors[::-1], share) == got


@pytest.mark.parametrize("level", [L95, L998])
def test_the_funnel_is_as_wide_as_phi_or_tau_say_and_no_narrower_than_chance(stats_db, level):
    z = norm.isf((1 - float(level)) / 2)
    for phi, tau_squared, half in ((4, 0, 0.2 * z), (1, 0.0021, math.sqrt(0.0121) * z), (0.3, 0, 0.1 * z)):
        got = ask(stats_db, "funnel_overdispersed_limits", 0.5, 0.1, phi, tau_squared, level)
        assert got == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)


def test_the_share_outside_a_funnel_of_overdispersed_areas_is_what_the_level_says(stats_db):
    """4,000 areas that vary twice as much as chance: some 5 % lie outside the widened funnel and some 33 % outside the plain."""
    scores = numpy.random.default_rng(8).normal(0, 2, 4000)
    phi, _ = ask(stats_db, "overdispersion", list(scores), [1] * 4000, 0)
    lower, upper = ask(stats_db, "funnel_overdispersed_limits", 0, 1, phi, 0, L95)
    assert numpy.mean((scores < lower) | (scores > upper)) == pytest.approx(0.05, abs=0.01)
    assert numpy.mean(abs(scores) > 1.96) == pytest.approx(0.327, abs=0.02)


def test_laneys_chart_of_proportions_has_the_limits_worked_out_on_paper(stats_db):
    """Issue 15, B8. 10, 14 and 6 of 100 are 0, 4/3 and -4/3 sigma of 0.03 from 0.1: the mean move is 2, sigma_z 2 / 1.128."""
    centre, sigma_z = ask(stats_db, "laney", [10, 14, 6], [100, 100, 100], "p")
    assert (centre, sigma_z) == pytest.approx((0.1, 2 / 1.128), rel=1e-14)
    assert ask(stats_db, "laney_limits", centre, sigma_z, 100, "p") == pytest.approx((0, 0.2595744680851064), rel=1e-14)
    half = 0.045 * 2 / 1.128
    assert ask(stats_db, "laney_limits", centre, sigma_z, 400, "p") == pytest.approx((0.1 - half, 0.1 + half), rel=1e-14)


def test_laneys_chart_of_rates_has_the_limits_worked_out_on_paper(stats_db):
    """Issue 15, B8. 16, 4 and 10 of 100, 100 and 50 at a centre of 0.12 are 1.1547, -2.3094 and 1.633 sigma away from it."""
    centre, sigma_z = ask(stats_db, "laney", [16, 4, 10], [100, 100, 50], "u")
    one, two, three = 0.04 / math.sqrt(0.0012), -0.08 / math.sqrt(0.0012), 0.08 / math.sqrt(0.0024)
    assert (centre, sigma_z) == pytest.approx((0.12, ((one - two) + (three - two)) / 2 / 1.128), rel=1e-14)
    half = 3 * math.sqrt(0.0012) * sigma_z
    assert ask(stats_db, "laney_limits", centre, sigma_z, 100, "u") == pytest.approx((max(0.12 - half, 0), 0.12 + half), rel=1e-14)


points = st.lists(st.tuples(st.integers(0, 1000), st.integers(1000, 10**6)), min_size=2, max_size=40).filter(
    lambda found: any(x for x, _ in found)
)


@quick
@given(points=points, chart=st.sampled_from(["p", "u"]))
def test_laneys_sigma_agrees_with_numpy(stats_db, points, chart):
    x, n = (numpy.array(column, float) for column in zip(*points, strict=True))
    centre = x.sum() / n.sum()
    sigma = numpy.sqrt(centre * (1 - centre if chart == "p" else 1) / n)
    sigma_z = numpy.abs(numpy.diff((x / n - centre) / sigma)).mean() / 1.128
    got = ask(stats_db, "laney", list(x), list(n), chart)
    assert got == pytest.approx((centre, sigma_z), rel=1e-9, abs=1e-12)
    lower, upper = ask(stats_db, "laney_limits", *got, n[0], chart)
    half = 3 * sigma[0] * sigma_z
    assert (lower, upper) == pytest.approx(
        (max(centre - half, 0), min(centre + half, 1) if chart == "p" else centre + half), rel=1e-9
    )


def test_points_that_vary_as_chance_has_it_have_a_sigma_z_of_one(stats_db):
    drawn = numpy.random.default_rng(2).poisson(400, 5000)
    assert ask(stats_db, "laney", [int(x) for x in drawn], [1000] * 5000, "u")[1] == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("chart", ["p", "u"])
def test_nothing_is_bridged_over_a_point_that_is_missing(stats_db, chart):
    """Two levels with a gap between them: a move over the gap would be a hundred times each of the others."""
    x, n = [10, 11, 10, None, 500, 501, 500], [1000] * 7
    _, sigma_z = ask(stats_db, "laney", x, n, chart)
    centre = sum(filter(None, x)) / 6000
    assert sigma_z == pytest.approx(0.001 / math.sqrt(centre * (1 - centre if chart == "p" else 1) / 1000) / 1.128, rel=1e-9)
    assert ask(stats_db, "laney", [10, None, 500], [1000, 1000, 1000], chart)[1] is None
    assert ask(stats_db, "laney", [10, 11, 9], [1000, None, 1000], chart) == (19 / 2000, None)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("overdispersion", (None, [1, 1])),
        ("overdispersion", ([1, 1], None)),
        ("overdispersion", ([1, None], [1, 1])),
        ("overdispersion", ([1, 1], [1, None])),
        ("overdispersion", ([1, 1], [1, 1], None)),
        ("funnel_overdispersed_limits", (None, 1, 1, 0, L95)),
        ("funnel_overdispersed_limits", (1, None, 1, 0, L95)),
        ("funnel_overdispersed_limits", (1, 1, None, 0, L95)),
        ("funnel_overdispersed_limits", (1, 1, 1, None, L95)),
        ("funnel_overdispersed_limits", (1, 1, 1, 0, None)),
        ("laney", (None, [1, 1], "p")),
        ("laney", ([1, 1], None, "p")),
        ("laney", ([1, 1], [1, 1], None)),
        ("laney", ([None, 1], [1, None], "u")),
        ("laney_limits", (None, 1, 1, "p")),
        ("laney_limits", (0.5, None, 1, "p")),
        ("laney_limits", (0.5, 1, None, "p")),
        ("laney_limits", (0.5, 1, 1, None)),
    ],
)
def test_what_is_not_known_leaves_the_limits_unknown(stats_db, function, arguments):
    assert set(ask(stats_db, function, *arguments)) == {None}


def test_a_chart_without_any_events_has_a_centre_and_no_sigma(stats_db):
    assert ask(stats_db, "laney", [0, 0], [10, 20], "u") == (0, None)
    assert ask(stats_db, "laney", [10, 20], [10, 20], "p") == (1, None)


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        (
            "overdispersion",
            ([1, 2], [1]),
            "stats.overdispersion takes a score and a standard error for each of two areas or more, not 2 and 1",
        ),
        (
            "overdispersion",
            ([1], [1]),
            "stats.overdispersion takes a score and a standard error for each of two areas or more, not 1 and 1",
        ),
        ("overdispersion", ([1, 2], [1, 0]), "stats.overdispersion takes standard errors above 0, not {1,0}"),
        ("overdispersion", ([1, 2], [1, 1], 0.5), "stats.overdispersion takes a share from 0 to below 0.5, such as 0.1, not 0.5"),
        (
            "funnel_overdispersed_limits",
            (0.5, -1, 1, 0, L95),
            "stats.funnel_overdispersed_limits takes a standard error, a phi and a tau squared of 0 or more, not -1, 1 and 0",
        ),
        (
            "funnel_overdispersed_limits",
            (0.5, 1, 1, 0, 95),
            "stats.funnel_overdispersed_limits takes a level between 0 and 1, such as 0.95, not 95",
        ),
        ("laney", ([1], [2], "c"), "stats.laney takes the chart p or u, not c"),
        ("laney", ([1, 2], [2], "u"), "stats.laney takes as many numerators as denominators, not 2 and 1"),
        (
            "laney",
            ([3], [2], "p"),
            "stats.laney takes numerators of 0 or more, on a p chart of no more than the denominator, "
            "and denominators above 0, not {3} of {2}",
        ),
        ("laney_limits", (0.5, 1, 1, "c"), "stats.laney_limits takes the chart p or u, not c"),
        (
            "laney_limits",
            (1.5, 1, 1, "p"),
            "stats.laney_limits takes a centre of 0 or more, on a p chart of no more than 1, a sigma_z of 0 or more "
            "and a denominator above 0, not 1.5, 1 and 1",
        ),
    ],
)
def test_what_is_no_funnel_or_chart_is_an_error_with_a_sentence(stats_db, function, arguments, sentence):
    assert refusal(stats_db, function, *arguments) == sentence
