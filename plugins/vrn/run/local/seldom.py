"""Airflow's triggerer or DAG processor, with what may wait asked of the database seldom, and not in each round of its loop.

A round is a second, whether anything happens or not, and no setting says otherwise: the rounds of the two were more than half of
what an idle home costs. What a trigger fires and what a DAG file's process says is handed on in each round as before.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

# First, as in `python -m airflow`: the configuration is read by it before anything else.
from airflow.__main__ import main

# Until then a home may be at its first run, whose triggers and DAGs come one after the other.
SECONDS_TO_CALM = 60.0
# By command: the class of the loop, and the seconds between two times of each of its steps.
SELDOM = {
    "triggerer": (
        "airflow.jobs.triggerer_job_runner",
        "TriggerRunnerSupervisor",
        # Triggers that are new, and those that nobody waits for any more.
        {"load_triggers": 3.0, "clean_unused": 9.0},
    ),
    "dag-processor": (
        "airflow.dag_processing.manager",
        "DagFileProcessorManager",
        # DAG files that somebody wants read, who is told of a failed run, and warnings about DAGs that are gone.
        {"claim_priority_files": 3.0, "fetch_callbacks": 3.0, "purge_inactive_dag_warnings": 60.0},
    ),
}


def seldom(step: Callable[[Any], Any], seconds: float) -> Callable[[Any], Any]:
    """A step of a loop that is passed over, once the process is calm, until so long after it was last done: it finds nothing."""
    calm_from, done_at = time.monotonic() + SECONDS_TO_CALM, 0.0

    def step_if_due(loop: Any) -> Any:
        nonlocal done_at
        # A round is a little longer or shorter than a second.
        if (now := time.monotonic()) > calm_from and now - done_at < seconds - 0.5:
            return []
        done_at = now
        return step(loop)

    return step_if_due


def rest(command: str) -> None:
    """Have the steps of a command's loop done seldom in this process."""
    module, name, steps = SELDOM[command]
    loop = getattr(import_module(module), name)
    for step, seconds in steps.items():
        setattr(loop, step, seldom(getattr(loop, step), seconds))


if __name__ == "__main__":
    rest(sys.argv[1])
    main()
