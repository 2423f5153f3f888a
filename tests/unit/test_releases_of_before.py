"""Releases of before are whole after the upgrade that keeps once what did not change (issue 16, C)."""

from __future__ import annotations

import psycopg
import pytest

from vrn.run import prepare
from vrn.settings import Settings

BEFORE = "0019"
VALUES = (
    "insert into ops.release_value (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, count, "
    "value, status, is_synthetic) values (%s, 'V06', 'E06000008', %s, 'all', 'all', 'all', 'all', %s, %s, 'ok', true)"
)
DECISIONS = (
    "insert into ops.release_decision (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, "
    "decision, count, value) values (%s, 'V06', 'E06000008', %s, 'all', 'all', 'all', 'all', 'publish', %s, %s)"
)
RANGES = (
    "insert into ops.release_range (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, "
    "at_least, at_most) values (%s, 'V06', 'E06000008', %s, 'all', 'all', 'all', 'all', 1, %s)"
)
# Of each release, the counts of its periods: one stays, one changes and changes back, one goes.
RELEASES = {
    "2026-11-01": {"2018/19": 10, "2019/20": 20, "2020/21": 30},
    "2026-11-02": {"2018/19": 10, "2019/20": 21},
    "2026-11-03": {"2018/19": 10, "2019/20": 20},
}
# By period, the numbers of the first release that has a row and of the first that has it no more.
KEPT = [("2018/19", 1, None), ("2019/20", 1, 2), ("2019/20", 2, 3), ("2019/20", 3, None), ("2020/21", 1, 2)]
DEFINITIONS = {"2026-11-01": "as it was", "2026-11-02": "as it was", "2026-11-03": "anew"}
WHOLE = {
    "release_value": "release_id, period_id, count, value, status, population_vintage, is_synthetic",
    "release_decision": "release_id, period_id, decision, count, value, method",
    "release_indicator": "release_id, indicator_id, definition ->> 'definition'",
}


@pytest.fixture
def before(home: Settings) -> psycopg.Connection:
    """The releases of a home as the version before kept them."""
    with psycopg.connect(home.conninfo("postgres"), autocommit=True) as superuser:
        superuser.execute("drop schema ops cascade")
        superuser.execute("create schema ops authorization vrn_owner")
        superuser.execute("grant usage on schema ops to vrn_loader, vrn_evaluator, vrn_linker")
    prepare.migrate(home, BEFORE)
    with psycopg.connect(home.conninfo("vrn_owner"), autocommit=True) as owner:
        owner.execute("create table marts.dim_area as select 'E06000008' as area_code, 'Blackburn' as area_name")
        for release_id, counts in RELEASES.items():
            owner.execute(
                "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) "
                "values (%s, '', '', '', true)",
                [release_id],
            )
            owner.execute(
                "insert into ops.release_indicator "
                "values (%s, 'V06', jsonb_build_object('indicator_id', 'V06', 'definition', %s::text))",
                [release_id, DEFINITIONS[release_id]],
            )
            for period, count in counts.items():
                owner.execute(VALUES, [release_id, period, count, count / 7])
                owner.execute(DECISIONS, [release_id, period, count, count / 7])
        yield owner


def whole(owner: psycopg.Connection) -> dict[str, list[tuple]]:
    return {table: owner.execute(f"select {columns} from ops.{table} order by 1, 2").fetchall() for table, columns in WHOLE.items()}


def test_each_release_has_the_rows_that_it_had_and_each_row_is_kept_once(home, before):
    old = whole(before)
    prepare.migrate(home)
    assert whole(before) == old
    kept = "select period_id, since_release, until_release from ops.{} order by 1, 2"
    for table in ("kept_value", "kept_decision"):
        assert before.execute(kept.format(table)).fetchall() == KEPT
    areas = before.execute("select release_id, content ->> 'area_name' from ops.release_row where relation = 'dim_area'").fetchall()
    assert areas == [(release_id, "Blackburn") for release_id in RELEASES]


def test_each_release_names_the_feeds_that_the_home_has_on_the_day_of_the_upgrade(home, before):
    prepare.migrate(home, "0033")
    before.execute("insert into ops.feed (feed, feed_name, period_months, latency_days) values ('police_crime', 'Crimes', 1, 31)")
    before.execute("insert into ops.feed_supplier values ('police_crime', 'lancs', 'The Police', true)")
    prepare.migrate(home)
    said = (
        "select release_id, coalesce(content ->> 'supplier_name', content ->> 'feed_name') from ops.release_row "
        "where relation in ('feed', 'feed_supplier') order by 1, 2"
    )
    assert before.execute(said).fetchall() == [(release_id, name) for release_id in RELEASES for name in ("Crimes", "The Police")]


def test_a_range_that_a_release_tells_again_is_kept_once(home, before):
    """Issue 16, D: a row was kept for each release."""
    prepare.migrate(home, "0024")
    for release_id, counts in RELEASES.items():
        for period, most in counts.items():
            before.execute(RANGES, [release_id, period, most])
    told = "select release_id, period_id, at_least, at_most from ops.release_range order by 1, 2"
    old = before.execute(told).fetchall()
    prepare.migrate(home)
    assert before.execute(told).fetchall() == old
    assert before.execute("select period_id, since_release, until_release from ops.kept_range order by 1, 2").fetchall() == KEPT
    for statement in ("update ops.kept_range set at_most = 1", "delete from ops.kept_range", "truncate ops.kept_range"):
        with pytest.raises(psycopg.errors.RaiseException, match="kept as it was published"):
            before.execute(statement)


def test_none_of_them_waits_to_be_finished(home, before):
    prepare.migrate(home)
    assert before.execute("select count(*) from ops.release_step where step = 'finished'").fetchone() == (len(RELEASES),)


def test_what_was_kept_of_them_cannot_be_changed(home, before):
    prepare.migrate(home)
    for statement in (
        "update ops.kept_value set count = 1",
        "update ops.kept_decision set until_release = 3",
        "update ops.frozen_row set content = '{}'",
        "delete from ops.frozen_row",
        "truncate ops.kept_value",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="kept as it was published"):
            before.execute(statement)
