"""`make clean` deletes the home of the working copy, and no other."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from vrn.errors import HomeError
from vrn.run.local import home as runner
from vrn.settings import REPOSITORY, Settings


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A home with something in it, as that of the working copy."""
    folder = tmp_path / "copy" / ".vrn"
    filled(folder)
    monkeypatch.setattr(runner, "OWN_HOME", folder)
    return folder


def filled(home: Path) -> Path:
    (home / "landing" / "000001").mkdir(parents=True)
    (home / "landing" / "000001" / "a person.sealed").touch()
    (home / "secrets").mkdir()
    (home / "secrets" / "landing_key").touch()
    return home


def clean(home: Path) -> str:
    screen = io.StringIO()
    runner.clean(Settings(home=home), Console(file=screen, soft_wrap=True))
    return screen.getvalue()


def test_the_home_of_the_working_copy_is_deleted_with_all_that_is_in_it(own):
    assert clean(own) == f"deleting {own} with all its data\n"
    assert not own.exists()
    # A second time there is nothing to delete.
    clean(own)


def test_while_another_home_is_named_nothing_is_stopped_or_deleted_and_the_sentence_says_how_that_home_goes(
    own, tmp_path, monkeypatch
):
    """`make clean VRN_HOME=elsewhere` stopped that home and deleted the working copy's."""
    elsewhere = filled(tmp_path / "some where")
    monkeypatch.setattr(runner, "stop", lambda *_: pytest.fail("something was stopped"))
    with pytest.raises(HomeError) as refused:
        clean(elsewhere)
    assert str(refused.value) == (
        f"`make clean` deletes {own} alone, and this home is {elsewhere}. Nothing was stopped or deleted. Where that home is to go "
        f"with all its data, stop it (`make down VRN_HOME='{elsewhere}'`) and delete its folder yourself."
    )
    assert (own / "secrets/landing_key").exists()
    assert (elsewhere / "secrets/landing_key").exists()


def test_of_a_home_that_is_a_link_neither_the_link_nor_what_it_leads_to_is_deleted(own, tmp_path):
    """To delete the link alone would leave all data, and say that they are gone."""
    disk = tmp_path / "a larger disk"
    own.rename(disk)
    own.symlink_to(disk)
    with pytest.raises(HomeError, match=f"this home is {disk}"):
        clean(own.resolve())
    assert (own / "secrets/landing_key").exists()


def test_what_cannot_be_deleted_is_said_without_its_name_and_the_rest_goes(own, monkeypatch):
    real = os.unlink

    def stuck(path, **options):
        if "person" in os.fspath(path):
            raise PermissionError(1, "Operation not permitted", path)
        real(path, **options)

    monkeypatch.setattr(os, "unlink", stuck)
    with pytest.raises(HomeError, match="is not deleted whole: Operation not permitted") as refused:
        clean(own)
    assert "person" not in str(refused.value)
    assert [path.name for path in own.rglob("*") if path.is_file()] == ["a person.sealed"]


def test_the_makefile_deletes_nothing_itself(tmp_path):
    """It did, whatever home was named."""
    kept = filled(tmp_path / ".vrn")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    for name in ("requirements.txt", "tools/install.sh", ".venv/.installed"):
        (tmp_path / name).touch()
    # In the place of Python: it says what it was given.
    python = tmp_path / ".venv/bin/python"
    python.write_text('#!/bin/bash\necho "$VRN_HOME" "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(["make", "-s", "clean", "VRN_HOME=/elsewhere"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "/elsewhere -m vrn clean\n"
    assert (kept / "secrets/landing_key").exists()
