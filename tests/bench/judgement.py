"""Seconds of processor that the gate takes for each delivery: those of its own process, without the
database's.

Each round forks a process from one that has loaded what the scheduler loads before it forks its
tasks, and takes a batch of staged deliveries of one feed through the gate there. The first delivery
of such a process and the later ones (their median) are told apart.
"""

from __future__ import annotations

import functools
import gc
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from tests.bench import machine
from tests.bench.plan import Plan
from tests.bench.table import Figure
from vrn.gate import data_docs, gx, listing
from vrn.gate import history as drift
from vrn.gate import judging as gate
from vrn.ledger import store as ledger
from vrn.run import ingest
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect

FEEDS = ("tiig_ed_attendance", "hes_violence_admissions", "police_street_crime")
DELIVERIES = 10
# A stage, and the function that does it. To list rows is a part of judging. The rest is the ledger.
STAGES = {
    "judge": (gate, "judge"),
    "of it list rows": (listing.Listing, "add_conditions"),
    "profile": (drift, "profile"),
    "render": (data_docs, "write"),
}


def stage(feed: str) -> list[int]:
    """Make, register and stage deliveries of a feed; returns those that come to the gate."""
    settings = Settings()
    places = Places(settings.dbt_project / "seeds")
    deliveries.write_postcodes(settings, places)
    feed_file = settings.contracts / f"{feed}.odcs.yaml"
    with connect(settings, autocommit=True) as connection:
        for _ in islice(deliveries.write_feed(feed_file, settings.inbox, places), DELIVERIES):
            pass
        ids = [one for batch in ingest.take_in(feed) for one in batch]
        ingest.each("stage", ids)
        return [row["submission_id"] for row in ledger.describe(connection, ids) if row["rows_in_file"] is not None]


def judge(ids: list[int]) -> list[dict[str, float]]:
    """Take staged deliveries through the gate; returns the seconds of each stage of each one."""
    spent = dict.fromkeys(STAGES, 0.0)

    def timed(name: str, function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            started = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] += time.process_time() - started

        return run

    for name, (module, function) in STAGES.items():
        setattr(module, function, timed(name, getattr(module, function)))
    taken = ingest._take
    done = []

    def take(*args):
        spent.update(dict.fromkeys(spent, 0.0))
        started = time.process_time()
        taken(*args)
        done.append({"all": time.process_time() - started, **spent})

    ingest._take = take
    answer = ingest.each("gate", ids)
    if answer.broken:
        raise SystemExit(answer.broken)
    return done


def in_a_fork(function, *args):
    """What a function returns in a process forked from this one, as a task is."""
    # As the scheduler's executor does, so that no collection walks through what it has loaded.
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, args)


def measure(plan: Plan) -> Iterator[Figure]:
    """Of three feeds the seconds of each stage."""
    with machine.server():
        gx.load()
        data_docs.load()
        for feed in FEEDS:
            ids = in_a_fork(stage, feed)
            rounds = [in_a_fork(judge, ids) for _ in range(plan.rounds)]
            for kind, part in (("first", slice(0, 1)), ("later", slice(1, None))):
                for name in ("all", *STAGES):
                    value = statistics.median(statistics.median(one[name] for one in done[part]) for done in rounds)
                    yield Figure("judgement", f"{feed}: {name}", f"{kind} of {len(ids)} deliveries", value, "s")
