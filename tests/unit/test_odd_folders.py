"""A checkout or home in a folder of any name: spaces, an apostrophe, a percent sign, accents (issue 13, part G)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict

from tests.ports import free_port
from vrn.run import prepare, secrets
from vrn.run.local import airflow, postgres
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.roles import OWNER, SUPERUSER

ODD = "née O'Brien 100%"
NAMES = [ODD, "two  spaces ", "a\\b", 'a"b', "a?b=c&d=e", "a#b", "%20", "%(home)s", "{x}", "a@b:c", "-o"]


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_finds_its_password_file_in_a_folder_of_any_name(tmp_path, name):
    settings = Settings(home=tmp_path / name, pg_port=1234, airflow_port=1235, database="a database")
    expected = {
        "host": "127.0.0.1", "port": "1234", "dbname": "a database", "user": OWNER, "passfile": str(settings.passfile(OWNER)),
        "application_name": "vrn",
    }  # fmt: skip
    assert conninfo_to_dict(settings.conninfo(OWNER)) == expected
    url = sqlalchemy.make_url(settings.url(OWNER))
    said = sqlalchemy.create_engine(url).dialect.create_connect_args(url)[1]
    assert {key: str(value) for key, value in said.items() if key != "context"} == expected
    assert (url.drivername, url.password) == ("postgresql+psycopg", None)


def test_a_home_in_an_odd_folder_starts_is_prepared_and_opened_by_every_way(tmp_path, monkeypatch):
    home = tmp_path / ODD / "home"
    settings = Settings(home=home, pg_port=free_port(), airflow_port=free_port())
    settings.logs.mkdir(parents=True)
    # What a stand-in user of the server has to enter, where root may make no namespaces.
    for folder in (tmp_path, tmp_path / ODD, home):
        folder.chmod(0o755)
    for variable, value in {"VRN_HOME": home, "VRN_PG_PORT": settings.pg_port, "VRN_AIRFLOW_PORT": settings.airflow_port}.items():
        monkeypatch.setenv(variable, str(value))
    secrets.ensure(settings)
    postgres.start(settings, outlives_crash=False)
    try:
        prepare.prepare(settings)
        with psycopg.connect(settings.conninfo(OWNER)) as connection:
            assert connection.execute("select count(*) from ops.submission").fetchone() == (0,)
        with sqlalchemy.create_engine(settings.url(OWNER)).connect() as connection:
            assert connection.scalar(sqlalchemy.text("select current_user")) == OWNER
        with psycopg.connect(settings.conninfo(SUPERUSER, "postgres")) as connection:
            folder = connection.execute("select current_setting('log_directory')").fetchone()[0]
        assert Path(folder) == settings.server_log
        # As the README has it: eval "$(make env)"; psql.
        command = f'eval "$("{sys.executable}" -m vrn env)" && "{postgres.binaries()}/psql" -Atc "select current_user"'
        opened = subprocess.run(["bash", "-c", command], env=_environment(home), capture_output=True, text=True, check=False)
        assert (opened.stdout, opened.stderr) == (f"{OWNER}\n", "")
    finally:
        postgres.stop(settings)


def test_airflow_is_started_without_a_script_whose_first_line_holds_a_path():
    assert airflow.COMMAND[0] == sys.executable
    assert "bin/airflow" not in " ".join(airflow.COMMAND)


def test_airflow_reads_the_paths_of_an_odd_home_as_they_are(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path / ODD, pg_port=1, airflow_port=2)
    secrets.ensure(settings)
    said = airflow.environment(settings)
    read = "from airflow.configuration import conf; print(conf.get('logging', 'base_log_folder'), conf.get('core', 'dags_folder'))"
    found = subprocess.run(
        [sys.executable, "-c", read], env={**_environment(settings.home), **said}, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == f"{settings.logs}/airflow {REPOSITORY}/dags"


@pytest.mark.parametrize("note", ["for the board of O'Brien & sons", 'say "yes"', "100 %; echo oops", "`id`"])
def test_what_a_command_of_make_is_told_reaches_it_as_it_was_said(tmp_path, note):
    folder = tmp_path / ODD
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(REPOSITORY / "Makefile", folder)
    (folder / "requirements.txt").touch()
    (folder / "tools").mkdir()
    (folder / "tools/install.sh").touch()
    (folder / ".venv/.installed").touch()
    # In the place of Python: it says what it was given, a line each.
    python = folder / ".venv/bin/python"
    python.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(["make", "-s", "release", f"NOTE={note}"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-m", "vrn", "release", note, "--reason", ""]


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins"), "VRN_HOME": str(home)}
