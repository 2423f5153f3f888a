"""What other users of the machine see of a home, tried by one of them where the tests run as root.

Issue 13, point 14: inbox, refused/, messages and logs of a local home could be read, in clear, by every user of the machine.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.others import seen_by_others
from tests.ports import free_port
from vrn.access import modes
from vrn.publish.folder_swap import swapped_in
from vrn.run import prepare, secrets
from vrn.run.local import airflow, home, postgres
from vrn.settings import REPOSITORY, Settings

STREET = "police_street_crime"
CLEAR = (
    f"inbox/{STREET}/2020-04-lancashire-street.csv", f"inbox/{STREET}/refused/2020-03-lancashire-street.csv",
    f"messages/{STREET}/lancashire/000001-refused.csv", "logs/airflow/dag_id=x/attempt=1.log", "logs/airflow-scheduler.log",
    "landing/000001/x.csv.sealed", "data_docs/x/000001.html", "secrets/landing_key", "airflow/passwords.json", "run/scheduler.pid",
    "dbt/target/manifest.json", "agreements.yaml", "projects.yaml", "tmp/x/y",
)  # fmt: skip
PUBLISHED = {"site", "site/index.html", "releases", "releases/2026-11-28", "releases/2026-11-28/area.csv"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own may not be."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def made_before(folder: Path) -> Settings:
    """A home as it was made under the usual umask, in which everybody may read everything."""
    settings = Settings(home=folder / "home", pg_port=free_port(), airflow_port=free_port())
    with umask(0o022):
        for name in (*CLEAR, *PUBLISHED):
            path = settings.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix or name in CLEAR:
                path.write_text("somebody's")
    assert seen_by_others(settings.home) >= {*CLEAR, *PUBLISHED}
    return settings


@contextmanager
def started(settings: Settings) -> Iterator[None]:
    """What every start does first."""
    with home._alone(settings):
        yield


def test_a_start_closes_a_home_that_everybody_could_read_but_for_what_is_published(folder):
    settings = made_before(folder)
    with started(settings):
        assert seen_by_others(settings.home) - {"start.lock"} == PUBLISHED
    assert mode(settings.home) == mode(settings.logs) == 0o711
    assert mode(settings.inbox) == mode(settings.messages) == mode(settings.landing) == 0o700
    assert mode(settings.home / "agreements.yaml") == 0o600


def test_what_the_owner_opened_to_a_group_stays_open_to_it(folder):
    settings = made_before(folder)
    settings.inbox.chmod(0o2770)
    (settings.home / "agreements.yaml").chmod(0o640)
    with started(settings):
        assert (mode(settings.inbox), mode(settings.home / "agreements.yaml")) == (0o2770, 0o640)


def test_an_inbox_elsewhere_keeps_its_owner_group_and_mode(folder, monkeypatch):
    """Case 23: the folder is one of the host's, and a person there goes on dropping files."""
    settings, inbox = made_before(folder), folder / "drop"
    inbox.mkdir()
    inbox.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(inbox, 1234, 2345)
    before = inbox.stat()
    monkeypatch.setenv("VRN_INBOX", str(inbox))
    with started(settings):
        after = inbox.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


@pytest.mark.parametrize(("of_inbox", "of_refused"), [(0o700, 0o700), (0o750, 0o750), (0o2770, 0o2770), (0o755, 0o750)])
def test_what_was_refused_is_open_to_whom_the_inbox_is_open_and_to_no_other_user(inbox, of_inbox, of_refused):
    with umask(modes.UMASK):
        path = inbox.drop("tiig_ed_attendance", "2020-04-rxr-ed.csv", "a\n")
        path.parent.chmod(of_inbox)
        inbox.take_in("tiig_ed_attendance")
    refused = path.parent / "refused"
    assert [one.name for one in refused.iterdir()] == [path.name]
    assert mode(refused) == of_refused


def test_what_is_published_can_be_read_whatever_the_umask(folder):
    with umask(modes.UMASK):
        for place in (folder / "home" / "site", folder / "home" / "releases" / "2026-11-28"):
            (folder / "home").mkdir(exist_ok=True)
            with swapped_in(place) as new:
                (new / "areas").mkdir()
                (new / "areas" / "page.html").write_text("x")
                # Half of it is nobody's to see.
                assert mode(new) == 0o700
        with swapped_in(folder / "home" / "for evaluators", mode=0o700) as new:
            (new / "page.html").write_text("x")
    (folder / "home").chmod(modes.PASSAGE)
    assert seen_by_others(folder / "home") == {
        "site", "site/areas", "site/areas/page.html", "releases", "releases/2026-11-28", "releases/2026-11-28/areas",
        "releases/2026-11-28/areas/page.html",
    }  # fmt: skip


def test_every_command_runs_under_our_umask_whatever_that_of_the_shell(folder):
    environment = {**os.environ, "VRN_HOME": str(folder / "home"), "PYTHONPATH": str(REPOSITORY / "plugins")}
    command = [sys.executable, "-m", "vrn", "templates"]
    subprocess.run(command, env=environment, check=True, capture_output=True, umask=0)
    written = list((folder / "home").rglob("*"))
    assert len(written) > 3
    assert {mode(path) for path in written} == {0o700, 0o600}


def test_airflow_is_told_to_close_the_logs_of_tasks_whose_modes_it_sets_itself(folder):
    settings = made_before(folder)
    secrets.ensure(settings)
    told = airflow.environment(settings)
    script = "from airflow.sdk.log import init_log_file; init_log_file('dag_id=x/run_id=y/attempt=1.log')"
    # Whatever its umask: some of its files it gives their mode afterwards.
    subprocess.run([sys.executable, "-c", script], env={**os.environ, **told}, check=True, capture_output=True, umask=0)
    log = settings.logs / "airflow" / "dag_id=x" / "run_id=y" / "attempt=1.log"
    assert (mode(log), mode(log.parent)) == (0o600, 0o700)


@pytest.mark.parametrize("has_namespaces", [True, False])
def test_the_server_runs_in_a_closed_home_also_as_its_stand_in(folder, monkeypatch, has_namespaces):
    if os.geteuid() != 0:
        pytest.skip("only root has a stand-in for the server")
    settings = Settings(home=folder / "home", pg_port=free_port(), airflow_port=free_port())
    if not has_namespaces:
        monkeypatch.setattr(postgres, "_namespaces", lambda: False)
    with umask(modes.UMASK), started(settings):
        secrets.ensure(settings)
        postgres.start(settings)
        try:
            prepare.prepare(settings)
        finally:
            postgres.stop(settings)
        assert seen_by_others(settings.home) == set()
