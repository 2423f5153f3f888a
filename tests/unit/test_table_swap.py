"""The tables of publish take the place of the old ones all at once, with their rights, or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.waiting import until
from vrn.access import roles as access
from vrn.build import steps as build
from vrn.build import table_swap
from vrn.publish import frozen
from vrn.settings import Settings
from vrn.warehouse import way
from vrn.warehouse.roles import EVALUATOR, OWNER, SUPERUSER

TABLES = ("area", "period")
PROJECT = f"{access.EVALUATOR_OF}of_the_swap"
GENERATIONS, READERS = 30, 3


def made_aside(owner: psycopg.Connection, number: int, tables=TABLES) -> None:
    """What dbt leaves behind: tables that say of which build they are."""
    for table in tables:
        owner.execute(f"create table publish_aside.{table} as select {number} as generation")


@pytest.fixture
def opened(home, owner):
    """A warehouse with a project's evaluator, who reads there what readers of dashboards do."""
    with psycopg.connect(home.conninfo(SUPERUSER), autocommit=True) as connection:
        connection.execute(f"create role {PROJECT} login password 'x' in role vrn_bi_reader")
        connection.execute(f"grant connect on database {home.database} to {PROJECT}")
        connection.execute("grant usage on schema publish to vrn_bi_reader")
    made_aside(owner, 0)
    table_swap.swap(home)
    yield home
    with psycopg.connect(home.conninfo(SUPERUSER), autocommit=True) as connection:
        connection.execute(f"drop owned by {PROJECT}")
        connection.execute(f"drop role {PROJECT}")


def as_reader(settings: Settings, role: str = PROJECT, **options: bool) -> psycopg.Connection:
    password = {"password": "x"} if role == PROJECT else {}
    return psycopg.connect(settings.conninfo(role), **password, **options)


def generations(connection: psycopg.Connection) -> tuple:
    query = "select area.generation, period.generation from publish.area as area, publish.period as period"
    return connection.execute(query).fetchone()


def test_a_reader_of_two_tables_never_meets_one_of_each_build_nor_one_without_rights(opened, owner, monkeypatch):
    # However slow the readers are, the swap is not to give up.
    monkeypatch.setattr(table_swap, "SECONDS_BETWEEN", 0)
    seen, done = [], threading.Event()

    def read() -> None:
        with as_reader(opened, autocommit=True) as reader:
            while not done.is_set():
                seen.append(generations(reader))

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        try:
            for number in range(1, GENERATIONS):
                made_aside(owner, number)
                table_swap.swap(opened)
                until(
                    lambda number=number: (number, number) in seen or any(one.done() for one in readers),
                    f"somebody reads the tables of build {number}",
                )
        finally:
            done.set()
    assert [one.result() for one in readers] == [None] * READERS
    assert {(first, first) for first, _ in seen} == set(seen)


def test_a_table_that_is_not_on_the_list_for_dashboards_stays_closed_to_their_readers(opened, owner):
    """Issue 15, A: the list is in vrn.access.roles and nowhere else."""
    made_aside(owner, 1, tables=(*TABLES, "published_vs_computed"))
    table_swap.swap(opened)
    with as_reader(opened, autocommit=True) as reader:
        assert generations(reader) == (1, 1)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select * from publish.published_vs_computed")


def test_a_table_that_is_built_no_more_goes_with_the_swap(opened, owner):
    made_aside(owner, 1, tables=("area",))
    table_swap.swap(opened)
    assert owner.execute("select to_regclass('publish.period') as found").fetchone()["found"] is None


def test_with_nothing_built_nothing_changes(opened):
    table_swap.swap(opened)
    with as_reader(opened) as reader:
        assert generations(reader) == (0, 0)


def reading_on(settings: Settings, role: str = PROJECT) -> psycopg.Connection:
    """A session that lifted its limits and keeps a transaction open in which it has read."""
    reader = as_reader(settings, role)
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"):
        reader.execute(f"set {limit} = 0")
    generations(reader)
    return reader


def test_a_reader_that_holds_up_a_swap_for_minutes_is_ended_and_the_log_says_by_role_who_it_was(opened, owner, monkeypatch, caplog):
    """Issue 16, A8: it made a release fail, and could have done so for ever."""
    monkeypatch.setattr(table_swap, "TRIES", 1)
    monkeypatch.setattr(table_swap, "SECONDS_BETWEEN", 0)
    made_aside(owner, 1)
    with as_reader(opened) as beside, reading_on(opened) as reader:
        beside.execute("select 1")
        table_swap.swap(opened)
        with pytest.raises(psycopg.OperationalError):
            reader.execute("select 1")
        reader.close()
        # Who is in nobody's way stays, and sees the new ones.
        assert generations(beside) == (1, 1)
    assert f"A session of {PROJECT} (process " in caplog.text
    assert "generation" not in caplog.text


def test_readers_that_come_back_at_once_do_not_hold_up_a_swap_for_ever(opened, owner, monkeypatch):
    monkeypatch.setattr(table_swap, "TRIES", 1)
    monkeypatch.setattr(table_swap, "SECONDS_BETWEEN", 0)
    done, came = threading.Event(), []

    def hold() -> None:
        while not done.is_set():
            try:
                with reading_on(opened) as reader:
                    came.append(1)
                    while not done.is_set():
                        reader.execute("select 1")
            except psycopg.Error:
                continue

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(hold) for _ in range(READERS)]
        try:
            until(lambda: len(came) >= READERS, "all of them read")
            made_aside(owner, 1)
            table_swap.swap(opened)
        finally:
            done.set()
    assert [one.result() for one in readers] == [None] * READERS
    with as_reader(opened) as reader:
        assert generations(reader) == (1, 1)


def test_a_swap_that_a_service_holds_up_says_who_it_is_and_leaves_the_old_ones(opened, owner, monkeypatch):
    monkeypatch.setattr(table_swap, "TRIES", 1)
    monkeypatch.setattr(table_swap, "SECONDS_BETWEEN", 0)
    made_aside(owner, 1)
    with as_reader(opened, OWNER) as reader:
        generations(reader)
        with pytest.raises(table_swap.SwapRefused, match=OWNER):
            table_swap.swap(opened)
        assert generations(reader) == (0, 0)
    table_swap.swap(opened)
    with as_reader(opened) as reader:
        assert generations(reader) == (1, 1)


def test_a_table_that_dbt_replaces_does_not_wait_for_a_reader_longer_than_an_evaluators_statement_may_run(opened, owner):
    """An evaluator held the marts of a build, for which nothing set a limit."""
    owner.execute("create table marts.held as select 0 as generation")
    owner.execute(f"grant usage on schema marts to {PROJECT}")
    owner.execute(f"grant select on marts.held to {PROJECT}")
    with reading_on(opened) as reader:
        reader.execute("select * from marts.held")
        owner.execute("set lock_timeout = '1s'")
        with way.made_free(opened.conninfo(OWNER), way.LONGEST_READ), pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute("drop table marts.held")
        owner.execute("reset lock_timeout")
        with way.made_free(opened.conninfo(OWNER), way.AT_ONCE):
            owner.execute("drop table marts.held")
        reader.close()


def test_no_reader_may_look_where_tables_are_built(opened, owner):
    made_aside(owner, 1)
    for role in (PROJECT, EVALUATOR):
        with as_reader(opened, role) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select * from publish_aside.area")


def test_a_build_that_fails_half_way_leaves_publish_as_it_was(built_server, home, owner):
    before = owner.execute("select oid, relname from pg_class where relnamespace = 'publish'::regnamespace order by 2").fetchall()
    assert before
    number = owner.execute(
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values ('x', 'x', 'x', 'x', true) "
        "returning release_number"
    ).fetchone()["release_number"]
    frozen.keep_models(owner, number)
    # An area twice: the key refuses it, after tables that do not rest on it are built.
    owner.execute(
        "insert into ops.frozen_row (relation, content, content_hash, since_release) "
        "select relation, content || '{\"area_name\": \"again\"}', 'x', since_release from ops.frozen_row "
        "where relation = 'dim_area' and content ->> 'area_code' = 'E06000008'"
    )
    with pytest.raises(build.BuildFailed, match=r"publish__area \(error\)"):
        build.take("publish")
    after = owner.execute("select oid, relname from pg_class where relnamespace = 'publish'::regnamespace order by 2").fetchall()
    assert after == before
