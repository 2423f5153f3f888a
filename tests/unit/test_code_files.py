"""What an editor or a tool leaves among the code is no code, and stops nothing that reads the code."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from vrn.build import dbt
from vrn.feeds import code_files, dbt_sources
from vrn.run.dag_bundle import DagsOfFeeds
from vrn.run.local import airflow, ours
from vrn.settings import REPOSITORY, Settings


def edited(file: Path) -> None:
    """As Emacs locks a file that somebody edits."""
    (file.parent / f".#{file.name}").symlink_to("somebody@machine.123:456")


def test_regular_files_are_code_and_what_is_hidden_or_leads_to_nothing_is_not(tmp_path):
    for place in ("a.py", "b/c.py", ".hidden.py", ".checkpoints/a.py", "b/.hidden.py"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    (tmp_path / "a folder.py").mkdir()
    edited(tmp_path / "a.py")
    assert code_files.of(tmp_path, "**/*.py", "a.py") == [tmp_path / "a.py", tmp_path / "b/c.py"]


def test_a_project_and_feed_files_that_somebody_edits_are_read_as_they_lie(tmp_path, monkeypatch):
    """A release and a build ended at an editor's lock."""
    project, contracts = tmp_path / "dbt_project", tmp_path / "expectations"
    shutil.copytree(REPOSITORY / "expectations", contracts)
    (project / "models").mkdir(parents=True)
    (project / "models" / "a.sql").write_text("select 1", encoding="utf-8")
    monkeypatch.setenv("VRN_DBT_PROJECT", str(project))
    monkeypatch.setenv("VRN_CONTRACTS", str(contracts))
    settings = Settings(home=tmp_path)
    before = (dbt.code(settings), dbt_sources._made_of(settings))
    edited(project / "models" / "a.sql")
    edited(contracts / "police_crime.odcs.yaml")
    assert (dbt.code(settings), dbt_sources._made_of(settings)) == before
    dbt_sources.content(settings)
    DagsOfFeeds(name="dags", path=str(tmp_path)).refresh()


def test_a_library_that_somebody_edits_is_looked_at(tmp_path, monkeypatch):
    """`make run` ended at an editor's lock where Airflow ran."""
    library = tmp_path / "plugins" / "vrn" / "gate.py"
    library.parent.mkdir(parents=True)
    library.write_text("class Odd(VrnError):\n", encoding="utf-8")
    os.utime(library, (0, 0))
    edited(library)
    monkeypatch.setattr(airflow, "REPOSITORY", tmp_path)
    monkeypatch.setattr(airflow, "is_running", lambda *_: True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "scheduler.pid").touch()
    assert not airflow.is_outdated(Settings(home=tmp_path))
    monkeypatch.setattr(ours, "LIBRARY", library.parent)
    ours.names.cache_clear()
    try:
        assert "Odd" in ours.names()
    finally:
        ours.names.cache_clear()
