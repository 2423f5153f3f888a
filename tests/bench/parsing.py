"""How long Airflow takes to read the DAG files, by how many feeds there are.

Read as the DAG processor reads them, in a process that has loaded what the processor has loaded
before. Of more feeds than there are, feed files are copied under other names.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import machine
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal
from vrn.settings import REPOSITORY, Settings

# Seconds (issue 17, when there were 29 feeds).
GOALS = {29: Goal("<=", 1), 150: Goal("<=", 3)}
ANSWER = "READ "
READ = """
import json, sys, time
import airflow.sdk, airflow.triggers.base
from airflow.dag_processing.dagbag import DagBag
from vrn.run.dag_bundle import DagsOfFeeds

DagsOfFeeds(name="dags-folder", path=sys.argv[1]).refresh()
began, worked = time.monotonic(), time.process_time()
bag = DagBag(sys.argv[1])
took = {"seconds": time.monotonic() - began, "processor": time.process_time() - worked}
print("READ " + json.dumps(took | {"errors": list(map(str, bag.import_errors.values())), "dags": len(bag.dags)}))
"""


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds by the clock and of the processor."""
    with machine.home(VRN_CONTRACTS="{home}/contracts") as settings:
        for count in plan.feeds:
            write_feeds(settings.contracts, count)
            rounds = [_read(settings) for _ in range(plan.rounds)]
            size = f"{count} feeds"
            yield Figure("parsing", "reading the DAG files", size, _middle(rounds, "seconds"), "s", GOALS.get(count))
            yield Figure("parsing", "reading the DAG files, processor", size, _middle(rounds, "processor"), "s")


def write_feeds(folder: Path, count: int) -> None:
    """So many feed files: those of the repository, and copies of them that have a number after their names."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))
    for number in range(count):
        file = files[number % len(files)]
        name = file.name.removesuffix(".odcs.yaml")
        again = name if number < len(files) else f"{name}_{number // len(files) + 1}"
        text = file.read_text(encoding="utf-8").replace(name, again)
        (folder / f"{again}.odcs.yaml").write_text(text, encoding="utf-8")


def _read(settings: Settings) -> dict:
    # A home in which nothing is: reading a DAG file needs no database and no secret.
    environment = os.environ | {
        "AIRFLOW_HOME": str(settings.home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{settings.home}/none.db",
    }
    done = subprocess.run(
        [sys.executable, "-c", READ, str(REPOSITORY / "dags")], env=environment, capture_output=True, text=True, check=False
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith(ANSWER)), None)
    if line is None:
        raise SystemExit(done.stderr[-3000:])
    answer = json.loads(line.removeprefix(ANSWER))
    if answer["errors"]:
        raise SystemExit(f"The DAG files could not be read: {answer['errors'][0]}")
    return answer


def _middle(rounds: list[dict], name: str) -> float:
    return statistics.median(one[name] for one in rounds)
