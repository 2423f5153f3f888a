"""By which code a release was made: git's commit where git knows the files, and their digest."""

import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from vrn.publish.revision import FOLDERS, is_same_code, revision


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


def test_the_code_of_a_checkout_is_its_commit_and_what_its_files_are(repository):
    assert re.fullmatch(f"{git(repository, 'rev-parse', 'HEAD')} files [0-9a-f]{{20}}", revision(repository))


@pytest.mark.parametrize("folder", FOLDERS)
def test_two_changes_of_a_checkout_have_two_revisions_and_a_change_taken_back_has_none(repository, folder):
    clean, changed = revision(repository), repository / folder / "code.sql"
    commit = git(repository, "rev-parse", "HEAD")
    revisions = [clean]
    for text in ("select 1", "select 2"):
        changed.write_text(text, encoding="utf-8")
        revisions.append(revision(repository))
    (repository / folder / "new.py").touch()
    revisions.append(revision(repository))
    assert [is_same_code(one, other) for one, other in combinations(revisions, 2)] == [False] * 6
    assert all(one.startswith(f"{commit}+") for one in revisions[1:])
    git(repository, "checkout", "-q", ".")
    (repository / folder / "new.py").unlink()
    assert revision(repository) == clean


def test_without_git_the_code_is_what_its_files_are_wherever_they_lie(repository, tmp_path):
    shutil.rmtree(repository / ".git")
    image = tmp_path / "an image"
    shutil.copytree(repository, image)
    assert revision(repository) == revision(image)
    (image / "plugins/code.sql").rename(image / "plugins/other.sql")
    assert is_same_code(revision(repository), revision(image)) is False


def test_the_same_files_are_the_same_code_with_git_without_it_and_under_a_later_commit(repository, tmp_path):
    """A checkout and an image of it, or one that git refuses because another owns it, were said to be different code."""
    of_git, image = revision(repository), tmp_path / "an image"
    shutil.copytree(repository, image, ignore=shutil.ignore_patterns(".git"))
    assert is_same_code(of_git, revision(image))
    git(repository, "commit", "-q", "--allow-empty", "-m", "A page")
    assert revision(repository) != of_git
    assert is_same_code(of_git, revision(repository))


@pytest.mark.parametrize("name", ["plugins/.#code.py", "plugins/link.py", "plugins/.code.py", "dbt_project/.user.yml"])
@pytest.mark.parametrize("has_git", [True, False])
def test_an_editors_lock_a_link_to_nothing_and_hidden_files_are_no_code_and_stop_nothing(repository, name, has_git):
    """Emacs's lock is a link to a name that is no file's; a release ended at it."""
    if not has_git:
        shutil.rmtree(repository / ".git")
    before = revision(repository)
    if name.endswith(("#code.py", "link.py")):
        (repository / name).symlink_to("somebody@machine.123:456")
    else:
        (repository / name).write_text("x", encoding="utf-8")
    assert is_same_code(revision(repository), before)


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
