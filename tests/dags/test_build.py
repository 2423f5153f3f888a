"""How the tasks of build_outcomes show a build that another task does: asked of the DAG file itself, with a made-up task instance,
because a real one lives in Airflow's own processes (tests/end_to_end has those)."""

from __future__ import annotations

import pytest

from tests.dags.asked import ask as asked_of
from vrn.build.layers import STEPS, task_id
from vrn.settings import REPOSITORY

ASK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

class Instance:
    dag_id, run_id = "build_outcomes", "a run"
    def __init__(self, state, said):
        self.state, self.said = state, said
    def get_task_states(self, dag_id, task_ids, run_ids):
        return {run_ids[0]: {task_ids[0]: self.state}}
    def xcom_pull(self, task_ids, key):
        return self.said.get(key) if task_ids == "build" else None

task = DagBag(sys.argv[1]).dags["build_outcomes"].get_task("build_marts")
answers = []
for state, said in json.loads(sys.stdin.read()):
    try:
        answers.append(task.python_callable(Instance(state, said)).is_done)
    except AirflowFailException as error:
        answers.append(str(error))
    except AirflowSkipException as reason:
        answers.append(f"skipped: {reason}")
print("RESULT" + json.dumps(answers))
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    def asked(*situations: tuple[str, dict]) -> list:
        return asked_of(ASK, REPOSITORY / "dags" / "build_outcomes.py", tmp_path_factory.mktemp("dags"), situations)

    return asked


def test_a_layers_task_waits_for_its_layer_shows_its_failure_and_never_waits_for_a_build_that_ended(ask):
    before = {"staging": {"pass": 1}}
    waiting, retried, there, failed, killed, last, partly, nothing, nor_this = ask(
        ("running", before),
        ("up_for_retry", before),
        ("running", before | {"marts": {"success": 19}}),
        ("failed", before | {"marts": {"failed": "The layer marts was not built: dim_area (error)."}}),
        ("failed", before),
        ("success", before | {"marts": {"success": 19}}),
        ("failed", {"staging": {"failed": "Of the layer staging was not built: stg_a (error)."}, "marts": {"success": 19}}),
        ("skipped", {"reference": {}, "marts": {"skipped": "Nothing came since the last build."}}),
        ("skipped", {"reference": {}, "gather": {"skipped": "Nothing came since the last build."}}),
    )
    assert nothing == "skipped: Nothing came since the last build."
    assert nor_this == "skipped: There was nothing to build."
    assert (waiting, retried, there, last, partly) == (False, False, True, True, True)
    assert failed == "The layer marts was not built: dim_area (error)."
    assert "ended (failed) before this step" in killed


def test_every_step_of_a_build_has_a_task_of_its_own_that_says_its_name():
    assert [task_id(step) for step in STEPS][:4] == ["build_reference", "gather", "build_staging", "link"]
