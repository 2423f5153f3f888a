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

from tests.bench import machine
from tests.bench.plan import Plan
from tests.bench.rest import at_rest, until_settled
from tests.bench.table import Figure, Goal
from vrn.report import headline
from vrn.settings import REPOSITORY
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# A loop of a second in an idle process takes some hundredths of one: many of them make a figure.
ROUNDS_OF_REST = 3
LARGEST_SHARE = Goal("<=", 5)


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds of a first and a second run, the share with no step at work, and what the home takes as it settles and at rest."""
    with machine.home() as settings:
        try:
            since = datetime.now(UTC)
            yield Figure("run", "first run", "the demonstration", _command("run"), "s")
            with connect(settings, OWNER) as connection:
                spent = connection.execute(headline.TIMING, {"since": since}).fetchone()
            yield Figure("run", "work of all steps", f"{spent['steps']} steps", spent["work"], "s")
            yield Figure("run", "share with no step at work", f"{spent['steps']} steps", 1 - spent["busy"] / spent["wall"], "")
            yield Figure("run", "second run", "nothing new", _command("run"), "s")
            seconds = ROUNDS_OF_REST * plan.seconds_of_asking
            yield from _shares("settling", at_rest(settings, seconds), seconds)
            yield Figure("run", "from the last task to rest", "", until_settled(settings), "s")
            yield from _shares("at rest", at_rest(settings, seconds), seconds)
        finally:
            _command("down")


def _shares(when: str, found: dict[str, float], seconds: float) -> Iterator[Figure]:
    for name, share in found.items():
        goal = LARGEST_SHARE if (when, name) == ("at rest", "all") else None
        yield Figure("run", f"{when}: {name}", f"{seconds} s", 100 * share, "% of a core", goal)


def _command(name: str) -> float:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "vrn", name], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    if done.returncode:
        raise SystemExit(f"python -m vrn {name}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return time.monotonic() - started
