"""`make bench`: each part at its smallest size, one table, and JSON in the home, with what `make run` installs (issue 17, 4)."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import table
from tests.bench.parts import PARTS
from tests.bench.plan import Plan
from vrn.settings import REPOSITORY

pytestmark = pytest.mark.services
SMALLEST = {
    "SIZES": "300,600", "YEARS": "1", "ROUNDS": "1", "CLIENTS": "1,2", "SECONDS_OF_ASKING": "1", "FEEDS": "29", "PERSONS": "300",
    "SEEDS": "41",
}  # fmt: skip
# They take in a year of deliveries, the county, or start Airflow.
LONG = ("history", "release", "queries", "run")
SHORT = tuple(part for part in PARTS if part not in LONG)
# Of each part figures that it has to give, and how many of the figures of each name, where sizes differ.
MEASURED = {
    "ingest": {"file to accepted rows": 2, "share of COPY's rate": 2, "peak memory": 2},
    "gate": {"the gate, with verdict and page": 2, "the same rules in SQL by hand": 2, "a plain checkpoint of GX on pandas": 2},
    "loaders": {"COPY by the server": 2, "pandas and to_sql": 2},
    "history": {"full build": 1, "a month's delta": 1, "full build: marts": 1, "a month's delta: dbt itself": 1},
    "release": {
        "freeze": 1, "site": 1, "all": 5, "peak memory": 5, "peak memory of its own process": 5,
        "peak memory of the last to the second": 1, "peak memory of its own process of the last to the second": 1,
    },
    "queries": {"scorecard, median": 2, "map, 95 %": 2},
    "parsing": {"reading the DAG files": 1},
    "run": {"first run": 1, "share with no step at work": 1, "second run": 1, "settling: all": 1, "at rest: all": 1},
    "judgement": {"tiig_ed_attendance: judge": 2},
    "linkage": {"precision": 1, "recall": 1, "peak memory": 1},
}  # fmt: skip
# Those that have a goal at the smallest size.
WITH_GOAL = {
    "ingest": {"peak memory"},
    "release": {"peak memory of the last to the second", "peak memory of its own process of the last to the second"},
    "queries": {"scorecard, median", "map, median"},
    "parsing": {"reading the DAG files"},
    "run": {"at rest: all"},
    "linkage": {"precision", "recall"},
}


def make_bench(home: Path, *parts: str) -> tuple[dict, str]:
    """`make bench` of these parts at their smallest sizes, with this Python. Returns the JSON, and the table."""
    said = {"ONLY": ",".join(parts), "BIN": str(Path(sys.executable).parent), **SMALLEST}
    variables = [f"{name}={value}" for name, value in said.items()]
    # What is installed is here already.
    done = subprocess.run(
        ["make", "-s", "-o", ".venv/.installed", "bench", *variables],
        env=os.environ | {"VRN_HOME": str(home)}, cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (kept,) = (home / "bench").glob("*.json")
    return json.loads(kept.read_text(encoding="utf-8")), done.stdout


@pytest.fixture(scope="module")
def of_short_parts(tmp_path_factory) -> tuple[dict, str]:
    return make_bench(tmp_path_factory.mktemp("bench"), *SHORT)


@pytest.mark.parametrize("part", SHORT)
def test_make_bench_gives_the_figures_of_a_part(of_short_parts, part):
    ensure_figures(part, *of_short_parts)


@pytest.mark.nightly
@pytest.mark.parametrize("part", LONG)
def test_make_bench_gives_the_figures_of_a_part_that_takes_long(tmp_path: Path, part):
    ensure_figures(part, *make_bench(tmp_path, part))


def ensure_figures(part: str, kept: dict, said: str) -> None:
    """A part gave each figure as often as it should, with its goal where it has one, in the JSON and in the table."""
    own = [one for one in kept["figures"] if one["part"] == part]
    times = Counter(one["what"] for one in own)
    assert {what: times[what] for what in MEASURED[part]} == MEASURED[part]
    assert all(one["value"] >= 0 for one in own)
    assert {one["what"] for one in own if one["goal"]} >= WITH_GOAL.get(part, set())
    assert all((one["is_met"] is None) == (one["goal"] is None) for one in own)
    lines = [line.split(" | ") for line in said.splitlines() if line.startswith(f"| {part} |")]
    assert [(line[1], line[2].strip()) for line in lines] == [(one["what"], one["size"]) for one in own]
    assert [line[5].rstrip("| ") for line in lines] == [{None: "", True: "yes", False: "no"}[one["is_met"]] for one in own]


def test_dlt_is_measured_where_it_is_installed_and_where_it_is_not_the_table_says_so(of_short_parts):
    kept, said = of_short_parts
    figures = [one["size"] for one in kept["figures"] if (one["part"], one["what"]) == ("loaders", "dlt")]
    if find_spec("dlt"):
        assert figures == ["300 rows", "600 rows"]
        assert kept["left_out"] == [one for one in kept["left_out"] if one["what"] != "dlt"]
        return
    (why,) = [one["why"] for one in kept["left_out"] if (one["part"], one["what"]) == ("loaders", "dlt")]
    assert f"\n- loaders: dlt, because {why}\n" in said
    pytest.skip("dlt is not installed (docs/performance.md says how to install it beside), so that its load was not tried")


def test_the_machine_and_what_it_did_are_beside_the_figures(of_short_parts):
    machine = of_short_parts[0]["machine"]
    assert {name: type(value) for name, value in machine.items()} == {
        "processor": str, "cores": int, "memory_mb": int, "python": str, "postgresql": str, "load": dict,
    }  # fmt: skip
    assert machine["memory_mb"] > 0
    assert machine["postgresql"].startswith("18")
    assert {when: len(load) for when, load in machine["load"].items()} == {"before": 3, "after": 3}


def test_the_bench_imports_nothing_that_make_run_does_not_install():
    """Wherever it is imported: at the head of a module or in a function. dlt is compared with where it is installed beside."""
    required = {name(line) for line in lines_of("requirements.txt") if "==" in line}
    beside = {name(line) for line in lines_of("tests/bench/requirements.txt")}
    of_package = packages_distributions()
    strange = {
        (str(path.relative_to(REPOSITORY)), package)
        for path in files_of_the_bench()
        for package in imported(path)
        if package not in {*sys.stdlib_module_names, "tests", "vrn"}
        and not {name(one) for one in of_package.get(package, [package])} & (required | beside)
    }
    assert strange == set()


def files_of_the_bench() -> set[Path]:
    """Its modules, and those of the tests' helpers that they import."""
    found: set[Path] = set()
    left = list((REPOSITORY / "tests" / "bench").glob("*.py"))
    while left:
        if (path := left.pop()) not in found:
            found.add(path)
            left += [one for one in map(file_of, imported(path, whole=True)) if one is not None]
    return found


def file_of(module: str) -> Path | None:
    path = REPOSITORY / f"{module.replace('.', '/')}.py"
    return path if module.startswith("tests.") and path.exists() else None


def imported(path: Path, *, whole: bool = False) -> set[str]:
    """The packages that a file imports, or, whole, the names of all that may be a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return names if whole else {one.partition(".")[0] for one in names}


def lines_of(file: str) -> list[str]:
    lines = (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and line[0] not in "# "]


def name(requirement: str) -> str:
    """The name of a distribution, however it is written."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


def test_what_was_measured_is_one_table_and_json_in_the_home(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("VRN_HOME", str(tmp_path))
    figures = [
        table.Figure("ingest", "share of COPY's rate", "2,000,000 rows", 0.28, "", table.Goal(">=", 0.30)),
        table.Figure("parsing", "reading the DAG files", "29 feeds", 0.5, "s", table.Goal("<=", 1)),
        # As a database says it.
        table.Figure("history", "full build", "10 years", Decimal("1234.5"), "s"),
    ]
    told = [
        *figures,
        table.LeftOut("ingest", "10,000,000 rows", "there was no room"),
        table.Failure("gate", "the server did not start"),
    ]
    asked = []

    def in_a_process(part, plan):
        asked.append(plan)
        yield from (one for one in told if one.part == part)

    monkeypatch.setattr(bench, "in_a_process", in_a_process)
    assert bench.main(["--only", "history,parsing,gate,ingest", "--sizes", "1000,2000", "--rounds", "1"]) == 1
    assert {(plan.sizes, plan.rounds) for plan in asked} == {((1000, 2000), 1)}
    assert capsys.readouterr().out.splitlines() == [
        "| part | what | size | figure | goal | met |",
        "| --- | --- | --- | --- | --- | --- |",
        "| ingest | share of COPY's rate | 2,000,000 rows | 0.28 | >= 0.3 | no |",
        "| history | full build | 10 years | 1,234 s |  |  |",
        "| parsing | reading the DAG files | 29 feeds | 0.5 s | <= 1 | yes |",
        "",
        "Left out:",
        "",
        "- ingest: 10,000,000 rows, because there was no room",
    ]
    (kept,) = (tmp_path / "bench").glob("*.json")
    said = json.loads(kept.read_text(encoding="utf-8"))
    assert [one["is_met"] for one in said["figures"]] == [False, None, True]
    assert said["failures"] == [{"part": "gate", "reason": "the server did not start"}]
    assert said["plan"]["rounds"] == 1
    assert said["left_out"] == [{"part": "ingest", "what": "10,000,000 rows", "why": "there was no room"}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "everything"], "ONLY says everything, and the parts are ingest"),
        (["--sizes", "many"], "SIZES is 'many'. Say numbers above 0"),
        (["--rounds", "1,2"], "ROUNDS is '1,2'. Say one number"),
        (["--only", ","], "ONLY is ',', which lacks a name beside a comma"),
        (["--only", "gate,"], "ONLY is 'gate,', which lacks a name beside a comma"),
        (["--rounds", "²"], "ROUNDS is '²'. Say one number"),
        (["--sizes", "300,300"], "SIZES is '300,300'. Say each number once"),
        (["--seconds_of_asking", "0"], "SECONDS_OF_ASKING is '0'. Say one number"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_starts(tmp_path: Path, monkeypatch, arguments, sentence, capsys):
    monkeypatch.setenv("VRN_HOME", str(tmp_path))
    monkeypatch.setattr(bench, "in_a_process", lambda *_: (one for one in ()))
    with pytest.raises(SystemExit) as ended:
        bench.main(arguments)
    # What ends the command is the sentence alone.
    assert ended.value.code.startswith(f"make bench: {sentence}")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("value", "said"), [(0.27349, "0.273"), (99.96, "100"), (999.4, "999"), (999.7, "1,000"), (1234.5, "1,234"), (-999.7, "-1,000")]
)
def test_three_figures_of_a_number_count_and_from_a_thousand_on_it_is_whole(value, said):
    assert f"| {said} s |" in table.line(table.Figure("run", "first run", "", value, "s"))


def test_what_make_bench_is_told_reaches_each_number_of_the_plan():
    recipe = (REPOSITORY / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    assert [f'--{name} "$${name.upper()}"' in recipe for name in vars(Plan())] == [True] * len(vars(Plan()))
