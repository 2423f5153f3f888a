"""What is judged grows with what releases changed, and not with how many there are (issue 17, 5)."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.worlds import EAST, PERIODS, areas, figure
from vrn.publish import disclosure
from vrn.publish.disclosure.assembly import puzzle_of
from vrn.publish.disclosure.definitions import Definitions
from vrn.publish.disclosure.policies import POLICIES
from vrn.publish.disclosure.tables import Frame, table_of

# Two years of windows and quarters, so that months that nobody published hang together through them.
KINDS = ("rolling_12_months", "quarter", "financial_year")
# The window whose count each release restates.
RESTATED = ("LANCS-14", "2019-03-R12")
MONTHS = 36


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    periods = PERIODS[PERIODS["period_type"].isin(KINDS)]
    return pd.DataFrame(
        [
            figure(area, period.period_id, (number + 2) * (3 if period.period_type == "quarter" else 12))
            for number, area in enumerate([*EAST[:3], "LANCS-14"])
            for period in periods.itertuples()
        ]
    ).assign(is_printed=False)


def cells(figures: pd.DataFrame, releases: int) -> int:
    """Of how many cells the system is that is judged after so many releases, of which each restated one figure."""
    told = figures[[*disclosure.KEY, "count", "denominator"]].astype({"count": float, "denominator": float})
    is_restated = ((told["area_code"] == RESTATED[0]) & (told["period_id"] == RESTATED[1])).to_numpy()
    assert is_restated.sum() == 1
    earlier = pd.concat(
        [
            told.assign(count=told["count"] + number * is_restated, release=number, is_published=True)
            for number in range(1, releases + 1)
        ]
    )
    frame = Frame.of([Definitions(pd.DataFrame(), areas(EAST[:3]), PERIODS)])
    now = figures.astype({"count": float, "denominator": float})
    table = table_of("V00", now, POLICIES["LVRN5"], "count", frame, earlier[disclosure.MEMORY])
    return len(puzzle_of([table], [], frame).values)


def test_a_release_that_restated_one_figure_adds_what_its_series_says_and_no_more(figures):
    few, more = cells(figures, 3), cells(figures, 4)
    # The figure itself, and the months that its series implies; of each of the four areas there would be as many.
    assert 0 < more - few <= 1 + MONTHS
