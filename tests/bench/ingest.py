"""File to accepted rows, against a plain COPY of the same file by the server itself.

COPY and the pipeline take turns within a round. The pipeline's steps run in a process of their own,
so that its peak memory is theirs; the steps are called as the DAG's tasks call them, with Great
Expectations loaded before, as the scheduler has.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench import machine, memory, street
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal, LeftOut
from vrn.settings import REPOSITORY, Settings

STEPS = ("register", "stage", "gate", "accept")
ANSWER = "STEPS "
PEAK = "peak memory"
# Of COPY's rate, from so many rows on (issue 17), and the peak memory of a step in MB.
GOALS = {2_000_000: 0.30, 10_000_000: 0.27}
MOST_MEMORY = 600
# It is to be the same at both (issue 17); two rounds of one size differ by some hundredths.
FLAT, MANY, FEW = Goal("<=", 1.1), 10_000_000, 2_000_000


def measure(plan: Plan) -> Iterator[Figure | LeftOut]:
    """Seconds of each step and of all, the share of COPY's rate, and the peak memory, by size of the file."""
    peaks: dict[int, float] = {}
    with machine.server(VRN_CONTRACTS="{home}/contracts") as settings:
        street.write_contract(settings.contracts)
        for rows in plan.sizes:
            source = settings.home / "source.csv"
            street.write_file(source, rows, settings)
            for one in _of_size(settings, source, rows, plan.rounds):
                if one.what == PEAK:
                    peaks[rows] = one.value
                yield one
    what = f"{PEAK} at {MANY:,} rows to that at {FEW:,}"
    if {FEW, MANY} <= set(peaks):
        yield Figure("ingest", what, "", peaks[MANY] / peaks[FEW], "", FLAT)
    else:
        yield LeftOut("ingest", what, "SIZES has not both")


def _of_size(settings: Settings, source: Path, rows: int, rounds: int) -> Iterator[Figure]:
    copies, runs = [], []
    for _ in range(rounds):
        _forget(settings)
        copies.append(plain_copy(settings, source))
        runs.append(_in_a_process(settings, source))
    size = f"{rows:,} rows"

    def figure(what: str, value: float, unit: str = "s", goal: Goal | None = None) -> Figure:
        return Figure("ingest", what, size, value, unit, goal)

    copied, whole = statistics.median(copies), statistics.median(sum(run[step] for step in STEPS) for run in runs)
    yield figure("COPY by the server", copied)
    for step in STEPS:
        yield figure(step, statistics.median(run[step] for run in runs))
    yield figure("file to accepted rows", whole)
    yield figure("share of COPY's rate", copied / whole, "", Goal(">=", GOALS[rows]) if rows in GOALS else None)
    yield figure(PEAK, statistics.median(run["peak"] for run in runs), "MB", Goal("<=", MOST_MEMORY))


def plain_copy(settings: Settings, path: Path) -> float:
    """Seconds of a COPY of the file by the server itself into a table of text columns."""
    names = path.open(encoding="utf-8").readline().strip().split(",")
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
    with psycopg.connect(settings.conninfo("postgres", settings.database), autocommit=True) as connection:
        connection.execute(sql.SQL("create table plain ({})").format(columns))
        started = time.monotonic()
        connection.execute(sql.SQL("copy plain from {} (format csv, header)").format(sql.Literal(str(path))))
        seconds = time.monotonic() - started
        connection.execute("drop table plain")
    return seconds


def _forget(settings: Settings) -> None:
    """The last round's delivery, or the same bytes would be a duplicate."""
    with psycopg.connect(settings.conninfo("vrn_loader"), autocommit=True) as connection:
        connection.execute("update ops.submission set status = 'withdrawn' where status = 'accepted'")


def _in_a_process(settings: Settings, source: Path) -> dict[str, float]:
    path = settings.inbox / street.FEED / street.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.hardlink_to(source)
    done = subprocess.run([sys.executable, "-m", "tests.bench.ingest"], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    line = next((line for line in done.stdout.splitlines() if line.startswith(ANSWER)), None)
    if line is None:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(line.removeprefix(ANSWER))


def through_the_steps() -> None:
    """Register, stage, gate and accept the file that waits, in this process; prints the seconds of each and
    the peak memory in MB."""
    import great_expectations  # noqa: F401  the scheduler has imported it before a task starts

    from vrn.accept import serving as accept
    from vrn.gate import step as gate
    from vrn.ledger import store as ledger
    from vrn.stage import step as staging
    from vrn.warehouse.connection import connect

    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        clock = [time.monotonic()]
        submission_id = street.taken_in()
        submission = ledger.get(connection, submission_id)
        contract = street.contract_of(settings, submission)
        clock.append(time.monotonic())
        staging.take(connection, settings, submission, contract)
        clock.append(time.monotonic())
        gate.take(connection, settings, ledger.get(connection, submission_id), contract)
        clock.append(time.monotonic())
        accepted_under = ledger.find(connection, submission_id)["agreement_id"]
        accept.accept(connection, ledger.get(connection, submission_id), contract, accepted_under)
        clock.append(time.monotonic())
    took = dict(zip(STEPS, (after - before for before, after in pairwise(clock)), strict=True))
    print(ANSWER + json.dumps(took | {"peak": memory.peak()}))


if __name__ == "__main__":
    through_the_steps()
