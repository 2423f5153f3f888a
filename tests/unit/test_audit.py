"""Who read what: what a real server logs of real sessions, and what of it stands in the audit afterwards."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from tests import debian_postgres
from tests.waiting import logged_so_far, until
from tests.warehouses import copy_of
from vrn import __main__ as commands
from vrn.access import roles as access
from vrn.access.audit import catalogue, events, logged, page_log, reads, server_log
from vrn.access.audit.understand import understand
from vrn.publish import exports
from vrn.run import deciding, prepare
from vrn.run.local import postgres
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, LOADER, OWNER, SUPERUSER

# Stands in every statement where a person's value could, and may be nowhere afterwards but in the server's own log.
MARKER = "Zerubbabel"
PROJECT = "vrn_evaluator_audited"
PEOPLE = (EVALUATOR, access.ENGINEER, access.IG, "vrn_analyst_bwd", PROJECT)


@pytest.fixture(scope="module")
def watched(server, tmp_path_factory) -> Iterator[Settings]:
    """A warehouse with a table in each schema, all of which every person may read."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(server, tmp_path_factory.mktemp("audit"), patch) as settings,
    ):
        prepare.prepare(settings)
        with as_role(settings, SUPERUSER) as superuser:
            superuser.execute("create schema project_audited")
            for schema in (*access.SCHEMAS, "project_audited"):
                superuser.execute(f"create table {schema}.things (name text, code integer)")
                superuser.execute(f"insert into {schema}.things values ('a', 1), ('b', 2)")
            superuser.execute("create table publish.area (name text, code integer)")
            superuser.execute(
                "create function marts.counted() returns bigint language sql return (select count(*) from marts.things)"
            )
            superuser.execute(f"create role {PROJECT} login password 'x'")
            for role in PEOPLE:
                superuser.execute(f"grant connect, temporary on database {settings.database} to {role}")
                superuser.execute(f"grant usage on language plpgsql to {role}")
                superuser.execute(f"grant usage on schema {', '.join((*access.SCHEMAS, 'project_audited'))} to {role}")
                for schema in (*access.SCHEMAS, "project_audited"):
                    superuser.execute(f"grant select on {schema}.things to {role}")
                superuser.execute(f"grant select on publish.area to {role}")
                superuser.execute(f"grant execute on function marts.counted to {role}")
            superuser.execute("grant select on publish.area to vrn_bi_reader")
            logged.ensure(superuser)
        with psycopg.connect(settings.conninfo(SUPERUSER, settings.readers_database), autocommit=True) as superuser:
            for table, role in (("publish.things", "vrn_analyst_bwd"), ("publish.area", access.BI_READER)):
                superuser.execute(f"create table {table} as select 'a' as name, 1 as code")
                superuser.execute(f"grant select on {table} to {role}")
        yield settings
        with as_role(settings, SUPERUSER) as superuser:
            superuser.execute(f"drop owned by {PROJECT}")
            superuser.execute(f"drop role {PROJECT}")


@contextmanager
def as_role(settings: Settings, role: str) -> Iterator[psycopg.Connection]:
    password = {"password": "x"} if role == PROJECT else {}
    with psycopg.connect(settings.conninfo(role), autocommit=True, **password) as connection:
        yield connection


@pytest.fixture
def logged_until_now(watched, server):
    """Call it before the log is looked at."""

    def wait() -> None:
        with as_role(watched, SUPERUSER) as superuser:
            logged_so_far(superuser, server.server_log)

    return wait


@pytest.fixture
def record(watched, server, logged_until_now):
    """Take the server's log in, and give the rows that are new since the test began, in the order in which things happened."""

    def take() -> list[dict]:
        logged_until_now()
        with connect(watched, OWNER) as owner:
            (last,) = owner.execute("select coalesce(max(number), 0) as number from ops.read_log").fetchall()
            reads.record(watched, server.server_log)
            return owner.execute("select * from ops.read_log where number > %s order by number", [last["number"]]).fetchall()

    take()
    return take


def run(settings: Settings, role: str, *statements: str) -> None:
    with as_role(settings, role) as connection:
        for statement in statements:
            connection.execute(statement)


def left_in_ops(settings: Settings) -> str:
    with as_role(settings, SUPERUSER) as superuser:
        tables = superuser.execute(
            "select oid::regclass::text from pg_class where relnamespace::regnamespace::text = 'ops' and relkind = 'r'"
        )
        return "\n".join(
            superuser.execute(f"select coalesce(string_agg(one::text, ' '), '') from {table} as one").fetchone()[0]
            for (table,) in tables.fetchall()
        )


# --- Partners' pages ---


def test_who_reads_a_partners_page_and_who_may_not_is_one_row_each(watched, record):
    """Issue 16, D: reads of partners' pages were recorded nowhere."""
    log = page_log.PageLog(watched.page_log)
    log.read("vrn_analyst_bwd", "192.0.2.7", "bwd/figures.csv")
    log.refused("vrn_analyst_bpl", "192.0.2.8")
    told = [(row["role_name"], row["client"], row["objects"], row["statement"], row["outcome"]) for row in record()]
    assert told == [
        ("vrn_analyst_bwd", "192.0.2.7", ["partner_pages/bwd/figures.csv"], "GET bwd/figures.csv", "read"),
        ("vrn_analyst_bpl", "192.0.2.8", ["partner_pages/"], "sign in", "refused"),
    ]
    assert record() == []
    # Another process goes on in the same file.
    page_log.PageLog(watched.page_log).read("vrn_analyst_bwd", "192.0.2.7", "bwd/index.html")
    assert [row["statement"] for row in record()] == ["GET bwd/index.html"]


# --- Reads ---


@pytest.mark.parametrize("role", PEOPLE)
def test_a_read_of_each_restricted_schema_is_one_row_without_a_value(watched, record, role):
    schemas = [schema for schema in (*access.SCHEMAS, "project_audited") if schema != "stats"]
    if watched.database_of(role) == watched.readers_database:
        schemas = ["publish"]
    for schema in schemas:
        run(
            watched, role, f"select name, 8675309867530 from {schema}.things where name = '{MARKER}' or name = \"name\" -- {MARKER}"
        )
    rows = record()
    assert [row["objects"] for row in rows] == [[f"{schema}.things"] for schema in schemas]
    assert {(row["role_name"], row["command"], row["outcome"], row["is_understood"]) for row in rows} == {
        (role, "SELECT", "read", True)
    }
    assert {row["client"] for row in rows} == {"127.0.0.1"}
    assert rows[0]["statement"].endswith('where name = ? or name = "name"')
    assert MARKER not in left_in_ops(watched)
    assert "8675309867530" not in str(rows)


def test_the_raw_line_is_in_a_file_that_only_the_server_may_read(watched, logged_until_now, server):
    value = f"{MARKER}-in-the-log"
    run(watched, EVALUATOR, f"select * from marts.things where name = '{value}'")
    logged_until_now()
    folder = server.server_log
    assert any(value in path.read_text() for path in folder.glob("*.json"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_published_and_what_is_the_databases_own_is_not_recorded(watched, record):
    for role in (EVALUATOR, access.BI_READER):
        run(watched, role, "select * from publish.area", "select 1", "select relname from pg_class", "show search_path")
    assert record() == []


def test_the_tables_that_psql_describes_are_not_taken_for_read(watched, record):
    commands_ = ["\\d marts.things", "\\dt marts.*", "\\du", "\\df stats.*", "\\l"]
    psql = [postgres.binaries() / "psql", watched.conninfo(EVALUATOR), "-X", "-q"]
    done = subprocess.run([*psql, *[part for one in commands_ for part in ("-c", one)]], capture_output=True, text=True, check=True)
    assert "things" in done.stdout
    assert record() == []


def test_statistics_of_the_planner_are_a_read_of_values(watched, record):
    run(watched, EVALUATOR, "select most_common_vals from pg_stats where tablename = 'things'")
    assert [row["objects"] for row in record()] == [["pg_catalog.pg_stats"]]


T = "marts.things"
FORMS = [
    (["select * from only marts.things as one natural join raw.things"], ["SELECT"], [T, "raw.things"]),
    (["with things as (select * from marts.things) select * from things"], ["WITH"], [T]),
    (["set search_path = marts", "with things as (select * from things) select * from things"], ["WITH"], "by name"),
    (["set search_path = marts", "select * from things"], ["SELECT"], "by name"),
    (["with recursive new (n) as (select 1 union all select n + 1 from new where n < 3) select * from new, raw.things"],
     ["WITH"], ["raw.things"]),
    (["table marts.things"], ["TABLE"], [T]),
    (["select 1 where exists (table marts.things)"], ["SELECT"], [T]),
    (["(select 1) union all (select count(*) from marts.things)"], ["SELECT"], [T]),
    (['select "name" from "marts"."things" as "Some One"'], ["SELECT"], [T]),
    (["select/* -- */ * /* nested /* comment */ */ from MARTS . Things -- end"], ["SELECT"], [T]),
    (["select $$it's$$, $tag$ ; select $$ $tag$, E'it\\'s; x', U&'d\\0061t' from marts.things"], ["UNKNOWN"], "unknown"),
    (["select $$it's$$, $tag$ ; select $$ $tag$, E'it\\'s; x' from marts.things"], ["SELECT"], [T]),
    (["explain select * from marts.things"], ["EXPLAIN"], [T]),
    (["explain (analyze, verbose, format json) select * from marts.things"], ["EXPLAIN"], [T]),
    (["explain analyze verbose table marts.things"], ["EXPLAIN"], [T]),
    (["prepare mine (text) as select * from marts.things where name = $1", "execute mine('x')"], ["PREPARE", "EXECUTE"], [T]),
    (["prepare mine as select 1", "execute mine", "deallocate mine"], [], []),
    (["begin", "declare mine cursor for select * from marts.things", "fetch 1 from mine", "fetch all from mine", "commit"],
     ["DECLARE"], [T]),
    (["create temp table mine as select * from marts.things"], ["CREATE"], [T]),
    (["select name into temp mine from marts.things"], ["SELECT"], [T]),
    (["select marts.counted()"], ["SELECT"], ["marts.counted()"]),
    (["set search_path = marts", "select counted()"], ["SELECT"], ["marts.counted()"]),
    (["select lo.* from marts.things at cross join lateral (select at.name) as lo"], ["SELECT"], [T]),
    (["select (things).name, count(*) filter (where code > 1) over () from marts.things"], ["SELECT"], [T]),
    (["do $$ begin perform * from marts.things; end $$"], ["DO"], "unknown"),
    (["create function pg_temp.mine() returns text language sql as $$ select name from marts.things $$"], ["CREATE"], "unknown"),
    (["select word from ts_stat('select to_tsvector(name) from marts.things')"], ["SELECT"], "unknown"),
    (["do $$ begin raise log 'AUDIT: ,'; raise log 'AUDIT: 1,2,3,4,5,6,7,8,9,x'; end $$"], ["DO"], "unknown"),
    (["set standard_conforming_strings = off", "select 'x\\' from marts.things; --' from marts.things"], ["UNKNOWN"], "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "wanted", "objects"), FORMS, ids=[form[0][-1][:40] for form in FORMS])
def test_however_it_is_written_a_read_is_recorded(watched, record, statements, wanted, objects):
    run(watched, EVALUATOR, "set default_transaction_read_only = off", *statements)
    rows = record()
    assert [row["command"] for row in rows] == wanted
    for row in rows:
        if objects == "unknown":
            assert (row["is_understood"], row["statement"]) == (False, None)
            assert row["statement_length"] == len(statements[-1])
        elif objects == "by name":
            # A session may have set any search_path: the name counts for every table of that name that the role may read.
            assert T in row["objects"]
            assert "publish.things" in row["objects"]
        else:
            assert (row["objects"], row["is_understood"]) == (objects, True)


def test_several_statements_sent_together_are_one_row_with_all_that_they_read(watched, record):
    run(watched, EVALUATOR, f"set my.name = '{MARKER}'; select * from marts.things; select ';' from raw.things")
    (row,) = record()
    assert (row["command"], row["objects"]) == ("SET, SELECT", ["marts.things", "raw.things"])
    assert row["statement"] == "set ?.name = ?; select * from marts.things; select ? from raw.things"


def test_copy_is_recorded_in_both_its_forms(watched, record):
    with as_role(watched, EVALUATOR) as connection, connection.cursor() as cursor:
        for statement in ("marts.things (name)", f"(select * from raw.things where name <> '{MARKER}')"):
            with cursor.copy(f"copy {statement} to stdout (format csv)") as copy:
                assert b"".join(bytes(block) for block in copy)
    assert [(row["command"], row["objects"]) for row in record()] == [("COPY", ["marts.things"]), ("COPY", ["raw.things"])]
    assert MARKER not in left_in_ops(watched)


def test_a_value_that_is_bound_is_in_no_log(watched, record, server):
    bound = f"{MARKER}-bound"
    with as_role(watched, EVALUATOR) as connection:
        for _ in range(7):
            # From the fifth time on psycopg prepares it on the server.
            connection.execute("select * from marts.things where name = %s", [bound])
        with connection.cursor(name="mine") as cursor, pytest.raises(errors.NoActiveSqlTransaction):
            cursor.execute("select * from marts.things where name = %s", [bound])
    rows = record()
    assert [row["objects"] for row in rows[:7]] == [["marts.things"]] * 7
    assert rows[0]["statement"] == "select * from marts.things where name = $1"
    assert not any(bound in path.read_text() for path in server.server_log.glob("*.json"))


def test_a_result_that_is_fetched_in_pieces_is_one_read():
    line = {"user": EVALUATOR, "dbname": "x", "error_severity": "LOG", "session_id": "a.b", "timestamp": "2026-01-01 UTC"}
    names = catalogue.Catalogue({"things": frozenset({"marts", "raw"})}, {}, {"select"}, (), lambda role: frozenset())
    said = ["execute S_1/C_2: select 1 from marts.things"] + ["execute fetch from S_1/C_2: select 1 from marts.things"] * 3
    # A prepared statement may be called anything.
    said += ["execute mine: select 1 --: select * from marts.things", "execute x: select ': select 1 from raw.things --'"]
    said += ["execute x: select 1 from marts.things where name = 'note: select'", 'fastpath function call: "lo_get" (OID 1)']
    found = server_log.reads([{**line, "line_num": at, "message": one} for at, one in enumerate(said)], names, "x", "x_readers")
    assert [(one.line_number, one.objects, one.is_understood) for one in found] == [
        (0, ("marts.things",), True),
        (4, ("marts.things",), False),
        (5, ("raw.things",), False),
        (6, ("marts.things",), True),
        (7, (), False),
    ]


def test_a_value_between_the_wrong_quotes_or_none_is_no_name(watched, record):
    for slip in (f'name = "{MARKER}"', f"name = {MARKER}", f"code = 1 as {MARKER}"):
        with pytest.raises(errors.ProgrammingError):
            run(watched, EVALUATOR, f"select * from marts.things where {slip}")
    assert {row["statement"] for row in record()} == {"select * from marts.things where name = ?"}
    assert MARKER not in left_in_ops(watched)


# --- Who is logged ---


def test_what_a_role_was_refused_is_recorded_once_whatever_it_may_read(watched, record):
    """Who reads what is published is told that it is not there, for it is in another database, and has tried all the same."""
    for role, closed in (
        (access.BI_READER, "marts.things"), ("vrn_analyst_lcc", "raw.things"), ("vrn_analyst_lcc", "publish.things"),
        (access.ENGINEER, "ops.read_log"),
    ):  # fmt: skip
        with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedTable)):
            run(watched, role, f"select * from {closed} where true and 'x' <> '{MARKER}'")
        with as_role(watched, role) as connection, pytest.raises((errors.InsufficientPrivilege, errors.UndefinedTable)):
            connection.execute(f"select * from {closed} where %s <> 'x'", [MARKER])
        rows = record()
        assert [(row["role_name"], row["objects"], row["outcome"]) for row in rows] == [(role, [closed], "refused")] * 2
    assert MARKER not in left_in_ops(watched)


def test_a_slip_of_a_dashboard_that_names_nothing_of_ours_is_no_attempt(watched, record):
    with pytest.raises(errors.UndefinedTable):
        run(watched, access.BI_READER, "select * from publish.aera")
    assert record() == []


TRICKS = (
    "set log_statement = 'none'",
    "set log_min_messages = 'panic'",
    "set log_min_error_statement = 'panic'",
    "set log_parameter_max_length = -1",
    "select set_config('log_statement', 'none', false)",
    "alter role current_user set log_statement = 'none'",
    "set role vrn_owner",
    "set session authorization vrn_owner",
)


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_turns_their_own_logging_off_and_the_attempt_is_known(watched, record, role):
    for trick in TRICKS:
        with pytest.raises(errors.InsufficientPrivilege):
            run(watched, role, "set default_transaction_read_only = off", trick)
    assert [(row["role_name"], row["outcome"]) for row in record()] == [(role, "refused")] * len(TRICKS)


def test_a_role_that_comes_later_is_logged_and_a_service_is_not(watched):
    with as_role(watched, SUPERUSER) as superuser:
        superuser.execute("create role vrn_of_tomorrow")
        try:
            logged.ensure(superuser)
            settings_of = dict(superuser.execute("select rolname, rolconfig from pg_roles where rolname ^@ 'vrn_'").fetchall())
        finally:
            superuser.execute("drop role vrn_of_tomorrow")
    assert {role for role, said in settings_of.items() if "log_statement=all" in said} == (
        set(settings_of) - set(logged.SERVICES) - {access.BI_READER}
    )
    assert {"vrn_of_tomorrow", *PEOPLE} <= {role for role, said in settings_of.items() if "log_statement=all" in said}


def test_an_error_of_a_service_leaves_no_value_in_the_log(watched, server, logged_until_now):
    value = f"{MARKER}-of-a-row"
    with as_role(watched, LOADER) as loader:
        loader.execute("create table raw.failing (name text primary key, code integer not null)")
        loader.execute(f"insert into raw.failing values ('{value}', 1)")
        for failing in (f"insert into raw.failing values ('{value}', 2)", f"insert into raw.failing values ('{value}2', null)"):
            with pytest.raises(errors.IntegrityError):
                loader.execute(failing)
        with pytest.raises(errors.InvalidTextRepresentation), loader.cursor().copy("copy raw.failing from stdin") as copy:
            copy.write_row(("x", value))
        with pytest.raises(errors.InvalidTextRepresentation):
            loader.execute("select name::integer from raw.failing where name = %s", [value])
        loader.execute("drop table raw.failing")
    with as_role(watched, SUPERUSER) as superuser, pytest.raises(errors.InvalidTextRepresentation):
        # Whoever is no role of ours has at most the message in the log, and never a row or the statement.
        superuser.execute(f"select 'x'::integer, '{value}'")
    logged_until_now()
    assert not any(value in path.read_text() for path in server.logs.rglob("*") if path.is_file())


# --- Nothing is lost, nothing is there twice ---


def test_a_second_run_adds_nothing(watched, record, server):
    run(watched, EVALUATOR, "select * from marts.things")
    assert len(record()) == 1
    assert record() == []
    with connect(watched, OWNER) as owner:
        owner.execute("delete from ops.server_log")
    # Not even when it reads everything again.
    assert record() == []


def test_a_run_that_fails_half_way_loses_nothing(watched, record):
    run(watched, EVALUATOR, "select * from marts.things", "select * from raw.things")
    with as_role(watched, SUPERUSER) as superuser:
        # The place is what it writes last, when the rows are in.
        superuser.execute("alter table ops.server_log add constraint fails check (read_to = 0) not valid")
        try:
            with pytest.raises(errors.CheckViolation):
                record()
        finally:
            superuser.execute("alter table ops.server_log drop constraint fails")
    assert [row["objects"] for row in record()] == [["marts.things"], ["raw.things"]]


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(watched, logged_until_now, server, tmp_path):
    run(watched, EVALUATOR, "select * from marts.things")
    logged_until_now()
    line = next(
        line
        for path in server.server_log.glob("*.json")
        for line in path.read_bytes().splitlines(keepends=True)
        if b"select * from marts.things" in line and json.loads(line)["dbname"] == watched.database
    )
    line = line.replace(json.loads(line)["session_id"].encode(), b"half.written")
    log = tmp_path / "postgresql-1.json"
    found = []
    for content in (line[:50], line, line + b"no JSON\n", line + b"no JSON\n" + line.replace(b"half.written", b"after.it")):
        log.write_bytes(content)
        found.append(reads.record(watched, tmp_path)["new"])
    assert found == [0, 1, 0, 1]


def test_a_log_that_was_cut_is_an_error_that_says_so(watched, tmp_path):
    log = tmp_path / "postgresql-cut.json"
    log.write_text('{"user": "nobody"}\n' * 2)
    reads.record(watched, tmp_path)
    log.write_text('{"user": "nobody"}\n')
    with pytest.raises(reads.AuditIncomplete, match=r"postgresql-cut\.json .* shorter"):
        reads.record(watched, tmp_path)


def test_a_server_that_does_not_log_a_person_is_an_error_that_names_the_role(watched, record, server):
    with as_role(watched, SUPERUSER) as superuser:
        superuser.execute(f"alter role {PROJECT} reset log_statement")
        try:
            with pytest.raises(reads.AuditIncomplete, match=PROJECT):
                record()
        finally:
            logged.ensure(superuser)
    with pytest.raises(reads.AuditIncomplete, match="no JSON log"):
        reads.record(watched, server.home / "nowhere")


def test_files_that_were_read_are_deleted_after_a_week_but_for_the_one_in_use(watched, tmp_path):
    names = ("week-1.json", "week-1.log", "week-2.json", "week-3.json", "week-3.log")
    for name in names:
        (tmp_path / name).write_text("")
    for name in (names[0], names[1], names[3], names[4]):
        os.utime(tmp_path / name, (0, 0))
    reads.record(watched, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"week-2.json", "week-3.json", "week-3.log"}


# --- Only ever added to ---


@pytest.mark.parametrize("log", ["read_log", "audit_event"])
def test_nobody_rewrites_the_audit_and_only_information_governance_reads_it(watched, record, log):
    with as_role(watched, OWNER) as owner:
        events.record(owner, events.REPLAY, "a test")
        for statement in (f"update ops.{log} set row_hash = ''", f"delete from ops.{log}", f"truncate ops.{log}"):
            with pytest.raises(errors.RaiseException):
                owner.execute(statement)
    run(watched, access.IG, f"select * from ops.{log}", "select * from ops.audit_chain")
    for role in (LOADER, EVALUATOR, access.ENGINEER, access.BI_READER, "vrn_analyst_bwd"):
        with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedTable)):
            run(watched, role, f"select * from ops.{log}")


@pytest.mark.parametrize(
    "tampering",
    [
        "update ops.read_log set role_name = 'vrn_ig' where number = {middle}",
        "delete from ops.read_log where number = {middle}",
        "update ops.read_log set happened_at = happened_at + interval '1 microsecond' where number = {middle}",
        "insert into ops.read_log select ({middle} + 0.2)::bigint, happened_at, role_name, application, client, 'x', 0, command, "
        "objects, statement, statement_length, is_understood, row_count, outcome, row_hash from ops.read_log where number = 1",
    ],
)
def test_the_chain_names_the_first_row_that_even_a_superuser_changed(watched, record, tampering):
    run(watched, EVALUATOR, *["select * from marts.things"] * 3)
    last = record()[-1]["number"]
    if "insert" in tampering:
        tampering, broken = tampering.format(middle=last + 1), last + 1
    else:
        tampering, broken = tampering.format(middle=last - 1), last - 1 if "update" in tampering else last
    chain = "select first_broken_number, last_number from ops.audit_chain where log = 'read_log'"
    with psycopg.connect(watched.conninfo(SUPERUSER)) as superuser:
        superuser.execute("set time zone 'Asia/Tokyo'")
        assert superuser.execute(chain).fetchone() == (None, last)
        superuser.execute("alter table ops.read_log disable trigger all")
        superuser.execute(tampering)
        assert superuser.execute(chain).fetchone()[0] == broken
        superuser.rollback()


def test_two_writers_at_once_make_one_chain(watched):
    def write() -> None:
        with as_role(watched, OWNER) as owner:
            events.record(owner, events.REPLAY, "second")

    # In this order, so that the pool does not wait for the second while the first is open.
    with ThreadPoolExecutor() as pool, psycopg.connect(watched.conninfo(OWNER)) as first:
        events.record(first, events.REPLAY, "first")
        second = pool.submit(write)
        with as_role(watched, SUPERUSER) as superuser:
            # It has to wait until it knows what comes before it.
            waiting = "select 1 from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
            until(
                lambda: second.done() or superuser.execute(waiting, [first.info.backend_pid]).fetchone(),
                "the second writer waits for the first",
            )
        assert not second.done()
        first.commit()
        assert second.exception() is None
        written = first.execute("select what from ops.audit_event order by number desc limit 2").fetchall()
        broken = first.execute("select first_broken_number from ops.audit_chain where log = 'audit_event'").fetchone()
    assert written == [("second",), ("first",)]
    assert broken == (None,)


# --- Exports, releases, replays ---


def test_an_export_is_recorded_with_each_file_its_hash_and_its_rows_before_it_is_put_in_place(watched, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"n": [1, 2, 3]}), tmp_path / "area.parquet")
    resources = [{"path": "area.csv", "hash": "sha256:aa"}, {"path": "area.parquet", "hash": "sha256:bb"}]
    (tmp_path / exports.PACKAGE).write_text(json.dumps({"resources": resources}))
    events.exported(watched, "2026-11-23", tmp_path, exports.PACKAGE)
    with connect(watched, access.IG) as ig:
        found = ig.execute("select * from ops.audit_event where kind = 'export' order by number").fetchall()
    assert [(row["what"], row["sha256"], row["row_count"], row["release_id"]) for row in found] == [
        ("area.csv", "aa", 3, "2026-11-23"),
        ("area.parquet", "bb", 3, "2026-11-23"),
    ]
    assert {(row["role_name"], row["done_by"]) for row in found} == {(OWNER, pwd.getpwuid(os.getuid()).pw_name)}


def test_a_replay_is_recorded_with_its_submission(watched, monkeypatch, tmp_path):
    monkeypatch.setenv("VRN_PG_DATABASE", watched.database)
    monkeypatch.setenv("VRN_PG_PORT", str(watched.pg_port))
    monkeypatch.setenv("VRN_SECRETS", str(watched.secrets))
    monkeypatch.setattr(deciding, "replay", lambda settings, numbers, **_: events.replayed(settings, numbers[0]) or {})
    monkeypatch.setattr(deciding, "dags_of", lambda *_: [])
    assert commands.main(["replay", "--submission", "41", "--reason", "a test"]) == 0
    with connect(watched, access.IG) as ig:
        assert ig.execute("select 1 from ops.audit_event where kind = 'replay' and what = 'submission 41'").fetchone()


# --- pgaudit ---


@pytest.fixture(scope="module")
def pgaudit() -> Iterator[tuple[Path, dict]]:
    """A PostgreSQL 15 with pgaudit, and its log. That of 18 is not among Debian's packages."""
    if not debian_postgres.has("lib/pgaudit.so"):
        pytest.skip("Debian's packages postgresql-15 and postgresql-15-pgaudit are not here")
    options = {name: value for name, value in postgres.SERVER_OPTIONS.items() if name.startswith("log")}
    options |= {"shared_preload_libraries": "pgaudit", "log_directory": "{folder}/log"}
    with debian_postgres.running("".join(f"{name} = '{value}'\n" for name, value in options.items())) as running:
        yield running


AUDITED = [
    ("select * from marts.things where name = '{marker}'", ["marts.things"], 1, True),
    ("select one.name from marts.things as one, marts.others, pg_class limit 3", ["marts.others", "marts.things"], 3, True),
    ("do $$ begin perform * from marts.things where name = '{marker}'; end $$", ["marts.things"], 1, False),
    ("select marts.counted()", ["marts.counted()", "marts.things"], 1, True),
    ("select query_to_xml('select * from marts.things', true, true, '{marker}')", ["marts.things"], 2, False),
    ("select * from marts.seen", ["marts.seen", "marts.things"], 2, True),
    ("begin; declare mine cursor for select * from marts.things; fetch all from mine; rollback", ["marts.things"], None, True),
    ("select 1 / (code - 2) from marts.things", ["marts.things"], None, True),
    ("select * from marts.closed", ["marts.closed"], None, True),
    ("select relname from pg_class", None, None, None),
]


def test_with_pgaudit_what_a_text_does_not_name_is_recorded_as_well(pgaudit):
    folder, server = pgaudit
    as_evaluator = {**server, "user": "vrn_evaluator"}
    with psycopg.connect(**server, autocommit=True) as superuser:
        superuser.execute(f"create role vrn_evaluator login password '{debian_postgres.PASSWORD}'")
        superuser.execute("create schema marts; grant usage on schema marts to vrn_evaluator")
        superuser.execute("create table marts.things as select * from (values ('Zerubbabel', 1), ('b', 2)) as one (name, code)")
        superuser.execute("create table marts.others as table marts.things; create table marts.closed (n integer)")
        superuser.execute("create function marts.counted() returns bigint language sql as 'select count(*) from marts.things'")
        superuser.execute("create view marts.seen with (security_invoker = true) as select * from marts.things")
        superuser.execute("grant select on marts.things, marts.others, marts.seen to vrn_evaluator")
        assert logged.has_pgaudit(superuser)
        logged.ensure(superuser)
        names = catalogue.read(superuser, ())
        for statement, *_ in AUDITED:
            try:
                with psycopg.connect(**as_evaluator, autocommit=True) as evaluator:
                    evaluator.execute(statement.format(marker=MARKER))
            except psycopg.Error:
                continue
        evaluator = psycopg.connect(**as_evaluator, autocommit=True)
        with evaluator, pytest.raises(errors.InsufficientPrivilege):
            evaluator.execute("set pgaudit.log = 'none'")
        logged_so_far(superuser, folder / "log")
        lines = [line for path in sorted((folder / "log").glob("*.json")) for line in _lines(path)]
        found = server_log.reads(lines, names, "postgres", "postgres_readers")
    wanted = [(tuple(objects), rows, clear) for _, objects, rows, clear in AUDITED if objects is not None]
    assert [(one.objects, one.row_count, one.is_understood) for one in found[:-1]] == wanted
    assert [one.outcome for one in found] == ["read"] * (len(wanted) - 1) + ["refused"] * 2
    assert MARKER not in str(found)


def test_a_statement_that_the_parser_trips_over_is_a_read_of_the_unknown(monkeypatch):
    names = catalogue.Catalogue({"things": frozenset({"marts"})}, {}, {"select", "from"}, (), lambda role: frozenset())
    monkeypatch.setattr("sqlglot.parse", lambda *_, **__: 1 / 0)
    found = understand(f"select '{MARKER}' from marts.things", names, EVALUATOR)
    # A table that is named in full is known all the same.
    assert (found.is_understood, found.statement, found.objects) == (False, None, ("marts.things",))
