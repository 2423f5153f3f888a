"""Figures that a build keeps are those that it would make (issue 17, point 2): whatever month changed, of whatever indicator, and
whatever is compared with it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.properties import seeds
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

FIRST, LAST = "2018-04-01", "2026-10-01"
BASELINE = "2018-06-01"
TODAY = "date '2026-11-05'"
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What rests on the day beside figures.
OF_THE_DAY = ("dim_period", "fct_indicator_annotation", "path:functions/figures", "path:functions/publish")
CHANGES = 3
# Every supplier delivered every month, and everywhere something happened in some of them.
DELIVERED = f"""
insert into ops.counted_submission
select
    row_number() over (), feed, supplier, month_on::date, (month_on + interval '1 month')::date - 1, '2020-08-01', 'accepted',
    '2020-08-01', '9999-12-31', true, false
from ops.feed_supplier
cross join generate_series(date '{FIRST}', date '{LAST}', interval '1 month') as month_on
"""
COUNTED = f"""
insert into indicators.indicator_count (
    indicator_id, area_code, month_on, age_band, sex, ethnicity, imd_quintile, numerator, denominator, square_sum, known_from_on,
    known_until_on
)
select
    indicator_id, leaf_code, month_on::date, 'all', 'all', 'all', 'all', 20 + abs(hashtext(indicator_id || leaf_code)) % 30,
    100, 2000, '2020-08-01', '9999-12-31'
from marts.dim_indicator
cross join (select distinct leaf_code from reference.area_member) as leaf
cross join generate_series(date '{FIRST}', date '{LAST}', interval '6 months') as month_on
"""
# As a build of the counts remembers a month: with its own feed, and what it was made from.
MONTHS = """
insert into ops.built_month (model, feed, month_on, inputs, revision)
select distinct 'indicator_count', feed, period_start_on, 'deliveries', 1 from ops.counted_submission
"""
COUNTED_ANEW = """
insert into ops.built_month (model, feed, month_on, inputs, revision) values ('indicator_count', %s, %s, 'deliveries', 1)
on conflict (model, feed, month_on) do update set revision = built_month.revision + 1
"""
FEEDS = "select indicator_id, feeds from marts.dim_indicator where feeds && %s"


@dataclass
class World:
    """Eight years of every indicator, and the feeds of what changed since its figures were made."""

    settings: Settings
    owner: psycopg.Connection

    def build(self, *more: str) -> None:
        chosen = ("path:models/marts/figures", "fct_indicator_value")
        assert dbt.invoke(self.settings, ["--quiet", "build", *WITHOUT_TESTS, "--select", *chosen, *more], {"as_of": TODAY}).success

    def indicators_of(self, feeds: set[str]) -> list[str]:
        return [row["indicator_id"] for row in self.owner.execute(FEEDS, [list(feeds)]).fetchall()]

    def count(self, feed: str, indicator: str, month: str, more: int) -> None:
        """Something was found to have happened in a month."""
        self.owner.execute(
            "update indicators.indicator_count set numerator = numerator + %s, denominator = denominator + %s "
            "where indicator_id = %s and month_on = (select max(month_on) from indicators.indicator_count where month_on <= %s)",
            [more, more, indicator, month],
        )
        found = self.owner.execute("select max(month_on) as last from indicators.indicator_count where month_on <= %s", [month])
        self.owner.execute(COUNTED_ANEW, [feed, found.fetchone()["last"]])

    def refuse(self, feed: str, month: str) -> None:
        """A month's deliveries were withdrawn, and what came then was refused."""
        self.owner.execute(
            "update ops.counted_submission set status = 'refused', is_ever_known = false where feed = %s and period_start_on = %s",
            [feed, month],
        )
        self.owner.execute("delete from ops.built_month where (model, feed, month_on) = ('indicator_count', %s, %s)", [feed, month])

    def withdraw(self, feed: str, month: str) -> None:
        self.owner.execute("delete from ops.counted_submission where feed = %s and period_start_on = %s", [feed, month])
        self.owner.execute("delete from ops.built_month where (model, feed, month_on) = ('indicator_count', %s, %s)", [feed, month])

    def bring(self, feed: str, month: str) -> None:
        """What was refused or withdrawn came."""
        self.owner.execute("delete from ops.counted_submission where feed = %s and period_start_on = %s", [feed, month])
        self.owner.execute(
            "insert into ops.counted_submission "
            "select row_number() over () + (select max(submission_id) from ops.counted_submission), feed, supplier, %s, "
            "(%s::date + interval '1 month')::date - 1, '2020-08-01', 'accepted', '2020-08-01', '9999-12-31', true, false "
            "from ops.feed_supplier where feed = %s",
            [month, month, feed],
        )
        self.owner.execute(COUNTED_ANEW, [feed, month])

    def ensure_as_if_all_were_made(self, feeds: set[str], what: object) -> None:
        """The table beside the function that computes every figure, and no row of another feed was written."""
        concerned = self.indicators_of(feeds)
        asked = "(select * from publish.indicator_as_at('9999-12-30', %s))"
        kept = "(select * from marts.fct_indicator_value where indicator_id = any(%s))"
        for one, other in ((asked, kept), (kept, asked)):
            rows = self.owner.execute(f"{one} except all {other} limit 3", [concerned, concerned]).fetchall()
            assert rows == [], what

    def written_anew(self, before: str) -> set[str]:
        rows = self.owner.execute(
            "select distinct indicator_id from marts.fct_indicator_value where xmin::text::bigint >= %s::bigint", [before]
        )
        return {row["indicator_id"] for row in rows}

    def now(self) -> str:
        return self.owner.execute("select pg_current_xact_id()::text as id").fetchone()["id"]


@pytest.fixture(scope="module")
def world(built_server, tmp_path_factory) -> Iterator[World]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("touched"), patch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as owner,
    ):
        for statement in (DELIVERED, COUNTED, MONTHS):
            owner.execute(statement)
        owner.execute("analyze")
        here = World(settings, owner)
        here.build(*OF_THE_DAY, "--full-refresh")
        yield here


def test_a_month_of_the_baseline_year_changes_all_years_that_are_compared_with_it(world):
    before = world.now()
    world.count("police_crime", "V10", BASELINE, 400)
    world.build()
    world.ensure_as_if_all_were_made({"police_crime"}, "the baseline")
    assert world.written_anew(before) <= set(world.indicators_of({"police_crime"}))
    periods = world.owner.execute("select period_id from figures.touched where indicator_id = 'V10'").fetchall()
    assert {"2018-04", "2018/19", "2019/20", "2025/26"} <= {row["period_id"] for row in periods}
    assert "2021-03" not in {row["period_id"] for row in periods}


@pytest.mark.worlds
@pytest.mark.parametrize("seed", seeds(2))
def test_whatever_changes_the_figures_that_stay_are_those_that_all_would_be(world, seed):
    drawn = random.Random(seed)
    every = world.owner.execute("select indicator_id, feeds from marts.dim_indicator order by 1").fetchall()
    months = [row["month"] for row in world.owner.execute(
        f"select month_on::date::text as month from generate_series(date '{FIRST}', date '{LAST}', interval '1 month') as month_on"
    ).fetchall()]  # fmt: skip
    before, feeds, said = world.now(), set(), []
    for _ in range(CHANGES):
        one = drawn.choice(every)
        feed, month = drawn.choice(one["feeds"]), drawn.choice(months)
        what = drawn.choice(("count", "refuse", "withdraw", "bring"))
        said.append((what, feed, one["indicator_id"], month))
        feeds.add(feed)
        if what == "count":
            world.count(feed, one["indicator_id"], month, drawn.randrange(1, 60))
        else:
            getattr(world, what)(feed, month)
    world.build()
    world.ensure_as_if_all_were_made(feeds, said)
    assert world.written_anew(before) <= set(world.indicators_of(feeds)), said


def test_a_build_to_which_nothing_came_makes_no_figure_anew(world):
    world.build()
    before = world.now()
    world.build()
    assert world.written_anew(before) == set()
