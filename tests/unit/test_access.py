"""Who may read what: each test tries the forbidden thing as the role itself, before and after dbt made the tables anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from psycopg import errors, sql

from tests.waiting import LONGEST, until
from tests.warehouses import copy_of
from vrn.access import accounts, fence, rights
from vrn.access import roles as access
from vrn.build import steps as build
from vrn.publish import readers
from vrn.run import prepare, secrets
from vrn.settings import Settings
from vrn.warehouse import locks
from vrn.warehouse.roles import AIRFLOW, EVALUATOR, KEEPER, LINKER, LOADER, OWNER, SUPERUSER

PARTNERS = ("bwd", "bpl", "lcc", "police")
OWN_TABLE = "publish.partner_indicator_value"
NOT_THERE = (errors.UndefinedTable, errors.InvalidSchemaName)
READERS = (access.BI_READER, access.ENGINEER, access.IG, *(f"vrn_analyst_{partner}" for partner in PARTNERS))


@pytest.fixture(scope="module", params=["as built", "after a full refresh"])
def opened(request, built_server, tmp_path_factory) -> Iterator[Settings]:
    """A warehouse with every layer built, opened to its readers."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("access"), patch, "built") as settings,
    ):
        with as_role(settings, OWNER) as owner:
            # Not every table of the list is built before the first delivery.
            for table in access.BI_TABLES:
                if not owner.execute("select to_regclass(%s)", [f"publish.{table}"]).fetchone()[0]:
                    owner.execute(sql.SQL("create table publish.{} (n integer)").format(sql.Identifier(table)))
        # A copy of a database has its own list of who may connect.
        prepare.prepare(settings)
        if request.param_index:
            build.take("publish")
            readers.fill(settings)
        yield settings


@contextmanager
def as_role(settings: Settings, role: str, database: str | None = None) -> Iterator[psycopg.Connection]:
    """database: another than the one in which the role reads."""
    with psycopg.connect(settings.conninfo(role, database), autocommit=True) as connection:
        yield connection


def refused(settings: Settings, role: str, *statements: str, why: type[Exception] | None = None) -> None:
    """The last of the statements fails as the role; those before it may do what they like.

    Without a reason: because it is not allowed, or, in the database of readers, because what it asks for is not there.
    """
    is_reader = settings.database_of(role) == settings.readers_database
    why = why or ((errors.InsufficientPrivilege, *NOT_THERE) if is_reader else errors.InsufficientPrivilege)
    with as_role(settings, role) as connection:
        for statement in statements[:-1]:
            connection.execute(statement)
        with pytest.raises(why):
            connection.execute(statements[-1])


def all_of(settings: Settings, role: str, query: str, *before: str) -> list[tuple]:
    with as_role(settings, role) as connection:
        for statement in before:
            connection.execute(statement)
        return connection.execute(query).fetchall()


def tables_of(settings: Settings, *schemas: str) -> list[str]:
    query = (
        "select oid::regclass::text from pg_class "
        "where relnamespace::regnamespace::text = any(%s) and relkind in ('r', 'p', 'v', 'm')"
    )
    with as_role(settings, SUPERUSER) as connection:
        return [row[0] for row in connection.execute(query, [list(schemas)])]


@pytest.mark.parametrize("partner", PARTNERS)
def test_an_analyst_sees_the_rows_of_their_own_partner_and_no_other(opened, partner):
    role = f"vrn_analyst_{partner}"
    seen = all_of(opened, role, f"select partner, count(*) from {OWN_TABLE} group by partner")
    there = dict(all_of(opened, OWNER, f"select partner, count(*) from {OWN_TABLE} group by partner"))
    assert set(there) == set(PARTNERS)
    assert seen == [(partner, there[partner])]


def test_a_partner_has_what_was_made_of_its_own_deliveries_and_no_count_of_a_source_that_it_did_not_supply(opened):
    """Issue 16, A1: the police read hospital counts of 1 to 7, because rows were cut by area."""
    feeds = {
        "police": {
            "police_adr", "police_crime", "police_encompass", "police_marac", "police_nominals", "police_stop_search",
            "police_street_crime", "police_weapons",
        },
        **{council: {"cin_census", "ssda903"} for council in ("bwd", "bpl", "lcc")},
    }  # fmt: skip
    areas = {"bwd": {"E06000008"}, "bpl": {"E06000009"}, "lcc": {"E10000017"}}
    found = all_of(
        opened, OWNER, f"select distinct partner, area_code, feeds from {OWN_TABLE} join marts.dim_indicator using (indicator_id)"
    )
    for partner, area, of in found:
        assert set(of) <= feeds[partner], (partner, of)
        assert partner == "police" or area in areas[partner], (partner, area)
    assert {"LANCS-14", "E06000008"} <= {area for partner, area, _ in found if partner == "police"}


def test_the_comparison_of_a_partners_own_figure_tells_nothing_of_a_county_that_others_sent_as_well(opened):
    """Issue 16, A2: whether its interval holds the county's true value would bound what the county's published total hides."""
    found = all_of(opened, OWNER, f"select distinct partner, comparison from {OWN_TABLE} where partner <> 'police'")
    assert {comparison for _, comparison in found} == {"not_compared"}


@pytest.mark.parametrize(
    "trick",
    [
        "set vrn.partner = 'lcc'",
        "set session \"app.current_partner\" = 'lcc'",
        "set row_security = off",
        "set search_path = marts, publish",
    ],
)
def test_no_setting_makes_an_analyst_one_of_another_partner(opened, trick):
    if "row_security" in trick:
        # Off does not mean without: the statement is refused because rows would be left out.
        refused(opened, "vrn_analyst_bwd", trick, f"select * from {OWN_TABLE}")
    else:
        assert all_of(opened, "vrn_analyst_bwd", f"select distinct partner from {OWN_TABLE}", trick) == [("bwd",)]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("other", ["vrn_analyst_lcc", "vrn_analyst", "vrn_owner", "vrn_evaluator", "postgres", "vrn_bi_reader"])
def test_nobody_becomes_another_role(opened, role, other):
    if role == other:
        pytest.skip("it is that role")
    refused(opened, role, sql.SQL("set role {}").format(sql.Identifier(other)).as_string())
    refused(opened, role, sql.SQL("set session authorization {}").format(sql.Identifier(other)).as_string())


def test_the_rows_go_by_who_signed_in_and_not_by_the_role_that_was_taken(opened):
    with as_role(opened, SUPERUSER) as connection:
        connection.execute("set role vrn_analyst_bwd")
        assert connection.execute(f"select * from {OWN_TABLE}").fetchall() == []
        connection.execute("reset role")
        # How a superuser sees what an analyst sees, for the review of access.
        connection.execute("set session authorization vrn_analyst_bwd")
        assert connection.execute(f"select distinct partner from {OWN_TABLE}").fetchall() == [("bwd",)]


def test_a_view_of_the_owner_shows_an_analyst_nothing_of_other_partners(opened):
    # An ordinary view runs with its owner's rights: somebody will make one and forget it.
    with as_role(opened, OWNER, opened.readers_database) as owner:
        owner.execute(f"create view publish.forgotten as select * from {OWN_TABLE}")
        owner.execute("grant select on publish.forgotten to vrn_analyst, vrn_bi_reader")
    try:
        assert all_of(opened, "vrn_analyst_bwd", "select * from publish.forgotten") == []
        assert all_of(opened, access.BI_READER, "select * from publish.forgotten") == []
    finally:
        with as_role(opened, OWNER, opened.readers_database) as owner:
            owner.execute("drop view publish.forgotten")


def test_row_security_is_enabled_and_forced_on_every_table_with_rows_of_partners(opened):
    found = all_of(
        opened,
        OWNER,
        "select oid::regclass::text, relrowsecurity, relforcerowsecurity from pg_class join pg_attribute on attrelid = oid "
        "where relnamespace = 'publish'::regnamespace and attname = 'partner' and relkind in ('r', 'v', 'm')",
    )
    assert found == [(OWN_TABLE, True, True)]


def test_a_bi_reader_reads_the_published_tables_and_nothing_else(opened):
    views = {row[0] for row in all_of(opened, OWNER, "select oid::regclass::text from pg_class where relkind = 'v'")}
    listed = {f"publish.{table}" for table in access.BI_TABLES} - views
    with as_role(opened, access.BI_READER) as reader:
        for table in listed:
            reader.execute(f"select * from {table} limit 1")
        closed = set(tables_of(opened, *access.SCHEMAS)) - listed
        assert {"marts.fct_indicator_value", "publish.published_vs_computed", OWN_TABLE, "ops.submission"} <= closed
        for table in closed:
            with pytest.raises((errors.InsufficientPrivilege, *NOT_THERE)):
                reader.execute(f"select 1 from {table}")
            with pytest.raises((errors.InsufficientPrivilege, *NOT_THERE)):
                reader.execute(f"explain select 1 from {table}")
        for function in ("publish.indicator_as_at('2020-01-01')", "stats.wilson_ci(1, 2, 0.95)", "ops.touched_months('x')"):
            with pytest.raises((errors.UndefinedFunction, errors.InvalidSchemaName)):
                reader.execute(f"select {function}")


def test_an_analyst_reads_no_more_than_a_bi_reader_and_the_rows_of_the_partner(opened):
    with as_role(opened, "vrn_analyst_bwd") as analyst, as_role(opened, access.BI_READER) as reader:
        query = (
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema !~ '^pg_|information_schema'"
        )
        seen, seen_by_all = ({row[0] for row in one.execute(query)} for one in (analyst, reader))
    assert seen - seen_by_all == {OWN_TABLE}
    assert seen_by_all <= {f"publish.{table}" for table in access.BI_TABLES}


def test_an_engineer_sees_why_rows_were_set_aside_and_not_the_rows(opened):
    table = tables_of(opened, "quarantine")[0]
    reasons = all_of(opened, access.ENGINEER, f"select submission_id, row_number, rule_codes from {table}")
    assert reasons == []
    refused(opened, access.ENGINEER, f"select * from {table}")
    all_of(opened, access.ENGINEER, "select * from ops.submission, ops.validation_result, ops.step")
    for closed in ("marts.fct_crime", "ops.release_value", "raw.police_crime__crime", "publish.area", OWN_TABLE):
        refused(opened, access.ENGINEER, f"select 1 from {closed}")
    for closed in tables_of(opened, "linkage", "persons", "raw", "staging", "intermediate", "marts"):
        refused(opened, access.ENGINEER, f"select 1 from {closed}")


def test_the_reasons_of_a_feed_that_comes_later_are_open_to_engineers_at_once(opened):
    with as_role(opened, LOADER) as loader:
        loader.execute(
            "create table quarantine.a_new_feed (submission_id bigint, row_number integer, rule_codes text[], age integer)"
        )
        loader.execute("create table quarantine.something_else (age integer)")
        try:
            all_of(opened, access.ENGINEER, "select submission_id, row_number, rule_codes from quarantine.a_new_feed")
            refused(opened, access.ENGINEER, "select age from quarantine.a_new_feed")
            refused(opened, access.ENGINEER, "select 1 from quarantine.something_else")
        finally:
            loader.execute("drop table quarantine.a_new_feed, quarantine.something_else")


def test_information_governance_sees_agreements_releases_and_access_and_no_event(opened):
    for table in access.IG_TABLES:
        all_of(opened, access.IG, f"select * from ops.{table}")
    for closed in (
        *tables_of(opened, "raw", "quarantine", "linkage", "persons", "staging", "intermediate", "marts"),
        "ops.release_value",
        OWN_TABLE,
    ):
        refused(opened, access.IG, f"select 1 from {closed}")


def test_information_governance_sees_what_a_project_may_see_and_not_how_many_rows_a_supplier_has(opened):
    """Issue 16, an attacker's finding 10b."""
    columns = "project, table_name, feed, supplier, is_included, agreement_id, reason, built_at, superseded_at"
    all_of(opened, access.IG, f"select {columns} from ops.project_build")
    refused(opened, access.IG, "select row_count from ops.project_build")
    refused(opened, access.IG, "select * from ops.project_build")


@pytest.mark.parametrize("role", READERS)
def test_readers_write_nothing_and_make_nothing(opened, role):
    for statement in (
        "create table public.mine (n integer)",
        "create table publish.mine (n integer)",
        "create temporary table mine (n integer)",
        "create function public.mine() returns integer language sql as 'select 1'",
        "create schema mine",
    ):
        refused(opened, role, statement, why=errors.ReadOnlySqlTransaction)
        # The setting is a guard that a role may lift; the rights are the fence.
        refused(opened, role, "set default_transaction_read_only = off", statement)
    for statement in (
        f"insert into {OWN_TABLE} (partner) values ('bwd')",
        f"delete from {OWN_TABLE}",
        "delete from ops.access_log",
    ):
        refused(opened, role, "set default_transaction_read_only = off", statement)


@pytest.mark.parametrize("role", [*READERS, EVALUATOR])
def test_no_reader_takes_a_lock_that_a_release_waits_for_or_makes_what_no_review_finds(opened, role):
    """Issue 16, A8: a reader who held the lock of the job held up the release for as long as it liked."""
    with as_role(opened, OWNER) as owner, owner.transaction():
        # Who may take it still can, and so is the next to find it taken.
        locks.for_transaction(owner, locks.Job.RELEASE)
    for statement in (
        "select pg_advisory_lock(hashtextextended('vrn make a release: ', 0))",
        "select pg_advisory_xact_lock(1)",
        "select pg_try_advisory_lock_shared(1, 2)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "create temporary table mine (n integer)",
        "create function pg_temp.mine() returns integer language sql as 'select 1'",
    ):
        refused(opened, role, "set default_transaction_read_only = off", statement)


@pytest.mark.parametrize("role", [*READERS, EVALUATOR])
def test_no_reader_makes_the_server_write_to_the_disk_without_end(opened, role):
    """Issue 16, an attacker's finding 9: messages that an idle listener does not take grew by 164 MB in a second."""
    for call in (
        "select count(pg_notify('x', repeat('a', 7900) || n)) from generate_series(1, 10) as n",
        "select count(pg_export_snapshot()) from generate_series(1, 10)",
        "select pg_logical_emit_message(false, 'a', repeat('a', 1000))",
        "do $$ begin loop raise warning 'a line of the log'; end loop; end $$",
    ):
        refused(opened, role, "set default_transaction_read_only = off", f"set statement_timeout = '{LONGEST}s'", call)


def test_what_notify_leaves_for_a_listener_who_does_not_take_it_has_an_end(opened):
    """Issue 16, an attacker's finding 9: no right keeps anybody from the statement NOTIFY."""
    with as_role(opened, access.BI_READER) as idle, as_role(opened, access.BI_READER) as busy:
        idle.execute("listen x")
        # In a transaction it takes nothing.
        idle.execute("begin")
        idle.execute("select 1")

        def fill() -> None:
            for number in range(1000):
                busy.execute(f"notify x, '{number:07900}'")

        with pytest.raises(errors.ProgramLimitExceeded, match="NOTIFY queue"):
            fill()


def test_a_home_of_before_takes_from_evaluators_what_they_were_given_with_the_counts(opened):
    with as_role(opened, SUPERUSER) as superuser:
        superuser.execute("grant execute on function pg_logical_emit_message(boolean, text, text, boolean) to vrn_evaluator")
    prepare.prepare(opened)
    refused(opened, EVALUATOR, "select pg_logical_emit_message(false, 'a', 'b')")


def test_an_evaluators_statement_ends(opened):
    """Issue 16, A8."""
    limits = {name: all_of(opened, EVALUATOR, f"show {name}")[0][0] for name in access.LIMITS_OF_EVALUATOR}
    assert limits == access.LIMITS_OF_EVALUATOR


def test_statistics_of_columns_tell_a_reader_nothing_of_closed_tables(opened):
    with as_role(opened, OWNER) as owner:
        owner.execute(f"analyze marts.fct_indicator_value, {OWN_TABLE}")
    closed = "select schemaname, tablename from pg_stats where schemaname = 'marts' or tablename = 'partner_indicator_value'"
    assert all_of(opened, SUPERUSER, closed)
    for role in READERS:
        assert all_of(opened, role, closed) == []
        refused(opened, role, "select * from pg_statistic")


def test_the_planner_knows_no_figures_of_other_partners_that_explain_could_print(opened):
    query = "select attname from pg_stats where schemaname = 'publish' and tablename = 'partner_indicator_value'"
    with as_role(opened, OWNER, opened.readers_database) as owner:
        owner.execute(f"analyze {OWN_TABLE}")
    with as_role(opened, SUPERUSER, opened.readers_database) as superuser:
        kept = superuser.execute(query).fetchall()
    assert ("indicator_id",) in kept
    assert not {("count",), ("denominator",), ("value",), ("lower_ci_95",), ("upper_ci_998",)} & set(kept)


def test_no_function_of_ours_runs_with_its_owners_rights_but_two_of_the_keeper_three_of_builds_and_one_of_withdrawals(opened):
    found = all_of(
        opened,
        SUPERUSER,
        "select oid::regprocedure::text, proowner::regrole::text, proconfig from pg_proc "
        "where prosecdef and pronamespace::regnamespace::text !~ '^pg_|information_schema'",
    )
    assert {name for name, _, _ in found} == {
        "ops.open_project(text,timestamp with time zone)", "ops.close_project(text)", "ops.end_readers(interval)",
        "ops.forget_persons(text,text,text[])", *accounts.FUNCTIONS,
    }  # fmt: skip
    path = "search_path=pg_catalog, pg_temp"
    settings = {(SUPERUSER, path), (SUPERUSER, path, "lock_timeout=2s"), (LINKER, path)}
    assert {(owner, *setting) for _, owner, setting in found} == settings
    assert {name for name, owner, _ in found if owner == LINKER} == {"ops.forget_persons(text,text,text[])"}
    for role in {*secrets.roles(opened)} - {SUPERUSER, AIRFLOW, KEEPER}:
        for call in ("ops.open_project('x', 'infinity')", "ops.close_project('x')"):
            refused(opened, role, f"select {call}")
    for role in {*secrets.roles(opened)} - {SUPERUSER, AIRFLOW, OWNER, LOADER}:
        refused(opened, role, "select ops.end_readers('0')")
    for role in {*secrets.roles(opened)} - {SUPERUSER, AIRFLOW, LINKER, LOADER}:
        refused(opened, role, "select ops.forget_persons('', '', '{}')")
    for role in {*secrets.roles(opened)} - {SUPERUSER, AIRFLOW, OWNER}:
        for call in accounts.FUNCTIONS:
            refused(opened, role, f"select {call}", why=(errors.InsufficientPrivilege, *NOT_THERE))
    # Whoever owns the schema they are in neither.
    refused(opened, OWNER, "alter function ops.close_project owner to vrn_owner")
    refused(opened, OWNER, "create or replace function ops.close_project(project text) returns void language sql as 'select'")


def test_the_keeper_reaches_the_roles_of_projects_and_no_other_and_can_do_nothing_else(opened):
    """Issue 13, point 14: the task that keeps up projects signed in as the superuser."""
    for project in ("", "x'; alter role vrn_owner nologin; --", '" nologin; --', "../vrn_owner"):
        refused(opened, KEEPER, sql.SQL("select ops.open_project({}, now())").format(project).as_string(), why=psycopg.Error)
        all_of(opened, KEEPER, sql.SQL("select ops.close_project({})").format(project).as_string())
    assert all_of(opened, SUPERUSER, "select rolname from pg_roles where rolname ^@ 'vrn_' and not rolcanlogin") == [
        (access.ANALYST,)
    ]
    for statement in (
        "create role mine",
        "alter role vrn_evaluator nologin",
        "grant vrn_bi_reader to vrn_keeper",
        "create table ops.mine (n integer)",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
        "select 1 from ops.submission",
        "select 1 from marts.fct_crime",
        "insert into ops.access_log (action, role_name, privilege, kind, object_name) values ('granted', 'x', 'x', 'x', 'x')",
    ):
        refused(opened, KEEPER, statement)


def test_every_view_that_a_reader_may_read_asks_for_the_readers_own_rights(opened):
    with as_role(opened, SUPERUSER) as connection:
        readable = connection.execute(
            "select distinct pg_class.oid::regclass::text, relkind, coalesce(reloptions::text, '') from pg_class "
            "join pg_roles on has_table_privilege(pg_roles.oid, pg_class.oid, 'select') "
            "where relkind in ('v', 'm') and rolname = any(%s) "
            "and relnamespace::regnamespace::text !~ '^pg_|information_schema'",
            [list(READERS)],
        ).fetchall()
    assert {name for name, _, _ in readable} >= {"ops.access_right", "ops.access_role"}
    for name, kind, options in readable:
        assert (kind, "security_invoker=true" in options) == ("v", True), name


def test_no_role_of_ours_is_powerful_and_no_reader_owns_anything(opened):
    with as_role(opened, SUPERUSER) as connection:
        powerful = connection.execute(
            "select rolname from pg_roles where rolname like 'vrn%' and "
            "(rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)"
        ).fetchall()
        owning = connection.execute(
            "select relname from pg_class join pg_roles on relowner = pg_roles.oid where rolname = any(%s)", [list(READERS)]
        ).fetchall()
        options = connection.execute(
            "select member::regrole::text, roleid::regrole::text from pg_auth_members "
            "where member::regrole::text like 'vrn%' and (set_option or admin_option)"
        ).fetchall()
    assert (powerful, owning, options) == ([], [], [])


def test_public_has_no_rights_on_anything_of_ours(opened):
    assert all_of(opened, SUPERUSER, "select * from ops.access_right where role_name = 'public'") == []
    with as_role(opened, OWNER) as owner:
        owner.execute("create function stats.just_made() returns integer language sql as 'select 1'")
        try:
            refused(opened, access.ENGINEER, "select stats.just_made()")
            assert all_of(opened, SUPERUSER, "select * from ops.access_right where role_name = 'public'") == []
        finally:
            owner.execute("drop function stats.just_made()")


@pytest.mark.parametrize("role", READERS)
def test_readers_cannot_look_into_other_databases(opened, role):
    others = ("postgres", "template1", opened.database, opened.readers_database)
    with as_role(opened, SUPERUSER) as superuser:
        allowed = superuser.execute(
            "select datname from pg_database where datname = any(%s) and has_database_privilege(%s, oid, 'connect')",
            [list(others), role],
        ).fetchall()
    assert allowed == [(opened.database_of(role),)]
    for database in set(others) - {opened.database_of(role)}:
        with pytest.raises(psycopg.OperationalError, match=r"permission denied for database|pg_hba.conf rejects"):
            psycopg.connect(opened.conninfo(role, database))


@pytest.mark.parametrize("role", READERS)
def test_readers_have_limits_of_time_space_and_connections(opened, role):
    with as_role(opened, role) as connection:
        limits = {name: connection.execute(f"show {name}").fetchone()[0] for name in access.LIMITS}
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("set temp_file_limit = -1")
    assert limits == {**access.LIMITS, "statement_timeout": "1min"}
    found = all_of(opened, SUPERUSER, f"select connection_limit from ops.access_role where role_name = '{role}'")
    assert 0 < found[0][0] <= 20


def test_a_statement_that_runs_on_is_ended(opened):
    # The role's own limit is a minute: a shorter one shows that it ends a statement.
    refused(opened, access.BI_READER, "set statement_timeout = '50ms'", "select pg_sleep(600)", why=errors.QueryCanceled)


def test_one_connection_too_many_is_refused(opened):
    connected = f"select 1 from pg_stat_activity where usename = '{access.IG}'"
    # A connection that was closed counts until its process has ended.
    until(lambda: not all_of(opened, SUPERUSER, connected), f"those of earlier tests as {access.IG} have ended")
    open_ = [psycopg.connect(opened.conninfo(access.IG)) for _ in range(3)]
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(opened.conninfo(access.IG))
    finally:
        for connection in open_:
            connection.close()


def test_no_role_of_people_has_connections_without_a_limit(opened):
    """Issue 16, an attacker's finding 7: one evaluator held all of the server's."""
    without = "select role_name from ops.access_role where can_login and connection_limit < 0"
    # Those of projects are made as all others.
    assert {role for (role,) in all_of(opened, SUPERUSER, without)} == {SUPERUSER, *fence.SERVICES}


def test_when_people_hold_every_connection_that_is_theirs_a_service_still_connects(opened):
    """Issue 16, an attacker's finding 7: then `make release` was refused."""
    limit = f"alter role {EVALUATOR} connection limit {{}}"
    with as_role(opened, SUPERUSER) as superuser, ExitStack() as held:
        superuser.execute(limit.format(-1))
        try:

            def hold() -> None:
                while True:
                    held.enter_context(as_role(opened, EVALUATOR))

            with pytest.raises(psycopg.OperationalError, match="remaining connection slots are reserved"):
                hold()
            for role in fence.SERVICES:
                assert all_of(opened, role, "select 1") == [(1,)]
        finally:
            superuser.execute(limit.format(access.CONNECTIONS_OF_EVALUATOR))
    # Those that were closed count until their processes have ended.
    connected = f"select 1 from pg_stat_activity where usename = '{EVALUATOR}'"
    until(lambda: not all_of(opened, SUPERUSER, connected), f"those of {EVALUATOR} have ended")


def test_passwords_are_kept_and_asked_for_as_scram(opened):
    with as_role(opened, SUPERUSER) as connection:
        stored = dict(connection.execute("select rolname, rolpassword from pg_authid where rolname like 'vrn%' and rolcanlogin"))
        asked = connection.execute("select distinct auth_method from pg_hba_file_rules order by 1").fetchall()
    assert set(stored) == set(secrets.roles(opened)) - {SUPERUSER, AIRFLOW}
    assert all(password.startswith("SCRAM-SHA-256$") for password in stored.values())
    assert asked == [("reject",), ("scram-sha-256",)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(opened.conninfo(access.BI_READER), password="x")


def test_the_group_of_analysts_does_not_sign_in(opened):
    with pytest.raises(psycopg.OperationalError, match=r"not permitted to log in|password authentication failed"):
        psycopg.connect(opened.conninfo(access.ANALYST, opened.readers_database), password="x")


def test_what_was_declared_is_what_is_given_and_applying_it_again_changes_nothing(opened):
    with as_role(opened, SUPERUSER) as connection:
        assert rights.given(connection) == rights.declared(connection, opened)
        assert rights.apply(connection, opened) == []


def test_a_right_given_by_hand_is_taken_away_and_both_the_right_and_its_end_are_known(opened):
    with as_role(opened, SUPERUSER) as connection:
        connection.execute("grant select on marts.fct_indicator_value to vrn_bi_reader")
        connection.execute("grant execute on function publish.indicator_as_at to public")
        connection.execute("grant vrn_analyst_lcc to vrn_analyst_bwd with set true")
        taken = {(action, right.role, right.object) for action, right in rights.apply(connection, opened)}
        assert {action for action, _, _ in taken} == {"revoked"}
        assert {role for _, role, _ in taken} == {"vrn_bi_reader", "public", "vrn_analyst_bwd"}
        logged = connection.execute(
            "select role_name, object_name from ops.access_log where action = 'revoked' order by access_log_id desc limit 5"
        ).fetchall()
        assert ("vrn_bi_reader", "marts.fct_indicator_value") in logged
        assert rights.given(connection) == rights.declared(connection, opened)


def test_the_log_of_access_is_only_ever_added_to(opened):
    for statement in ("update ops.access_log set done_by = 'x'", "delete from ops.access_log", "truncate ops.access_log"):
        refused(opened, OWNER, statement, why=errors.RaiseException)


def test_the_analyst_of_a_partner_that_left_may_not_sign_in(opened, monkeypatch):
    still = [name for name in PARTNERS if name != "bpl"]
    try:
        with monkeypatch.context() as patch, as_role(opened, SUPERUSER) as connection:
            patch.setattr(access, "partners", lambda settings: still)
            access.ensure_roles(connection, opened)
            rights.apply(connection, opened)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(opened.conninfo("vrn_analyst_bpl"))
            assert not any(right.role == "vrn_analyst_bpl" for right in rights.given(connection))
    finally:
        with as_role(opened, SUPERUSER) as connection:
            access.ensure_roles(connection, opened)
            rights.apply(connection, opened)


@pytest.mark.parametrize("opened", ["as built"], indirect=True)
def test_while_a_table_is_made_anew_its_readers_always_see_it_whole(opened):
    before = all_of(opened, "vrn_analyst_bwd", f"select partner, count(*) from {OWN_TABLE} group by partner")
    seen, wrong, done = [], [], threading.Event()

    def read() -> None:
        with as_role(opened, "vrn_analyst_bwd") as analyst:
            while not done.is_set():
                try:
                    seen.append(analyst.execute(f"select partner, count(*) from {OWN_TABLE} group by partner").fetchall())
                except psycopg.Error as error:
                    wrong.append(error)
                # The build needs the processor too.
                done.wait(0.05)

    def reads_on() -> None:
        so_far = len(seen)
        until(lambda: len(seen) > so_far or wrong, "the analyst reads the table once more")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        reads_on()
        build.take("publish")
        readers.fill(opened)
        reads_on()
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert all(one == before for one in seen)
