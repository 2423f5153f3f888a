"""The health checks of docker-compose.yaml: each very command against a service that answers, one that is dead, one that is ill.

Only the address in a command is replaced: there is no container here.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from airflow.api_fastapi.core_api.datamodels.monitor import HealthInfoResponse

from tests.ports import free_port
from tests.waiting import LONGEST
from vrn.access import hba
from vrn.errors import HomeError
from vrn.run import deploy
from vrn.run.local import done, home, postgres
from vrn.settings import REPOSITORY, Settings

SERVICES = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())["services"]
CHECKS = {name: service["healthcheck"] for name, service in SERVICES.items() if "healthcheck" in service}
ASKED = {name: check["test"][-1] for name, check in CHECKS.items() if "/dev/tcp/" in check["test"][-1]}
# Each service that beats, as Airflow's API names it.
BEATING = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def of_airflow(**states: str | None) -> str:
    """What the API server says of the parts that beat, in the form of Airflow's own model."""
    said = {name: {"status": states.get(name, "healthy")} for name in ("metadatabase", *BEATING.values())}
    said["scheduler"]["latest_scheduler_heartbeat"] = "2026-12-01T00:00:00+00:00"
    said["triggerer"]["latest_triggerer_heartbeat"] = None
    said["dag_processor"]["latest_dag_processor_heartbeat"] = None
    return HealthInfoResponse.model_validate(said).model_dump_json()


@contextmanager
def answering(answers: dict[str, str], status: int = 200) -> Iterator[int]:
    """A web server with these answers and no others; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(404 if body is None else status)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def is_healthy(service: str, port: int) -> bool:
    script = re.sub(r"/dev/tcp/[^/]+/\d+", f"/dev/tcp/127.0.0.1/{port}", ASKED[service])
    assert script != ASKED[service]
    return subprocess.run(["bash", "-c", script], capture_output=True, timeout=LONGEST, check=False).returncode == 0


def alive(**states: str | None) -> dict[str, str]:
    return {
        "/": "the site",
        "/health": "OK",
        "/execution/health": '{"status":"healthy"}',
        "/api/v2/monitor/health": of_airflow(**states),
    }


def test_no_check_starts_a_python():
    assert CHECKS.keys() >= {"warehouse", "airflow-db", "api-server", *BEATING, "site", "superset", "demo"}
    assert not [name for name, check in CHECKS.items() if "python" in " ".join(check["test"])]
    assert {check["interval"] for name, check in CHECKS.items() if name not in ("warehouse", "airflow-db")} == {"10s"}


@pytest.mark.parametrize("service", sorted(ASKED))
def test_a_service_that_answers_is_healthy_and_one_that_is_gone_is_not(service):
    with answering(alive()) as port:
        assert is_healthy(service, port)
    assert not is_healthy(service, free_port())


@pytest.mark.parametrize("service", sorted(ASKED))
def test_a_service_that_answers_with_an_error_is_not_healthy(service):
    with answering(dict.fromkeys(alive(), ""), status=500) as port:
        assert not is_healthy(service, port)


@pytest.mark.parametrize("state", ["unhealthy", None])
@pytest.mark.parametrize("service", sorted(BEATING))
def test_a_service_that_does_not_beat_is_not_healthy_and_the_others_are(service, state):
    with answering(alive(**{BEATING[service]: state})) as port:
        assert {name: is_healthy(name, port) for name in BEATING} == {name: name != service for name in BEATING}


@pytest.mark.parametrize("service", ["warehouse", "airflow-db"])
def test_the_check_of_the_databases_tells_a_running_server_from_none(server, service):
    command = CHECKS[service]["test"]
    assert command[:2] == ["CMD", "pg_isready"]

    def asked(port: int) -> int:
        program = [str(postgres.binaries() / command[1]), *command[2:], "-p", str(port)]
        return subprocess.run(program, capture_output=True, timeout=LONGEST, check=False).returncode

    assert asked(server.pg_port) == 0
    assert asked(free_port()) != 0


def test_the_check_of_a_database_asks_as_whom_it_lets_in_so_that_its_log_stays_empty():
    rules = {"warehouse": hba.of_warehouse(has_tls=False), "airflow-db": hba.of_airflow_db(has_tls=False)}
    for service, text in rules.items():
        role = CHECKS[service]["test"][-1]
        local = [line.split() for line in text.splitlines() if line.startswith("host ")]
        assert any(line[2] == role and line[3] in (hba.OWN_MACHINE, hba.OWN_NETWORKS) for line in local), service


def test_the_demonstration_is_healthy_once_its_file_is_there(tmp_path):
    command = CHECKS["demo"]["test"][1:]
    assert command[:2] == ["test", "-f"]
    path = tmp_path / "demo-is-built"
    assert subprocess.run([*command[:2], str(path)], check=False).returncode == 1
    path.touch()
    assert subprocess.run([*command[:2], str(path)], check=False).returncode == 0


def test_the_demonstration_says_that_it_is_built_only_after_its_work_is_done(tmp_path, monkeypatch):
    settings, tries = Settings(home=tmp_path), []
    is_built = tmp_path / "demo-is-built"
    is_built.touch()

    def wait(*_: object) -> None:
        tries.append(is_built.exists())
        if len(tries) == 1:
            raise HomeError("a build failed")

    monkeypatch.setattr(home, "fill", lambda *_, is_full: True)
    monkeypatch.setattr(done, "until_done", wait)
    monkeypatch.setattr(deploy, "SECONDS_TO_MEND", 0)
    monkeypatch.setattr(home, "report", lambda *_: tries.append("report"))
    monkeypatch.setattr(deploy.os, "execvp", lambda *_: tries.append(is_built.exists()))
    deploy.demo(settings)
    # Not of an earlier life, not after a failure, but after the wait.
    assert tries == [False, False, "report", True]
