"""What `tools/two-workers.sh` gives to Docker: nothing of another deployment. Docker itself is made up here."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from vrn.settings import REPOSITORY

SCRIPT = REPOSITORY / "tools" / "two-workers.sh"
# Writes down what it is asked and what it is told, and starts nothing.
DOCKER = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$TOLD/asked"
env >>"$TOLD/environment"
[ "${*: -2}" != "ps -aq" ] || { cat "$TOLD/there" 2>/dev/null; exit 0; }
exit 1
"""
OF_ANOTHER_DEPLOYMENT = {
    "VRN_INBOX": "/srv/inbox",
    "VRN_SMTP_TO": "people@example.org",
    "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://example.org",
    "COMPOSE_FILE": "other.yaml",
    "VRN_PG_PORT": "54399",
}


@pytest.fixture
def told(tmp_path: Path) -> Path:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def run(told: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **OF_ANOTHER_DEPLOYMENT, "TOLD": str(told), "PATH": f"{told / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(["bash", SCRIPT, *words], env=environment, capture_output=True, text=True, check=False)


def test_nothing_of_another_deployment_but_its_ports_comes_to_compose(told):
    """Its inbox did: what waited there would have been taken in, and deleted with the project."""
    run(told)
    environment = (told / "environment").read_text().splitlines()
    given = {name for name in OF_ANOTHER_DEPLOYMENT if any(line.startswith(f"{name}=") for line in environment)}
    assert given == {"VRN_PG_PORT"}
    assert "VRN_IMAGE=vrn-two-workers" in environment
    asked = (told / "asked").read_text().splitlines()
    assert all(line.startswith("compose --env-file /dev/null -f docker-compose.yaml ") for line in asked)
    assert any(" up -d --build " in line for line in asked)


def test_a_start_that_fails_shows_the_logs_before_they_are_removed(told):
    assert run(told).returncode != 0
    ended = [line.split("docker-compose.yaml ")[1].split()[0] for line in (told / "asked").read_text().splitlines()]
    assert ended == ["ps", "up", "logs", "down"]


def test_a_project_that_is_there_already_is_left_alone(told):
    (told / "there").write_text("1a2b3c\n")
    done = run(told)
    assert "is there already" in done.stderr
    assert len((told / "asked").read_text().splitlines()) == 1


@pytest.mark.parametrize(("words", "said"), [(["abc"], "pairs: "), (["0"], "pairs: "), (["1", "many"], "cores of each worker: ")])
def test_what_is_no_number_is_told_before_anything_starts(told, words, said):
    done = run(told, *words)
    assert done.stderr.startswith(f"error: {said}")
    assert not (told / "asked").exists()
