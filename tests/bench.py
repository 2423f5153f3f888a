"""make bench: file to accepted raw rows against a plain server-side COPY of the same file, in the same server.

For one month of one force (about 18,000 rows), 360,000 and 2,000,000 rows, with 20 rules and three hashed columns. The
rows are synthetic where the real files are not. Prints a table; each figure is the median of three rounds, and COPY and
the pipeline take turns within a round.
"""

from __future__ import annotations

import copy
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import yaml

from tests.ports import free_port
from vrn.settings import REPOSITORY, Settings

# BENCH_ROWS=1000000,5000000 BENCH_ROUNDS=1 make bench measures other sizes.
SIZES = tuple(int(size) for size in os.environ.get("BENCH_ROWS", "18000,360000,2000000").split(","))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FEED = "police_street_crime"
# The word with which this file calls itself for one round.
STEPS = "steps"
HASHED = ("crime_id", "location", "lsoa_name")


def bench_contract(folder: Path) -> None:
    """The street feed with 20 rules in all and three columns hashed."""
    document = yaml.safe_load((REPOSITORY / "expectations" / f"{FEED}.odcs.yaml").read_text(encoding="utf-8"))
    entity = document["schema"][0]
    extra = [
        ("expect_column_values_to_not_be_null", "reported_by"),
        ("expect_column_values_to_not_be_null", "falls_within"),
        ("expect_column_values_to_not_be_null", "lsoa_name"),
    ]
    for number, (kind, column) in enumerate(extra, start=1):
        rule = copy.deepcopy(entity["quality"][0])
        rule |= {"name": f"BEN-00{number}", "severity": "warning", "implementation": {"type": kind, "kwargs": {"column": column}}}
        entity["quality"].append(rule)
    for column in entity["properties"]:
        if column["name"] in HASHED:
            column["classification"] = "hash"
            column.setdefault("customProperties", []).append({"property": "identifierDomain", "value": "local"})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{FEED}.odcs.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def bench_file(path: Path, rows: int, settings: Settings) -> None:
    """A month of that many rows, every hundredth of them bad (a crime type that is none)."""
    from vrn.feeds.contract import load
    from vrn.feeds.period import Period
    from vrn.synthetic import deliveries
    from vrn.synthetic.places import Places

    period = Period.month("2020-03")
    contract = load(REPOSITORY / "expectations" / f"{FEED}.odcs.yaml", period)
    contract.main.synthetic.update(rows=min(rows, 20_000))
    header, *lines = deliveries.content(contract, period, Places(settings.dbt_project / "seeds")).decode().splitlines()
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        for number in range(rows):
            line = lines[number % len(lines)]
            if line[0] != ",":
                # Identifiers stay as many as the rows are.
                line = f"{number:016x}{line[16:]}"
            file.write((line.replace(",Burglary,", ",Piracy,") if number % 100 == 0 else line) + "\n")


def plain_copy(settings: Settings, path: Path, name: str) -> float:
    """Seconds of a COPY of the file by the server itself into a table of text columns."""
    import psycopg

    columns = path.open(encoding="utf-8").readline().strip().split(",")
    with psycopg.connect(settings.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(f'drop table if exists "{name}"')
        connection.execute(f'create table "{name}" ({", ".join(chr(34) + column + chr(34) + " text" for column in columns)})')
        started = time.monotonic()
        connection.execute(f"copy \"{name}\" from '{path}' (format csv, header)")
        seconds = time.monotonic() - started
        connection.execute(f'drop table "{name}"')
    return seconds


def through_the_steps() -> None:
    """Register, stage, gate and accept the file that waits, in this process; prints the seconds of each and the peak memory."""
    import great_expectations  # noqa: F401  the scheduler has imported it before a task starts

    from vrn.accept import serving as accept
    from vrn.feeds.contract import load
    from vrn.feeds.period import ANY_PERIOD
    from vrn.gate import step as gate
    from vrn.ledger import store as ledger
    from vrn.run import ingest
    from vrn.stage import step as staging
    from vrn.warehouse.connection import connect

    settings = Settings()
    contract = load(settings.contracts / f"{FEED}.odcs.yaml", ANY_PERIOD)
    with connect(settings, autocommit=True) as connection:
        clock = [time.monotonic()]
        ((submission_id,),) = ingest.take_in(FEED)
        submission = ledger.get(connection, submission_id)
        clock.append(time.monotonic())
        staging.take(connection, settings, submission, contract)
        clock.append(time.monotonic())
        gate.take(connection, settings, ledger.get(connection, submission_id), contract)
        clock.append(time.monotonic())
        result = accept.accept(connection, submission, contract)
        clock.append(time.monotonic())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = [after - before for before, after in pairwise(clock)]
    print("STEPS", *(f"{second:.3f}" for second in steps), f"{peak:.0f}", result["rows_accepted"], result["rows_quarantined"])


def main() -> None:
    import psycopg

    from vrn.run import prepare, secrets
    from vrn.run.local import postgres

    with tempfile.TemporaryDirectory(prefix="vrn-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        os.environ |= {
            "VRN_HOME": folder,
            "VRN_PG_PORT": str(free_port()),
            "VRN_REST_SECONDS": "0",
            "VRN_CONTRACTS": str(home / "contracts"),
            "PYTHONPATH": f"{REPOSITORY / 'plugins'}:{REPOSITORY}",
        }
        settings = Settings()
        settings.logs.mkdir()
        secrets.ensure(settings)
        bench_contract(settings.contracts)
        postgres.start(settings)
        try:
            prepare.prepare(settings)
            headings = "rows|COPY s|register|stage|gate (GX)|accept|all s|rows a second|share of COPY's rate|GX share|peak MB"
            print(f"| {headings.replace('|', ' | ')} |")
            print("|" + " --- |" * len(headings.split("|")))
            for rows in SIZES:
                copies, runs = [], []
                source = home / "source.csv"
                bench_file(source, rows, settings)
                source.chmod(0o644)
                for _ in range(ROUNDS):
                    path = settings.inbox / FEED / "2020-03-lancashire-street.csv"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.hardlink_to(source)
                    with psycopg.connect(settings.conninfo("vrn_loader"), autocommit=True) as connection:
                        connection.execute("update ops.submission set status = 'withdrawn' where status = 'accepted'")
                    copies.append(plain_copy(settings, source, "plain"))
                    done = subprocess.run(
                        [sys.executable, "-m", "tests.bench", STEPS],
                        capture_output=True,
                        text=True,
                        check=False,
                        cwd=REPOSITORY,
                    )
                    line = next((line for line in done.stdout.splitlines() if line.startswith("STEPS")), None)
                    if line is None:
                        raise SystemExit(done.stderr[-3000:])
                    runs.append([float(word) for word in line.split()[1:]])
                copied = statistics.median(copies)
                register, stage, gate, accept, peak = (statistics.median(run[place] for run in runs) for place in range(5))
                whole = statistics.median(sum(run[:4]) for run in runs)
                print(
                    f"| {rows:,} | {copied:.2f} | {register:.2f} | {stage:.2f} | {gate:.2f} | {accept:.2f} | {whole:.2f} | "
                    f"{rows / whole:,.0f} | {copied / whole:.0%} | {gate / whole:.0%} | {peak:.0f} |",
                    flush=True,
                )
        finally:
            postgres.stop(settings)


if __name__ == "__main__":
    if STEPS in sys.argv:
        through_the_steps()
    else:
        main()
