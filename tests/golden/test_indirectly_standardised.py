"""Indirectly standardised ratios in the database, by fractions worked out here and by DOMAIN 4.4."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.asking import L95, L998, ask, refusal
from tests.properties import examples

quick = examples(40)


def test_the_ratio_is_that_of_the_events_to_those_at_the_references_rates(stats_db):
    """Issue 15, B8. 1,000 people at 10 of 500 and 2,000 at 30 of 1,000 have 80 expected events: 100 observed are 125 %."""
    expected, value, lower, upper = ask(stats_db, "isr", 100, [1000, 2000], [10, 30], [500, 1000], L95)
    assert (expected, value) == (80, 125)
    assert (lower, upper) == ask(stats_db, "isr_ci", 100, 80.0, L95)


def test_the_published_ratio_comes_out_of_bands_that_give_its_expected_events(stats_db):
    """DOMAIN 4.4: 895 of 835.8836 are 107.07 (100.17 to 114.32); one band at a rate of 1 makes its population the expected."""
    got = ask(stats_db, "isr", 895, [835.8835612311743], [100], [100], L95)
    assert got[1:] == pytest.approx((107.07232939020275, 100.17147712553987, 114.3233287249895), rel=1e-12)


bands = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(1, 10**6)), min_size=1, max_size=19).filter(
    lambda found: any(people and events for people, events, _ in found)
)


@quick
@given(bands=bands, events=st.integers(0, 10**5), level=st.sampled_from([L95, L998]))
def test_ratios_agree_with_fractions_and_do_not_depend_on_the_order_of_the_bands(stats_db, bands, events, level):
    populations, observed, standard = (list(column) for column in zip(*bands, strict=True))
    wanted = sum(Fraction(people * seen, base) for people, seen, base in bands)
    got = ask(stats_db, "isr", events, populations, observed, standard, level)
    assert got[:2] == pytest.approx((float(wanted), float(100 * events / wanted)), rel=1e-12)
    assert got[2] <= got[1] <= got[3]
    assert ask(stats_db, "isr", events, populations[::-1], observed[::-1], standard[::-1], level) == got


def test_the_reference_itself_has_a_ratio_of_one_hundred(stats_db):
    assert ask(stats_db, "isr", 42, [310, 290, 45], [12, 21, 9], [310, 290, 45], L95)[:2] == pytest.approx((42, 100), rel=1e-14)


def test_t060_without_expected_events_there_is_no_ratio(stats_db):
    assert ask(stats_db, "isr", 5, [100, 200], [0, 0], [500, 1000], L95) == (0, None, None, None)
    for unknown in ((None, [1], [1], [1], L95), (5, None, [1], [1], L95), (5, [1], [1], None, L95), (5, [1], [1], [1], None)):
        assert set(ask(stats_db, "isr", *unknown)) == {None}


BANDS = "stats.isr takes populations and reference events of 0 or more and reference populations above 0, not "


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (5, [1, 2], [1], [1, 2], L95),
            "stats.isr takes a population, reference events and a reference population for each age band, not 2, 1 and 2",
        ),
        ((5, [-1], [1], [1], L95), BANDS + "{-1}, {1} and {1}"),
        ((5, [1], [-1], [1], L95), BANDS + "{1}, {-1} and {1}"),
        ((5, [1], [1], [0], L95), BANDS + "{1}, {1} and {0}"),
        ((5, [None], [1], [1], L95), BANDS + "{NULL}, {1} and {1}"),
        ((-5, [1], [1], [1], L95), "stats.poisson_ci takes a whole number of events, 0 or more, not -5"),
        ((5, [1], [1], [1], 95), "stats.poisson_ci takes a level between 0 and 1, such as 0.95, not 95"),
    ],
)
def test_what_is_no_standardised_ratio_is_an_error_with_a_sentence(stats_db, arguments, sentence):
    assert refusal(stats_db, "isr", *arguments) == sentence
