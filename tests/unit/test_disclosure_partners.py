"""What a partner works out who knows what it sent: it takes its own counts from what is published (issue 16, A2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import attack
from tests.properties import seeds
from tests.related_worlds import SHAPES, RelatedWorld
from tests.worlds import EAST, PERIODS, World, areas, figure, suppressed, too_narrow
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

WORLDS = 10
ATTACKED_PER_WORLD = 4
DEFINITION = pd.DataFrame([
    {"indicator_id": "V00", "suppression_policy": "DfE", "value_type": "count", "multiplier": 1, "comparator_default": "LANCS-14"}
])  # fmt: skip


def known(partners: list[str], *indicators: str) -> pd.DataFrame:
    """Each district's council knows the counts of its district, and the force those of nobody."""
    rows = [(partner, name, partner) for partner in partners for name in indicators]
    return pd.DataFrame(rows, columns=["partner", "indicator_id", "area_code"])


def test_a_council_that_takes_its_own_count_from_the_countys_does_not_find_anothers():
    """Three councils with 3, 20 and 300: with the county's 323 shown the second takes its 20 and the third's 300 from it."""
    places = areas(EAST[:3])
    rows = [figure(area, "2019/20", count) for area, count in zip([*EAST[:3], "LANCS-14"], [3, 20, 300, 323], strict=True)]
    figures = pd.DataFrame(rows)
    public = disclosure.decide(figures, DEFINITION, places, PERIODS)
    assert suppressed(public).tolist() == [True, True, False, False]
    decided = disclosure.decide(figures, DEFINITION, places, PERIODS, known=known(EAST[:3], "V00"))
    # Only one more is hidden, and for each council two others are in what is left.
    assert suppressed(decided).tolist() == [True, True, True, False]


def test_what_a_partner_knows_protects_nothing_and_hides_nothing_from_it():
    figures = pd.DataFrame([figure(area, "2019/20", 3) for area in EAST[:2]] + [figure("LANCS-14", "2019/20", 6)])
    every = known(["police"], "V00").merge(pd.DataFrame({"area_code": [*EAST[:2], "LANCS-14"]}), how="cross", suffixes=("_", ""))
    places = areas(EAST[:2])
    alone = disclosure.decide(figures, DEFINITION, places, PERIODS)
    pd.testing.assert_frame_equal(disclosure.decide(figures, DEFINITION, places, PERIODS, known=every), alone)


@pytest.mark.worlds
def test_no_suppressed_count_of_a_made_up_world_can_be_worked_out_by_a_partner():
    attacked = broken_before = 0
    # The last was found by night: a county's count to which one council alone adds.
    for seed in (*seeds(WORLDS), 654_428_237):
        world = World(seed)
        if len(world.districts) < 2:
            continue
        figures = world.figures()
        definition = DEFINITION.assign(suppression_policy="LVRN5")
        naive = disclosure.decide(figures, definition, world.areas, PERIODS)
        decided = disclosure.decide(figures, definition, world.areas, PERIODS, known=known(world.districts, "V00"))
        for partner in world.districts:
            assert narrow_for(partner, world, figures, decided) == [], (seed, partner)
            broken_before += bool(narrow_for(partner, world, figures, naive))
            attacked += 1
    assert attacked >= WORLDS
    # So the attack can see what it is to find.
    assert broken_before


def narrow_for(partner: str, world: World, figures: pd.DataFrame, decided: pd.DataFrame) -> list:
    counts = figures["count"].to_numpy(dtype=float)
    is_seen = ~suppressed(decided) | is_own(partner, world, figures, decided)
    may_be_none = attack.may_be_none(figures, ~suppressed(decided), world.areas)
    matrix = attack.atoms_of(figures, world.areas, PERIODS)
    seen = attack.seen(matrix, is_seen, policies.POLICIES["LVRN5"].known_range, counts, may_be_none)
    return too_narrow(figures, decided, seen, "LVRN5", most=ATTACKED_PER_WORLD)


def is_own(partner: str, world: World, figures: pd.DataFrame, decided: pd.DataFrame) -> np.ndarray:
    """A partner's own counts, and the county's to which it alone adds, because the noughts of every other district are shown."""
    others = figures["area_code"].isin(world.districts) & (figures["area_code"] != partner)
    cells = pd.MultiIndex.from_frame(figures[["period_id", "sex"]])
    adds = cells.isin(cells[others & (suppressed(decided) | (figures["count"] > 0))])
    return ((figures["area_code"] == partner) | ((figures["area_code"] == "LANCS-14") & ~adds)).to_numpy()


@pytest.mark.worlds
@pytest.mark.parametrize("shape", ["a part", "one denominator"])
def test_no_suppressed_count_of_related_indicators_can_be_worked_out_by_a_partner(shape):
    # The last two were found by night: what two counts leave of each other in the county is part of what they leave in the force,
    # and is a council's own where it alone has such events.
    for seed in (*seeds(5), 654_428_200, 31_060_968):
        world = RelatedWorld(SHAPES[shape], seed, "LVRN5")
        figures = world.figures()
        districts = world.areas.loc[world.areas["area_type"] == "district", "area_code"].tolist()
        if len(districts) < 2:
            # The county's counts are the only council's own.
            continue
        knows = known(districts, *SHAPES[shape].counts)
        decided = disclosure.decide(figures, world.indicators, world.areas, PERIODS, known=knows)
        for partner in districts:
            hidden = suppressed(decided) & (figures["area_code"] != partner).to_numpy()
            narrow = world.too_narrow(figures, hidden, ATTACKED_PER_WORLD, suppressed(decided))
            assert of_others(narrow, partner, figures) == [], (seed, partner)


def of_others(narrow: list, partner: str, figures: pd.DataFrame) -> list:
    """Without what is the partner's own: counts of its place, what they leave of each other there, and of the whole county
    those to which nobody else adds, for zeros are shown, and what these leave."""
    of = figures[figures["age_band"] == "all"].set_index(["indicator_id", "area_code", "period_id"])
    own = [one for one in narrow if one[1] == partner]
    for name, area, period, measure, *_ in narrow:
        if area == partner or (measure == "left" and area != "LANCS-14"):
            continue
        columns = {"group": ["denominator"], "complement": ["denominator", "count"]}.get(measure, ["count"])
        names = figures["indicator_id"].unique() if measure == "left" else [name]
        whole, part = ([of.loc[(one, place, period), columns].tolist() for one in names] for place in (area, partner))
        own += [one for one in narrow if one[:4] == [name, area, period, measure] and whole == part]
    return [one for one in narrow if one not in own]
