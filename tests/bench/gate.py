"""The gate alone, against the same rules in SQL written by hand on the same staged table (by_hand.py),
and a plain checkpoint of GX on the same file (checkpoint.py).

By hand rows are listed and counted by rule; there is no verdict that is kept, and no page.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench import by_hand, checkpoint, machine, street
from tests.bench.plan import Plan
from tests.bench.table import Figure, LeftOut
from vrn.feeds.contract import Contract
from vrn.gate import gx
from vrn.gate import step as gate
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.stage import raw
from vrn.stage import step as staging
from vrn.warehouse.connection import connect

# pandas holds all rows in memory, several times over.
MOST_OF_PANDAS = 2_000_000
OURS, BY_HAND, CHECKPOINT = "the gate, with verdict and page", "the same rules in SQL by hand", "a plain checkpoint of GX on pandas"


def measure(plan: Plan) -> Iterator[Figure | LeftOut]:
    """Seconds of the gate, of SQL by hand and of the checkpoint, by size of the file."""
    gx.load()
    with machine.server(VRN_CONTRACTS="{home}/contracts") as settings:
        street.write_contract(settings.contracts)
        for rows in plan.sizes:
            path = settings.inbox / street.FEED / street.NAME
            path.parent.mkdir(parents=True, exist_ok=True)
            street.write_file(path, rows, settings)
            kept = settings.home / "source.csv"
            kept.unlink(missing_ok=True)
            kept.hardlink_to(path)
            yield from _of_size(settings, kept, rows, plan.rounds)


def _of_size(settings: Settings, path: Path, rows: int, rounds: int) -> Iterator[Figure | LeftOut]:
    with connect(settings, autocommit=True) as connection:
        submission_id = street.taken_in()
        submission = ledger.get(connection, submission_id)
        contract = street.contract_of(settings, submission)
        staging.take(connection, settings, submission, contract)
        staged = raw.partition(contract.main, submission_id)
        asked: dict[str, Callable[[], float]] = {
            OURS: lambda: _gate(connection, settings, submission_id, contract),
            BY_HAND: lambda: _timed(lambda: by_hand.ask(connection, staged, contract)),
            CHECKPOINT: lambda: _timed(lambda: checkpoint.ask(path, contract)),
        }
        size = f"{rows:,} rows"
        if rows > MOST_OF_PANDAS:
            del asked[CHECKPOINT]
            yield LeftOut(
                "gate", f"{CHECKPOINT}, {size}", f"pandas holds all rows in memory: up to {MOST_OF_PANDAS:,} are measured"
            )
        # Who reads a new table first marks its rows as whole, which is no question's cost.
        connection.execute(sql.SQL("select count(*) from {}").format(staged))
        took = [{what: ask() for what, ask in asked.items()} for _ in range(rounds)]
    for what in asked:
        yield Figure("gate", what, size, statistics.median(one[what] for one in took), "s")


def _gate(connection: psycopg.Connection, settings: Settings, submission_id: int, contract: Contract) -> float:
    # It is staged again when the block ends, so that the next round judges it again.
    with connection.transaction(force_rollback=True):
        submission = ledger.get(connection, submission_id)
        return _timed(lambda: gate.take(connection, settings, submission, contract))


def _timed(ask: Callable[[], object]) -> float:
    started = time.monotonic()
    ask()
    return time.monotonic() - started
