"""The intervals that are computed outside the database are those of its own functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrn.publish import intervals


@pytest.mark.parametrize(("level", "share"), [("95", 0.95), ("998", 0.998)])
@given(events=st.integers(10, 100_000))
def test_byars_limits_are_those_of_poisson_ci(stats_db, level, share, events):
    lower, upper = stats_db.execute("select * from stats.poisson_ci(%s, %s::numeric)", [events, share]).fetchone()
    assert intervals.byar_lower(events, intervals.Z[level]) == pytest.approx(lower, rel=1e-9)
    assert intervals.byar_upper(events, intervals.Z[level]) == pytest.approx(upper, rel=1e-9)


@pytest.mark.parametrize(("level", "share"), [("95", 0.95), ("998", 0.998)])
@given(group=st.integers(1, 10_000), data=st.data())
def test_wilsons_limits_are_those_of_wilson_ci(stats_db, level, share, group, data):
    count = data.draw(st.integers(0, group))
    wanted = stats_db.execute("select * from stats.wilson_ci(%s, %s, %s::numeric)", [count, group, share]).fetchone()
    assert intervals.wilson(count, group, intervals.Z[level]) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
