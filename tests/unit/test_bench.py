"""`make bench`: each part at its smallest size, one table, and JSON in the home, with what `make run` installs (issue 17, 4)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import table
from tests.bench.parts import PARTS, in_a_process
from tests.bench.plan import Plan
from vrn.settings import REPOSITORY

pytestmark = pytest.mark.services
SMALLEST = Plan(rounds=1, sizes=(300, 600), years=(1,), clients=(1, 2), seconds=1, feeds=(2,), persons=300)
# They take in a year of deliveries, the county, or start Airflow.
LONG = ("history", "release", "queries", "run")
MEASURED = {
    "ingest": ("file to accepted rows", "share of COPY's rate", "peak memory"),
    "gate": ("the gate, with verdict and page", "one pass of SQL by hand", "a plain checkpoint of GX on pandas"),
    "loaders": ("COPY by the server", "pandas and to_sql"),
    "history": ("full build", "a month's delta"),
    "release": ("freeze", "site", "all", "peak memory of the last to the second"),
    "queries": ("scorecard, median", "map, 95 %"),
    "parsing": ("reading the DAG files",),
    "run": ("first run", "share with no step at work", "second run", "at rest: all"),
    "judgement": ("tiig_ed_attendance: judge",),
    "linkage": ("precision", "recall", "peak memory"),
}


@pytest.mark.parametrize("part", [pytest.param(one, marks=[pytest.mark.nightly] if one in LONG else []) for one in PARTS])
def test_a_part_gives_its_figures_at_its_smallest_size(part):
    figures = in_a_process(part, SMALLEST)
    assert not isinstance(figures, table.Failure), figures.reason
    assert set(MEASURED[part]) <= {one.what for one in figures}
    assert {one.part for one in figures} == {part}
    assert all(one.value >= 0 for one in figures)


def test_no_part_needs_what_is_installed_for_tests_alone(tmp_path: Path):
    """It is run after `make run`, which installs requirements.txt and no pytest."""
    for name in ("pytest", "hypothesis", "_pytest"):
        (tmp_path / f"{name}.py").write_text(f"raise ImportError('{name} is not installed')\n", encoding="utf-8")
    imports = "; ".join(f"import tests.bench.{part}" for part in PARTS)
    done = subprocess.run(
        [sys.executable, "-c", f"import tests.bench.__main__; {imports}"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{REPOSITORY / 'plugins'}:{REPOSITORY}"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_was_measured_is_one_table_and_json_in_the_home(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("VRN_HOME", str(tmp_path))
    figures = [
        table.Figure("ingest", "share of COPY's rate", "2,000,000 rows", 0.28, "", table.Goal(">=", 0.30)),
        table.Figure("parsing", "reading the DAG files", "29 feeds", 0.5, "s", table.Goal("<=", 1)),
        table.Figure("history", "full build", "10 years", 1234.5, "s"),
    ]
    by_part = {one.part: [one] for one in figures} | {"gate": table.Failure("gate", "the server did not start")}
    asked = []
    monkeypatch.setattr(bench, "in_a_process", lambda part, plan: asked.append(plan) or by_part[part])
    assert bench.main(["--only", "history,parsing,gate,ingest", "--sizes", "1000,2000", "--rounds", "1"]) == 1
    assert {(plan.sizes, plan.rounds) for plan in asked} == {((1000, 2000), 1)}
    assert capsys.readouterr().out.splitlines() == [
        "| part | what | size | figure | goal | met |",
        "| --- | --- | --- | --- | --- | --- |",
        "| ingest | share of COPY's rate | 2,000,000 rows | 0.28 | >= 0.3 | no |",
        "| history | full build | 10 years | 1,234 s |  |  |",
        "| parsing | reading the DAG files | 29 feeds | 0.5 s | <= 1 | yes |",
    ]
    (kept,) = (tmp_path / "bench").glob("*.json")
    said = json.loads(kept.read_text(encoding="utf-8"))
    assert [one["is_met"] for one in said["figures"]] == [False, None, True]
    assert said["failures"] == [{"part": "gate", "reason": "the server did not start"}]
    assert said["plan"]["rounds"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "everything"], "ONLY says everything, and the parts are ingest"),
        (["--sizes", "many"], "SIZES is 'many'. Say numbers above 0"),
        (["--rounds", "1,2"], "ROUNDS is '1,2'. Say one number"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_starts(arguments, sentence, capsys):
    with pytest.raises(SystemExit):
        bench.main(arguments)
    assert sentence in capsys.readouterr().err
