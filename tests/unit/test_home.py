"""The wait of `make run` for the work to be done, on a machine that is slow to answer."""

from __future__ import annotations

import pytest
from rich.console import Console

from vrn.errors import HomeError
from vrn.local import home
from vrn.settings import Settings

DONE = {
    "accepted": 1, "refused": 0, "duplicate": 0, "received": 0, "waiting": 0, "active": [], "failed_build": False, "busy": False,
}  # fmt: skip


@pytest.fixture
def looks(monkeypatch, tmp_path):
    """What each look at the work finds in turn, or raises; the last of them for ever. Airflow itself is not started for this."""
    found: list = []

    def look(*_):
        one = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(home, "work_left", look)
    monkeypatch.setattr(home, "AirflowApi", lambda settings: None)
    monkeypatch.setattr(home, "SECONDS_BETWEEN_LOOKS", 0)
    return found, Settings(home=tmp_path), Console(quiet=True)


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(looks):
    found, settings, console = looks
    found += [TimeoutError("timed out"), ConnectionRefusedError("refused"), DONE]
    home.wait_until_done(settings, console)


def test_an_airflow_that_answers_no_more_ends_the_wait_with_a_sentence(looks, monkeypatch):
    found, settings, console = looks
    monkeypatch.setattr(home, "SECONDS_TO_STALL", 0)
    found += [TimeoutError("timed out")]
    with pytest.raises(HomeError, match=r"has not answered for two minutes \(timed out\).*`make run` goes on"):
        home.wait_until_done(settings, console)
