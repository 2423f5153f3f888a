"""What becomes of an answer that comes twice: asked of the DAG file itself, because a task that is killed and tried again lives in
Airflow's own processes (tests/end_to_end has those). What the ledger says is made up here."""

from __future__ import annotations

import pytest

from tests.dags.asked import ask
from vrn.settings import REPOSITORY

ASK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowSkipException
from vrn.ledger.states import NotAllowed
from vrn.run import deciding, ingest
from vrn.run.failing import NoRetry

def too_late(*_, **__):
    raise NotAllowed("Submission 7 is so.")

deciding.approve = deciding.refuse = too_late
settle = DagBag(sys.argv[1]).dags["approve_held"].get_task("one.settle")
answers = []
for is_news, is_held in ((True, False), (False, False), (True, True), (False, True)):
    ingest.is_news = lambda batches: batches == [[7]] and is_news
    ingest.held = lambda batches: batches[0] if is_held else []
    try:
        settle.python_callable({"submission_id": 7}, {"chosen_options": ["Approve"]})
        answers.append("done")
    except AirflowSkipException as reason:
        answers.append(f"skipped: {reason}")
    except NoRetry as reason:
        answers.append(f"red: {reason}")
print("RESULT" + json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> list[str]:
    """What became of an answer that could not be carried out: with news and without, of a delivery that waits no more, then of one
    that waits still."""
    return ask(ASK, REPOSITORY / "dags" / "approve_held.py", tmp_path_factory.mktemp("asked"))


def test_an_answer_that_an_earlier_try_carried_out_and_was_killed_calls_the_build_and_one_that_came_too_late_does_not(answers):
    assert answers[:2] == ["done", "skipped: Submission 7 is so."]


def test_an_approval_that_cannot_be_carried_out_is_red_and_says_why_while_its_delivery_waits(answers):
    """It was skipped, or called a build, and nobody asked again."""
    assert answers[2:] == ["red: Submission 7 is so."] * 2
