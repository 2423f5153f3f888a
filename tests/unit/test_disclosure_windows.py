"""What rolling windows say of months that nobody published (issue 16, A6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import attack
from tests.properties import seeds
from tests.related_worlds import SHAPES, RelatedWorld
from tests.worlds import EAST, PERIODS, areas, figure, suppressed
from vrn.publish import disclosure
from vrn.publish.disclosure import policies
from vrn.publish.disclosure.constraints import Cells
from vrn.publish.disclosure.months import settle

DISTRICTS, MONTHS = EAST[:3], 36
FIRST = 2018 * 12 + 3
DEFINITION = pd.DataFrame([
    {"indicator_id": "V00", "suppression_policy": "LVRN5", "value_type": "count", "multiplier": 1, "comparator_default": "LANCS-14"}
])  # fmt: skip
KINDS = ("rolling_12_months", "financial_year")


def figures_of(counts: np.ndarray, places: pd.DataFrame, kinds: tuple[str, ...] = KINDS) -> pd.DataFrame:
    """Years and windows of districts and of what they add up to. counts: by district and month from April 2018."""
    inside = {row.area_code: [DISTRICTS.index(leaf) for leaf in row.leaf_codes if leaf in DISTRICTS] for row in places.itertuples()}
    rows = []
    for _, period in PERIODS[PERIODS["period_type"].isin(kinds)].iterrows():
        months = [number - FIRST for number in attack.months_of(period)]
        rows += [figure(area, period["period_id"], counts[of][:, months].sum()) for area, of in inside.items() if of]
    return pd.DataFrame(rows)


def named_months(counts: np.ndarray, figures: pd.DataFrame, hidden: np.ndarray, places: pd.DataFrame, is_zero_shown: bool) -> int:
    """Of how many districts and months a reader knows that something happened there and then.

    is_zero_shown: whether every zero of a window is shown, so that a hidden one must be more.
    """
    months = [(place, month) for place, month in np.argwhere(counts > 0)]
    own = [figure(DISTRICTS[place], str(pd.Period("2018-04", "M") + month), 0) for place, month in months]
    told = pd.concat([figures, pd.DataFrame(own)], ignore_index=True)
    known = told["count"].to_numpy(dtype=float)
    if not is_zero_shown:
        known = np.where(np.append(hidden, np.ones(len(own))) * told["period_id"].str.endswith("R12"), 0, known)
    # A month that nobody published may be none for all a reader knows.
    is_known = np.append(~hidden, np.zeros(len(own), dtype=bool))
    seen = attack.seen(attack.atoms_of(told, places, PERIODS), is_known, policies.POLICIES["LVRN5"].known_range, known)
    return int((attack.ranges(seen, np.arange(len(figures), len(told)))["low"] > 0).sum())


def one_event(month: int) -> np.ndarray:
    counts = np.zeros((3, MONTHS), dtype=int)
    counts[0, month] = 1
    return counts


@pytest.mark.parametrize("month", [11, 12, 17, 24])
def test_windows_that_go_from_none_to_hidden_do_not_name_a_district_and_month(month):
    """Issue 16, A6: eleven homicides were found so, and all eleven were true."""
    places = areas(DISTRICTS)
    counts = one_event(month)
    figures = figures_of(counts, places)
    small = figures["count"].between(1, 4).to_numpy()
    assert named_months(counts, figures, small, places, is_zero_shown=True), "the attack finds nothing"
    decided = disclosure.decide(figures, DEFINITION, places, PERIODS)
    assert named_months(counts, figures, suppressed(decided), places, is_zero_shown=False) == 0


def test_a_windows_zero_is_shown_where_the_years_say_as_much():
    """Who knows the rule learns which of the years, and nothing of when in it: wherever the event was, the same zeros are shown."""
    places = areas(DISTRICTS)
    shown = []
    for month in (12, 15, 23):
        figures = figures_of(one_event(month), places)
        decided = disclosure.decide(figures, DEFINITION, places, PERIODS)
        is_own = (figures["area_code"] == DISTRICTS[0]).to_numpy()
        shown.append(figures.loc[is_own & ~suppressed(decided), "period_id"].tolist())
    assert shown[0] == shown[1] == shown[2]
    assert set(shown[0]) >= {"2018/19", "2020/21", "2019-03-R12", "2021-03-R12"}


def test_where_months_are_given_windows_have_nothing_to_tell():
    places = areas(DISTRICTS)
    figures = figures_of(one_event(15), places, ("month", *KINDS))
    decided = disclosure.decide(figures, DEFINITION, places, PERIODS)
    is_zero_window = figures["period_id"].str.endswith("R12") & (figures["count"] == 0) & (figures["area_code"] == DISTRICTS[1])
    assert not suppressed(decided)[is_zero_window].any()


@pytest.mark.worlds
def test_no_month_of_a_made_up_world_of_rare_events_is_named():
    named_before = 0
    for seed in seeds(4):
        dice = np.random.default_rng(seed)
        counts = dice.poisson(dice.choice([0.03, 0.1]), (3, MONTHS))
        places = areas(DISTRICTS)
        figures = figures_of(counts, places)
        hidden = suppressed(disclosure.decide(figures, DEFINITION, places, PERIODS))
        assert named_months(counts, figures, hidden, places, is_zero_shown=False) == 0, seed
        named_before += named_months(counts, figures, figures["count"].between(1, 4).to_numpy(), places, is_zero_shown=True)
    assert named_before


def test_months_that_windows_imply_are_tied_to_those_of_other_indicators():
    """Issue 16, A6: 5 in a window, and in the next one what is left when its first month goes and none comes. As that month is part
    of five of another indicator, the next window is 1 to 5, which is a range of 4 where 5 is policy."""
    months = [str(pd.Period("2018-04", "M") + number) for number in range(13)]
    whole = [5] + [30] * 11 + [0]
    rows = [figure(EAST[0], month, count) | {"indicator_id": "V92"} for month, count in zip(months, whole, strict=True)]
    rows += [
        figure(EAST[0], "2019-03-R12", 5) | {"indicator_id": "V91"},
        figure(EAST[0], "2019-04-R12", 3) | {"indicator_id": "V91"},
    ]
    both = pd.concat([DEFINITION.assign(indicator_id=name) for name in ("V91", "V92")], ignore_index=True)
    both["adds_up"] = [["count <= V92"], None]
    figures = pd.DataFrame(rows)
    hidden = suppressed(disclosure.decide(figures, both, areas(EAST[:1]), PERIODS))
    assert hidden[figures["period_id"] == "2019-04-R12"].all()
    assert hidden.sum() > 1


def test_months_of_which_nothing_could_be_so_leave_those_of_other_places_tied():
    """Issue 16, A6: the figures of one district contradict each other; those of the other are judged as if it was not there."""
    cells = Cells()
    first, second, three, five = (cells.add((("V91", "count"), "A", "", ("", "all")), value) for value in (np.nan, np.nan, 3, 5))
    broken = [((first,), (three,), True), ((first,), (five,), True)]
    whole = [((second,), (five,), True)]
    kept, months = settle(cells, [broken + whole, broken[:1] + whole])
    assert kept == broken[:1] + whole
    assert months == {first: 3, second: 5}


@pytest.mark.worlds
def test_no_count_in_windows_can_be_worked_out_with_the_months_of_a_related_indicator():
    for seed in seeds(3):
        world = RelatedWorld(SHAPES["a part"], seed, "LVRN5", has_windows=True)
        figures = world.figures()
        is_month_of_part = (figures["indicator_id"] == "V91") & ~figures["period_id"].str.endswith("R12")
        figures = figures[~is_month_of_part].reset_index(drop=True)
        narrow = world.too_narrow(figures, suppressed(world.decide(figures)), most=6)
        # What is left in a month of which one of the two is not given is nobody's figure.
        assert [one for one in narrow if one[3] != "left"] == [], seed


# Worlds in which the cheapest other tables lie between whole numbers.
IN_HALVES = [
    ("a sum", 9009),
    ("a denominator within a count", 9009),
    ("a denominator within a count", 20025),
    ("parts", 20002),
]


@pytest.mark.parametrize(("shape", "seed"), IN_HALVES)
def test_a_count_whose_other_tables_lie_between_whole_numbers_is_given_wider_ones(shape, seed):
    """From a half to five and a half are four whole numbers, and the policy wants five: the release stopped for good."""
    world = RelatedWorld(SHAPES[shape], seed, "LVRN5", has_windows=True)
    figures = world.figures()
    decided = world.decide(figures)
    assert (decided["reason"] == "cannot_be_hidden").sum() == 0
    assert world.too_narrow(figures, suppressed(decided), most=6) == []


@pytest.mark.worlds
@pytest.mark.parametrize("shape", [name for name, shape in SHAPES.items() if not shape.bands])
def test_no_count_of_related_indicators_in_windows_can_be_worked_out(shape):
    for seed in seeds(1):
        world = RelatedWorld(SHAPES[shape], seed, "LVRN5", has_windows=True)
        figures = world.figures()
        assert world.too_narrow(figures, suppressed(world.decide(figures)), most=6) == [], seed
