"""What the parts of the bench tell: each goal beside its figure, and what they leave out. Nothing is measured here."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bench import gate, history, ingest, linkage, loaders, parsing, queries, release, run
from tests.bench.plan import Plan
from tests.bench.table import Figure, LeftOut
from vrn.settings import REPOSITORY

# The goals of the issues, and of the pages that promise something: part, figure and size, without what depends on the data.
GOALS = {
    ("ingest", "share of COPY's rate", "2,000,000 rows"): ">= 0.3",
    ("ingest", "share of COPY's rate", "10,000,000 rows"): ">= 0.27",
    **{("ingest", "peak memory", f"{rows:,} rows"): "<= 600" for rows in Plan().sizes},
    ("ingest", "peak memory at 10,000,000 rows to that at 2,000,000", ""): "<= 1.1",
    ("history", "delta at 50 years to delta at 1", ""): "<= 1.3",
    ("release", "peak memory of the last to the second", "5 releases"): "<= 1.1",
    ("release", "peak memory of its own process of the last to the second", "5 releases"): "<= 1.1",
    **{("queries", f"{query}, median", "1 client, 7 rows"): "<= 100" for query in queries.QUERIES},
    **{("queries", f"{query}, 95 %", "20 clients, 7 rows"): "<= 500" for query in queries.QUERIES},
    ("parsing", "reading the DAG files", "29 feeds"): "<= 1",
    ("parsing", "reading the DAG files", "150 feeds"): "<= 3",
    ("run", "at rest: all", "60 s"): "<= 5",
    **{("linkage", "precision", f"50,000 persons, 0 records, seed {seed}"): ">= 0.995" for seed in (41, 42)},
    **{("linkage", "recall", f"50,000 persons, 0 records, seed {seed}"): ">= 0.95" for seed in (41, 42)},
}


@pytest.fixture(autouse=True)
def _nothing_is_measured(monkeypatch, tmp_path: Path):
    """A part gets these answers where it would make a server, a home or a process."""
    settings = SimpleNamespace(home=tmp_path, contracts=tmp_path, dbt_project=REPOSITORY / "dbt_project", inbox=tmp_path)
    row = {"steps": 1, "work": 1.0, "busy": 1.0, "wall": 1.0}
    cursor = SimpleNamespace(fetchone=lambda: row)
    instead = {
        ingest: {"_forget": None, "plain_copy": 1.0, "_in_a_process": dict.fromkeys((*ingest.STEPS, "peak"), 1.0)},
        history: {"_of_years": (history.Built({"marts": 1.0}), history.Built({"marts": 1.0})), "_figures": 1, "build": None},
        release: {"_change": None,
                  "_in_a_process": {"steps": {}, "figures": 1, "processor": 1.0, **dict.fromkeys(release.PEAKS, 1.0)}},
        queries: {"publish_everything": 7, "let_in": None, "scripts": [], "ask": {query: [1.0] for query in queries.QUERIES}},
        parsing: {"write_feeds": None, "_read": {"seconds": 1.0, "processor": 1.0}},
        run: {"_command": 1.0, "at_rest": {"all": 0.01}, "until_settled": 1.0,
              "connect": nullcontext(SimpleNamespace(execute=lambda *_: cursor))},
        linkage: {"truth_set": [], "as_linked": [], "quality": (1.0, 1.0)},
        linkage.match: {"link": []},
        release.county: {"make": None},
        history.copies: {"server": nullcontext(settings), "take_in_a_year": [], "grow": None, "settle": None},
        ingest.machine: {"server": nullcontext(settings), "home": nullcontext(settings)},
        ingest.street: {"write_contract": None, "write_file": None},
    }  # fmt: skip
    for module, answers in instead.items():
        for name, answer in answers.items():
            monkeypatch.setattr(module, name, lambda *_, answer=answer, **__: answer)
    monkeypatch.setattr(queries.postgres, "SERVER_OPTIONS", dict(queries.postgres.SERVER_OPTIONS))


def told(part, plan: Plan | None = None) -> tuple[list[Figure], list[LeftOut]]:
    found = list(part.measure(plan or Plan()))
    return [one for one in found if isinstance(one, Figure)], [one for one in found if isinstance(one, LeftOut)]


def test_each_goal_is_beside_its_figure():
    figures = [one for part in (ingest, history, release, queries, parsing, run, linkage) for one in told(part)[0]]
    found = {(one.part, one.what, one.size): f"{one.goal.compared} {one.goal.value:g}" for one in figures if one.goal}
    assert found == GOALS


def test_the_page_names_each_goal():
    lines = (REPOSITORY / "docs" / "performance.md").read_text(encoding="utf-8").splitlines()
    first = lines.index("| part | figure | of | goal |") + 2
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[first : lines.index("", first)]]
    assert sorted({(part, goal) for part, *_, goal in table}) == sorted({(part, goal) for (part, *_), goal in GOALS.items()})


def test_a_release_whose_own_memory_grows_is_seen_beside_larger_processes_that_do_not(monkeypatch):
    peaks = iter([100, 100, 120, 140, 200])
    largest, own = release.PEAKS
    monkeypatch.setattr(
        release, "_in_a_process", lambda *_: {"steps": {}, "figures": 1, "processor": 1.0, largest: 900.0, own: next(peaks)}
    )
    ratios = {one.what: (one.value, one.is_met) for one in told(release)[0] if one.goal}
    assert ratios == {f"{largest} of the last to the second": (1.0, True), f"{own} of the last to the second": (2.0, False)}


def test_a_process_has_its_own_peak_of_memory_and_not_that_of_the_one_that_started_it():
    large = "import subprocess, sys; kept = bytearray(200 << 20); subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    asked = "from tests.bench.memory import peak; before = peak(); kept = bytearray(100 << 20); print(before, peak())"
    done = subprocess.run([sys.executable, "-c", large, asked], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    before, after = map(float, done.stdout.split())
    assert before < 100 <= after - before < 200


@pytest.mark.parametrize(
    ("part", "plan", "what"),
    [
        (ingest, Plan(sizes=(2_000_000,)), "peak memory at 10,000,000 rows to that at 2,000,000"),
        (loaders, Plan(sizes=(3_000_000,)), "3,000,000 rows"),
        (history, Plan(years=(1, 10)), "delta at 50 years to delta at 1"),
        (queries, Plan(clients=(2,)), "map, 2 clients, 7 rows"),
    ],
)
def test_what_a_part_leaves_out_is_told_with_the_reason(monkeypatch, part, plan, what):
    monkeypatch.setattr(queries, "ask", lambda *_: {query: [1.0] for query in queries.QUERIES if query != "map"})
    (why,) = [one.why for one in told(part, plan)[1] if one.what == what]
    assert why


def test_the_checkpoint_of_pandas_is_left_out_of_a_large_file(monkeypatch):
    submission = SimpleNamespace(main=None)
    monkeypatch.setattr(gate.street, "taken_in", lambda: 1)
    monkeypatch.setattr(gate.street, "contract_of", lambda *_: submission)
    monkeypatch.setattr(gate.ledger, "get", lambda *_: None)
    monkeypatch.setattr(gate.staging, "take", lambda *_: None)
    monkeypatch.setattr(gate.raw, "partition", lambda *_: gate.sql.Identifier("staged"))
    monkeypatch.setattr(gate, "connect", lambda *_, **__: nullcontext(SimpleNamespace(execute=lambda *_: None)))
    monkeypatch.setattr(gate, "_gate", lambda *_: 1.0)
    monkeypatch.setattr(gate.by_hand, "ask", lambda *_: {})
    figures, left_out = [], []
    for one in gate._of_size(None, Path(), 2_000_001, 1):
        (left_out if isinstance(one, LeftOut) else figures).append(one.what)
    assert (figures, left_out) == ([gate.OURS, gate.BY_HAND], [f"{gate.CHECKPOINT}, 2,000,001 rows"])
