"""What is tried out at random is the same in each run of the suite, and in each nightly run with the same number."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import properties


def tried() -> list[tuple[int, str]]:
    """The examples of a property."""
    examples = []

    @properties.examples(500, of_the_night=500)
    @given(st.integers(), st.text())
    def collect(number: int, text: str) -> None:
        examples.append((number, text))

    collect()
    return examples


def test_a_property_tries_the_same_whatever_modules_are_loaded_by_then(tmp_path: Path, monkeypatch):
    before = tried()
    constants = ", ".join(f"{number}, 'a constant {number}'" for number in range(70_001, 70_301))
    (tmp_path / "module_of_ours.py").write_text(f"CONSTANTS = ({constants})\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("module_of_ours")
    try:
        assert tried() == before
    finally:
        del sys.modules["module_of_ours"]


@pytest.mark.parametrize(("numbers", "are_alike"), [(("5", "5"), True), (("5", "6"), False)])
def test_a_nightly_run_tries_what_another_with_its_number_tried(numbers, are_alike):
    said = "from tests.unit.test_properties import tried; print(tried())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", said],
            env={
                **os.environ,
                "VRN_TEST_PROFILE": properties.NIGHTLY,
                properties.SEED: number,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for number in numbers
    ]
    assert (runs[0] == runs[1]) is are_alike
