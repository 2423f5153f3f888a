"""Who may sign in from where, tried on real servers with the files that they are given.

Issue 13, point 14: the superuser was let in from everywhere, and so was whoever had a password.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.ports import free_port
from vrn.access import hba
from vrn.access import roles as access
from vrn.run import prepare, secrets
from vrn.run.local import postgres
from vrn.settings import Settings
from vrn.warehouse.roles import OWN_ROLES, SUPERUSER

# Another machine: an address that is not the server's own, and in its network all the same.
ELSEWHERE = "127.0.0.5"
# A role that is in no list, and that of a project.
STRANGER, PROJECT = "stranger", f"{access.EVALUATOR_OF}x"
MADE_HERE = (STRANGER, PROJECT)


@contextmanager
def from_elsewhere(port: int) -> Iterator[int]:
    """A port whose connections come to the server from ELSEWHERE."""
    listening = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with source, target:
            while block := source.recv(65536):
                target.sendall(block)

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port), source_address=(ELSEWHERE, 0))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_quietly, args=(pump, one, other), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listening:
        yield listening.getsockname()[1]


def _quietly(pump, one: socket.socket, other: socket.socket) -> None:
    # The other direction may have closed both.
    try:
        pump(one, other)
    except OSError:
        return


def signs_in(settings: Settings, role: str, port: int | None = None, **other: str) -> bool:
    """Whether a role with the right password comes in; that it does not has to be because of its name and where it comes from."""
    given = {"port": port or settings.pg_port, "password": "x" if role in MADE_HERE else settings.password(role)} | other
    try:
        psycopg.connect(settings.conninfo(role), **given).close()
    except psycopg.OperationalError as error:
        if "pg_hba.conf rejects connection" not in str(error):
            raise
        return False
    return True


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Iterator[Settings]:
    """A home with a server of its own."""
    settings = Settings(home=tmp_path_factory.mktemp("small"), pg_port=free_port(), airflow_port=free_port())
    settings.logs.mkdir()
    secrets.ensure(settings)
    postgres.start(settings, outlives_crash=False)
    prepare.prepare(settings)
    with psycopg.connect(settings.conninfo(SUPERUSER), autocommit=True) as superuser:
        superuser.execute(f"create role {STRANGER} login superuser password 'x'")
        superuser.execute(f"create role {PROJECT} login password 'x'")
        superuser.execute(f"grant connect on database {settings.database} to {PROJECT}")
        prepare.ensure_service(superuser, "airflow", settings.password("airflow"))
        prepare.ensure_database(superuser, "airflow", "airflow")
    yield settings
    postgres.stop(settings)


@contextmanager
def with_rules(settings: Settings, monkeypatch, content: str) -> Iterator[None]:
    """The server with another pg_hba.conf, and afterwards with its own again."""
    postgres.stop(settings)
    with monkeypatch.context() as patched:
        patched.setattr(hba, "of_home", lambda: content)
        postgres.start(settings)
    try:
        yield
    finally:
        postgres.stop(settings)
        postgres.start(settings)


def test_in_a_home_the_listed_roles_come_in_from_this_machine_and_nobody_else_does(small):
    listed = [SUPERUSER, *OWN_ROLES, *access.logins(small)]
    assert [role for role in listed if not signs_in(small, role)] == []
    assert signs_in(small, PROJECT)
    assert not signs_in(small, STRANGER)
    with from_elsewhere(small.pg_port) as port:
        assert [role for role in (*listed, STRANGER) if signs_in(small, role, port)] == []


def test_readers_come_into_their_own_database_only(small, monkeypatch):
    """Issue 16, A3: even with the right to connect, which somebody may give by hand."""
    listed = [role for role in access.logins(small) if small.database_of(role) == small.readers_database]
    assert {access.BI_READER, "vrn_analyst_bwd"} <= set(listed)
    for rules in (hba.of_home(), hba.of_warehouse(has_tls=False)):
        with with_rules(small, monkeypatch, rules):
            assert [role for role in listed if not signs_in(small, role)] == []
            for database in (small.database, "postgres"):
                assert [role for role in listed if signs_in(small, role, dbname=database)] == []


def test_in_a_home_airflow_comes_into_its_own_database_only(small):
    assert signs_in(small, "airflow", dbname="airflow")
    assert not signs_in(small, "airflow")


def test_the_file_is_written_anew_at_each_start(small):
    path = postgres.data_folder(small) / "pg_hba.conf"
    postgres.stop(small)
    path.write_text("host all all all trust\n")
    postgres.start(small)
    assert path.read_text() == hba.of_home()
    assert path.stat().st_mode & 0o777 == 0o600


def test_in_a_deployment_the_superuser_comes_from_the_servers_own_machine_alone(small, monkeypatch):
    with with_rules(small, monkeypatch, hba.of_warehouse(has_tls=False)), from_elsewhere(small.pg_port) as port:
        assert signs_in(small, SUPERUSER)
        assert [role for role in (SUPERUSER, STRANGER, "airflow") if signs_in(small, role, port)] == []
        assert [role for role in (*OWN_ROLES, *access.logins(small), PROJECT) if not signs_in(small, role, port)] == []


def test_in_a_deployment_with_tls_nobody_comes_over_a_network_without_it(small, monkeypatch):
    # The wheel's server has no TLS: whoever has to come with it does not come.
    with with_rules(small, monkeypatch, hba.of_warehouse(has_tls=True)):
        assert [role for role in (SUPERUSER, *OWN_ROLES, *access.logins(small)) if signs_in(small, role)] == []


def test_in_a_deployment_airflows_server_takes_airflow_into_its_database_and_nobody_else(small, monkeypatch):
    with with_rules(small, monkeypatch, hba.of_airflow_db(has_tls=False)), from_elsewhere(small.pg_port) as port:
        assert signs_in(small, "airflow", port, dbname="airflow")
        assert [role for role in (SUPERUSER, *OWN_ROLES) if signs_in(small, role, port)] == []
