"""What the commands that decide on a delivery say when they are not told enough."""

from __future__ import annotations

import urllib.error

import pytest

from tests.airflow import Airflow, answered
from vrn import __main__ as commands
from vrn.run import deciding


@pytest.mark.parametrize(
    "said", [[], ["--submission", "", "--feed", "", "--from", "", "--until", "", "--reason", ""], ["--submission", "x"]]
)
def test_a_replay_without_a_number_says_what_to_say_and_in_a_sentence(said, home, capsys):
    """Issue 14, point 10: as the Makefile calls it, with what was left out as empty texts, and without."""
    assert commands.main(["replay", *said]) == 1
    told = capsys.readouterr().err
    assert told.startswith('error: Say which delivery: make replay SUBMISSION=7 REASON="…", or FEED=')
    assert "usage" not in told


def test_a_decision_without_a_reason_asks_for_it(home, capsys):
    assert commands.main(["approve", "--submission", "7"]) == 1
    assert capsys.readouterr().err.startswith('error: Say why: REASON="…"')


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (urllib.error.URLError(ConnectionRefusedError("refused")), "does not answer (refused)"),
        (TimeoutError("timed out"), "does not answer (timed out)"),
        (answered(401), "refused the sign-in (401)"),
        (answered(404), "does not know it; its page Dag Import Errors and `make check` say which file cannot be read"),
        (answered(500), "answered 500"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_run_that_could_not_be_started_is_told_with_what_airflow_did_instead(home, monkeypatch, trouble, why):
    """It said of every answer but a good one that Airflow does not answer."""
    monkeypatch.setattr(deciding, "AirflowApi", lambda _: Airflow(trouble=trouble))
    assert deciding.begin(home, "build_outcomes") == (
        f"No run of build_outcomes was started, because Airflow {why}. `make run` starts what does not run, and goes on from here."
    )


def test_a_run_that_was_started_is_told(home, monkeypatch):
    airflow = Airflow()
    monkeypatch.setattr(deciding, "AirflowApi", lambda _: airflow)
    assert deciding.begin(home, "build_outcomes") == "A run of build_outcomes was started in Airflow."
    assert airflow.started == ["build_outcomes"]
