"""The incremental strategy replace_months: what it makes anew, and what a build that ends half way leaves behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from tests.inbox import Inbox
from vrn.build import dbt
from vrn.settings import REPOSITORY

FEED, MODEL = "police_stop_search", "int_stop_search__search"
STATE = {
    "table": f"select t::text from intermediate.{MODEL} as t order by 1",
    "memory": f"select month_on::text, inputs, revision from ops.built_month where model = '{MODEL}' order by 1",
    "marks": f"select month_on::text from ops.touched_month where model = '{MODEL}' order by 1",
}


@pytest.fixture
def macros(tmp_path: Path, monkeypatch) -> Path:
    """The macros of the strategy, in a dbt project of the test's own."""
    folder = tmp_path / "project"
    shutil.copytree(REPOSITORY / "dbt_project", folder)
    monkeypatch.setenv("VRN_DBT_PROJECT", str(folder))
    return folder / "macros" / "replace_months.sql"


def deliver(inbox: Inbox, month: str) -> None:
    inbox.drop(FEED, f"{month}-lancashire-stop-and-search.synthetic.csv", inbox.text(FEED, month))
    assert [row["status"] for row in inbox.take_in(FEED)] == ["accepted"]


def is_built(inbox: Inbox) -> bool:
    """What a build does for one model of events, without the rest."""
    models = ["stg_ops__submission", "stg_ops__feed_month", MODEL]
    return dbt.invoke(inbox.settings, ["--quiet", "run", "--select", *models]).success


def state(owner: psycopg.Connection) -> dict[str, list[dict]]:
    return {name: owner.execute(query).fetchall() for name, query in STATE.items()}


def test_a_build_that_ends_half_way_leaves_table_marks_and_memory_as_they_were(built_server, macros, inbox, owner):
    """Issue 15, A: marking, deleting, inserting and remembering are one transaction."""
    deliver(inbox, "2020-02")
    assert is_built(inbox)
    before = state(owner)
    assert [row["month_on"] for row in before["memory"]] == [row["month_on"] for row in before["marks"]] == ["2020-02-01"]

    deliver(inbox, "2020-03")
    whole = macros.read_text(encoding="utf-8")
    # After the rows were replaced, before it is remembered from what.
    macros.write_text(whole.replace("    insert into ops.built_month", "    select 1 / 0;\n    insert into ops.built_month"))
    assert not is_built(inbox)
    assert state(owner) == before

    macros.write_text(whole, encoding="utf-8")
    assert is_built(inbox)
    after = state(owner)
    assert [row["month_on"] for row in after["marks"]] == ["2020-03-01"]
    assert after["memory"][0] == before["memory"][0]
    assert {row["t"] for row in before["table"]} < {row["t"] for row in after["table"]}
