"""Airflow's triggerer or DAG processor, with what may wait asked of the database seldom, and not in each round of its loop.

A round is a second, has one length whether anything happens or not, and was two thirds of what an idle home costs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

# First, as in `python -m airflow`: the configuration is read by it before anything else.
from airflow.__main__ import main

# By command: the class of the loop, and the seconds between two times of each of its steps.
SELDOM = {
    # Triggers that nobody waits for any more.
    "triggerer": ("airflow.jobs.triggerer_job_runner", "TriggerRunnerSupervisor", {"clean_unused": 10.0}),
    "dag-processor": (
        "airflow.dag_processing.manager",
        "DagFileProcessorManager",
        # Who is told of a failed run, and warnings about DAGs that are gone.
        {"fetch_callbacks": 5.0, "purge_inactive_dag_warnings": 60.0},
    ),
}


def seldom(step: Callable[[Any], Any], seconds: float) -> Callable[[Any], Any]:
    """A step of a loop that is passed over until so long after it was last done, and then finds nothing."""
    done_at = -seconds

    def step_if_due(loop: Any) -> Any:
        nonlocal done_at
        if time.monotonic() - done_at < seconds:
            return ()
        done_at = time.monotonic()
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
