"""Releases of the made-up county: by step, and how memory grows with how many there are.

Each is made in a process of its own, as `make release` makes it. Before each but the first some
figures change, as a delivery would change them, so that each release leaves another state for the
next to remember.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import psycopg

from tests import county
from tests.bench import machine, memory
from tests.bench.plan import Plan
from tests.bench.processor import processor_seconds
from tests.bench.table import Figure, Goal
from vrn.publish.disclosure import policies
from vrn.run.local import postgres
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic.places import Places
from vrn.warehouse.roles import OWNER

ANSWER = "RELEASED "
RELEASES = 5
# The peak of the last release against that of the second, which is the first to remember one.
FLAT = Goal("<=", 1.1)
PEAKS = LARGEST, OWN = "peak memory", "peak memory of its own process"
# What a delivery of one month changes of one indicator.
CHANGE = """
update marts.fct_indicator_value set count = count + 1
where indicator_id = 'V03' and count > %(least)s and period_id in (
    select period_id from marts.dim_period where period_type = 'month' order by start_on desc limit 1
)
"""


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds by the clock and of processor (with the server's), of the first release by step; peak memory of the largest of its
    processes, and of its own, in which what earlier releases told is read."""
    with machine.server() as settings:
        county.make(settings, Places(settings.dbt_project / "seeds"))
        found = []
        for number in range(1, RELEASES + 1):
            if number > 1:
                _change(settings)
            found.append(_in_a_process(settings))
            yield from _told(number, found[-1])
        for what in PEAKS:
            ratio = found[-1][what] / found[1][what]
            yield Figure("release", f"{what} of the last to the second", f"{RELEASES} releases", ratio, "", FLAT)


def _told(number: int, found: dict) -> Iterator[Figure]:
    size = f"release {number}, {found['figures']:,} figures"
    for step, seconds in found["steps"].items() if number == 1 else ():
        yield Figure("release", step, size, seconds, "s")
    yield Figure("release", "all", size, sum(found["steps"].values()), "s")
    yield Figure("release", "all, processor", size, found["processor"], "s")
    for what in PEAKS:
        yield Figure("release", what, size, found[what], "MB")


def _change(settings: Settings) -> None:
    with psycopg.connect(settings.conninfo(OWNER)) as connection:
        connection.execute(CHANGE, {"least": policies.COMES_BACK_AT})


def _in_a_process(settings: Settings) -> dict:
    pid = int((postgres.data_folder(settings) / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    before = processor_seconds(pid)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.release"], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith(ANSWER)), None)
    if line is None:
        raise SystemExit(done.stderr[-3000:])
    found = json.loads(line.removeprefix(ANSWER))
    return found | {"processor": found["processor"] + processor_seconds(pid) - before}


def one() -> None:
    """A release in this process; prints the seconds of each step, those of processor, and the peak memory in MB of this process
    and of the largest of it and those that decide beside it."""
    from rich.console import Console

    from vrn.build import in_force
    from vrn.run import release_command
    from vrn.warehouse.connection import connect

    settings = Settings()
    marks: list[tuple[str, float]] = []
    release_command.steps(
        settings, Console(quiet=True), lambda look: marks.append((look.step, time.monotonic())), "a bench", "a bench"
    )
    with connect(settings, OWNER) as connection:
        figures = connection.execute(
            "select count(*) as found from ops.release_decision where release_id = %s", [in_force.latest(connection)]
        ).fetchone()["found"]
    # What is being done is told again and again.
    steps: dict[str, float] = {}
    for (step, before), (_, after) in pairwise(marks):
        steps[step] = steps.get(step, 0.0) + after - before
    used, own = os.times(), memory.peak()
    print(
        ANSWER
        + json.dumps(
            {
                "steps": steps,
                "figures": figures,
                "processor": used.user + used.system + used.children_user + used.children_system,
                LARGEST: max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
                OWN: own,
            }
        )
    )


if __name__ == "__main__":
    one()
