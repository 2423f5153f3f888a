"""The processes of a home and its ports: what runs, what ended, and who is told so (issue 13, point 9 and part G)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from tests.ports import free_port
from tests.power import disk
from tests.waiting import until
from vrn import whole_file
from vrn.errors import HomeError
from vrn.run import secrets
from vrn.run.local import airflow, ports, postgres, services, throwaway
from vrn.run.local.services import DEAD, RUNNING, STOPPED
from vrn.settings import PORTS, Settings


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    for variable in PORTS:
        monkeypatch.delenv(variable, raising=False)
    return Settings(home=tmp_path)


@pytest.fixture
def processes(settings):
    """In the place of Airflow's processes others that only wait."""
    started = {}
    for name in airflow.PROCESSES:
        started[name] = subprocess.Popen(["sleep", "600"], start_new_session=True)
        airflow._keep_pid(settings, name, started[name].pid)
    yield started
    for one in started.values():
        one.kill()
        one.wait()


def states(settings: Settings) -> dict[str, str]:
    return {one.name: one.state for one in services.of(settings)}


def test_a_home_that_was_never_started_has_nothing_that_runs_and_nothing_dead(settings):
    assert states(settings) == dict.fromkeys(["PostgreSQL", *(f"Airflow's {name}" for name in airflow.PROCESSES)], STOPPED)


def test_a_process_of_airflow_that_was_killed_is_dead_and_named_with_its_log(settings, processes, monkeypatch):
    monkeypatch.setattr(services.postgres, "process", lambda _: postgres.Process(datetime.now(UTC), is_alive=True))
    services.check(settings)
    processes["scheduler"].kill()
    until(lambda: not airflow.is_running(settings, "scheduler"), "the scheduler's end")
    assert states(settings)["Airflow's scheduler"] == DEAD
    with pytest.raises(HomeError, match=r"Airflow's scheduler ended without being asked to; its log is .*airflow-scheduler\.log"):
        services.check(settings)


def test_a_service_that_somebody_stopped_meanwhile_is_named(settings):
    with pytest.raises(HomeError, match=r"PostgreSQL was stopped meanwhile \(make down\?\)"):
        services.check(settings)


def initdb_and_no_server(settings: Settings, program: str, *arguments: object) -> subprocess.CompletedProcess:
    """As PostgreSQL's own programs: initdb brings what it makes to the disk unless it is told not to."""
    if program == "initdb":
        (made,) = [folder for option, folder in pairwise(arguments) if option == "-D"]
        whole_file.write(made / "PG_VERSION", "18\n", is_synced="--no-sync" not in arguments)
    return subprocess.CompletedProcess([program], 0, "", "")


def test_a_new_cluster_is_on_the_disk_and_then_has_its_name(tmp_path, monkeypatch):
    """After a power cut an empty one could be taken for a cluster."""
    settings = Settings(home=tmp_path)
    secrets.ensure(settings)
    monkeypatch.setattr(postgres, "_run", initdb_and_no_server)
    with disk(tmp_path) as kept:
        postgres.start(settings)
        assert kept.left(postgres.data_folder(settings) / "PG_VERSION") == b"18\n"


def test_a_server_for_a_minute_waits_for_no_disk(monkeypatch):
    asked = []

    def run(settings, program, *arguments):
        asked.append((program, "--no-sync" in arguments))
        return initdb_and_no_server(settings, program, *arguments)

    monkeypatch.setattr(postgres, "_run", run)
    with pytest.raises(psycopg.OperationalError), throwaway.server():
        pass
    assert ("initdb", True) in asked


def test_postgresql_is_running_then_dead_when_killed_and_stopped_when_stopped(tmp_path):
    settings = Settings(home=tmp_path, pg_port=free_port(), airflow_port=free_port())
    settings.logs.mkdir()
    secrets.ensure(settings)
    postgres.start(settings, outlives_crash=False)
    try:
        found = postgres.process(settings)
        assert found.is_alive
        assert abs(found.since - datetime.now(UTC)) < timedelta(minutes=10)
        number = int((postgres.data_folder(settings) / "postmaster.pid").read_text().splitlines()[0])
        os.kill(number, signal.SIGKILL)
        until(lambda: not postgres.process(settings).is_alive, "the server's end")
        with pytest.raises(HomeError, match="PostgreSQL ended without being asked to"):
            services.check(settings)
        # The next start mends it.
        until(lambda: not postgres.is_running(settings), "pg_ctl to see it")
        postgres.start(settings)
        assert states(settings)["PostgreSQL"] == RUNNING
    finally:
        postgres.stop(settings)
    assert states(settings)["PostgreSQL"] == STOPPED


def test_a_full_disk_is_named_before_what_it_makes_fail(settings, monkeypatch):
    usage = shutil.disk_usage(settings.home)
    monkeypatch.setattr(services.shutil, "disk_usage", lambda _: usage._replace(free=services.LEAST_FREE - 1))
    with pytest.raises(HomeError, match=r"The disk of .* has 1,023 MiB left and the warehouse needs 1,024"):
        services.check(settings)


def test_a_home_takes_as_much_of_the_disk_as_its_files(settings):
    (settings.home / "folder").mkdir()
    (settings.home / "folder" / "file").write_bytes(b"x" * 100_000)
    assert 100_000 <= services.folder_bytes(settings.home) < 200_000


def test_a_home_remembers_the_ports_with_which_it_was_started_and_the_environment_goes_before(settings, monkeypatch):
    assert ports.asked(settings) == PORTS
    monkeypatch.setenv("VRN_PG_PORT", "41000")
    ports.keep(Settings(home=settings.home, airflow_port=41001))
    monkeypatch.delenv("VRN_PG_PORT")
    again = Settings(home=settings.home)
    assert (again.pg_port, again.airflow_port) == (41000, 41001)
    monkeypatch.setenv("VRN_AIRFLOW_PORT", "41002")
    assert Settings(home=settings.home).airflow_port == 41002
    assert Settings(home=settings.home.with_name("another")).pg_port == PORTS["VRN_PG_PORT"]


def test_a_home_that_runs_is_not_looked_for_at_another_port(settings):
    ports.keep(Settings(home=settings.home, pg_port=41000, airflow_port=41001))
    ports.check_kept(Settings(home=settings.home))
    with pytest.raises(HomeError, match=r"runs at port 41000 \(VRN_PG_PORT\), and 41003 was asked for.*`make down`, then start it"):
        ports.check_kept(Settings(home=settings.home, pg_port=41003))


def test_a_port_that_is_taken_is_named_with_the_variable_that_sets_another(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(HomeError, match=f"Port {taken} is taken by another program.*VRN_AIRFLOW_PORT=…"):
            ports.check_free(taken, "VRN_AIRFLOW_PORT")
    ports.check_free(taken, "VRN_AIRFLOW_PORT")


def test_ports_that_are_none_are_told(settings, monkeypatch):
    settings.ports_file.parent.mkdir()
    settings.ports_file.write_text("VRN_PG_PORT=many\n")
    with pytest.raises(HomeError, match=r"run/ports does not say ports as VRN_PG_PORT=54318"):
        Settings(home=settings.home)
    settings.ports_file.unlink()
    monkeypatch.setenv("VRN_PG_PORT", "many")
    with pytest.raises(HomeError, match="VRN_PG_PORT is 'many', which is no whole number"):
        Settings(home=settings.home)
