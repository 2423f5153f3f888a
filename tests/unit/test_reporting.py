"""What a run says while it goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vrn.settings import REPOSITORY

TESTS = """
import pytest

@pytest.fixture
def broken():
    raise ValueError("it broke\\nand more of it")

def test_first():
    assert {1: 2} == {1: 3}

def test_second(broken):
    pass

def test_last():
    pass
"""
# What pytest prints before it goes into what failed.
DETAILS = ("= ERRORS =", "= FAILURES =")
# A file whose tests have names that a nightly run draws.
NAMED_BY_SEEDS = "tests/unit/test_what_serves.py"


def said(folder: Path, *options: str) -> str:
    (folder / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-c", REPOSITORY / "pyproject.toml", "--rootdir", folder, "-p", "tests.reporting"]
    done = subprocess.run([*command, *options, folder], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["in one process", "in two"])
def test_a_failure_and_its_reason_in_a_line_are_said_at_once(tmp_path, processes):
    text = said(tmp_path, *processes)
    at_once = text[: min(text.index(heading) for heading in DETAILS)].splitlines()
    assert sorted(line for line in at_once if line.startswith("FAILED")) == [
        "FAILED test_some.py::test_first in call: assert {1: 2} == {1: 3}",
        "FAILED test_some.py::test_second in setup: ValueError: it broke",
    ]


def test_a_random_order_says_how_to_have_it_again_and_is_the_same_then(tmp_path):
    again = "The order is random; the same again: pytest -p randomly --randomly-seed=7"
    first, second = (said(tmp_path, "-p", "randomly", "--randomly-seed=7") for _ in range(2))
    assert first.splitlines()[0] == again
    assert first.count(again) == 2
    order, again = ([line for line in text.splitlines() if line.startswith("FAILED test")] for text in (first, second))
    assert order == again


def test_without_being_asked_for_no_order_is_random(tmp_path):
    assert "order is random" not in said(tmp_path)


def nightly(*options: str) -> str:
    """What a nightly run says that plans its tests and runs none; of the whole suite, unless options name files."""
    command = [sys.executable, "-m", "pytest", "--setup-plan", "-q", "-p", "no:cacheprovider", *options]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("VRN_TEST_", "PYTEST_"))}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=env | {"VRN_TEST_PROFILE": "nightly"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# To find all tests takes half a minute in three processes each; what could differ is what is named by a seed.
@pytest.mark.parametrize(
    "files", [pytest.param([], marks=pytest.mark.nightly, id="all"), pytest.param([NAMED_BY_SEEDS], id="one named by seeds")]
)
def test_two_processes_of_a_nightly_run_find_the_same_tests_and_the_next_run_makes_up_others(files):
    # pytest-xdist refuses to begin where its workers find different tests.
    runs = (nightly("-n", "2", *files) for _ in range(2))
    first, second = (re.findall(r"the same again: (VRN_TEST_SEED=\d+)$", text, re.MULTILINE) for text in runs)
    assert len(set(first)) == len(set(second)) == 1
    assert first != second
