"""Slopes whose quintiles are the same are kept from the last build, because the limits of each take 10,000 draws (issue 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

YEARS = ("2018/19", "2019/20", "2020/21")
# What no build would find: a slope that has it was taken over.
TAKEN_OVER = 4711.0


@pytest.fixture
def built(built_server, tmp_path, monkeypatch) -> Iterator[tuple[psycopg.Connection, Callable[..., dict[str, float]]]]:
    """A warehouse with the quintiles of two years; and what builds the model and tells the slope of each year."""
    with (
        copy_of(built_server, tmp_path, monkeypatch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as connection,
    ):

        def build(*more: str) -> dict[str, float]:
            done = dbt.invoke(settings, ["--quiet", "run", "--select", "fct_indicator_inequality", *more])
            assert done.success, done.exception
            rows = connection.execute("select period_id, slope_index from marts.fct_indicator_inequality").fetchall()
            return {row["period_id"]: row["slope_index"] for row in rows}

        connection.execute("truncate marts.fct_indicator_value, marts.dim_indicator")
        connection.execute(
            "insert into marts.dim_indicator (indicator_id, multiplier, value_type, breakdowns) "
            "values ('V06', 1000, 'crude_rate', array['imd_quintile'])"
        )
        for year in YEARS[:2]:
            deliver(connection, year)
        yield connection, build


def deliver(connection: psycopg.Connection, year: str) -> None:
    connection.execute(
        "insert into marts.fct_indicator_value (indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, "
        "status, numerator, denominator, is_synthetic) "
        "select 'V06', 'LANCS-14', %s, 'all', 'all', 'all', quintile::text, 'ok', 700 - 100 * quintile, 10000, false "
        "from generate_series(1, 5) as quintile",
        [year],
    )


def test_only_a_year_whose_quintiles_changed_or_are_new_is_worked_out_again(built):
    connection, build = built
    first = build("--full-refresh")
    connection.execute("update marts.fct_indicator_inequality set slope_index = %s", [TAKEN_OVER])
    connection.execute(
        "update marts.fct_indicator_value set numerator = numerator * 2 where (period_id, imd_quintile) = (%s, '1')", [YEARS[1]]
    )
    deliver(connection, YEARS[2])
    second = build()
    assert second[YEARS[0]] == TAKEN_OVER
    assert second[YEARS[1]] > first[YEARS[1]]
    assert second[YEARS[2]] == first[YEARS[0]]
    assert second | {YEARS[0]: first[YEARS[0]]} == build("--full-refresh")


def test_a_year_of_which_a_quintile_is_no_more_has_no_slope(built):
    connection, build = built
    build("--full-refresh")
    connection.execute("update marts.fct_indicator_value set status = 'incomplete' where period_id = %s", [YEARS[0]])
    assert set(build()) == {YEARS[1]}
