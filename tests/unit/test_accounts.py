"""A role that changed itself is what it was after the next build or release (issue 16, an attacker's finding 6)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from psycopg import errors

from tests.warehouses import open_to_readers
from vrn.access import accounts
from vrn.access import roles as access
from vrn.publish import exports, readers
from vrn.run import prepare
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, LINKER, LOADER, OWNER, SUPERUSER

ANALYST = "vrn_analyst_bwd"
SHARED = (access.BI_READER, ANALYST, EVALUATOR)
STATE = (
    "select rolpassword, array(select setdatabase || ' ' || setting from pg_db_role_setting cross join unnest(setconfig) as setting"
    " where setrole = oid order by 1) from pg_authid where rolname = any(%s) order by rolname"
)


@pytest.fixture
def opened(home: Settings) -> Iterator[Settings]:
    open_to_readers(home)
    yield home
    # Roles are the whole server's.
    prepare.prepare(home)


def changes(settings: Settings, role: str, *statements: str) -> None:
    """What one of those who sign in as the role does to it."""
    with psycopg.connect(settings.conninfo(role), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        for statement in statements:
            connection.execute(statement.format(role=role, database=settings.database_of(role)))


def state(settings: Settings) -> list[tuple]:
    with psycopg.connect(settings.conninfo(SUPERUSER)) as connection:
        return connection.execute(STATE, [list(SHARED)]).fetchall()


def told(settings: Settings) -> dict[str, list[str]]:
    with connect(settings, OWNER) as connection:
        return accounts.changed(connection)


@pytest.mark.parametrize("role", SHARED)
def test_a_role_whose_settings_or_password_somebody_changed_is_what_it_was_after_the_next_filling(opened, role):
    before = state(opened)
    changes(
        opened,
        role,
        "alter role {role} reset all",
        "alter role {role} set search_path = 'pg_catalog'",
        "alter role {role} set application_name = 'a ''quoted'' value'",
        "alter role {role} in database {database} set statement_timeout = '1ms'",
        "alter role {role} password 'nobody knows'",
    )
    assert told(opened) == {role: ["password", "settings"]}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(opened.conninfo(role))
    readers.fill(opened)
    assert told(opened) == {}
    assert state(opened) == before
    psycopg.connect(opened.conninfo(role)).close()


def test_a_start_makes_a_role_as_it_is_to_be_too_and_what_somebody_changed_is_never_kept(opened):
    setting = "alter role {role} in database {database} set statement_timeout = '1ms'"
    for role in SHARED:
        changes(opened, role, setting, "alter role {role} set application_name = 'x'")
    prepare.prepare(opened)
    with psycopg.connect(opened.conninfo(SUPERUSER)) as connection:
        kept = connection.execute(
            "select settings::text from accounts.kept where settings::text ~ '1ms|application_name'"
        ).fetchall()
        assert connection.execute("select 1 from pg_db_role_setting where setdatabase <> 0").fetchall() == []
    assert kept == []
    assert told(opened) == {}


def test_status_can_say_which_role_changed_its_settings_alone_or_its_password_alone(opened):
    changes(opened, ANALYST, "alter role {role} set statement_timeout = '1ms'")
    changes(opened, access.BI_READER, "alter role {role} password 'nobody knows'")
    assert told(opened) == {ANALYST: ["settings"], access.BI_READER: ["password"]}
    assert accounts.restore(opened) == [ANALYST, access.BI_READER]
    assert accounts.restore(opened) == []


def test_what_a_release_writes_does_not_depend_on_a_role_of_people(built_server, opened):
    """The step `exports` failed once the evaluator had changed itself."""
    changes(opened, EVALUATOR, "alter role {role} set statement_timeout = '1ms'", "alter role {role} password 'nobody knows'")
    with pytest.raises(exports.ExportRefused, match="There is no such release"):
        exports.write(opened, "2026-11-29")


def test_who_changes_a_role_and_does_not_commit_holds_up_neither_a_filling_nor_a_start(opened):
    changes(opened, access.BI_READER, "alter role {role} set statement_timeout = '1h'")
    for goes_on in (readers.fill, prepare.prepare):
        with psycopg.connect(opened.conninfo(access.BI_READER)) as holding:
            holding.execute("set transaction read write")
            for limit in ("statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"):
                holding.execute(f"set local {limit} = 0")
            holding.execute("alter role vrn_bi_reader set statement_timeout = '2h'")
            goes_on(opened)
            with pytest.raises(errors.AdminShutdown):
                holding.execute("select 1")
    assert told(opened) == {}


def test_a_role_that_changes_itself_all_the_time_fails_no_build_or_release(opened):
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            # It is in the way of itself as well.
            with suppress(psycopg.Error):
                changes(opened, ANALYST, "alter role {role} set statement_timeout = '1min'")

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(30):
            accounts.restore(opened)
    finally:
        done.set()
        changing.join()
    accounts.restore(opened)
    assert told(opened) == {}


def test_nobody_but_the_superuser_reads_or_changes_what_is_kept_of_roles(opened):
    for role in (OWNER, LOADER, LINKER, EVALUATOR, access.ENGINEER, access.IG):
        with psycopg.connect(opened.conninfo(role), autocommit=True) as connection:
            connection.execute("set default_transaction_read_only = off")
            for statement in (
                "select verifier from accounts.kept",
                "select verifier from accounts.now",
                "update accounts.kept set verifier = null",
                "create table accounts.mine (n integer)",
                "drop table accounts.kept",
                "drop schema accounts cascade",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_the_analyst_of_a_partner_that_left_gets_no_password_back(opened, monkeypatch):
    with monkeypatch.context() as patch, psycopg.connect(opened.conninfo(SUPERUSER), autocommit=True) as connection:
        patch.setattr(access, "partners", lambda settings: [])
        access.ensure_roles(connection, opened)
    assert accounts.restore(opened) == []
    with psycopg.connect(opened.conninfo(SUPERUSER)) as connection:
        kept = connection.execute("select verifier from accounts.kept where role_name = %s", [ANALYST]).fetchall()
    assert kept == [(None,)]
