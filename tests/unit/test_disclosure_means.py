"""What a published mean says of those over whom it is: an attacker inverts its limits, and takes a first one from each of them."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests import metadata
from tests.properties import seeds
from tests.worlds import EAST, PERIODS, areas, figure, suppressed
from vrn.publish import disclosure
from vrn.publish.disclosure.publish import VALUES

SIZES = (5, 6, 8, 10, 15, 20, 25, 30)
COHORTS_PER_SIZE = 5
LEVELS = {"95": 0.975, "998": 0.999}


def cohort(dice: np.random.Generator, size: int) -> list[int]:
    """How often each child of a cohort reoffended, at least once: most of them once or twice, a few up to ten times."""
    return (1 + np.minimum(dice.exponential(1.2, size).astype(int), 9)).tolist()


def mean_of(numbers: list[int], **more) -> dict:
    """A district's figure with Student's limits, as stats.mean_ci makes them, and the words that rest on these."""
    size, total = len(numbers), sum(numbers)
    spread = math.sqrt(sum((number - total / size) ** 2 for number in numbers) / (size - 1) / size)
    row = figure(EAST[0], "2019/20", total, size, method="student_t")
    for level, share in LEVELS.items():
        half = float(stats.t.ppf(share, size - 1)) * spread
        row |= {f"lower_ci_{level}": total / size - half, f"upper_ci_{level}": total / size + half}
    comparison, trend = ("better", "increasing") if spread < 0.2 else ("similar", "no_change")
    return row | {"comparison": comparison, "trend": trend} | more


def decide(figures: list[dict], policy: str = "LVRN5", adds_up: tuple[str, ...] = ("denominator <= count",)) -> pd.DataFrame:
    """Each indicator of these figures is a mean."""
    definitions = [
        {"indicator_id": name, "suppression_policy": policy, "value_type": "mean", "population": None, "multiplier": 1,
         "comparator_default": "LANCS-14", "polarity": "low_is_good", "adds_up": list(adds_up)}
        for name in sorted({row["indicator_id"] for row in figures})
    ]  # fmt: skip
    return disclosure.decide(pd.DataFrame(figures), pd.DataFrame(definitions), areas(EAST[:3]), PERIODS)


@cache
def greatest(size: int, total: int, squares: int | None, most: int) -> frozenset[int]:
    """The greatest numbers of all lists of `size` numbers from 1 to `most` that have this sum, and this sum of squares if known."""
    if size == 0:
        return frozenset([0]) if total == 0 and not squares else frozenset()
    possible = range(-(-total // size), min(most, total - size + 1) + 1)
    if squares is None:
        return frozenset(possible)
    if size * squares < total * total or most * total < squares:
        return frozenset()
    rests = ((number, squares - number * number) for number in possible)
    return frozenset(
        number for number, rest in rests if rest >= 0 and greatest(size - 1, total - number, rest, number)
    )  # fmt: skip


def greatest_that_fit(row: pd.Series) -> frozenset[int]:
    """What the attacker finds: Student's limits are turned into the sum of squares, where there are any."""
    size, total, squares = int(row["denominator"]), int(row["count"]), None
    for level, share in LEVELS.items():
        half = (row[f"upper_ci_{level}"] - row[f"lower_ci_{level}"]) / 2
        if not np.isnan(half):
            squares = round((half / stats.t.ppf(share, size - 1)) ** 2 * size * (size - 1) + total * total / size)
    return greatest(size, total, squares, total)


def test_how_often_the_most_frequent_reoffender_came_back_does_not_follow_from_a_published_mean():
    """Of cohorts of five children nine in ten were told whole, child by child, and of cohorts of twenty one in ten."""
    for seed in seeds(1):
        dice = np.random.default_rng(seed)
        cohorts = {f"V{n:03}": cohort(dice, size) for n, size in enumerate(SIZES * COHORTS_PER_SIZE)}
        decided = decide([mean_of(numbers, indicator_id=name) for name, numbers in cohorts.items()])
        is_shown = ~suppressed(decided)
        assert is_shown.any()
        for _, row in decided[is_shown].iterrows():
            fitting = greatest_that_fit(row)
            assert max(cohorts[row["indicator_id"]]) in fitting, "the attack is wrong"
            assert len(fitting) > 1, (seed, row["indicator_id"])


@pytest.mark.parametrize("policy", ["LVRN5", "MoJ", "DfE", "NHS7"])
def test_two_cohorts_of_the_same_count_are_shown_alike_whatever_a_child_did(policy):
    alike = [[2] * 30, [1] * 20 + [4] * 10, [1] * 29 + [31]]
    decided = decide([mean_of(numbers, indicator_id=f"V{n:03}") for n, numbers in enumerate(alike)], policy)
    shown = decided[VALUES]
    assert len(shown.astype(str).drop_duplicates()) == 1
    assert shown["value"].tolist() == [2.0] * 3
    assert set(shown["comparison"]) == {"not_compared"}
    assert set(shown["trend"]) == {"cannot_be_calculated"}
    assert shown["method"].isna().all()


def test_a_mean_of_what_is_open_keeps_its_limits():
    row = decide([mean_of([2, 4, 9])], "none").iloc[0]
    assert row[[name for name in VALUES if "_ci_" in name]].notna().all()
    assert row["method"] == "student_t"


@pytest.mark.parametrize(("size", "is_hidden"), [(19, True), (20, False)])
@pytest.mark.parametrize("policy", ["LVRN5", "NHS7"])
def test_a_mean_of_fewer_than_twenty_is_hidden_as_a_share_of_fewer_is(policy, size, is_hidden):
    assert suppressed(decide([mean_of([3] * size)], policy)).tolist() == [is_hidden]


def test_a_mean_that_is_hidden_hides_no_share_that_says_over_how_many_it_is():
    """Of 60 children 15 reoffended: that is said, and how often they did is not."""
    share, mean = (
        {"suppression_policy": "LVRN5", "population": None, "multiplier": 100, "comparator_default": "LANCS-14",
         "polarity": "low_is_good", "indicator_id": name, "value_type": kind, "adds_up": adds_up}
        for name, kind, adds_up in (("S12a", "proportion", []), ("S12b", "mean", ["denominator = S12a", "denominator <= count"]))
    )  # fmt: skip
    counts = {EAST[0]: (25, 15, 60), EAST[1]: (90, 40, 150), EAST[2]: (130, 60, 200), "LANCS-14": (245, 115, 410)}
    figures = [
        {**figure(place, "2019/20", *numbers), "indicator_id": name}
        for place, (offences, children, followed) in counts.items()
        for name, numbers in (("S12a", (children, followed)), ("S12b", (offences, children)))
    ]
    decided = disclosure.decide(pd.DataFrame(figures), pd.DataFrame([share, mean]), areas(EAST[:3]), PERIODS)
    is_hidden = suppressed(decided)
    assert set(decided.loc[is_hidden, "indicator_id"]) == {"S12b"}
    assert is_hidden[decided["area_code"] == EAST[0]].any()
    assert is_hidden.sum() == 2


@pytest.mark.parametrize(("more", "is_hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_what_is_counted_beyond_the_first_of_each_is_a_count_too(more, is_hidden):
    """Of 30 children with 31 reoffences there is a single one with two."""
    figures = [mean_of([1] * (30 - more) + [2] * more)]
    assert suppressed(decide(figures)).tolist() == [is_hidden]
    assert suppressed(decide(figures, adds_up=())).tolist() == [False]


def test_what_is_counted_beyond_the_first_of_each_cannot_be_worked_out_of_the_county():
    counts = {EAST[0]: (32, 30), EAST[1]: (60, 30), EAST[2]: (90, 40), "LANCS-14": (182, 100)}
    is_hidden = suppressed(decide([figure(place, "2019/20", *one) for place, one in counts.items()]))
    assert is_hidden[0]
    assert is_hidden.sum() == 2


def test_every_mean_whose_members_count_at_least_one_says_so():
    """Reoffenders have a reoffence each. Of the other means a person counts pounds or a difference, or is counted beside
    attendances, which are printed as "about" or "at least" so many and may be fewer than the people."""
    means = {row["indicator_id"]: row.get("adds_up") or [] for row in metadata.of_indicators() if row["value_type"] == "mean"}
    assert means.keys() == {"P05b", "P06b", "P09b", "S12b"}
    assert {name for name, sentences in means.items() if "denominator <= count" in sentences} == {"S12b"}
