"""The wait of `make run` for the work to be done: when it ends, and what it says meanwhile."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from rich.console import Console

from vrn.errors import HomeError
from vrn.run.local import airflow, home
from vrn.run.local.work import Work
from vrn.settings import Settings

SINCE = datetime(2026, 12, 1, tzinfo=UTC)


def made(**changed: object) -> Work:
    """Work that is done, but for what a test changes."""
    done = {
        "deliveries": 1, "received": 1, "judged": 1, "to_build": 1, "built": 1, "refused": 0, "active": (), "is_busy": False,
        "has_failed_build": False,
    }  # fmt: skip
    return Work(**(done | changed))


DONE, BUSY = made(), made(built=0, is_busy=True, active=("build_outcomes",))
FAILED = made(built=0, has_failed_build=True)


class Looks:
    """What each look at the work finds in turn, or raises; the last of them for ever. Airflow itself is not started for this."""

    def __init__(self, settings: Settings):
        self.found: list = []
        self.figures: list[str | None] = [None]
        self.settings = settings
        self.shown: list[Work] = []
        self.calls: list[tuple] = []
        self.console = Console(record=True, width=200, file=io.StringIO())

    def look(self, *_) -> Work:
        one = self._next(self.found)
        if isinstance(one, Exception):
            raise one
        return one

    def first(self, *_) -> str | None:
        return self._next(self.figures)

    @staticmethod
    def _next(these: list):
        return these.pop(0) if len(these) > 1 else these[0]

    def wait(self) -> str:
        home.wait_until_done(self.settings, self.console, self.shown.append, SINCE)
        return self.console.export_text()


@pytest.fixture
def looks(monkeypatch, tmp_path):
    looks = Looks(Settings(home=tmp_path))
    monkeypatch.setattr(home.work, "look", looks.look)
    monkeypatch.setattr(home.headline, "first", looks.first)
    monkeypatch.setattr(home, "AirflowApi", lambda settings: SimpleNamespace(call=lambda *call: looks.calls.append(call)))
    monkeypatch.setattr(home, "SECONDS_BETWEEN_LOOKS", 0)
    return looks


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(looks):
    looks.found += [TimeoutError("timed out"), ConnectionRefusedError("refused"), DONE]
    looks.wait()


def test_an_airflow_that_answers_no_more_ends_the_wait_with_a_sentence(looks, monkeypatch):
    monkeypatch.setattr(home, "SECONDS_TO_STALL", 0)
    looks.found += [TimeoutError("timed out")]
    with pytest.raises(HomeError, match=r"has not answered for two minutes \(timed out\).*`make run` goes on"):
        looks.wait()


def test_one_look_that_finds_nothing_left_ends_the_wait_and_work_that_is_left_does_not(looks):
    looks.found += [BUSY, BUSY, DONE, BUSY]
    looks.wait()
    assert looks.shown == [BUSY, BUSY, DONE]


def test_a_build_that_failed_ends_the_wait_with_a_sentence_unless_another_follows_at_once(looks):
    looks.found += [FAILED, FAILED, BUSY, DONE]
    looks.wait()
    looks.found[:] = [FAILED]
    with pytest.raises(HomeError, match="the build of the outcomes failed; the tables are those of the last good build"):
        looks.wait()


def test_work_that_nothing_moves_ends_the_wait_with_a_sentence(looks, monkeypatch):
    monkeypatch.setattr(home, "SECONDS_TO_STALL", 0)
    looks.found += [made(judged=0, is_busy=True)]
    with pytest.raises(HomeError, match="nothing has moved for two minutes"):
        looks.wait()


def test_the_first_figure_is_said_once_as_soon_as_a_build_has_made_it(looks):
    looks.found += [BUSY, BUSY, BUSY, DONE]
    looks.figures[:] = [None, None, "first figure: made up", "first figure: another"]
    assert looks.wait().count("first figure") == 1


def test_a_home_that_had_figures_before_says_no_first_one(looks):
    looks.found += [BUSY, DONE]
    looks.figures[:] = ["first figure: of an earlier run"]
    assert "first figure" not in looks.wait()


def test_a_new_home_asks_for_a_build_once_as_soon_as_its_deliveries_are_received(looks):
    looks.found = [made(deliveries=2, is_busy=True), made(deliveries=2, received=2, is_busy=True), BUSY, BUSY, DONE]
    looks.wait()
    assert looks.calls == [("POST", "/dags/build_outcomes/dagRuns", {"logical_date": None})]


def test_a_home_that_had_figures_waits_for_what_its_deliveries_ask_for(looks):
    looks.found, looks.figures = [BUSY, DONE], ["a figure"]
    looks.wait()
    assert looks.calls == []


def test_airflow_is_started_anew_when_the_library_is_younger_than_its_scheduler(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path)
    assert not airflow.is_outdated(settings)
    monkeypatch.setattr(airflow, "is_running", lambda *_: True)
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run" / "scheduler.pid").touch()
    monkeypatch.setattr(airflow, "REPOSITORY", tmp_path)
    library = tmp_path / "plugins" / "vrn" / "gate.py"
    library.parent.mkdir(parents=True)
    library.touch()
    os.utime(library, (0, 0))
    assert not airflow.is_outdated(settings)
    os.utime(library, (2**33, 2**33))
    assert airflow.is_outdated(settings)
