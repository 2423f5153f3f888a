"""The parts of a bench, each in a process of its own."""

from __future__ import annotations

import importlib
import multiprocessing
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from tests.bench.plan import Plan
from tests.bench.table import Failure, Figure

# In the order of the table. Each is a module beside this one.
PARTS = ("ingest", "gate", "loaders", "history", "release", "queries", "parsing", "run", "judgement", "linkage")


def in_a_process(part: str, plan: Plan) -> list[Figure] | Failure:
    """The figures of a part, or why there are none. What it imports and sets is no other part's: its process is new, because a
    forked one would begin with the memory of this."""
    try:
        # Not a Pool, whose workers may start no processes of their own.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_measure, part, plan).result()
    except BrokenProcessPool:
        return Failure(part, "Its process was killed; where memory ran out, the kernel's log says so.")


def _measure(part: str, plan: Plan) -> list[Figure] | Failure:
    try:
        return list(importlib.import_module(f"tests.bench.{part}").measure(plan))
    except (Exception, SystemExit):
        return Failure(part, traceback.format_exc(limit=-5))
