"""Tasks in workers (the Compose profile `celery`): who is told of the queue, and who is let into it.

Issue 17, point 3. What workers do with deliveries is in tests/end_to_end/test_workers.py.
"""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from airflow.executors.base_executor import BaseExecutor

import redis
from tests import redis as of_tests
from tests.ports import free_port
from vrn.access import secrets as files
from vrn.errors import HomeError
from vrn.run import deploy, ingest, secrets, workers
from vrn.run.local import airflow
from vrn.settings import REPOSITORY, Settings

SERVICES = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())["services"]
EXECUTOR, DATABASE = "AIRFLOW__CORE__EXECUTOR", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
STREET = "police_street_crime"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("VRN_SECRETS", str(tmp_path / "secrets"))
    of_home = Settings(home=tmp_path)
    secrets.ensure(of_home)
    files.once(of_home, secrets.FERNET_KEY, secrets.fernet_key())
    return of_home


@pytest.fixture
def queue(settings, tmp_path) -> Iterator[of_tests.Server]:
    if of_tests.PROGRAM is None:
        pytest.skip(of_tests.NOT_THERE)
    with of_tests.running(settings, tmp_path / "queue") as started:
        yield started


def password(settings: Settings) -> str:
    return settings.secret(secrets.QUEUE_PASSWORD)


# --- Who is told ---


@pytest.mark.parametrize(
    ("profiles", "executor"),
    [
        ("", "vrn.run.local.executor.RestingExecutor"),
        ("demo", "vrn.run.local.executor.RestingExecutor"),
        ("celery", workers.EXECUTOR),
        ("demo,celery", workers.EXECUTOR),
    ],
)
def test_the_scheduler_hands_tasks_to_workers_with_the_profile_and_runs_them_without(settings, monkeypatch, profiles, executor):
    monkeypatch.setenv("VRN_PROFILES", profiles)
    assert deploy.environment(settings, "scheduler")[EXECUTOR] == executor


def test_the_password_of_the_queue_is_told_to_the_scheduler_and_to_workers_alone(settings, monkeypatch):
    monkeypatch.setenv("VRN_PROFILES", "celery")
    told = {name: password(settings) in str(deploy.environment(settings, name)) for name in (*airflow.PROCESSES, "worker")}
    assert [name for name, is_told in told.items() if is_told] == ["scheduler", "worker"]
    assert password(settings) not in workers.users(settings)


def test_a_worker_has_neither_airflows_database_nor_its_keys(settings, monkeypatch):
    monkeypatch.setenv("VRN_PROFILES", "celery")
    told = deploy.environment(settings, "worker")
    assert DATABASE not in told
    assert not told.keys() & set(airflow.TOKENS.values())


def test_a_worker_that_nobody_would_give_a_task_says_so_instead_of_waiting(settings, monkeypatch):
    """The profile said as an option, `--profile celery`, starts workers and reaches no service."""
    monkeypatch.delenv("VRN_PROFILES", raising=False)
    with pytest.raises(HomeError, match="COMPOSE_PROFILES=celery docker compose up"):
        deploy.work(settings)


@pytest.mark.parametrize("said", ["0", "2"])
def test_a_worker_with_no_place_beside_a_build_that_waits_is_refused(settings, monkeypatch, said):
    """The build waits for deliveries that would wait for its place. Seen with two workers of one place each."""
    monkeypatch.setenv("VRN_PROFILES", "celery")
    monkeypatch.setenv("VRN_WORKER_TASKS", said)
    with pytest.raises(HomeError, match="Say 3 or more"):
        deploy.environment(settings, "worker")


def test_a_worker_shares_with_the_scheduler_all_that_tasks_write_and_read():
    """Originals, the inbox and the server's log, so that a task may run in either."""
    of_tasks = {name: {at for at in SERVICES[name]["volumes"] if "secrets" not in at} for name in ("scheduler", "worker")}
    assert of_tasks["worker"] == of_tasks["scheduler"]
    assert SERVICES["worker"]["group_add"] == SERVICES["scheduler"]["group_add"]


def test_the_executor_can_be_loaded_with_the_celery_that_is_installed():
    """Airflow's provider 3.26 cannot with Celery 5.7, whose version nothing of it limits."""
    module, name = workers.EXECUTOR.rsplit(".", 1)
    assert issubclass(getattr(importlib.import_module(module), name), BaseExecutor)


@pytest.mark.parametrize(("said", "batches"), [("", 2), ("127.0.0.1:6379", 6)])
def test_a_backfill_is_shared_out_among_workers_and_not_only_among_this_machines_cores(inbox, monkeypatch, said, batches):
    monkeypatch.setattr(ingest, "MOST_BATCHES", 2)
    monkeypatch.setenv("VRN_QUEUE", said)
    few = "".join(inbox.text(STREET, "2020-01").splitlines(keepends=True)[:3])
    for year in range(2015, 2020):
        for month in range(1, 13):
            # No two of them are the same bytes.
            inbox.drop(STREET, f"{year}-{month:02}-lancashire-street.csv", few.replace("2020-01", f"{year}-{month:02}"))
    shares = ingest.take_in(STREET)
    assert len(shares) == batches
    assert len({one for share in shares for one in share}) == 60


# --- Who is let in ---


def test_whoever_has_the_password_may_put_and_take_and_not_administer(settings, queue):
    with queue.client(password(settings)) as client:
        client.lpush("tasks", "one")
        assert client.brpop(["tasks"])[1] == b"one"
        for forbidden in (client.flushall, client.config_get, client.acl_list, client.keys):
            with pytest.raises(redis.exceptions.NoPermissionError):
                forbidden()


@pytest.mark.parametrize("said", [None, "another"])
def test_whoever_has_not_is_turned_away(queue, said):
    with queue.client(said) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()


def test_what_waits_is_there_after_redis_was_killed(settings, tmp_path):
    if of_tests.PROGRAM is None:
        pytest.skip(of_tests.NOT_THERE)
    folder = tmp_path / "queue"
    with of_tests.running(settings, folder) as server, server.client(password(settings)) as client:
        client.lpush("tasks", "one")
        server.process.kill()
    with of_tests.running(settings, folder) as server, server.client(password(settings)) as client:
        assert client.lrange("tasks", 0, -1) == [b"one"]


# --- Health checks ---


def test_the_check_of_redis_tells_a_server_from_none(queue):
    program, *words = SERVICES["redis"]["healthcheck"]["test"][1:]

    def asked(port: int) -> int:
        return subprocess.run([program, "-p", str(port), *words], capture_output=True, check=False).returncode

    assert asked(queue.port) == 0
    assert asked(free_port()) != 0


def test_a_worker_is_healthy_as_long_as_it_holds_a_connection_to_redis(settings, queue):
    """The very command, but for the port: in the container no other than the worker has one."""
    command = SERVICES["worker"]["healthcheck"]["test"][1:]
    assert f":{6379:04X} 01 " in command
    of_port = [word.replace(f"{6379:04X}", f"{queue.port:04X}") for word in command]
    with queue.client(password(settings)) as client:
        client.ping()
        assert subprocess.run(of_port, check=False).returncode == 0
    assert subprocess.run(of_port, check=False).returncode == 1
