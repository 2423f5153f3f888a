"""A partner's role has five connections, and a tool that wants more loads in turn (the described case 34 of ../shared/cases)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
import sqlalchemy

from tests.waiting import until
from tests.warehouses import open_to_readers
from vrn.access.roles import Role
from vrn.settings import REPOSITORY, Settings

PAGES = REPOSITORY / "docs" / "connect"
ANALYST = "vrn_analyst_bwd"
CHARTS = Role.connections + 3
# What the page of each tool that opens many connections says of loading the tables in turn.
IN_TURN = {
    "excel": "Enable background refresh",
    "metabase": "MB_JDBC_DATA_WAREHOUSE_MAX_CONNECTION_POOL_SIZE=4",
    "power-bi": "Enable parallel loading of tables",
    "superset": '"pool_size": 3, "max_overflow": 0',
    "tableau": "one after another",
}


@pytest.fixture
def opened(built_server, home: Settings) -> Settings:
    open_to_readers(home)
    return home


@contextmanager
def engine(settings: Settings, **options) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(settings.url(ANALYST), **options)
    try:
        yield made
    finally:
        made.dispose()
    # A connection that was closed counts until its process has ended.
    with psycopg.connect(settings.conninfo("postgres"), autocommit=True) as connection:
        there = "select 1 from pg_stat_activity where usename = %s"
        until(lambda: not connection.execute(there, [ANALYST]).fetchone(), f"those of {ANALYST} have ended")


@pytest.mark.parametrize("tool", IN_TURN)
def test_the_page_of_a_tool_says_how_many_connections_a_partner_has_and_how_to_load_in_turn(tool):
    page = (PAGES / f"{tool}.md").read_text()
    assert Role.connections == 5
    assert re.search(r"\bfive\b", page)
    assert IN_TURN[tool] in page


def test_a_connection_for_each_chart_is_turned_away_at_the_sixth(opened):
    with engine(opened, poolclass=sqlalchemy.NullPool) as tool, ExitStack() as charts:
        for _ in range(Role.connections):
            charts.enter_context(tool.connect())
        with pytest.raises(sqlalchemy.exc.OperationalError, match="too many connections for role"):
            tool.connect()


def test_with_the_pool_of_the_page_more_charts_are_drawn_at_once_than_a_partner_has_connections(opened):
    pool = json.loads(re.search(r"`({.pool_size.*?})`", (PAGES / "superset.md").read_text())[1])
    assert pool["pool_size"] + pool["max_overflow"] < Role.connections
    pool["poolclass"] = getattr(sqlalchemy, pool["poolclass"])

    def drawn(_: int) -> int:
        with tool.connect() as connection:
            return connection.execute(sqlalchemy.text("select count(*) from indicator")).scalar()

    with engine(opened, **pool) as tool, ThreadPoolExecutor(CHARTS) as charts:
        assert len(set(charts.map(drawn, range(CHARTS)))) == 1
