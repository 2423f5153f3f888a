"""The main job from an empty home to its figures, again with nothing new, and what the home costs
while nothing comes.

Installation is not in it: `make run` from a clean clone takes as much longer as the packages take
to come.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil

from tests.bench import machine
from tests.bench.plan import Plan
from tests.bench.table import Figure
from vrn.report import headline
from vrn.run.local import airflow, postgres
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# What the last runs left to do is done by then.
SECONDS_TO_REST = 30


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds of a first and a second run, the share with no step at work, and of one core what the home takes at rest."""
    with machine.home() as settings:
        try:
            since = datetime.now(UTC)
            yield Figure("run", "first run", "the demonstration", _command("run"), "s")
            with connect(settings, OWNER) as connection:
                spent = connection.execute(headline.TIMING, {"since": since}).fetchone()
            yield Figure("run", "work of all steps", f"{spent['steps']} steps", spent["work"], "s")
            yield Figure("run", "share with no step at work", f"{spent['steps']} steps", 1 - spent["busy"] / spent["wall"], "")
            yield Figure("run", "second run", "nothing new", _command("run"), "s")
            time.sleep(SECONDS_TO_REST)
            for name, share in at_rest(settings, plan.seconds).items():
                yield Figure("run", f"at rest: {name}", f"{plan.seconds} s", 100 * share, "% of a core")
        finally:
            _command("down")


def _command(name: str) -> float:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "vrn", name], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    if done.returncode:
        raise SystemExit(f"python -m vrn {name}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return time.monotonic() - started


def at_rest(settings: Settings, seconds: float) -> dict[str, float]:
    """Of one core the share that each process of the home takes with all that it starts, and all together."""
    pids = {name: airflow.pid(settings, name) for name in airflow.PROCESSES}
    pids["PostgreSQL"] = int((postgres.data_folder(settings) / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    before, began = {name: processor_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares = {name: (processor_seconds(pid) - before[name]) / took for name, pid in pids.items()}
    return shares | {"all": sum(shares.values())}


def processor_seconds(pid: int) -> float:
    """What a process, all that it started, and all of those that ended, have had."""
    total = 0.0
    for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            # What it had is now its parent's.
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
