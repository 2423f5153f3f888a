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


def test_the_triggerer_hands_on_events_in_each_round_and_asks_for_triggers_seldom(clock, rest, monkeypatch):
    rest("triggerer")
    done = []
    for step in ("handle_events", "handle_failed_triggers", "heartbeat", "emit_metrics", "update_triggers"):
        monkeypatch.setattr(TriggerRunnerSupervisor, step, lambda self, *given, step=step: done.append(step))
    monkeypatch.setattr(TriggerRunnerSupervisor, "_service_subprocess", lambda self, seconds: None)
    of_the_database = {"assign_unassigned": None, "ids_for_triggerer": [], "clean_unused": None}
    for step, found in of_the_database.items():
        monkeypatch.setattr(
            triggerer_job_runner.Trigger, step, lambda *given, step=step, found=found, **told: done.append(step) or found
        )
    supervisor = TriggerRunnerSupervisor.__new__(TriggerRunnerSupervisor)
    supervisor.job, supervisor.capacity, supervisor.queues, supervisor.team_name = SimpleNamespace(id=1), 1, None, None
    clock.second += seldom.SECONDS_TO_CALM + 1
    for _ in range(18):
        supervisor.run_once()
        clock.second += 1
    assert [done.count(step) for step in ("handle_events", "heartbeat", "ids_for_triggerer", "clean_unused")] == [18, 18, 6, 2]


def test_the_dag_processor_asks_seldom_what_is_wanted_and_finds_nothing_in_between(clock, rest, monkeypatch):
    monkeypatch.setattr(DagFileProcessorManager, "_fetch_callbacks_from_db", lambda self: ["of a failed run"])
    monkeypatch.setattr(DagFileProcessorManager, "_claim_priority_files", lambda self: ["a DAG file"])
    rest("dag-processor")
    manager = DagFileProcessorManager.__new__(DagFileProcessorManager)
    clock.second += seldom.SECONDS_TO_CALM + 1
    found = []
    for _ in range(6):
        found.append([*manager.claim_priority_files(), *manager.fetch_callbacks()])
        clock.second += 1
    assert found == [["a DAG file", "of a failed run"], [], []] * 2


def test_in_the_first_minute_each_round_asks(clock, rest, monkeypatch):
    monkeypatch.setattr(DagFileProcessorManager, "_claim_priority_files", lambda self: ["a DAG file"])
    rest("dag-processor")
    manager = DagFileProcessorManager.__new__(DagFileProcessorManager)
    for _ in range(int(seldom.SECONDS_TO_CALM)):
        assert manager.claim_priority_files() == ["a DAG file"]
        clock.second += 1


@pytest.mark.parametrize("process", airflow.PROCESSES)
def test_a_process_whose_loop_asks_in_each_round_is_started_to_ask_seldom(process):
    started = airflow.command(process)
    assert started[started.index("-m") + 1] == ("vrn.run.local.seldom" if process in seldom.SELDOM else "airflow")
    assert started[started.index("-m") + 2] == process
