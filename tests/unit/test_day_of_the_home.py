"""The day on which a home lives: up to it figures are expected, and after it they are late."""

from __future__ import annotations

from datetime import date

import pytest

from tests.submissions import came
from vrn.build import dbt
from vrn.errors import HomeError
from vrn.feeds import days
from vrn.ledger import day
from vrn.settings import Settings

IS_TODAY = "select ops.as_of() = (now() at time zone 'Europe/London')::date as found"
# At any moment it is another day than in Lancashire in one of them.
FARTHEST_EAST, FARTHEST_WEST = "Pacific/Kiritimati", "Pacific/Niue"


def test_a_home_of_synthetic_deliveries_lives_on_the_day_of_the_report_and_any_other_today(home, owner):
    """Issue 14, point 7."""
    assert owner.execute(IS_TODAY).fetchone()["found"]
    came(owner, "a.csv", is_synthetic=True)
    assert owner.execute("select ops.as_of()::text as found").fetchone()["found"] == "2020-08-25"
    # A file that is refused is none of its deliveries, whatever it was.
    came(owner, "no name.csv", is_synthetic=False, status="refused")
    assert owner.execute("select ops.as_of()::text as found").fetchone()["found"] == "2020-08-25"
    # What the ONS publishes for all is real in every home (issue 15, B2).
    came(owner, "c.xlsx", feed="reference_population", is_synthetic=False)
    assert owner.execute("select ops.as_of()::text as found").fetchone()["found"] == "2020-08-25"
    came(owner, "b.csv", is_synthetic=False)
    assert owner.execute(IS_TODAY).fetchone()["found"]


def test_made_up_deliveries_of_later_years_move_their_home_to_the_day_after_the_last_that_serves(home, owner):
    came(owner, "held.csv", status="held", period_start="2030-01-01", period_end="2030-12-31")
    assert owner.execute("select ops.as_of()::text as found").fetchone()["found"] == "2020-08-25"
    came(owner, "later.csv", status="accepted", period_start="2024-04-01", period_end="2024-06-30")
    assert owner.execute("select ops.as_of()::text as found").fetchone()["found"] == "2024-07-01"


@pytest.mark.parametrize("zone", [FARTHEST_EAST, FARTHEST_WEST])
def test_today_is_the_day_in_lancashire_whatever_zone_a_session_lives_in(home, owner, zone):
    """Issue 13, point 15."""
    owner.execute(f"set time zone '{zone}'")
    assert owner.execute(IS_TODAY).fetchone()["found"]


def test_another_day_is_said_by_the_environment_and_reaches_dbt_and_every_page(home, owner, monkeypatch):
    monkeypatch.setenv("VRN_AS_OF", "2020-08-25")
    assert day.of_home(home, owner) == date(2020, 8, 25)
    assert dbt._options(home)[-2:] == ["--vars", """{"as_of": "date '2020-08-25'"}"""]
    monkeypatch.delenv("VRN_AS_OF")
    assert "--vars" not in dbt._options(home)
    assert day.of_home(home, owner) == days.today()


def test_a_day_that_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("VRN_AS_OF", "31/12/2020")
    with pytest.raises(HomeError, match=r"VRN_AS_OF is '31/12/2020', which is no day\. Write it as 2020-08-25"):
        _ = Settings(home=tmp_path).as_of
