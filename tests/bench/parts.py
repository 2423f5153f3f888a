"""The parts of a bench, each in a process of its own."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection

from tests.bench import ending
from tests.bench.plan import Plan
from tests.bench.table import Failure, Figure, LeftOut

# In the order of the table. Each is a module of this package.
PARTS = ("ingest", "gate", "loaders", "history", "release", "queries", "parsing", "run", "judgement", "linkage")
PACKAGE = "tests.bench"
KILLED = "Its process was killed; where memory ran out, the kernel's log says so."


def in_a_process(part: str, plan: Plan) -> Iterator[Figure | LeftOut | Failure]:
    """What a part tells, as it tells it, and why it came to no end where it did not. What it imports and sets is no other
    part's: its process is new, because a forked one would begin with the memory of this. The process ends with the iterator."""
    new = multiprocessing.get_context("spawn")
    receiver, sender = new.Pipe(duplex=False)
    process = new.Process(target=_measure, args=(f"{PACKAGE}.{part}", part, plan, sender))
    process.start()
    # Its own end is then the only one, so that there is nothing more to come when it is closed.
    sender.close()
    try:
        while True:
            try:
                told = receiver.recv()
            except EOFError:
                break
            yield told
        process.join()
        if process.exitcode:
            yield Failure(part, KILLED)
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _measure(module: str, part: str, plan: Plan, sender: Connection) -> None:
    ending.by_exit()
    # What dbt and others print would stand among the lines of the table.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        with closing(importlib.import_module(module).measure(plan)) as told:
            for one in told:
                sender.send(one)
    except (Exception, SystemExit):
        sender.send(Failure(part, traceback.format_exc(limit=-5)))
