"""As much is said as is safe: open data are open, and what has no place is told as part of the force (issue 16, B)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import attack, metadata
from tests.properties import seeds
from tests.worlds import EAST, PERIODS, UNPLACED, World, areas, figure, suppressed, too_narrow
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

OPEN_FEEDS = {"police_street_crime", "police_stop_search", "public_outcomes"}


def definition(policy: str = "LVRN5") -> pd.DataFrame:
    return pd.DataFrame([{"indicator_id": "V00", "suppression_policy": policy, "value_type": "count", "population": None}])


def test_nothing_is_hidden_of_what_anybody_can_download():
    """Issue 16, B: PUB-* and S06 to S08 are made of public files alone."""
    policy = {one["indicator_id"]: one["suppression_policy"] for one in metadata.of_indicators() if set(one["feeds"]) <= OPEN_FEEDS}
    assert {"PUB-VSO", "PUB-ROB", "PUB-WPN", "S06", "S07a", "S07b", "S08"} <= set(policy)
    assert set(policy.values()) == {"none"}


def test_out_of_county_and_unknown_are_told_as_part_of_the_force_alone():
    """Issue 16, B: two of unknown place took the force with them."""
    counts = {EAST[0]: 30, "LANCS-14": 30, "OUT": 3, "UNK": 2, "E23000003": 35}
    figures = pd.DataFrame([figure(area, "2019/20", count) for area, count in counts.items()])
    decided = disclosure.decide(figures, definition(), areas(EAST[:1]), PERIODS)
    assert not decided["area_code"].isin(UNPLACED).any()
    assert dict(zip(decided["area_code"], decided["count"], strict=True)) == {EAST[0]: 30, "LANCS-14": 30, "E23000003": 35}


def test_what_the_force_has_beyond_the_county_is_a_count_too():
    """Two of unknown place: who has the county's count and the force's would have them."""
    counts = {EAST[0]: 30, "LANCS-14": 30, "E23000003": 32}
    figures = pd.DataFrame([figure(area, "2019/20", count) for area, count in counts.items()])
    decided = disclosure.decide(figures, definition(), areas(EAST[:1]), PERIODS)
    assert decided.loc[suppressed(decided), "area_code"].tolist() == ["E23000003"]


def test_the_county_is_shown_beside_a_count_of_the_force_that_others_have_printed():
    """Homicides of 2019/20: the force's 28 are in the Progress Report, and three of them have no known place."""
    figures = pd.DataFrame([figure(area, "2019/20", count) for area, count in {"LANCS-14": 25, "E23000003": 28}.items()])
    printed = pd.DataFrame([("V00", "E23000003", "2019/20", 28)], columns=["indicator_id", "area_code", "period_id", "count"])
    assert not suppressed(decide(figures, printed=printed)).any()
    assert suppressed(decide(figures)).tolist() == [False, True]


def test_a_printed_year_is_printed_by_every_name_of_its_days():
    """Homicides again: the twelve months to March 2020 are the financial year, and are published beside it."""
    counts = {"LANCS-14": 25, "E23000003": 28}
    figures = pd.DataFrame([figure(area, period, count) for period in ("2019/20", "2020-03-R12") for area, count in counts.items()])
    printed = pd.DataFrame([("V00", "E23000003", "2019/20", 28)], columns=["indicator_id", "area_code", "period_id", "count"])
    assert not suppressed(decide(figures, printed=printed)).any()


def test_groups_do_not_hide_the_county_beside_a_count_of_the_force_that_others_have_printed():
    """One has no place, as everybody can say; whose group it is stays hidden, and no more is asked."""
    counts = {"LANCS-14": (18, 10, 6, 2), "E23000003": (19, 10, 7, 2)}
    figures = pd.DataFrame(
        [
            figure(area, "2019/20", count, sex=sex)
            for area, some in counts.items()
            for sex, count in zip(("all", "female", "male", "unknown"), some, strict=True)
        ]
    )
    printed = pd.DataFrame([("V00", "E23000003", "2019/20", 19)], columns=["indicator_id", "area_code", "period_id", "count"])
    decided = decide(figures, printed=printed)
    assert not suppressed(decided)[(figures["sex"] == "all").to_numpy()].any()
    # That the one without a place is a man nobody can say.
    is_shown_man = ~suppressed(decided) & (figures["sex"] == "male").to_numpy()
    assert is_shown_man.sum() < len(counts)


@pytest.mark.worlds
def test_no_small_count_without_a_place_can_be_worked_out():
    attacked = 0
    for seed in seeds(12):
        world = World(seed)
        figures = world.figures()
        hidden = suppressed(disclosure.decide(figures, definition(), world.areas, PERIODS))
        of_force = figures[figures["area_code"] == "E23000003"]
        of_county = figures[figures["area_code"] == "LANCS-14"]
        counts = of_force["count"].to_numpy() - of_county["count"].to_numpy()
        elsewhere = of_force.assign(area_code="ELSEWHERE", count=counts)
        told = pd.concat([figures, elsewhere], ignore_index=True)
        place = pd.DataFrame([("ELSEWHERE", "unplaced", ["unplaced"], UNPLACED)], columns=world.areas.columns)
        places = pd.concat([world.areas, place], ignore_index=True)
        shown = np.append(~hidden, np.zeros(len(elsewhere), dtype=bool))
        may_be_none = attack.may_be_none(told, shown, places) | (told["area_code"] == "ELSEWHERE").to_numpy()
        known = policies.POLICIES["LVRN5"].known_range
        matrix = attack.atoms_of(told, places, PERIODS)
        seen = attack.seen(matrix, shown, known, told["count"].to_numpy(dtype=float), may_be_none)
        small = np.flatnonzero((told["area_code"] == "ELSEWHERE") & told["count"].between(1, 4))[:6]
        if len(small):
            found = attack.ranges(seen, small)
            assert (found["high"] - found["low"] >= 5).all(), (seed, told.loc[small].assign(low=found["low"], high=found["high"]))
            attacked += len(small)
    assert attacked


def few(counts: list[int], more: dict[str, int] | None = None) -> pd.DataFrame:
    """A year of six districts and the county."""
    places = dict(zip(EAST, counts, strict=True)) | {"LANCS-14": sum(counts)} | (more or {})
    return pd.DataFrame([figure(area, "2019/20", count) for area, count in places.items()])


def decide(figures: pd.DataFrame, **more) -> pd.DataFrame:
    return disclosure.decide(figures, definition(), areas(), PERIODS, **more)


def test_the_county_is_shown_where_its_districts_cannot_be():
    """Issue 16, B: of homicide not even the county's years were shown, because the zeros of districts say who shares the few."""
    figures = few([1, 0, 0, 3, 1, 1])
    decided = decide(figures)
    assert dict(zip(decided["area_code"], suppressed(decided), strict=True)) == dict.fromkeys(EAST, True) | {"LANCS-14": False}
    shown = ~suppressed(decided)
    counts, known = figures["count"].to_numpy(dtype=float), policies.POLICIES["LVRN5"].known_range
    may_be_none = attack.may_be_none(figures, shown, areas())
    assert may_be_none.sum() == len(EAST)
    matrix = attack.atoms_of(figures, areas(), PERIODS)
    assert too_narrow(figures, decided, attack.seen(matrix, shown, known, counts, may_be_none), "LVRN5") == []


def test_all_of_a_kind_are_hidden_for_nothing_where_none_of_them_is_zero():
    """Who reads that zeros are shown would know that each of two counts one at least, and with the county's five four at most."""
    figures = pd.DataFrame([figure(EAST[0], "2019/20", 2), figure(EAST[1], "2019/20", 3), figure("LANCS-14", "2019/20", 5)])
    assert suppressed(disclosure.decide(figures, definition(), areas(EAST[:2]), PERIODS)).all()


def released(figures: pd.DataFrame, is_published: pd.Series) -> pd.DataFrame:
    """What an earlier release has of them."""
    return figures[[*disclosure.KEY, "count", "denominator"]].assign(release="1", is_published=is_published)


def test_what_was_withdrawn_with_its_kind_stays_so_in_the_next_release():
    figures = few([1, 0, 0, 3, 1, 1])
    decided = decide(figures)
    again = decide(figures, earlier=released(figures, ~suppressed(decided)))
    pd.testing.assert_frame_equal(again.drop(columns="reason"), decided.drop(columns="reason"), check_dtype=False)


def test_a_restated_count_of_a_kind_that_was_withdrawn_is_not_shown_beside_its_hidden_zeros():
    """Whoever sees one of them shown would take the others for some."""
    figures = few([1, 0, 0, 3, 1, 1])
    earlier = released(figures, ~suppressed(decide(figures)))
    assert suppressed(decide(few([1, 0, 0, 12, 12, 1]), earlier=earlier)).tolist() == [True] * 6 + [False]


def test_no_zero_is_hidden_beside_one_that_was_shown_before():
    """A block that was shown in part cannot be withdrawn, so that the total has to go."""
    earlier = released(few([0, 0, 0, 0, 0, 0])[:2], pd.Series([True, True]))
    decided = decide(few([0, 0, 0, 3, 1, 1]), earlier=earlier)
    assert suppressed(decided).tolist() == [False, False, False, True, True, True, True]


def test_the_countys_months_are_shown_though_its_districts_are_few():
    """Issue 16, B: robbery's county months were hidden for the sake of districts."""
    months = [str(pd.Period("2019-04", "M") + number) for number in range(3)]
    counts = [[1, 2, 9, 0, 5, 8], [6, 0, 3, 2, 7, 11], [0, 0, 1, 12, 5, 0]]
    rows = [
        figure(area, month, count)
        for month, some in zip(months, counts, strict=True)
        for area, count in zip(EAST, some, strict=True)
    ]
    rows += [
        figure(area, month, sum(some)) for month, some in zip(months, counts, strict=True) for area in ("LANCS-14", "E23000003")
    ]
    rows += [figure(area, "2019/20-Q1", sum(of)) for area, of in zip(EAST, zip(*counts, strict=True), strict=True)]
    rows += [figure(area, "2019/20-Q1", sum(map(sum, counts))) for area in ("LANCS-14", "E23000003")]
    figures = pd.DataFrame(rows)
    hidden = figures.loc[suppressed(decide(figures)), "area_code"]
    assert set(hidden) <= set(EAST)


def test_what_others_have_printed_is_shown_and_hides_nothing():
    """Issue 16, A7: three homicides of the force in a quarter are in the Home Office's tables."""
    rows = [figure("LANCS-14", "2018/19", 3), figure("E23000003", "2018/19", 3), figure("E23000003", "2019/20", 2)]
    figures = pd.DataFrame(rows)
    printed = pd.DataFrame(
        [("V00", "E23000003", "2018/19", 3), ("V00", "E23000003", "2018/19", 4), ("V00", "E23000003", "2019/20", 4)],
        columns=["indicator_id", "area_code", "period_id", "count"],
    )
    decided = decide(figures, printed=printed)
    # What the force counts is public, and the county's part of it is not. A count that differs from ours is not ours.
    assert suppressed(decided).tolist() == [True, False, True]
    assert suppressed(decide(figures)).all()


def test_a_hidden_count_is_told_as_the_range_that_the_sums_leave_of_it():
    """Issue 16, B: "1 to 9". The worked example of DOMAIN 5.4: two districts share ten."""
    decided = decide(few([0, 3, 12, 7, 25, 9]))
    told = {row.area_code: (row.at_least, row.at_most) for row in decided[suppressed(decided)].itertuples()}
    assert told == {EAST[1]: (1, 9), EAST[3]: (1, 9)}
    # Beside others that are shown a count is known to be one at least, whatever is hidden in another year.
    both = pd.concat([few([0, 3, 12, 7, 25, 9]), few([1, 0, 0, 3, 1, 1]).assign(period_id="2018/19")], ignore_index=True)
    told = decide(both)[["period_id", "at_least"]].dropna()
    assert set(told.itertuples(index=False, name=None)) == {("2019/20", 1), ("2018/19", 0)}
    # Where zeros are hidden as well each may be one.
    told = decide(few([1, 0, 0, 3, 1, 1]))[["at_least", "at_most"]]
    assert told[:-1].eq([0, 6]).all().all()
    assert told[-1:].isna().all().all()


def test_no_range_is_told_where_the_policy_does_not_say_so():
    decided = disclosure.decide(few([0, 3, 12, 7, 25, 9]), definition("DfE"), areas(), PERIODS)
    assert suppressed(decided).any()
    assert decided[["at_least", "at_most"]].isna().all().all()


@pytest.mark.worlds
def test_a_range_that_is_told_is_true_and_none_is_narrower_than_what_sums_leave():
    told_of = 0
    for seed in seeds(12):
        world = World(seed)
        figures = world.figures()
        decided = disclosure.decide(figures, definition(), world.areas, PERIODS)
        told = decided["at_most"].notna().to_numpy()
        counts = figures.loc[told, "count"]
        assert (counts.between(decided.loc[told, "at_least"], decided.loc[told, "at_most"])).all(), seed
        assert (suppressed(decided) | ~told).all(), seed
        tried = np.flatnonzero(told & (figures["count"] > 0).to_numpy())[::5]
        if len(tried):
            left = attack.ranges(world.seen(figures, decided, "LVRN5"), tried)
            assert (decided.loc[tried, "at_most"] >= left["high"]).all(), seed
            assert (decided.loc[tried, "at_least"] <= left["low"]).all(), seed
            told_of += len(tried)
    assert told_of
