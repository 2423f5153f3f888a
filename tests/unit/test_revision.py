"""By which code a release was made: git's revision, and the digest of the files where git does not know them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from vrn.publish.revision import FOLDERS, is_known, revision


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A Test", "-c", "user.email=test@example.org")
    return subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "a copy"
    for folder in FOLDERS:
        (made / folder).mkdir(parents=True)
        (made / folder / "code.sql").write_text(f"select '{folder}'", encoding="utf-8")
    git(made, "init", "-q")
    git(made, "add", ".")
    git(made, "commit", "-q", "-m", "All of it")
    return made


def test_the_code_of_a_checkout_is_its_commit(repository):
    assert revision(repository) == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("folder", FOLDERS)
def test_two_changes_of_a_checkout_have_two_revisions_and_a_change_taken_back_has_none(repository, folder):
    commit, changed = revision(repository), repository / folder / "code.sql"
    revisions = [commit]
    for text in ("select 1", "select 2"):
        changed.write_text(text, encoding="utf-8")
        revisions.append(revision(repository))
    (repository / folder / "new.py").touch()
    revisions.append(revision(repository))
    assert len({*revisions}) == 4
    assert all(one.startswith(f"{commit}+") and is_known(one) for one in revisions[1:])
    git(repository, "checkout", "-q", ".")
    (repository / folder / "new.py").unlink()
    assert revision(repository) == commit


def test_without_git_the_code_is_what_its_files_are_wherever_they_lie(repository, tmp_path):
    shutil.rmtree(repository / ".git")
    image = tmp_path / "an image"
    shutil.copytree(repository, image)
    assert revision(repository) == revision(image)
    assert is_known(revision(image))
    (image / "plugins/code.sql").rename(image / "plugins/other.sql")
    assert revision(repository) != revision(image)


def test_what_python_and_dbt_write_into_the_folders_is_no_code(repository):
    shutil.rmtree(repository / ".git")
    before = revision(repository)
    for path in ("plugins/__pycache__/code.cpython-311.pyc", "dbt_project/target/run.sql", "dbt_project/logs/dbt.log"):
        (repository / path).parent.mkdir()
        (repository / path).write_text("made", encoding="utf-8")
    assert revision(repository) == before


def test_a_copy_within_another_repository_has_no_revision_of_it(repository, tmp_path):
    shutil.rmtree(repository / ".git")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Another's")
    assert revision(repository).startswith("files ")
