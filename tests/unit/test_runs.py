"""What is said of a task that failed: a sentence of ours as it is, and of another's error its class alone."""

from __future__ import annotations

import ast

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.airflow import Airflow, answered
from vrn.errors import VrnError
from vrn.run.failing import NoRetry
from vrn.run.local import ours
from vrn.run.local.runs import Runs
from vrn.settings import REPOSITORY

DAG = "ingest__police_crime"


def said(*errors: tuple[str, str]) -> str:
    """What is said of a task whose log ends with these errors: what ended the task, and then what led there."""
    return Runs(Airflow(failed={DAG: [("fetch", *errors[0])]}, led={DAG: errors[1:]})).why_failed(DAG)


def classes(folder: str) -> list[ast.ClassDef]:
    return [
        node
        for path in (REPOSITORY / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]


def below(error: type) -> set[type]:
    return {error, *(one for child in error.__subclasses__() for one in below(child))}


def test_every_class_of_error_whose_text_is_a_sentence_for_people_is_known():
    """A list that was written by hand lacked eight of them: of a fetch that failed it was said that the log says more."""
    known, every = {"VrnError"}, classes("plugins/vrn")
    while more := {one.name for one in every if {ast.unparse(base).split(".")[-1] for base in one.bases} & known} - known:
        known |= more
    assert ours.names() == known
    assert {one.__name__ for one in below(VrnError) if one.__module__.startswith("vrn.")} <= ours.names()


@pytest.mark.parametrize(
    "name", ["RemoteError", "NotAllowed", "SwapRefused", "TakenBack", "AuditIncomplete", "WorkerLost", "NoRetry"]
)
def test_a_sentence_of_ours_is_said_as_it_is(name):
    assert said((name, "The server refused our login. ")) == f"`fetch` of {DAG} failed: The server refused our login."


@pytest.mark.parametrize("name", ["FileNotFoundError", "PermissionError", "RuntimeError", "AirflowFailException", "DataError"])
def test_of_anothers_error_the_class_is_said_and_not_the_text(name):
    """The name of a file is a text that a person wrote."""
    assert said((name, "/home/inbox/police_crime/Zzyzx.csv")) == (
        f"`fetch` of {DAG} failed: {name}; the task's log in Airflow says more."
    )


def test_a_sentence_of_ours_is_said_though_anothers_error_led_to_it():
    assert said(("ContractError", "Line 7 is no column."), ("ValidationError", "Zzyzx")).endswith(" failed: Line 7 is no column.")
    assert said(("OperationalError", "Zzyzx"), ("UndefinedTable", "Zzyzx")).endswith(
        "failed: UndefinedTable; the task's log in Airflow says more."
    )


def test_what_a_task_raises_is_a_sentence_of_ours_or_skips_it():
    raised = {
        node.exc.func.id
        for path in (REPOSITORY / "dags").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    assert "NoRetry" in raised
    assert raised - ours.names() == {"AirflowSkipException"}


def test_airflow_tries_again_what_may_go_well_and_not_what_would_fail_alike():
    assert issubclass(NoRetry, AirflowFailException)
    assert not issubclass(VrnError, AirflowFailException)


def test_a_dag_that_airflow_does_not_know_has_no_run_that_failed_and_of_another_answer_nothing_is_concluded():
    """After an answer of 500 it was as if no run had failed."""
    assert not Runs(Airflow(trouble=answered(404))).has_failed(DAG)
    with pytest.raises(OSError, match="500"):
        Runs(Airflow(trouble=answered(500))).has_failed(DAG)


def test_what_is_under_way_or_switched_off_is_known_however_much_else_is_listed_before_it():
    """Airflow gives a hundred at most, and says nothing of it: a run after the hundredth was not under way."""
    waiting = {f"approve_held_{number:03}" for number in range(250)}
    runs = Runs(Airflow(active=waiting | {DAG, "build_outcomes"}, paused=waiting | {DAG}))
    assert runs.active() == {DAG, "build_outcomes"}
    assert runs.paused() == waiting | {DAG}


def test_a_task_that_failed_is_found_after_a_hundred_others():
    others = [(f"stage_{number:03}", "X", "") for number in range(150)]
    failed = {DAG: [*others, ("fetch", "RemoteError", "The server was away.")]}
    assert Runs(Airflow(failed=failed)).why_failed(DAG, "fetch") == f"`fetch` of {DAG} failed: The server was away."


def test_every_dag_file_that_airflow_cannot_read_is_named():
    names = [f"dag_{number:02}.py" for number in range(30)]
    told = Runs(Airflow(import_errors=dict.fromkeys(names, "SyntaxError: not closed"))).import_errors()
    assert [name for name in names if name not in told] == []
