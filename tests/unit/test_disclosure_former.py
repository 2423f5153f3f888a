"""What was deleted or coded anew since an earlier release still adds up to what that release told (issue 16, A and C)."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.test_disclosure import remember
from tests.unit.test_disclosure_related import definition, of
from tests.worlds import EAST, PERIODS, areas, suppressed
from vrn.publish import disclosure
from vrn.publish.disclosure import Definitions

MONTH = "2019-04"
COUNTY = "LANCS-14"
# Two of an area that is no more, and one beside it; then the area that all three make.
FIRST, SECOND, THIRD = EAST[:3]
FORMER_AREA = "E10000017"


def places(total: str, *parts: str) -> pd.DataFrame:
    """Three districts, and an area that some of them make."""
    rows = [(code, "district", ["district"], [code]) for code in (FIRST, SECOND, THIRD)]
    rows.append(
        (total, "county_14" if total == COUNTY else "upper_tier", ["county_14" if total == COUNTY else "upper_tier"], parts)
    )
    return pd.DataFrame(rows, columns=["area_code", "area_type", "area_levels", "leaf_codes"])


def told(figures: pd.DataFrame, hidden: list[bool]) -> pd.DataFrame:
    return remember(None, figures, pd.DataFrame({"decision": ["suppressed_primary" if one else "publish" for one in hidden]}), "1")


def test_what_an_indicator_that_is_deleted_said_is_still_known():
    """S1 and S2 were 23 together, and the new sum of these and S4 is 25: that would leave two for S4."""
    before = pd.DataFrame([definition("S1"), definition("S2"), definition("S3", ["count = S1 + S2"]), definition("S4")])
    first = pd.DataFrame([of(name, EAST[0], MONTH, n) for name, n in (("S1", 3), ("S2", 20), ("S3", 23), ("S4", 12))])
    hidden = suppressed(disclosure.decide(first, before, areas(), PERIODS)).tolist()
    assert hidden == [True, True, False, False]
    now = pd.DataFrame([definition("S1"), definition("S2"), definition("S4"), definition("S5", ["count = S1 + S2 + S4"])])
    second = pd.DataFrame([of(name, EAST[0], MONTH, n) for name, n in (("S1", 3), ("S2", 20), ("S4", 2), ("S5", 25))])
    known = told(first, hidden)
    assert suppressed(disclosure.decide(second, now, areas(), PERIODS, known)).tolist() == [True, True, True, False]
    former = [Definitions(before, areas(), PERIODS)]
    assert suppressed(disclosure.decide(second, now, areas(), PERIODS, known, former=former)).tolist() == [True, True, True, True]


def test_what_was_told_of_an_area_that_is_no_more_is_still_known():
    """The two districts were 23 together, and with a third they are 25."""
    before, now = places(FORMER_AREA, FIRST, SECOND), places(COUNTY, FIRST, SECOND, THIRD)
    defined = pd.DataFrame([definition("V00")])
    counts = zip((FIRST, SECOND, FORMER_AREA, THIRD), (3, 20, 23, 12), strict=True)
    first = pd.DataFrame([of("V00", area, MONTH, n) for area, n in counts])
    hidden = suppressed(disclosure.decide(first, defined, before, PERIODS)).tolist()
    assert hidden == [True, True, False, False]
    counts = zip((FIRST, SECOND, THIRD, COUNTY), (3, 20, 2, 25), strict=True)
    second = pd.DataFrame([of("V00", area, MONTH, n) for area, n in counts])
    known = told(first, hidden)
    assert suppressed(disclosure.decide(second, defined, now, PERIODS, known)).tolist() == [True, True, True, False]
    former = [Definitions(defined, before, PERIODS)]
    assert suppressed(disclosure.decide(second, defined, now, PERIODS, known, former=former)).tolist() == [True, True, True, True]


def test_an_area_that_has_other_places_now_is_still_known_as_it_was():
    """Under the same code: the county was two districts, which were 23, and is three now."""
    before, now = places(COUNTY, FIRST, SECOND), places(COUNTY, FIRST, SECOND, THIRD)
    defined = pd.DataFrame([definition("V00")])
    first = pd.DataFrame(
        [of("V00", area, MONTH, n) for area, n in zip((FIRST, SECOND, COUNTY, THIRD), (3, 20, 23, 12), strict=True)]
    )
    second = pd.DataFrame(
        [of("V00", area, MONTH, n) for area, n in zip((FIRST, SECOND, THIRD, COUNTY), (3, 20, 2, 25), strict=True)]
    )
    former = [Definitions(defined, before, PERIODS)]
    decided = disclosure.decide(second, defined, now, PERIODS, told(first, [True, True, False, False]), former=former)
    assert suppressed(decided).tolist() == [True, True, True, True]


def test_a_period_that_is_no_more_is_still_known():
    """A year's 23 were of months that are given no more; with the year gone, they are known all the same."""
    quarters = [f"2019/20-Q{number}" for number in range(1, 5)]
    defined = pd.DataFrame([definition("V00")])
    first = pd.DataFrame(
        [of("V00", FIRST, period, n) for period, n in zip([*quarters, "2019/20"], [3, 20, 30, 40, 93], strict=True)]
    )
    hidden = suppressed(disclosure.decide(first, defined, areas(), PERIODS)).tolist()
    assert sum(hidden) == 2
    now = PERIODS[PERIODS["period_id"] != "2019/20"]
    second = pd.DataFrame([of("V00", FIRST, period, n) for period, n in zip(quarters, [3, 20, 30, 40], strict=True)])
    former = [Definitions(defined, areas(), PERIODS)]
    decided = disclosure.decide(second, defined, areas(), now, told(first, hidden), former=former)
    assert suppressed(decided).tolist() == hidden[:4]


def test_what_only_an_earlier_release_said_of_unlike_sources_holds_up_no_release():
    """An equation between policies is refused to who writes it; in what was frozen nobody can mend it."""
    unlike = [definition("S1", policy="NHS7"), definition("S2"), definition("S3", ["count = S1 + S2"])]
    figures = pd.DataFrame([of(name, EAST[0], MONTH, n) for name, n in (("S1", 3), ("S2", 20), ("S3", 23))])
    with pytest.raises(ValueError, match="same suppression_policy"):
        disclosure.decide(figures, pd.DataFrame(unlike), areas(), PERIODS)
    now, former = pd.DataFrame([*unlike[:2], definition("S3")]), [Definitions(pd.DataFrame(unlike), areas(), PERIODS)]
    assert suppressed(disclosure.decide(figures, now, areas(), PERIODS, former=former)).tolist() == [True, True, False]


def test_what_is_told_by_nobody_any_more_holds_up_no_release():
    """An indicator, an area and a period of an earlier release of which no definition is kept."""
    defined, figures = pd.DataFrame([definition("V00")]), pd.DataFrame([of("V00", FIRST, MONTH, 12)])
    strange = pd.DataFrame([of("V99", FIRST, MONTH, 3), of("V00", "E00000000", MONTH, 3), of("V00", FIRST, "1999", 3)])
    decided = disclosure.decide(figures, defined, areas(), PERIODS, told(strange, [True, True, True]))
    assert suppressed(decided).tolist() == [False]
