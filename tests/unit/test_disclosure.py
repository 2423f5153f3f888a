"""What may be published: small counts, what gives them away, what was said before, and an attacker who tries everything."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import attack
from tests.properties import examples, seeds
from tests.worlds import EAST, PERIODS, World, areas, figure, suppressed, too_narrow
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

# Of each policy, in the suite; the nightly run attacks ten times as many.
WORLDS, RESTATED_WORLDS = 25, 12
ATTACKED_PER_WORLD = 4


def public(decided: pd.DataFrame) -> pd.DataFrame:
    """What was decided as everybody sees it: without the decision and its reason."""
    return decided.drop(columns=["decision", "reason"])


def remember(earlier: pd.DataFrame | None, figures: pd.DataFrame, decided: pd.DataFrame, release: str) -> pd.DataFrame:
    """What the tables of releases have of this one, beside what they had before."""
    now = figures[[*disclosure.KEY, "count", "denominator"]].reset_index(drop=True)
    now["is_published"] = (decided["decision"] == "publish").to_numpy(dtype=bool)
    now["release"] = release
    now = now.loc[now["count"].notna(), disclosure.MEMORY]
    return now if earlier is None else pd.concat([earlier, now], ignore_index=True)


def indicator(policy: str = "LVRN5", kind: str = "count", population: str | None = None, multiplier: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "indicator_id": "V00", "suppression_policy": policy, "value_type": kind, "population": population,
                "multiplier": multiplier, "comparator_default": "LANCS-14",
            }
        ]
    )  # fmt: skip


def east(policy: str = "LVRN5") -> pd.DataFrame:
    """The worked example of DOMAIN 5.4, which has its division for a total."""
    counts = dict(zip(EAST, [0, 3, 12, 7, 25, 9], strict=True))
    figures = [figure(area, "2019/20", count) for area, count in counts.items()]
    return pd.DataFrame([*figures, figure("LANCS-14", "2019/20", 56)])


def decide(figures: pd.DataFrame, policy: str = "LVRN5", kind: str = "count", earlier=None, places=None, **more) -> pd.DataFrame:
    definition = indicator(policy, kind, **more)
    return disclosure.decide(figures, definition, areas() if places is None else places, PERIODS, earlier)


def shown(decided: pd.DataFrame) -> list:
    """Counts as published, `*` where suppressed."""
    return ["*" if is_hidden else count for is_hidden, count in zip(suppressed(decided), decided["count"], strict=True)]


def test_the_worked_example_is_published_as_the_domain_says():
    decided = decide(east())
    assert shown(decided) == [0, "*", 12, "*", 25, 9, 56]
    assert decided["decision"].tolist()[1::2][:2] == ["suppressed_primary", "suppressed_secondary"]


def test_the_worked_example_under_the_nhs_rule_is_rounded_and_needs_no_second_suppression():
    decided = decide(east(), "NHS7")
    assert shown(decided) == [0, "*", 10, "*", 25, 10, 55]
    assert set(decided["decision"]) == {"publish", "suppressed_primary"}


def test_nothing_public_tells_a_primary_suppression_from_a_secondary_one():
    seen = public(decide(east()))
    first, second = seen.iloc[1].drop(["area_code"]), seen.iloc[3].drop(["area_code"])
    assert first.astype(str).tolist() == second.astype(str).tolist()
    assert "suppressed_" not in seen.to_csv()


@pytest.mark.parametrize(
    ("policy", "count", "is_shown"),
    [("LVRN5", 0, True), ("LVRN5", 1, False), ("LVRN5", 4, False), ("LVRN5", 5, True), ("DfE", 5, False), ("DfE", 6, True),
     ("NHS7", 0, True), ("NHS7", 7, False), ("NHS7", 8, True), ("MoJ", 4, False), ("none", 1, True), ("LVRN5+NHS7", 7, False)],
)  # fmt: skip
def test_a_policy_hides_the_counts_that_it_names_and_shows_zero(policy, count, is_shown):
    decided = decide(pd.DataFrame([figure(EAST[0], "2019/20", count)]), policy)
    assert suppressed(decided)[0] != is_shown


@pytest.mark.parametrize(
    ("sums", "persons", "are_shown"),
    [([-30, 12, -18], [40, 40, 80], True), ([-3, 12, 9], [40, 40, 80], True), ([0.5, 12, 12.5], [40, 40, 80], True),
     ([-30, 26, -4], [3, 40, 43], False), ([7.5, 12, 19.5], [40, 4, 44], False), ([-30, 12, -18], [1, 1, 2], False)],
)  # fmt: skip
def test_a_sum_of_differences_is_judged_by_the_persons_behind_it_and_cannot_be_worked_out_of_its_total(sums, persons, are_shown):
    """Issue 16, A8 and the described case 29: where those of a district are few, none of the sums is shown, however large it is."""
    places = [EAST[0], EAST[1], "LANCS-14"]
    rows = [figure(place, "2019/20", *one) for place, *one in zip(places, sums, persons, strict=True)]
    decided = decide(pd.DataFrame(rows), kind="mean")
    assert suppressed(decided).tolist() == [not are_shown] * 3


def test_the_strictest_of_several_policies_holds():
    assert policies.strictest(["LVRN5", "NHS7", "DfE"]) == policies.Policy("DfE+LVRN5+NHS7", 7, 5)
    with pytest.raises(ValueError, match="No suppression policy is called"):
        policies.strictest(["LVRN5", "whatever"])


def test_national_figures_of_the_nhs_rule_are_not_touched():
    decided = decide(pd.DataFrame([figure("E92000001", "2019/20", 3)]), "NHS7")
    assert shown(decided) == [3]


def test_everything_that_rests_on_a_small_count_goes_with_it():
    """T70."""
    numbers = {name: 1.5 for name in disclosure.publish.VALUES if name not in ("count", "denominator", "value")}
    figures = pd.DataFrame([figure(EAST[0], "2019/20", 3, 60, **numbers)])
    decided = decide(figures, "LVRN5", "proportion")
    assert decided[disclosure.publish.VALUES].isna().all(axis=None)
    rate = decide(figures, "LVRN5", "crude_rate", population="all")
    assert rate["denominator"].tolist() == [60]
    assert rate[disclosure.publish.VALUES].drop(columns="denominator").isna().all(axis=None)


def test_the_next_years_figure_does_not_say_what_this_years_was():
    """A trend from a suppressed figure would. Of changes from it publish itself says nothing (publish__indicator_value)."""
    later = {"comparison": "worse", "trend": "increasing"}
    figures = [figure(EAST[0], "2018/19", 4, 900), figure(EAST[0], "2019/20", 12, 900, **later)]
    decided = decide(pd.DataFrame(figures), kind="crude_rate", population="all").iloc[1]
    assert decided["count"] == 12
    assert decided[["comparison", "trend"]].tolist() == ["worse", "cannot_be_calculated"]


def test_one_suppressed_district_takes_another_with_it():
    """T71."""
    figures = [figure(area, "2019-04", count) for area, count in zip(EAST[:3], [2, 20, 30], strict=True)]
    decided = decide(pd.DataFrame([*figures, figure("LANCS-14", "2019-04", 52)]), places=areas(EAST[:3]))
    assert shown(decided) == ["*", "*", 30, 52]


def test_two_small_counts_that_their_total_pins_down_take_the_total_with_them():
    figures = [figure(EAST[0], "2019-04", 2), figure(EAST[1], "2019-04", 3), figure("LANCS-14", "2019-04", 5)]
    assert shown(decide(pd.DataFrame(figures), places=areas(EAST[:2]))) == ["*", "*", "*"]


def monthly(counts: list[int], windows: int = 1) -> pd.DataFrame:
    months = [str(pd.Period("2018-04", "M") + number) for number in range(len(counts))]
    figures = [figure(EAST[0], month, count) for month, count in zip(months, counts, strict=True)]
    figures += [figure(EAST[0], f"{months[end]}-R12", sum(counts[end - 11 : end + 1])) for end in range(11, len(counts))]
    return pd.DataFrame(figures)


def test_two_rolling_windows_do_not_say_what_the_month_between_them_was():
    """T72."""
    decided = decide(monthly([20] * 12 + [3]))
    hidden = set(decided.loc[suppressed(decided), "period_id"])
    assert "2019-04" in hidden
    assert len(hidden) > 1
    assert hidden & {"2018-04", "2019-03-R12", "2019-04-R12"}


def test_two_rolling_windows_without_months_may_differ_by_little():
    """Nobody can say of which month: what left the window is not known either."""
    figures = [figure(EAST[0], "2019-03-R12", 40), figure(EAST[0], "2019-04-R12", 42)]
    assert shown(decide(pd.DataFrame(figures))) == [40, 42]


def test_what_a_band_leaves_of_a_larger_one_is_a_count_too():
    """T73: 0-17 less 10-17 is the three children under ten."""
    figures = [figure(EAST[0], "2019/20", count, age_band=band) for band, count in (("0-17", 12), ("10-17", 9), ("18+", 30))]
    decided = decide(pd.DataFrame(figures))
    assert suppressed(decided)[:2].any()
    wide = [figure(EAST[0], "2019/20", count, age_band=band) for band, count in (("0-17", 40), ("10-17", 9), ("18+", 30))]
    assert not suppressed(decide(pd.DataFrame(wide))).any()


def test_an_area_under_two_codes_is_suppressed_under_both():
    """T73: a district and its partnership are the same place."""
    places = pd.concat([areas(), pd.DataFrame([("E22000150", "partnership", ["partnership"], [EAST[0]])], columns=areas().columns)])
    figures = pd.concat([east(), pd.DataFrame([figure("E22000150", "2019/20", 30)])], ignore_index=True)
    figures.loc[0, "count"] = 30
    figures.loc[6, "count"] = 86
    earlier = remember(None, figures, decide(figures, places=places).assign(decision="suppressed_primary"), "1")
    figures.loc[figures["area_code"].isin([EAST[0], "E22000150"]), "count"] = 4
    decided = decide(figures.assign(count=figures["count"].where(figures["area_code"] != "LANCS-14", 60)), places=places)
    assert suppressed(decided)[[0, 7]].all()
    assert len(earlier) == 8


def test_a_restated_figure_is_not_given_away_by_what_was_published_before():
    """T74: 5 becomes 4. The others are known from the first release, so the total may not be given."""
    first = pd.DataFrame(
        [figure(area, "2019/20", count) for area, count in zip([*EAST[:3], "LANCS-14"], [5, 20, 30, 55], strict=True)]
    )
    places = areas(EAST[:3])
    decided = decide(first, places=places)
    assert shown(decided) == [5, 20, 30, 55]
    earlier = remember(None, first, decided, "2020-01")
    second = first.assign(count=[4, 20, 30, 54])
    again = decide(second, earlier=earlier, places=places)
    assert suppressed(again)[[0, 3]].all()
    assert shown(decide(second, places=places))[3] == 54


def test_what_was_suppressed_stays_so_until_it_counts_ten():
    places = areas(EAST[:3])
    codes = [*EAST[:3], "LANCS-14"]
    first = pd.DataFrame([figure(area, "2019/20", count) for area, count in zip(codes, [3, 20, 30, 53], strict=True)])
    earlier = remember(None, first, decide(first, places=places), "2020-01")
    for count, is_hidden in ((0, True), (7, True), (9, True), (12, False)):
        restated = first.assign(count=[count, 40, 30, count + 70])
        decided = decide(restated, earlier=earlier, places=places)
        assert suppressed(decided)[0] == is_hidden, count
    assert decided["reason"].iloc[0] == ""


def test_what_hid_another_cannot_be_shown_in_the_next_release():
    """The twenty hid the three: their sum was published, and neither has changed."""
    places = areas(EAST[:3])
    first = pd.DataFrame([figure(area, "2019/20", n) for area, n in zip([*EAST[:3], "LANCS-14"], [3, 20, 30, 53], strict=True)])
    decided = decide(first, places=places)
    assert shown(decided) == ["*", "*", 30, 53]
    earlier = remember(None, first, decided, "2020-01")
    second = first.assign(count=[12, 20, 30, 62])
    assert shown(decide(second, earlier=earlier, places=places))[1] == "*"


@pytest.mark.parametrize(
    ("count", "group", "is_shown"),
    [(30, 60, True), (3, 60, False), (57, 60, False), (60, 60, True), (9, 19, False), (0, 12, False)],
)
def test_a_proportion_hides_small_counts_on_either_side_and_small_groups(count, group, is_shown):
    decided = decide(pd.DataFrame([figure(EAST[0], "2019/20", count, group)]), kind="proportion", multiplier=100)
    assert suppressed(decided)[0] != is_shown
    assert pd.isna(decided["denominator"].iloc[0]) != is_shown


def test_a_proportions_districts_do_not_give_its_remainder_away():
    """What was not counted adds up as well: 53 of 56 leaves 3."""
    figures = [figure(EAST[0], "2019/20", 53, 56), figure(EAST[1], "2019/20", 40, 80), figure(EAST[2], "2019/20", 40, 90)]
    figures += [figure("LANCS-14", "2019/20", 133, 226)]
    decided = decide(pd.DataFrame(figures), kind="proportion", places=areas(EAST[:3]))
    assert suppressed(decided).tolist() == [True, True, False, False]


def test_a_zero_that_says_where_the_few_are_is_not_shown():
    figures = [figure(EAST[0], "2019/20", 3)] + [figure(EAST[0], "2019/20", n, sex=sex) for sex, n in (("female", 3), ("male", 0))]
    assert shown(decide(pd.DataFrame(figures))) == ["*", "*", "*"]


def test_a_ratio_does_not_give_the_count_away_that_it_is_compared_with():
    """Its denominator is the White count (2) in the minority's residents."""
    figures = [
        figure(EAST[0], "2019-04", 30, 2 * 1000 / 9000),
        figure(EAST[0], "2019/20", 300, 800, ethnicity="white") | {"denominator": 9000},
        figure(EAST[0], "2019/20", 200, 800, ethnicity="ethnic_minority") | {"denominator": 1000},
    ]
    decided = decide(pd.DataFrame(figures), kind="ratio")
    assert suppressed(decided).tolist() == [True, False, False]


def test_a_slope_over_quintiles_is_not_given_where_a_quintile_is_suppressed():
    figures = [figure(EAST[0], "2019/20", 103, 9000)]
    figures += [figure(EAST[0], "2019/20", n, 900, imd_quintile=q) for q, n in zip("12345", [3, 20, 30, 25, 25], strict=True)]
    decided = decide(pd.DataFrame(figures), kind="sii", population="all")
    assert decided["reason"].iloc[0] == "derived"
    assert pd.isna(decided["value"].iloc[0])


def test_rates_of_the_nhs_rule_are_those_of_the_rounded_count():
    limits = {"lower_ci_95": 1.0, "upper_ci_95": 2.0}
    figures = pd.DataFrame([figure(EAST[0], "2019/20", 63, 1000, **limits), figure(EAST[1], "2019/20", 64, 100, **limits)])
    rate = decide(figures, "NHS7", "crude_rate", population="all", multiplier=1000).iloc[0]
    # DOMAIN 4.1: Byar's limits of 65.
    assert rate[["count", "value"]].tolist() == [65, 65]
    assert rate[["lower_ci_95", "upper_ci_95"]].tolist() == pytest.approx([50.163187710459454, 82.84913854593984])
    share = decide(figures, "NHS7", "proportion", multiplier=100).iloc[1]
    assert share[["count", "denominator", "value"]].tolist() == [65, 100, 65]
    assert share[["lower_ci_95", "upper_ci_95"]].tolist() == pytest.approx([55.25444329, 73.63575176])


def test_t077_a_suppressed_figure_has_no_number_that_a_sum_could_take_for_nothing():
    decided = decide(east())
    seen, hidden = public(decided), suppressed(decided)
    assert hidden.sum() == 2
    assert seen.loc[hidden, [one for one in ("count", "denominator", "value") if one in seen]].isna().all(axis=None)
    assert np.isnan(seen["count"].sum(skipna=False))


def test_a_row_without_a_figure_is_not_decided_of():
    figures = pd.DataFrame([figure(EAST[0], "2019/20", 30), figure(EAST[1], "2019/20", np.nan, status="awaiting_feed")])
    decided = decide(figures)
    assert decided["decision"].tolist() == ["publish", "no_figure"]


def test_what_cannot_be_judged_is_refused():
    crossed = pd.DataFrame([figure(EAST[0], "2019/20", 3, sex="male", age_band="10-17")])
    with pytest.raises(ValueError, match="one dimension"):
        decide(crossed)
    with pytest.raises(ValueError, match="not unique"):
        decide(pd.concat([east(), east()]))
    with pytest.raises(ValueError, match="No such period"):
        decide(pd.DataFrame([figure(EAST[0], "1999/00", 3)]))
    with pytest.raises(ValueError, match="No definition"):
        decide(pd.DataFrame([figure(EAST[0], "2019/20", 3) | {"indicator_id": "V99"}]))


# Worlds made up at random, and the attacker.


@pytest.mark.worlds
@pytest.mark.parametrize("policy", ["LVRN5", "NHS7"])
def test_no_suppressed_count_of_a_made_up_world_can_be_worked_out(policy):
    attacked = 0
    for seed in seeds(WORLDS):
        world = World(seed)
        figures = world.figures()
        decided = decide(figures, policy, places=world.areas)
        seen = world.seen(figures, decided, policy)
        assert too_narrow(figures, decided, seen, policy, most=ATTACKED_PER_WORLD) == [], seed
        attacked += len(seen.wanted)
    assert attacked > 5 * WORLDS


def test_primary_rules_alone_would_be_broken():
    """So the attack can see what it is to find."""
    broken = 0
    for seed in range(12):
        world = World(seed)
        figures = world.figures()
        small = figures["count"].between(1, 4)
        naive = pd.DataFrame({"decision": np.where(small, "suppressed_primary", "publish")})
        broken += bool(too_narrow(figures, naive, world.seen(figures, naive, "LVRN5"), "LVRN5"))
    assert broken > 5


@pytest.mark.worlds
def test_an_attacker_who_knows_that_counts_are_whole_finds_no_more():
    for seed in seeds(16):
        world = World(seed)
        figures = world.figures()
        decided = decide(figures, places=world.areas)
        assert too_narrow(figures, decided, world.seen(figures, decided, "LVRN5"), "LVRN5", whole=True, most=4) == [], seed


@pytest.mark.worlds
def test_two_releases_together_give_away_no_more_than_one():
    """The attacker knows which places and months were not restated."""
    both = 0
    # The last was found by night: what an earlier release left open of zeros, this one tells.
    for seed in (*seeds(RESTATED_WORLDS), 654_428_239):
        worlds = [World(seed)]
        worlds.append(World(seed + 1000, change_of=worlds[0]))
        tables, answers, earlier = [], [], None
        for number, world in enumerate(worlds):
            figures = world.figures()
            decided = decide(figures, earlier=earlier, places=world.areas)
            earlier = remember(earlier, figures, decided, str(number))
            tables.append(figures)
            answers.append(decided)
        seen = [world.seen(figures, decided, "LVRN5") for world, figures, decided in zip(worlds, tables, answers, strict=True)]
        joined = attack.joined(*seen, same_figures(*tables))
        exposed = (answers[1]["reason"] == "cannot_be_hidden").to_numpy()
        protected = suppressed(answers[1]) & ~exposed & ~was_published(tables, answers)
        wanted = np.flatnonzero(protected & (tables[1]["count"] > 0).to_numpy())[:ATTACKED_PER_WORLD]
        if not len(wanted):
            continue
        found = attack.ranges(joined, wanted + seen[0].matrix.shape[0])
        assert ((found["high"] - found["low"]) >= 5).all(), (
            seed,
            tables[1].iloc[wanted].assign(low=found["low"].to_numpy(), high=found["high"].to_numpy()),
        )
        both += len(wanted)
    assert both > 0.75 * RESTATED_WORLDS


def same_figures(first: pd.DataFrame, second: pd.DataFrame) -> np.ndarray:
    return np.flatnonzero(first["count"].to_numpy() == second["count"].to_numpy())


def was_published(tables: list[pd.DataFrame], answers: list[pd.DataFrame]) -> np.ndarray:
    """Figures that the first release gave and that have not changed: nothing can hide them."""
    same = tables[0]["count"].to_numpy() == tables[1]["count"].to_numpy()
    return same & ~suppressed(answers[0])


counts_of_table = st.lists(st.lists(st.integers(0, 30) | st.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=4)


def table_of(counts: list[list[int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Districts by the months of a quarter, with the totals of both."""
    array = np.array(counts)
    places = areas(EAST[: len(counts)])
    names = ["2018-04", "2018-05", "2018-06"]
    array = np.vstack([array, array.sum(axis=0)])
    rows = []
    for area, row in zip([*EAST[: len(counts)], "LANCS-14"], array, strict=True):
        rows += [figure(area, month, int(count)) for month, count in zip(names, row, strict=True)]
        rows.append(figure(area, "2018/19-Q1", int(row.sum())))
    return pd.DataFrame(rows), places


@examples(20)
@given(counts_of_table, st.randoms(use_true_random=False), st.sampled_from(["LVRN5", "DfE", "NHS7"]))
def test_the_order_of_the_rows_changes_nothing(counts, dice, policy):
    figures, places = table_of(counts)
    order = list(figures.index)
    dice.shuffle(order)
    first = decide(figures, policy, places=places)
    second = decide(figures.loc[order], policy, places=places.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first, second.loc[first.index])


@examples(20)
@given(counts_of_table, st.sampled_from(["LVRN5", "DfE", "NHS7", "none"]))
def test_nothing_that_is_published_is_wrong_and_nothing_small_is_published(counts, policy):
    figures, places = table_of(counts)
    decided = decide(figures, policy, places=places)
    hidden = suppressed(decided)
    true, said = figures["count"].to_numpy(), decided["count"].to_numpy()
    rule = policies.POLICIES[policy]
    assert (np.abs(said - true)[~hidden] <= rule.rounding // 2).all()
    assert (said[~hidden] % rule.rounding == 0).all()
    assert hidden[rule.is_small(true)].all()
    # A zero is hidden only where nothing of its kind is shown, so that nobody can tell which are zeros.
    assert not hidden[(true == 0) & ~attack.may_be_none(figures, ~hidden, places)].any()
    assert np.isnan(said[hidden]).all()


@examples(15)
@given(counts_of_table, st.sampled_from(["LVRN5", "DfE", "NHS7"]))
def test_no_suppressed_count_is_known_more_narrowly_than_its_policy_allows(counts, policy):
    figures, places = table_of(counts)
    decided = decide(figures, policy, places=places)
    matrix = attack.atoms_of(figures, places, PERIODS)
    known, shown = policies.POLICIES[policy].known_range, ~suppressed(decided)
    may_be_none = attack.may_be_none(figures, shown, places)
    seen = attack.seen(matrix, shown, known, figures["count"].to_numpy(dtype=float), may_be_none)
    assert too_narrow(figures, decided, seen, policy) == []


def best(figures: pd.DataFrame, places: pd.DataFrame) -> int:
    """The fewest figures that must be suppressed, by trying every choice in the order of their number."""
    small = figures["count"].between(1, 4).to_numpy()
    others = np.flatnonzero(~small & (figures["count"] > 0).to_numpy())
    matrix = attack.atoms_of(figures, places, PERIODS)
    counts = figures["count"].to_numpy(dtype=float)
    for extra in range(len(others) + 1):
        for chosen in itertools.combinations(others, extra):
            hidden = small.copy()
            hidden[list(chosen)] = True
            status = pd.DataFrame({"decision": np.where(hidden, "suppressed_primary", "publish")})
            may_be_none = attack.may_be_none(figures, ~hidden, places)
            seen = attack.seen(matrix, ~hidden, policies.POLICIES["LVRN5"].known_range, counts, may_be_none)
            if is_safe(figures, status, seen):
                return int(hidden.sum())
    raise AssertionError("Even nothing at all gives something away.")


def is_safe(figures, status, seen) -> bool:
    """As too_narrow says, and stops at the first."""
    counts = figures["count"].to_numpy()
    for number in seen.wanted:
        found = attack.ranges(seen, np.array([number]))
        if counts[number] > 0 and (found["high"] - found["low"]).iloc[0] < 5:
            return False
    return True


def test_little_more_is_suppressed_than_must_be():
    ours, least = 0, 0
    for seed in range(6):
        dice = np.random.default_rng(seed)
        counts = dice.integers(4, 30, (3, 3)) - dice.integers(0, 4, (3, 3))
        counts[dice.integers(0, 3), dice.integers(0, 3)] = dice.integers(1, 5)
        figures, places = table_of(counts.tolist())
        ours += int(suppressed(decide(figures, places=places)).sum())
        least += best(figures, places)
    print(f"suppressed {ours}, at least {least}: {ours / least:.2f} times as many as must be")
    assert least <= ours <= 1.2 * least
