"""What the loops of the triggerer and the DAG processor do seldom, so that an idle home costs little."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.dag_processing.manager import DagFileProcessorManager
from airflow.jobs import triggerer_job_runner
from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor

from vrn.run.local import airflow, seldom


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when a test says so."""
    now = SimpleNamespace(second=1000.0)
    monkeypatch.setattr(seldom, "time", SimpleNamespace(monotonic=lambda: now.second))
    return now


@pytest.fixture
def rest(monkeypatch):
    """A command's loop at rest, for the time of a test."""

    def at_rest(command: str) -> None:
        loop = {"triggerer": TriggerRunnerSupervisor, "dag-processor": DagFileProcessorManager}[command]
        for step in seldom.SELDOM[command][2]:
            monkeypatch.setattr(loop, step, getattr(loop, step))
        seldom.rest(command)

    return at_rest


def test_the_triggerer_asks_for_new_triggers_and_hands_on_events_in_each_round_and_cleans_up_seldom(clock, rest, monkeypatch):
    rest("triggerer")
    done = []
    for step in ("load_triggers", "handle_events", "handle_failed_triggers", "heartbeat", "emit_metrics"):
        monkeypatch.setattr(TriggerRunnerSupervisor, step, lambda self, step=step: done.append(step))
    monkeypatch.setattr(TriggerRunnerSupervisor, "_service_subprocess", lambda self, seconds: None)
    monkeypatch.setattr(triggerer_job_runner.Trigger, "clean_unused", lambda: done.append("clean_unused"))
    supervisor = TriggerRunnerSupervisor.__new__(TriggerRunnerSupervisor)
    for _ in range(20):
        supervisor.run_once()
        clock.second += 1
    assert [done.count(step) for step in ("load_triggers", "handle_events", "heartbeat", "clean_unused")] == [20, 20, 20, 2]


def test_the_dag_processor_asks_seldom_who_is_to_be_told_and_finds_nobody_in_between(clock, rest, monkeypatch):
    monkeypatch.setattr(DagFileProcessorManager, "_fetch_callbacks_from_db", lambda self: ["of a failed run"])
    rest("dag-processor")
    manager = DagFileProcessorManager.__new__(DagFileProcessorManager)
    found = []
    for _ in range(10):
        found.append(list(manager.fetch_callbacks()))
        clock.second += 1
    assert found == [["of a failed run"], [], [], [], []] * 2


@pytest.mark.parametrize("process", airflow.PROCESSES)
def test_a_process_whose_loop_asks_in_each_round_is_started_to_ask_seldom(process):
    started = airflow.command(process)
    assert started[started.index("-m") + 1] == ("vrn.run.local.seldom" if process in seldom.SELDOM else "airflow")
    assert started[started.index("-m") + 2] == process
