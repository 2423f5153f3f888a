"""As much is said as is safe: open data are open, and what has no place is told as part of the force (issue 16, B)."""

from __future__ import annotations

import pandas as pd

from tests import metadata
from tests.worlds import EAST, PERIODS, UNPLACED, areas, figure
from vrn.publish import disclosure

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
    counts = {EAST[0]: 30, "LANCS-14": 30, "OUT": 0, "UNK": 2, "E23000003": 32}
    figures = pd.DataFrame([figure(area, "2019/20", count) for area, count in counts.items()])
    decided = disclosure.decide(figures, definition(), areas(EAST[:1]), PERIODS)
    assert not decided["area_code"].isin(UNPLACED).any()
    assert dict(zip(decided["area_code"], decided["count"], strict=True)) == {EAST[0]: 30, "LANCS-14": 30, "E23000003": 32}
