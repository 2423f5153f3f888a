"""What dbt says to the warehouse, and its connections, which serve many nodes: a real server, and dbt's own commands."""

from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from types import SimpleNamespace

import pytest
from dbt.adapters.contracts.connection import Connection, ConnectionState, LazyHandle
from dbt.adapters.postgres import Plugin, PostgresAdapter
from dbt.adapters.postgres.connections import PostgresCredentials
from dbt.adapters.sql import connections as dbts
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

from tests.ports import free_port
from vrn.build import adapter, dbt
from vrn.build.adapter import KeepingConnectionManager, PostgresAdapterOfWarehouse
from vrn.settings import Settings
from vrn.warehouse.roles import OWNER


@pytest.fixture
def credentials(home: Settings) -> PostgresCredentials:
    return PostgresCredentials(
        host=home.pg_host, port=home.pg_port, user=OWNER, password=home.password(OWNER), database=home.database, schema="staging"
    )


@pytest.fixture
def keeping() -> Iterator[type[KeepingConnectionManager]]:
    with adapter.in_place():
        yield KeepingConnectionManager


def opened(credentials: PostgresCredentials) -> Connection:
    """A connection as dbt opens one for a node."""
    made = Connection("postgres", "of a node", credentials, ConnectionState.INIT)
    made.handle = LazyHandle(KeepingConnectionManager.open)
    assert made.handle.closed == 0
    return made


def ask(connection: Connection, query: str) -> object:
    with connection.handle.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_what_a_node_did_with_its_connection_is_gone_when_the_next_node_has_it(credentials, keeping, owner):
    first = opened(credentials)
    process = ask(first, "select pg_backend_pid()")
    ask(first, "set work_mem = '77MB'")
    ask(first, "create temporary table left_behind as select 1 as one")
    ask(first, "select pg_advisory_lock(4711)")
    first.handle.commit()
    ask(first, "create table ops.not_committed (one int)")
    keeping.close(first)

    then = opened(credentials)
    assert ask(then, "select pg_backend_pid()") == process
    assert ask(then, "show work_mem") == owner.execute("show work_mem").fetchone()["work_mem"]
    assert ask(then, "select to_regclass('pg_temp.left_behind')") is None
    assert ask(then, "select to_regclass('ops.not_committed')") is None
    assert ask(then, "select count(*) from pg_locks where locktype = 'advisory'") == 0
    keeping.close(then)


def test_a_connection_that_the_server_ended_is_given_to_nobody(credentials, keeping, owner):
    lost = opened(credentials)
    process = ask(lost, "select pg_backend_pid()")
    owner.execute("select pg_terminate_backend(%s, 10000)", [process])
    keeping.close(lost)
    assert ask(opened(credentials), "select pg_backend_pid()") != process


def test_a_connection_that_the_server_ended_while_nobody_had_it_is_given_to_nobody(credentials, keeping, owner):
    first = opened(credentials)
    process = ask(first, "select pg_backend_pid()")
    keeping.close(first)
    owner.execute("select pg_terminate_backend(%s, 10000)", [process])
    assert ask(opened(credentials), "select pg_backend_pid()") != process


def test_nobody_takes_what_another_node_had_when_the_command_is_cancelled(credentials, keeping):
    first, second = opened(credentials), opened(credentials)
    process = ask(first, "select pg_backend_pid()")
    keeping.close(first)
    keeping(SimpleNamespace(credentials=credentials), get_context("spawn")).cancel_open()
    assert ask(opened(credentials), "select pg_backend_pid()") != process
    keeping.close(second)
    assert second.handle.closed


def test_a_server_that_is_not_there_is_said_as_dbt_says_it(home, monkeypatch):
    monkeypatch.setenv("VRN_PG_PORT", str(free_port()))
    done = dbt.invoke(Settings(), ["--quiet", "build", "--select", "path:functions/stats"])
    assert "refused" in str(done.exception)


def test_a_build_signs_in_as_often_as_it_has_threads_and_not_for_each_node(home, owner):
    sessions = "select sessions from pg_stat_database where datname = current_database()"
    before = owner.execute(sessions).fetchone()["sessions"]
    done = dbt.invoke(home, ["--quiet", "build", "--select", "path:functions/stats"])
    assert len(done.result.results) > 20
    assert owner.execute(sessions).fetchone()["sessions"] - before < 10
    # Nobody has one of them when the command is through.
    left = "select count(*) as left from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    assert owner.execute(left).fetchone()["left"] == 0


def test_a_build_tells_nobody_of_each_statement(home, monkeypatch):
    told = []
    monkeypatch.setattr(dbts, "fire_event", lambda event, *_, **__: told.append(type(event).__name__))
    assert dbt.invoke(home, ["--quiet", "build", "--select", "path:functions/stats"]).success
    assert not {"ConnectionUsed", "SQLQuery", "SQLQueryStatus"} & {*told}


def test_a_statement_that_fails_is_said_with_what_the_server_says_and_the_next_begins_anew(home, credentials, keeping):
    manager = keeping(SimpleNamespace(credentials=credentials), get_context("spawn"))
    manager.set_connection_name("of a node")
    with pytest.raises(DbtDatabaseError, match=r'relation "ops\.there_is_no_such_table" does not exist'):
        manager.add_query("select from ops.there_is_no_such_table")
    _, cursor = manager.add_query("select %s as given", bindings=[4711])
    assert cursor.fetchall() == [(4711,)]
    manager.release()


# The value comes about in the server, so that the text of the statement does not hold it.
FAILS_OVER_A_ROW = {
    "a cast": ("select ('Quoted' || 'Person')::date", "InvalidDatetimeFormat (SQLSTATE 22007)"),
    "a key that is there": (
        "create temp table kept as select 'Quoted' || 'Person' as name; create unique index of_names on kept (name); "
        "insert into kept select * from kept",
        "UniqueViolation (SQLSTATE 23505, table kept, constraint of_names)",
    ),
    "a row that breaks a check": (
        "create temp table kept (name text constraint is_short check (length(name) < 9)); "
        "insert into kept select 'Quoted' || 'Person'",
        "CheckViolation (SQLSTATE 23514, table kept, constraint is_short)",
    ),
    "a function of ours": ("do $$ begin raise exception 'Quoted%', 'Person'; end $$", "RaiseException (SQLSTATE P0001)"),
}


@pytest.mark.parametrize(("statement", "said"), FAILS_OVER_A_ROW.values(), ids=FAILS_OVER_A_ROW)
def test_a_statement_that_fails_over_a_row_leaves_nothing_of_the_row_in_what_dbt_says_or_keeps(home, capfd, statement, said):
    asked = f'{{% do run_query("{statement}") %}}'
    done = dbt.invoke(home, ["--debug", "compile", "--inline", asked])
    assert said in str(done.exception)
    written = capfd.readouterr()
    kept = "".join(path.read_text(encoding="utf-8") for path in home.logs.rglob("*.log*"))
    assert said in kept
    assert "QuotedPerson" not in str(done.exception) + written.out + written.err + kept


def test_what_fails_within_python_while_a_statement_runs_leaves_its_class_alone(credentials, keeping):
    manager = keeping(SimpleNamespace(credentials=credentials), get_context("spawn"))
    manager.set_connection_name("of a node")
    with pytest.raises(DbtRuntimeError, match=r"^Runtime Error\n  KeyError$"), manager.exception_handler("select 1"):
        raise KeyError("QuotedPerson")
    manager.release()


@pytest.mark.parametrize("kind", ["table", "view", "materialized view"])
def test_a_relation_of_any_kind_is_renamed_and_dropped_with_what_rests_on_it(home, owner, kind):
    owner.execute(
        f'create {kind} staging."an odd name" as select 1 as one; create view staging.rests as table staging."an odd name"'
    )
    relation = "api.Relation.create(schema='staging', identifier='{}', type='" + kind.replace(" ", "_") + "')"
    said = "{{% do adapter.rename_relation({}, {}) %}}{{% do run_query('commit') %}}".format(
        relation.format("an odd name"), relation.format("renamed")
    )
    names = "select array_agg(relname::text order by relname) as found from pg_class where relnamespace = 'staging'::regnamespace"
    before = owner.execute(names).fetchone()["found"]
    assert {"an odd name", "rests"} <= {*before}
    assert dbt.invoke(home, ["--quiet", "compile", "--inline", said]).success
    assert owner.execute(names).fetchone()["found"] == sorted(["renamed" if one == "an odd name" else one for one in before])
    dropped = f"{{% do adapter.drop_relation({relation.format('renamed')}) %}}{{% do run_query('commit') %}}"
    assert dbt.invoke(home, ["--quiet", "compile", "--inline", dropped]).success
    assert not {"renamed", "rests"} & {*(owner.execute(names).fetchone()["found"] or [])}


def test_other_commands_of_a_process_have_connections_of_their_own_again():
    with suppress(ZeroDivisionError), adapter.in_place():
        assert Plugin.adapter is PostgresAdapterOfWarehouse
        _ = 1 / 0
    assert Plugin.adapter is PostgresAdapter
