"""When the bench takes a home to be at rest, after which it measures what an idle one costs."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

from tests.bench import rest
from vrn.run.local.executor import SECONDS_TO_CALM


def test_a_home_is_at_rest_when_no_task_has_run_and_the_server_tidied_up_for_as_long_as_calms_the_scheduler(monkeypatch):
    # What is left, and the seconds since the last task: one runs; the scheduler is not calm; the server tidies up; at rest.
    looks = [(1, 300.0), (0, SECONDS_TO_CALM), (1, 2 * SECONDS_TO_CALM), (0, 3 * SECONDS_TO_CALM), (0, 4 * SECONDS_TO_CALM)]
    asked: list[str] = []

    def execute(statement: str) -> SimpleNamespace:
        asked.append(statement)
        return SimpleNamespace(fetchone=lambda: looks.pop(0))

    monkeypatch.setattr(rest.prepare, "superuser", lambda settings, name: nullcontext(SimpleNamespace(execute=execute)))
    monkeypatch.setattr(rest, "SECONDS_BETWEEN_LOOKS", 0)
    assert rest.until_settled(None) == 3 * SECONDS_TO_CALM
    assert asked[0] == "checkpoint"
