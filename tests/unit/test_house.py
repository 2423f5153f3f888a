"""The house (issue 13, A): rooms in the order of the data, each with a stated job, no long file, imports that only run downward."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vrn.settings import REPOSITORY

LIBRARY = REPOSITORY / "plugins/vrn"
LONGEST = 300
CONTRACTS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# From the ground up, as README lists them.
ORDER = [*reversed(next(contract["layers"] for contract in CONTRACTS if contract["id"] == "order"))]
ROOMS = [name for name in ORDER if (LIBRARY / name).is_dir()]


def texts(*folders: str) -> list[Path]:
    """The files that people write, in folders of the repository."""
    return sorted(
        path
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def lint(library: Path) -> subprocess.CompletedProcess:
    """What `make lint` says of the imports of a library in `library`/vrn."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", REPOSITORY / "pyproject.toml"],
        env={"PYTHONPATH": str(library), "COLUMNS": "200"},
        cwd=library,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(LIBRARY, tmp_path / "vrn", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_import_runs_downward():
    said = lint(LIBRARY.parent)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(("below", "above"), [(ORDER[place], ORDER[place + 1]) for place in range(3, len(ORDER) - 1)])
def test_an_import_of_the_room_above_breaks_the_lint(copy, below, above):
    (copy / "vrn" / below / "upward.py").write_text(f"from vrn import {above}\n")
    said = lint(copy)
    assert said.returncode == 1
    assert f"vrn.{below}.upward -> vrn.{above}" in said.stdout


def test_a_room_that_the_order_does_not_name_breaks_the_lint(copy):
    (copy / "vrn" / "attic").mkdir()
    (copy / "vrn" / "attic" / "__init__.py").write_text("")
    said = lint(copy)
    assert said.returncode == 1
    assert "attic" in said.stdout


def test_there_are_fourteen_rooms_on_a_ground_of_three_files():
    assert len(ROOMS) == 14
    assert {path.name.removesuffix(".py") for path in LIBRARY.iterdir()} - {"__init__", "__pycache__"} == set(ORDER)
    assert set(ORDER) - set(ROOMS) == {"errors", "settings", "whole_file", "__main__"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_comes_in_what_goes_out_and_what_it_may_not_do(room):
    parsed = ast.parse((LIBRARY / room / "__init__.py").read_text())
    said = ast.get_docstring(parsed)
    assert len(parsed.body) == 1, "work has a file with a name"
    assert re.search(r"^In: .+\bOut: .+\bNever: .+", said or "", re.DOTALL | re.MULTILINE), f"vrn/{room}/__init__.py: {said}"


def test_readme_lists_the_rooms_in_their_order():
    section = (REPOSITORY / "README.md").read_text().partition("\n### The rooms of the library\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| `(\w+)(?:/|\.py)` \|", section, re.MULTILINE) == ORDER


def test_no_file_is_long():
    lengths = {str(path.relative_to(REPOSITORY)): len(path.read_text().splitlines()) for path in texts("plugins", "dags")}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_reaches_for_names_that_a_reader_cannot_find():
    found = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}: {node.id}"
        for path in texts("plugins", "dags")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id in {"globals", "locals", "vars", "exec", "eval"}
    ]
    assert not found


def test_a_room_uses_public_names_of_another_only():
    found = [
        f"{path.relative_to(REPOSITORY)}: {node.module}.{alias.name}"
        for path in texts("plugins", "dags")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vrn")
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert not found


FOLDERS = ("docs", "expectations", "dbt_project", "bi", "tests", "tools")
PAGES = [*REPOSITORY.glob("*.md"), *(path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.md"))]
NAMED = re.compile(rf"`((?:plugins|dags|{'|'.join(FOLDERS)})/[\w./-]+)`")
LINKED = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """What a link to a heading of a page is called, as GitHub calls it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    assert [name for name in NAMED.findall(text) if not (REPOSITORY / name).exists()] == []
    for target, heading in LINKED.findall(text):
        place = page.parent / target if target else page
        assert place.exists(), target
        assert not heading or heading in anchors(place), f"{target}#{heading}"


def test_no_page_holds_a_conflict_that_nobody_resolved():
    """A merge left one in the changelog."""
    pages = [*REPOSITORY.glob("*.md"), *texts("docs", "expectations", "dbt_project", "plugins", "dags", "tests")]
    marks = re.compile(rb"^(<{7}|>{7}) ", re.M)
    assert [path.name for path in pages if marks.search(path.read_bytes())] == []
