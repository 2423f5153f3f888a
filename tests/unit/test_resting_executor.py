"""The rest of the scheduler's executor: long while nothing happens, and cut short by the end of a task."""

from __future__ import annotations

import threading
from multiprocessing import SimpleQueue
from types import SimpleNamespace

import pytest

from vrn.run.local import executor
from vrn.run.local.executor import RestingExecutor


@pytest.fixture(autouse=True)
def _nothing_is_imported(monkeypatch):
    monkeypatch.setattr(executor.preload, "load", lambda: None)


@pytest.fixture
def resting(monkeypatch):
    """An executor that starts no worker, and the length of each rest that it takes."""
    rests: list[float] = []
    monkeypatch.setattr(executor, "connection", SimpleNamespace(wait=lambda these, seconds: rests.append(seconds)))
    at(monkeypatch, 0)
    started = RestingExecutor(parallelism=1)
    monkeypatch.setattr(started, "_spawn_workers_with_gc_freeze", lambda number: None)
    started.start()
    yield started, rests
    started.activity_queue.close()
    started.result_queue.close()


def at(monkeypatch, second: float) -> None:
    monkeypatch.setattr(executor, "time", SimpleNamespace(monotonic=lambda: second))


def test_it_rests_longer_once_nothing_has_run_for_a_while(resting, monkeypatch):
    started, rests = resting
    for second in (0, 59, 61):
        at(monkeypatch, second)
        started.heartbeat()
    assert rests == [executor.SECONDS_AT_WORK, executor.SECONDS_AT_WORK, executor.SECONDS_AT_REST]


def test_a_task_that_runs_for_long_keeps_the_rests_short(resting, monkeypatch):
    started, rests = resting
    started.running.add("a task")
    for second in (0, 600):
        at(monkeypatch, second)
        started.heartbeat()
    assert rests == [executor.SECONDS_AT_WORK] * 2


def test_what_has_to_be_started_is_started_without_a_rest(resting, monkeypatch):
    started, rests = resting
    monkeypatch.setattr(started, "trigger_tasks", lambda open_slots: started.queued_tasks.clear())
    started.queued_tasks["a task"] = "its workload"
    started.heartbeat()
    assert rests == []


def test_the_end_of_a_task_cuts_the_rest_short(monkeypatch):
    monkeypatch.setattr(executor, "SECONDS_AT_WORK", 600.0)
    started = RestingExecutor(parallelism=1)
    monkeypatch.setattr(started, "_spawn_workers_with_gc_freeze", lambda number: None)
    started.start()
    ended: list[str] = []
    monkeypatch.setattr(started, "change_state", lambda key, state: ended.append(key))
    assert isinstance(started.result_queue, type(SimpleQueue()))
    threading.Timer(0.05, started.result_queue.put, [("a task", "success", None)]).start()
    started.heartbeat()
    assert ended == ["a task"]
