"""What every DAG has to be, and that reading the DAG files touches nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dags.asked import ask
from vrn.feeds import shown as feeds
from vrn.settings import REPOSITORY

# Parse in a process of its own: the environment is a home that has no database, no network and no secret.
PARSE = """
import json, socket, sys
import airflow.sdk, airflow.triggers.base  # noqa: F401  what the DAG processor has loaded before it reads a file

def no_network(*_, **__):
    raise AssertionError("a DAG file opened a connection while it was read")

socket.socket.connect = no_network
from airflow.dag_processing.dagbag import DagBag
from vrn.run.dag_bundle import DagsOfFeeds

# As the processor does before it forks what reads a file.
DagsOfFeeds(name="dags-folder", path=sys.argv[1]).refresh()
calls = 0

def count(_, event, __):
    global calls
    calls += event in ("call", "c_call")

before = set(sys.modules)
sys.setprofile(count)
bag = DagBag(sys.argv[1])
sys.setprofile(None)
loaded = set(sys.modules) - before
heavy = [name for name in ("great_expectations", "pandas", "pyarrow", "dbt", "psycopg") if name in loaded]
print("RESULT" + json.dumps({
    "calls": calls,
    "errors": bag.import_errors,
    "heavy": heavy,
    "dags": {
        dag.dag_id: {
            "tags": sorted(dag.tags), "doc": dag.doc_md, "catchup": dag.catchup, "runs": dag.max_active_runs,
            "description": dag.description, "callback": bool(dag.has_on_failure_callback or dag.on_failure_callback),
            "tasks": {t.task_id: {"owner": t.owner, "retries": t.retries, "timeout": bool(
                t.execution_timeout or getattr(t, "response_timeout", None))} for t in dag.tasks},
        } for dag in bag.dags.values()
    },
}))
"""


def parse(home: Path, feed_files: Path = REPOSITORY / "expectations") -> dict:
    return ask(
        PARSE,
        REPOSITORY / "dags",
        home,
        AIRFLOW__CORE__PLUGINS_FOLDER=str(REPOSITORY / "plugins"),
        VRN_HOME=str(home / "nowhere"),
        VRN_CONTRACTS=str(feed_files),
    )


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> dict:
    return parse(tmp_path_factory.mktemp("parse"))


def test_every_feed_file_has_its_dag_and_nothing_fails_to_import(parsed):
    feeds = {path.name.removesuffix(".odcs.yaml") for path in (REPOSITORY / "expectations").glob("*.odcs.yaml")}
    assert parsed["errors"] == {}
    assert parsed["dags"].keys() == {f"ingest__{feed}" for feed in feeds} | {
        "build_outcomes",
        "approve_held",
        "housekeeping",
        "release_preview",
    }


def test_a_task_reads_the_same_of_its_feed_file_as_the_dag_processor_does():
    folder = REPOSITORY / "expectations"
    whole = feeds.listed(folder)
    assert whole == [one for feed in whole for one in feeds.listed(folder, f"ingest__{feed.name}")]


MISTAKES = {
    "police_stop_search": ("schema: [", r"police_stop_search\.odcs\.yaml, line \d+: it is not YAML"),
    "tiig_ed_attendance": (b"# a curly \x93 quotation mark", r"tiig_ed_attendance\.odcs\.yaml, line \d+: a character is not UTF-8"),
    "cin_census": (
        ("classification: hash", "classification: hsh"),
        r"line \d+, schema\.child\.child_id: classification 'hsh' is none",
    ),
}


@pytest.fixture(scope="module")
def parsed_with_mistakes(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("expectations")
    for path in (REPOSITORY / "expectations").glob("*.odcs.yaml"):
        content = path.read_bytes()
        match MISTAKES.get(path.name.removesuffix(".odcs.yaml"), [None])[0]:
            case str(line):
                content += line.encode()
            case bytes(line):
                content += line
            case (old, new):
                content = content.replace(old.encode(), new.encode())
        (folder / path.name).write_bytes(content)
    return parse(tmp_path_factory.mktemp("parse"), folder)


def test_a_feed_file_that_cannot_be_read_takes_out_its_own_dag_and_no_other(parsed, parsed_with_mistakes):
    """Issue 13, point 6."""
    assert parsed_with_mistakes["dags"].keys() == parsed["dags"].keys() - {f"ingest__{feed}" for feed in MISTAKES}


def test_airflows_import_error_names_the_feed_file_the_line_and_what_to_do(parsed_with_mistakes):
    """Issue 13, point 6."""
    (told,) = parsed_with_mistakes["errors"].values()
    for _, sentence in MISTAKES.values():
        assert re.search(sentence, told), told
    assert "make check" in told


def test_reading_the_dags_is_little_work_and_loads_nothing_that_looks_at_data(parsed):
    # Of functions, which are as many on every machine: 610,000 take 0.3 s, and feed files that are read and checked each time make
    # them 1,660,000.
    assert parsed["calls"] < 1_000_000
    assert parsed["heavy"] == []


def test_every_dag_says_what_it_is_and_what_to_do_when_it_is_red(parsed):
    for name, dag in parsed["dags"].items():
        assert dag["tags"], name
        assert dag["description"], name
        assert "Triage notes" in dag["doc"], name
        assert dag["catchup"] is False, name
        # One run at a time, but a question to a person must not hold up the next one.
        assert dag["runs"] == (16 if name == "approve_held" else 1), name
        assert dag["callback"], name


def test_every_task_has_an_owner_and_an_end_and_all_but_the_verdict_are_retried(parsed):
    for name, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == "vrn-data", (name, task_id)
            assert task["timeout"], (name, task_id)
            assert (task["retries"] > 0) is (task_id != "conclude"), (name, task_id)
