"""Readers have a database of their own, which holds what is published and nothing else (issue 16, A3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from tests.kills import Killed
from tests.releases import released, something_came
from tests.waiting import LONGEST, until
from vrn import __main__
from vrn.access import roles as access
from vrn.build import steps as build
from vrn.build import table_swap
from vrn.errors import VrnError
from vrn.publish import frozen, readers, shapes
from vrn.run import prepare
from vrn.settings import Settings
from vrn.warehouse import patience
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, OWNER, SUPERUSER

ANALYST = "vrn_analyst_bwd"
# As many rows as nothing else in a server is likely to count.
ROWS = 48_611
GENERATIONS, AT_ONCE = 20, 3


def made(owner: psycopg.Connection, number: int, *, more: str = "") -> None:
    """What a build leaves in publish: tables that say of which build they are, those of partners among them."""
    for table in ("area", "period"):
        owner.execute(f"drop table if exists publish.{table}")
        owner.execute(f"create table publish.{table} as select {number} as generation, 'x' as name{more}")
        owner.execute(f"grant select on publish.{table} to vrn_bi_reader")


@contextmanager
def reading(settings: Settings, role: str = access.BI_READER) -> Iterator[psycopg.Connection]:
    """As who reads, in a transaction that lasts as long as the block and sees one state of the tables."""
    with psycopg.connect(settings.conninfo(role)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def generations(connection: psycopg.Connection) -> tuple:
    query = "select area.generation, period.generation from publish.area as area, publish.period as period"
    return connection.execute(query).fetchone()


@pytest.fixture
def opened(home: Settings, owner: psycopg.Connection) -> Settings:
    """A home whose readers see the build 0."""
    made(owner, 0)
    prepare.prepare(home)
    return home


# --- What there is ---


def test_the_database_of_readers_holds_the_tables_of_publish_with_their_rows_and_nothing_else(built_server, home, owner):
    prepare.prepare(home)
    with connect(home, OWNER, dbname=home.readers_database) as copy:
        schemas = "select nspname from pg_namespace where nspname !~ '^pg_|information_schema' order by 1"
        assert [row["nspname"] for row in copy.execute(schemas)] == ["public", "publish"]
        there = {row["name"] for row in copy.execute("select nspname || '.' || relname as name from pg_class "
            "inner join pg_namespace on pg_namespace.oid = relnamespace "
            "where relkind in ('r', 'v', 'm', 'p', 'f', 'S') and nspname !~ '^pg_|information_schema'")}  # fmt: skip
        assert {"publish.indicator_value", "publish.partner_indicator_value", "publish.feed_status"} <= there
        assert there <= {f"publish.{table}" for table in (*access.BI_TABLES, "partner_indicator_value")}
        for table in sorted(there):
            query = f"select one::text as row from {table} as one order by 1"
            assert copy.execute(query).fetchall() == owner.execute(query).fetchall(), table
        assert copy.execute("select count(*) as n from publish.partner_indicator_value").fetchone()["n"] > 0


def test_tables_have_their_keys_comments_and_row_security_as_in_the_warehouse(built_server, home):
    prepare.prepare(home)
    asked = {
        "policies": "select tablename, policyname, permissive, roles::text, cmd, qual, with_check from pg_policies "
        "where tablename = any(%s) order by 1, 2",
        "security": "select relname, relrowsecurity, relforcerowsecurity from pg_class "
        "where relnamespace = 'publish'::regnamespace and relname = any(%s) order by 1",
        "keys": "select conrelid::regclass::text, contype, replace(pg_get_constraintdef(oid), ' NOT ENFORCED', '') "
        "from pg_constraint where conrelid::regclass::text = any(select 'publish.' || name from unnest(%s::text[]) as name) "
        "and contype <> 'n' order by 1, 2, 3",
        "comments": "select relname, objsubid, description from pg_description inner join pg_class on objoid = pg_class.oid "
        "where relnamespace = 'publish'::regnamespace and relname = any(%s) order by 1, 2",
        "statistics": "select relname, attname, attstattarget from pg_attribute inner join pg_class on attrelid = pg_class.oid "
        "where relnamespace = 'publish'::regnamespace and relname = any(%s) and attstattarget is not null order by 1, 2",
    }
    with (
        psycopg.connect(home.conninfo(OWNER)) as one,
        psycopg.connect(home.conninfo(OWNER, home.readers_database)) as other,
    ):
        for what, query in asked.items():
            found = one.execute(query, [list(readers.TABLES)]).fetchall()
            assert found, what
            assert other.execute(query, [list(readers.TABLES)]).fetchall() == found, what


def test_applied_again_nothing_is_made_anew(opened, owner):
    def oids() -> list:
        with connect(opened, OWNER, dbname=opened.readers_database) as copy:
            return copy.execute("select oid, relname from pg_class where relnamespace = 'publish'::regnamespace").fetchall()

    before = oids()
    made(owner, 1)
    readers.fill(opened)
    assert oids() == before
    with reading(opened) as reader:
        assert generations(reader) == (1, 1)


def test_what_somebody_opened_or_made_by_hand_is_gone_after_the_next_filling(opened):
    with connect(opened, OWNER, dbname=opened.readers_database) as copy:
        copy.execute("grant select on publish.area to public")
        copy.execute("create table publish.mine as select 1 as one")
    readers.fill(opened)
    with connect(opened, OWNER, dbname=opened.readers_database) as copy:
        assert shapes.of(copy, ["mine"]) == []
        assert not [one for one in shapes.of(copy) if one.endswith("to public")]


def test_a_home_of_before_takes_from_readers_the_right_to_connect_and_gives_them_what_they_had(home, owner):
    made(owner, 7)
    with psycopg.connect(home.conninfo(SUPERUSER), autocommit=True) as superuser:
        for role in (access.BI_READER, ANALYST):
            superuser.execute(f"grant connect on database {home.database} to {role}")
        prepare.prepare(home)
        may = superuser.execute(
            "select datname, rolname from pg_database, pg_roles where datname = any(%s) and rolname = any(%s) "
            "and has_database_privilege(pg_roles.oid, pg_database.oid, 'connect') order by 2",
            [[home.database, home.readers_database], [access.BI_READER, ANALYST]],
        ).fetchall()
        taken = superuser.execute("select role_name from ops.access_log where action = 'revoked' and kind = 'database'").fetchall()
    assert may == [(home.readers_database, ANALYST), (home.readers_database, access.BI_READER)]
    assert {(access.BI_READER,), (ANALYST,)} <= set(taken)
    with reading(home) as reader:
        assert generations(reader) == (7, 7)


def test_the_environment_of_a_reader_points_to_their_database_and_that_of_others_to_the_warehouse(opened, capsys):
    for role in (access.BI_READER, ANALYST, EVALUATOR, OWNER):
        __main__.main(["env", "--role", role])
        assert f"export PGDATABASE={opened.database_of(role)}\n" in capsys.readouterr().out
    assert opened.database_of(ANALYST) == f"{opened.database}_readers"
    assert opened.database_of(EVALUATOR) == opened.database


# --- What the catalogs tell ---


def told_anywhere(settings: Settings, role: str, number: int) -> set[str]:
    """The catalogs and views of the server in which a role finds a number, of whatever table."""
    found = set()
    with psycopg.connect(settings.conninfo(role), autocommit=True) as connection:
        connection.execute(f"set statement_timeout = '{LONGEST}s'")
        for (name,) in connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'v') "
            "and relnamespace::regnamespace::text in ('pg_catalog', 'information_schema')"
        ).fetchall():
            columns = connection.execute(
                "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
                "and has_column_privilege(attrelid, attnum, 'select')",
                [name],
            ).fetchall()
            if not columns:
                continue
            told = ", ".join(column for (column,) in columns)
            try:
                rows = connection.execute(
                    f"select 1 from {name} where row({told})::text ~ %s limit 1", [rf"\m{number}\M"]
                ).fetchall()
            except psycopg.errors.InsufficientPrivilege:
                continue
            if rows:
                found.add(name)
    return found


def test_no_catalog_of_the_server_tells_a_reader_how_many_rows_a_delivery_has(opened, loader):
    """Issue 16, A3: pg_class and pg_stat_all_tables told every role the rows of raw.<feed>__<entity>__s<submission>."""
    loader.execute(f"create table raw.a__b__s1 as select * from generate_series(1, {ROWS}) as row_number")
    loader.execute("analyze raw.a__b__s1")
    loader.execute("select pg_stat_force_next_flush()")
    # That the search finds what is there: whoever may connect to the warehouse is told.
    assert {"pg_class", "pg_stat_all_tables"} <= told_anywhere(opened, EVALUATOR, ROWS)
    for role in (access.BI_READER, ANALYST):
        assert told_anywhere(opened, role, ROWS) == set()


OF_A_TABLE = (
    "select reltuples from pg_class",
    "select n_live_tup from pg_stat_user_tables",
    "select pg_stat_get_live_tuples(oid) from pg_class where relname = 'a__b__s1'",
    "select pg_relation_size(oid) from pg_class where relname = 'a__b__s1'",
    "select pg_total_relation_size(oid) from pg_class where relname = 'a__b__s1'",
    "select pg_database_size(current_database())",
    "select wal_records from pg_stat_activity cross join pg_stat_get_backend_wal(pid)",
    "select writes from pg_stat_activity cross join pg_stat_get_backend_io(pid)",
)


def test_no_catalog_of_the_warehouse_tells_who_may_not_read_the_ledger_how_many_rows_a_delivery_has(opened, loader):
    """Issue 16, A3: evaluators of projects and information governance connect to the warehouse, where each delivery is a table."""
    loader.execute(f"create table raw.a__b__s1 as select * from generate_series(1, {ROWS}) as row_number")
    loader.execute("analyze raw.a__b__s1")
    loader.execute("select pg_stat_force_next_flush()")
    # It has of the catalogs what everybody has, as a project's evaluator.
    assert told_anywhere(opened, access.IG, ROWS) == set()
    with psycopg.connect(opened.conninfo(access.IG), autocommit=True) as connection:
        for question in OF_A_TABLE:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(question)
        # What tools ask is still answered.
        asked = connection.execute("select relname, relkind from pg_class where relname = 'a__b__s1'")
        assert asked.fetchall() == [("a__b__s1", "r")]
    # And who reads it in the ledger is told.
    for role in (EVALUATOR, access.ENGINEER):
        assert "pg_class" in told_anywhere(opened, role, ROWS)


QUESTIONS = (
    "select tup_inserted from pg_stat_database",
    "select n_live_tup from pg_stat_all_tables",
    "select n_tup_ins from pg_stat_xact_all_tables",
    "select * from pg_stat_io",
    "select wal_records from pg_stat_wal",
    "select wal_records from pg_stat_activity cross join pg_stat_get_backend_wal(pid)",
    "select writes from pg_stat_activity cross join pg_stat_get_backend_io(pid)",
    "select heap_blks_hit from pg_statio_all_tables",
    "select pg_stat_get_live_tuples('publish.area'::regclass)",
    "select pg_stat_get_db_tuples_inserted(oid) from pg_database where datname = current_database()",
    "select pg_current_wal_lsn()",
    "select pg_logical_emit_message(false, 'a', 'b')",
    "select * from pg_control_checkpoint()",
    "select pg_tablespace_size('pg_default')",
    "select pg_database_size(replace(current_database(), '_readers', ''))",
)


def test_what_the_server_counts_of_all_its_databases_is_closed_to_readers(opened):
    """Issue 16, A3: who asks again and again sees by how many rows a delivery made such a number larger."""
    for role in (access.BI_READER, ANALYST):
        for question in QUESTIONS:
            with reading(opened, role) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(question)


# Whatever else a later PostgreSQL counts is somebody's to look at before a reader may call it.
TELLS_OF_SESSIONS = {
    "pg_stat_get_activity",
    "pg_stat_get_backend_activity",
    "pg_stat_get_backend_activity_start",
    "pg_stat_get_backend_client_addr",
    "pg_stat_get_backend_client_port",
    "pg_stat_get_backend_dbid",
    "pg_stat_get_backend_idset",
    "pg_stat_get_backend_pid",
    "pg_stat_get_backend_start",
    "pg_stat_get_backend_subxact",
    "pg_stat_get_backend_userid",
    "pg_stat_get_backend_wait_event",
    "pg_stat_get_backend_wait_event_type",
    "pg_stat_get_backend_xact_start",
    "pg_stat_get_progress_info",
}


def test_of_what_the_server_counts_a_reader_may_ask_who_is_connected_alone(opened):
    asked = "select distinct proname from pg_proc where proname ~ '^pg_stat_get_' and has_function_privilege(oid, 'execute')"
    with psycopg.connect(opened.conninfo(access.IG)) as connection:
        assert {name for (name,) in connection.execute(asked)} == TELLS_OF_SESSIONS
    for role in (access.BI_READER, ANALYST):
        with reading(opened, role) as reader:
            assert {name for (name,) in reader.execute(asked)} == TELLS_OF_SESSIONS


def test_no_function_that_a_reader_may_call_gives_a_place_in_the_log(opened):
    """Two places in the write-ahead log are the bytes of what was written between them."""
    asked = (
        "select oid::regprocedure::text from pg_proc where prorettype = 'pg_lsn'::regtype and pronargs <= 4 "
        "and pronamespace = 'pg_catalog'::regnamespace and has_function_privilege(oid, 'execute') "
        "and proname not in ('pg_lsn_in', 'pg_lsn_recv', 'pg_lsn', 'pg_lsn_larger', 'pg_lsn_smaller', 'pg_lsn_pli', 'pg_lsn_mii', "
        "'numeric_pl_pg_lsn', 'max', 'min')"
    )
    for role in (access.BI_READER, ANALYST):
        with reading(opened, role) as reader:
            assert list(reader.execute(asked)) == []


def test_a_reader_sees_of_other_sessions_neither_what_they_ask_nor_how_far_they_are(opened, owner):
    with psycopg.connect(opened.conninfo(OWNER)) as busy:
        busy.execute("select 'a question of another'")
        with reading(opened) as reader:
            seen = reader.execute("select query, state from pg_stat_activity where usename = 'vrn_owner'").fetchall()
            # What a client asks about its own connection is still answered.
            own = reader.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchall()
    assert set(seen) == {("<insufficient privilege>", None)}
    assert own == [(False,)]


# --- Nobody waits, and nothing is seen half ---


def test_an_open_transaction_of_a_reader_holds_up_neither_a_release_nor_the_filling(opened, owner):
    """Issue 16, A3: readers and builds waited for each other, at most for minutes."""
    with reading(opened) as reader:
        assert generations(reader) == (0, 0)
        for table in ("area", "period"):
            owner.execute(f"create table publish_aside.{table} as select 1 as generation, 'x' as name")
        # The swap gives way after half a second, two hundred times: here it has one.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(table_swap, "TRIES", 1)
            table_swap.swap(opened)
        readers.fill(opened)
        assert generations(reader) == (0, 0)
        with reading(opened) as another:
            assert generations(another) == (1, 1)


def test_a_release_that_is_being_filled_in_holds_up_no_reader(opened, owner, monkeypatch):
    made(owner, 1)
    seen, replace = [], readers._replace

    def replace_and_look(source, target, table):
        replace(source, target, table)
        with reading(opened) as reader:
            reader.execute("set local lock_timeout = '1s'")
            seen.append(generations(reader))

    monkeypatch.setattr(readers, "_replace", replace_and_look)
    readers.fill(opened)
    assert seen == [(0, 0), (0, 0)]
    with reading(opened) as reader:
        assert generations(reader) == (1, 1)


def test_a_statement_sees_all_tables_of_one_filling(opened, owner):
    seen, done = [], threading.Event()

    def read() -> None:
        with psycopg.connect(opened.conninfo(access.BI_READER), autocommit=True) as reader:
            while not done.is_set():
                seen.append(generations(reader))

    with ThreadPoolExecutor() as pool:
        at_work = [pool.submit(read) for _ in range(AT_ONCE)]
        try:
            for number in range(1, GENERATIONS):
                made(owner, number)
                readers.fill(opened)
                until(
                    lambda number=number: (number, number) in seen or any(one.done() for one in at_work),
                    f"somebody reads the filling {number}",
                )
        finally:
            done.set()
    assert [one.result() for one in at_work] == [None] * AT_ONCE
    assert {(first, first) for first, _ in seen} == set(seen)


@pytest.mark.parametrize("more", ["", ", 1 as another_column"], ids=["the same tables", "other tables"])
def test_a_filling_that_is_killed_at_any_statement_leaves_the_old_rows_and_the_next_finishes(opened, owner, more):
    real, number, place = psycopg.Connection.execute, 0, 0

    def dying(connection, *args, **kwargs):
        nonlocal so_far
        so_far += 1
        if so_far == place:
            raise Killed
        return real(connection, *args, **kwargs)

    while True:
        number, place, so_far = number + 1, place + 1, 0
        made(owner, number, more=more if place % 2 else "")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.Connection, "execute", dying)
            try:
                readers.fill(opened)
                break
            except Killed:
                pass
        with reading(opened) as reader:
            assert generations(reader) == (number - 1, number - 1)
        readers.fill(opened)
        with reading(opened) as reader:
            assert generations(reader) == (number, number)
    assert place > 15


def test_tables_that_became_others_wait_for_who_reads_the_old_ones_and_not_for_ever(opened, owner, monkeypatch, caplog):
    monkeypatch.setattr(patience, "TRIES", 1)
    monkeypatch.setattr(patience, "WAITED", "500ms")
    tried = []
    monkeypatch.setattr(patience.time, "sleep", lambda _: tried.append(generations(reader)))
    made(owner, 1, more=", 1 as another_column")
    with reading(opened) as reader:
        assert generations(reader) == (0, 0)
        readers.fill(opened)
        reader.close()
    assert tried == [(0, 0)]
    assert f"A session of {access.BI_READER} (process " in caplog.text
    with reading(opened) as reader:
        assert reader.execute("select generation, another_column from publish.area").fetchall() == [(1, 1)]


def test_tables_that_became_others_are_not_made_while_a_service_reads_the_old_ones_and_that_is_said(opened, owner, monkeypatch):
    monkeypatch.setattr(patience, "TRIES", 1)
    monkeypatch.setattr(patience, "WAITED", "100ms")
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0)
    made(owner, 1, more=", 1 as another_column")
    with psycopg.connect(opened.conninfo(OWNER, opened.readers_database)) as reader:
        assert generations(reader) == (0, 0)
        with pytest.raises(VrnError, match="somebody has been reading"):
            readers.fill(opened)
    with reading(opened) as reader:
        assert generations(reader) == (0, 0)


def test_rows_lie_in_the_order_of_what_they_say_and_not_in_that_in_which_they_were_kept(opened, owner):
    """Issue 16, 10e: the hidden counts that a second release restated lay together, where `ctid` told of them."""
    owner.execute(
        "create table publish_aside.area as select (n * 7) % 11 as generation, n as more from generate_series(1, 20) as n"
    )
    owner.execute("create table publish_aside.period as select unnest(array['b', 'a']) as name")
    table_swap.swap(opened)
    readers.fill(opened)
    with reading(opened) as reader:
        lie = reader.execute("select generation, more from publish.area order by ctid").fetchall()
        assert lie == sorted(lie)
        assert reader.execute("select name from publish.period order by ctid").fetchall() == [("a",), ("b",)]


def test_figures_lie_in_the_order_of_their_keys_in_the_warehouse_too_where_evaluators_of_projects_read(built_server, home, owner):
    something_came(owner)
    released(home, "first")
    owner.execute("update marts.fct_indicator_value set status = 'incomplete' where indicator_id = 'V10' and period_id = '2019/20'")
    released(home, "second", "asked for")
    build.take("publish")
    # A short row may find room on a page before, so that the same rows are put down once more.
    owner.execute("create temporary table again (like publish.indicator_value)")
    owner.execute(f"insert into again select * from publish.indicator_value order by {', '.join(frozen.KEY)}")
    lie = "select array_agg(row (ctid, one)::text order by ctid) as found from {} as one"
    here, there = (owner.execute(lie.format(table)).fetchone()["found"] for table in ("publish.indicator_value", "again"))
    assert len(here) > 0
    assert here == there


def test_a_filling_waits_until_a_build_has_put_its_tables_in_place(opened, owner):
    made(owner, 1)
    with ThreadPoolExecutor() as pool, psycopg.connect(opened.conninfo(OWNER)) as building:
        building.execute("select pg_advisory_xact_lock(hashtextextended('vrn build the outcomes: ', 0))")
        filling = pool.submit(readers.fill, opened)
        with psycopg.connect(opened.conninfo(SUPERUSER), autocommit=True) as superuser:
            waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
            until(lambda: superuser.execute(waiting).fetchone(), "the filling waits for the build")
        with reading(opened) as reader:
            assert generations(reader) == (0, 0)
        building.rollback()
        filling.result()
    with reading(opened) as reader:
        assert generations(reader) == (1, 1)
