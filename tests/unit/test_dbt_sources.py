"""The sources of the feeds, which dbt reads, lie in the home and say what the feed files say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from vrn.feeds import dbt_sources
from vrn.settings import REPOSITORY, Settings


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch) -> Path:
    """A checkout of the test's own; a file put into it would be seen, whoever runs the test."""
    folder = tmp_path / "checkout"
    for name in ("dbt_project", "expectations"):
        shutil.copytree(REPOSITORY / name, folder / name)
    monkeypatch.setenv("VRN_DBT_PROJECT", str(folder / "dbt_project"))
    monkeypatch.setenv("VRN_CONTRACTS", str(folder / "expectations"))
    return folder


@pytest.fixture
def settings(checkout: Path, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def tables(settings: Settings) -> set[str]:
    (source,) = yaml.safe_load(dbt_sources.path(settings).read_text(encoding="utf-8"))["sources"]
    return {table["name"] for table in source["tables"]}


def test_the_sources_are_written_into_the_home_and_the_checkout_stays_as_it_was(settings, checkout):
    """Issue 15, A: a checkout may be read-only."""
    before = set(checkout.rglob("*"))
    dbt_sources.write(settings)
    assert set(checkout.rglob("*")) == before
    assert "police_crime__crime" in tables(settings)
    assert dbt_sources.path(settings).is_relative_to(settings.home)


def test_a_feed_file_that_is_taken_away_or_of_another_checkout_changes_the_sources_however_old_it_is(settings, checkout):
    dbt_sources.write(settings)
    # A home outlives images: the files of the next one may be older than what the home wrote.
    (checkout / "expectations" / "police_marac.odcs.yaml").unlink()
    for path in checkout.rglob("*"):
        os.utime(path, (0, 0))
    before = tables(settings)
    dbt_sources.write(settings)
    gone = before - tables(settings)
    assert gone
    assert all(name.startswith("police_marac__") for name in gone)


def test_sources_of_the_same_feed_files_are_not_written_again_because_dbt_would_read_its_project_anew(settings):
    dbt_sources.write(settings)
    os.utime(dbt_sources.path(settings), (1, 1))
    dbt_sources.write(settings)
    assert dbt_sources.path(settings).stat().st_mtime == 1
