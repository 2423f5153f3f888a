"""What becomes of an answer that comes twice: asked of the DAG file itself, because a task that is killed and tried again lives in
Airflow's own processes (tests/end_to_end has those). What the ledger says is made up here."""

from __future__ import annotations

from tests.dags.asked import ask
from vrn.settings import REPOSITORY

ASK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowSkipException
from vrn.ledger.states import NotAllowed
from vrn.run import deciding, ingest

def too_late(*_, **__):
    raise NotAllowed("Submission 7 is accepted.")

deciding.approve = deciding.refuse = too_late
settle = DagBag(sys.argv[1]).dags["approve_held"].get_task("one.settle")
answers = []
for is_news in (True, False):
    ingest.is_news = lambda batches: batches == [[7]] and is_news
    try:
        settle.python_callable({"submission_id": 7}, {"chosen_options": ["Approve"]})
        answers.append("done")
    except AirflowSkipException as reason:
        answers.append(f"skipped: {reason}")
print("RESULT" + json.dumps(answers))
"""


def test_an_answer_that_an_earlier_try_carried_out_and_was_killed_calls_the_build_and_one_that_came_too_late_does_not(tmp_path):
    answers = ask(ASK, REPOSITORY / "dags" / "approve_held.py", tmp_path)
    assert answers == ["done", "skipped: Submission 7 is accepted."]
