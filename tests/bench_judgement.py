"""python -m tests.bench_judgement: seconds of processor that the gate takes for each delivery.

They are those of its own process, without the database's. Each round forks a process from one that
has loaded what the scheduler loads before it forks its tasks, and takes a batch of staged deliveries
of one feed through the gate there. Prints a table of the first delivery of such a process and of the
later ones (their median); each figure is the median of the rounds. BENCH_ROUNDS=1 for fewer of them.
"""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

from tests.ports import free_port
from vrn.gate import data_docs, gx, listing
from vrn.gate import history as drift
from vrn.gate import judging as gate
from vrn.ledger import store as ledger
from vrn.run import ingest, prepare, secrets
from vrn.run.local import postgres
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect

FEEDS = ("tiig_ed_attendance", "hes_violence_admissions", "police_street_crime")
DELIVERIES = 10
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
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


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vrn-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ |= {
            "VRN_HOME": folder,
            "VRN_PG_PORT": str(free_port()),
            "VRN_AIRFLOW_PORT": str(free_port()),
            "VRN_REST_SECONDS": "0",
        }
        settings = Settings()
        settings.logs.mkdir()
        secrets.ensure(settings)
        postgres.start(settings)
        try:
            prepare.prepare(settings)
            gx.load()
            data_docs.load()
            columns = ["all", *STAGES]
            print(f"| feed | delivery | {' | '.join(columns)} |\n|{' --- |' * (2 + len(columns))}")
            for feed in FEEDS:
                ids = in_a_fork(stage, feed)
                rounds = [in_a_fork(judge, ids) for _ in range(ROUNDS)]
                for kind, part in (("first", slice(0, 1)), ("later", slice(1, None))):
                    figures = [
                        statistics.median(statistics.median(one[name] for one in done[part]) for done in rounds) for name in columns
                    ]
                    print(f"| {feed} ({len(ids)}) | {kind} | {' | '.join(f'{figure:.3f}' for figure in figures)} |", flush=True)
        finally:
            postgres.stop(settings)


if __name__ == "__main__":
    main()
