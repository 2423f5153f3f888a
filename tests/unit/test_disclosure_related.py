"""Counts of several indicators that add up: judged together, and attacked together."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from tests import metadata
from tests.properties import seeds
from tests.related_worlds import SHAPES, RelatedWorld
from tests.worlds import EAST, PERIODS, areas, figure, suppressed
from vrn.publish import disclosure
from vrn.publish.disclosure import related, workers

WORLDS_PER_SHAPE = 6
ATTACKED_PER_WORLD = 6


def definition(name: str, adds_up: list[str] | None = None, policy: str = "LVRN5", kind: str = "count") -> dict:
    return {
        "indicator_id": name, "suppression_policy": policy, "value_type": kind, "population": None, "multiplier": 1,
        "comparator_default": "LANCS-14", "adds_up": adds_up,
    }  # fmt: skip


def of(name: str, *given, **more) -> dict:
    return figure(*given, **more) | {"indicator_id": name}


def hidden(figures: list[dict], *definitions: dict) -> list[bool]:
    decided = disclosure.decide(pd.DataFrame(figures), pd.DataFrame(definitions), areas(EAST[:3]), PERIODS)
    return suppressed(decided).tolist()


def test_a_sum_of_indicators_does_not_say_what_a_small_one_was():
    figures = [of("S1", EAST[0], "2019-04", 3), of("S2", EAST[0], "2019-04", 20), of("S3", EAST[0], "2019-04", 23)]
    assert hidden(figures, definition("S1"), definition("S2"), definition("S3", ["count = S1 + S2"])) == [True, True, False]
    assert hidden(figures, definition("S1"), definition("S2"), definition("S3")) == [True, False, False]


def test_a_range_rests_on_nothing_that_is_hidden_for_the_sake_of_others():
    """V1 by itself shows its county's 86, of which two districts share ten. With V2's one and V3's 87 the 86 is hidden, and a
    range of the two districts would tell it."""
    counts = [*zip(EAST, (3, 7, 12, 25, 9, 30), strict=True), ("LANCS-14", 86)]
    figures = [of("V1", area, "2019/20", count) for area, count in counts]
    others = [of("V2", "LANCS-14", "2019/20", 1), of("V3", "LANCS-14", "2019/20", 87)]

    def ranges(figures: list[dict], *definitions: dict) -> set[tuple]:
        decided = disclosure.decide(pd.DataFrame(figures), pd.DataFrame(definitions), areas(EAST), PERIODS)
        return set(decided[["area_code", "at_least", "at_most"]].dropna().itertuples(index=False, name=None))

    assert ranges(figures, definition("V1")) == {(EAST[0], 1, 9), (EAST[1], 1, 9)}
    said = [definition("V1"), definition("V2"), definition("V3", ["count = V1 + V2"])]
    assert ranges([*figures, *others], *said) == set()


def test_on_several_cores_the_same_is_decided(monkeypatch):
    """Issue 17, 5: indicators each for itself and then together, as where one process does all of it."""
    figures = pd.DataFrame(
        [of(name, area, "2019/20", count) for name, first in (("V1", 3), ("V2", 9), ("W1", 2)) for area, count in zip(
            (*EAST[:3], "LANCS-14"), (first, 20, 30, first + 50), strict=True)]
        + [of("V3", area, "2019/20", count) for area, count in zip((*EAST[:3], "LANCS-14"), (12, 40, 60, 112), strict=True)]
    )  # fmt: skip
    said = pd.DataFrame([definition("V1"), definition("V2"), definition("V3", ["count = V1 + V2"]), definition("W1")])
    started = []
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda _: {0, 1})
    crew = workers.crew
    monkeypatch.setattr(workers, "crew", lambda size: started.append(size) or crew(size))

    def decided() -> pd.DataFrame:
        return disclosure.decide(figures, said, areas(EAST[:3]), PERIODS)

    by_one = decided()
    assert started == []
    monkeypatch.setattr(workers, "ENOUGH", 0)
    pd.testing.assert_frame_equal(decided(), by_one, check_exact=True)
    # Of what is tied there is one group, which no second core can share.
    assert started == [2]
    assert suppressed(by_one).any()


@pytest.mark.parametrize("others", [0, 1])
def test_it_is_told_which_share_is_decided_in_the_middle_of_an_indicator_too(others):
    """Most of a release's time goes into one group: it was silent until that was decided."""
    figures = pd.DataFrame(
        [of(f"V{number}", area, "2019/20", 3) for number in range(1 + others) for area in (*EAST[:3], "LANCS-14")]
    )
    told = []
    said = pd.DataFrame([definition(f"V{number}") for number in range(1 + others)])
    disclosure.decide(figures, said, areas(EAST[:3]), PERIODS, tell=told.append)
    first_ends = 1 / (1 + others)
    assert any(0 < share < first_ends for share in told)
    assert first_ends in told
    assert told[-1] == 1


def test_what_a_part_leaves_of_the_whole_is_a_count_too():
    """Of 23 knife crimes 21 had a young victim: the two who had not are few."""
    figures = [of("V1", EAST[0], "2019-04", 21), of("V2", EAST[0], "2019-04", 23)]
    assert hidden(figures, definition("V1", ["count <= V2"]), definition("V2")) == [True, False]
    figures[0] = of("V1", EAST[0], "2019-04", 12)
    assert hidden(figures, definition("V1", ["count <= V2"]), definition("V2")) == [False, False]


def test_what_several_parts_leave_of_the_whole_is_a_count_too():
    figures = [of(f"V{n}", EAST[0], "2019-04", count) for n, count in ((1, 10), (2, 20), (3, 33))]
    said = [definition("V1"), definition("V2"), definition("V3", ["V1 + V2 <= count"])]
    assert hidden(figures, *said) == [True, False, False]


def test_a_count_that_is_the_denominator_of_another_is_hidden_there_too():
    """Three of the children reoffended: so did those over whom their offences are averaged."""
    figures = [of("S1", EAST[0], "2019-04", 3, 60), of("S2", EAST[0], "2019-04", 60, 29)]
    assert hidden(figures, definition("S1", kind="proportion"), definition("S2", ["denominator = S1"], kind="mean")) == [
        True,
        False,
    ]
    figures[1] = of("S2", EAST[0], "2019-04", 60, 3)
    figures[0] = of("S1", EAST[0], "2019-04", 29, 60)
    assert hidden(figures, definition("S1", kind="proportion"), definition("S2", ["denominator = S1"], kind="mean")) == [
        False,
        True,
    ]


def test_the_same_count_is_hidden_under_both_names():
    figures = [of("V1", area, "2019/20", n) for area, n in zip([*EAST[:3], "LANCS-14"], [3, 20, 30, 53], strict=True)]
    figures += [row | {"indicator_id": "V2"} for row in figures]
    found = hidden(figures, definition("V1"), definition("V2", ["count = V1"]))
    assert found == [True, True, False, False] * 2


def test_a_group_of_one_indicator_that_adds_to_the_total_of_another_is_not_told_by_it():
    """V04 is V03's victims under 25: with those of 18 to 24 it tells those of 10 to 17."""
    figures = [of("V2", EAST[0], "2019/20", n, age_band=band) for band, n in {"10-17": 3, "18-24": 20, "25-34": 10}.items()]
    figures += [of("V1", EAST[0], "2019/20", 23)]
    said = "count = V2 (age_band 10-17) + V2 (age_band 18-24)"
    assert hidden(figures, definition("V1"), definition("V2")) == [True, False, False, False]
    assert hidden(figures, definition("V1", [said]), definition("V2")) == [True, True, False, False]


def test_a_mean_that_divides_by_an_earlier_count_is_hidden_where_that_is():
    """Crimes are followed for six months; what was then recorded is the denominator now. Thirty are hidden beside three."""
    recorded = [of("V1", area, "2018/19-Q1", n) for area, n in ((EAST[0], 3), (EAST[1], 30), ("LANCS-14", 33))]
    followed = [of("S1", EAST[1], "2018/19-Q3", 90, 30), of("S1", "LANCS-14", "2018/19-Q3", 99, 33)]
    figures = [*recorded, *followed, of("V1", EAST[1], "2018/19-Q3", 30)]
    said = ["denominator = V1 (6 months earlier)"]
    assert hidden(figures, definition("S1", kind="mean"), definition("V1")) == [True, True, False, False, False, False]
    assert hidden(figures, definition("S1", said, kind="mean"), definition("V1")) == [True, True, False, True, False, False]


def test_counts_of_unlike_periods_are_compared_by_the_sums_of_the_shorter():
    """A year of cases by quarter is 52; of 50 it is known whether they were cases before."""
    quarters = [of("S4", EAST[0], f"2018/19-Q{n}", 13) for n in range(1, 5)]
    figures = [*quarters, of("S5", EAST[0], "2019-03-R12", 25, 50)]
    said = definition("S4"), definition("S5", ["denominator <= S4"], kind="proportion")
    assert any(hidden(figures, *said))
    figures[-1] = of("S5", EAST[0], "2019-03-R12", 20, 40)
    assert not any(hidden(figures, *said))


def test_what_an_earlier_release_said_of_one_does_not_give_another_away():
    """The second part is known from the first release, so the sum may not be given when the first part becomes small."""
    said = pd.DataFrame([definition("S1"), definition("S2"), definition("S3", ["count = S1 + S2"])])
    first = pd.DataFrame([of(name, EAST[0], "2019-04", n) for name, n in (("S1", 12), ("S2", 20), ("S3", 32))])
    decided = disclosure.decide(first, said, areas(EAST[:3]), PERIODS)
    assert not suppressed(decided).any()
    earlier = first.assign(is_published=True, release="1")[disclosure.MEMORY]
    second = first.assign(count=[3, 20, 23])
    assert suppressed(disclosure.decide(second, said, areas(EAST[:3]), PERIODS, earlier)).tolist() == [True, False, True]


@pytest.mark.parametrize(("searches", "is_any_hidden"), [(233, True), (260, False)])
def test_the_two_counts_of_a_ratio_leave_a_count_of_their_total(searches, is_any_hidden):
    """30 of an ethnic minority and 200 White: what is left of all searches are those of whom nothing was stated."""
    ratio = [
        of("S8", EAST[0], "2019-04", 30, 200 * 1000 / 9000),
        of("S8", EAST[0], "2019/20", 300, 9000, ethnicity="white"),
        of("S8", EAST[0], "2019/20", 200, 1000, ethnicity="ethnic_minority"),
    ]
    said = definition("S8", ["count + reference <= S6"], kind="ratio"), definition("S6")
    assert any(hidden([*ratio, of("S6", EAST[0], "2019-04", searches)], *said)) == is_any_hidden


def test_a_relation_that_figures_do_not_bear_out_is_not_used():
    """Sources and dates differ: who would use it would be wrong."""
    figures = [of("V1", EAST[0], "2019-04", 25), of("V2", EAST[0], "2019-04", 23)]
    assert not any(hidden(figures, definition("V1", ["count <= V2"]), definition("V2")))


def test_what_is_left_where_sources_meet_follows_the_strictest_rule():
    figures = [of("P1", EAST[0], "2019-04", 20), of("P2", EAST[0], "2019-04", 26)]
    assert any(hidden(figures, definition("P1", ["count <= P2"], "NHS7"), definition("P2")))
    assert not any(hidden(figures, definition("P1", ["count <= P2"]), definition("P2")))


def test_what_is_left_need_not_be_hidden_where_it_is_no_person():
    figures = [of("S6", EAST[0], "2019-04", 21), of("S7", EAST[0], "2019-04", 23)]
    assert not any(hidden(figures, definition("S6"), definition("S7", ["S6 <= count, the rest is no person"])))
    assert any(hidden(figures, definition("S6"), definition("S7", ["S6 <= count"])))


def test_one_count_may_not_be_told_by_two_rules():
    figures = [of("P1", EAST[0], "2019-04", 20), of("P2", EAST[0], "2019-04", 20)]
    with pytest.raises(ValueError, match="same suppression_policy"):
        hidden(figures, definition("P1", ["count = P2"], "NHS7"), definition("P2"))


@pytest.mark.parametrize(
    ("sentence", "says"),
    [("count < V2", "A sentence is like"), ("count <= whatever", "no count"), ("count <= V2 (60 days earlier)", "neither"),
     ("count <= V7", "V7, which dim_indicator does not have"), ("count <= V2 +", "no count")],
)  # fmt: skip
def test_metadata_that_are_no_sentence_are_refused(sentence, says):
    with pytest.raises(ValueError, match=says):
        related.read_all({"V1": [sentence], "V2": None})


def test_what_the_metadata_say_can_be_read_and_no_count_is_told_by_two_rules():
    meta = metadata.of_indicators()
    policy = {one["indicator_id"]: one["suppression_policy"] for one in meta}
    sentences = related.read_all({one["indicator_id"]: one.get("adds_up") for one in meta})
    assert len(sentences) > 30
    for sentence in sentences:
        assert not sentence.is_equation or len({policy[name] for name in sentence.indicators}) == 1, sentence


def test_who_is_young_in_a_part_is_among_the_young_of_the_whole():
    """V02 was tied to V01 alone: five homicides of 18 to 24 beside a hidden V02 told it as 1 to 22, and in truth as 1 to 5."""
    meta = {one["indicator_id"]: one for one in metadata.of_indicators()}
    young = {name: one for name, one in meta.items() if "under 25" in one["name"]}
    parts = [
        (name, whole)
        for name, one in young.items()
        for whole in {sentence.removeprefix("count <= ").strip() for sentence in one.get("adds_up") or []} & meta.keys()
        if "age_band" in (meta[whole].get("breakdowns") or [])
    ]
    assert {name for name, _ in parts} == {"V02", "V04", "V17"}
    for name, whole in parts:
        bands = " + ".join(f"{whole} (age_band {band})" for band in ("00-09", "10-17", "18-24"))
        assert {f"count <= {bands}", f"count = {bands}"} & set(meta[name]["adds_up"]), (name, whole)


def test_indicators_are_tied_through_others_and_only_so():
    sentences = related.read_all({"V1": ["count <= V2"], "V2": None, "V3": ["V2 + V4 <= count"], "V4": None, "V5": None})
    assert related.components(["V5", "V4", "V3", "V2", "V1"], sentences) == [("V1", "V2", "V3", "V4"), ("V5",)]


@pytest.mark.worlds
@pytest.mark.parametrize("policy", ["LVRN5", "NHS7"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_suppressed_count_of_related_indicators_can_be_worked_out(shape, policy):
    for seed in seeds(WORLDS_PER_SHAPE):
        world = RelatedWorld(SHAPES[shape], seed, policy)
        figures = world.figures()
        assert world.too_narrow(figures, suppressed(world.decide(figures)), ATTACKED_PER_WORLD) == [], seed


@pytest.mark.worlds
def test_no_suppressed_count_can_be_worked_out_where_policies_meet():
    for seed in seeds(WORLDS_PER_SHAPE):
        world = RelatedWorld(
            SHAPES["a part"], seed, {"V91": "NHS7", "V92": "LVRN5"} if seed % 2 else {"V91": "LVRN5", "V92": "DfE"}
        )
        figures = world.figures()
        assert world.too_narrow(figures, suppressed(world.decide(figures))) == [], seed


# Who knows a denominator of 20 or more from another indicator knows no more of what it is split into.
@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "one denominator"])
def test_indicators_judged_each_for_itself_would_be_broken(shape):
    """So the attack can see what it is to find."""
    worlds = (RelatedWorld(SHAPES[shape], seed, "LVRN5") for seed in range(10 * WORLDS_PER_SHAPE))
    tables = ((world, world.figures()) for world in worlds)
    assert any(world.too_narrow(some, suppressed(world.decide(some, is_related=False))) for world, some in tables)


def least(world: RelatedWorld, figures: pd.DataFrame, hidden: np.ndarray) -> int:
    """The fewest figures that must be suppressed beside those that are hidden in themselves, by trying every choice."""
    others = np.flatnonzero(~hidden & (figures["count"] > 0).to_numpy())
    for extra in range(len(others) + 1):
        for chosen in itertools.combinations(others, extra):
            tried = hidden.copy()
            tried[list(chosen)] = True
            if not world.too_narrow(figures, tried):
                return int(tried.sum())
    raise AssertionError("Even nothing at all gives something away.")


@pytest.mark.parametrize("shape", ["a sum", "a part", "a denominator that is a count"])
def test_little_more_of_related_indicators_is_suppressed_than_must_be(shape):
    ours, fewest = 0, 0
    for seed in range(6):
        world = RelatedWorld(SHAPES[shape], seed, "LVRN5", is_small=True)
        figures = world.figures()
        decided = world.decide(figures)
        small = (decided["decision"] == "suppressed_primary").to_numpy()
        ours += int(suppressed(decided).sum())
        fewest += least(world, figures, small)
    print(f"{shape}: suppressed {ours}, at least {fewest}: {ours / fewest:.2f} times as many as must be")
    assert fewest <= ours <= 1.5 * fewest
