"""make bench-outcomes: seconds of a full build and of one month's delta at 1, 5 and 10 years of synthetic history.

A PostgreSQL of its own takes in one financial year (2019/20) of the five large monthly feeds and two small ones, through the
pipeline's own steps. Later years are copies of it made in SQL, a delivery at a time: dates moved by whole years and keys made
distinct. They go forward in time, because every indicator's series starts in 2018; `as_of` is the day after the last month, so
that there are as many periods as there is history. Populations go on as they were last estimated, or later rates, with their
limits and trends, would have no denominator and cost nothing.

The delta is the newest month of police_crime again, cut later, with changed rows. Every layer is built without dbt's tests, in
this process: Airflow starts a process for each, which takes some seconds more. BENCH_YEARS=1,2 BENCH_ROUNDS=3 measures others;
each figure is the median of the rounds.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from tests import submissions
from tests.inbox import Inbox
from tests.ports import free_port
from vrn.build import dbt, steps, table_swap
from vrn.build.layers import LAYERS
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, span
from vrn.ledger import moves, states
from vrn.ledger import store as ledger
from vrn.run import prepare
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

YEARS = sorted({int(years) for years in os.environ.get("BENCH_YEARS", "1,5,10").split(",")})
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "1"))
# A year of each; accident and emergency and Encompass begin in July, and their last three months are moved back by a year.
FEEDS = {
    "police_crime": ("2019-04", "2020-03"),
    "police_street_crime": ("2019-04", "2020-03"),
    "police_stop_search": ("2019-04", "2020-03"),
    "tiig_ed_attendance": ("2019-07", "2020-06"),
    "police_encompass": ("2019-07", "2020-06"),
    "programme_ed_navigators": ("2019-04", "2020-03"),
    "hes_violence_admissions": ("2019-04", "2020-03"),
}
RESTATED = "police_crime"
FIRST_YEAR = 2019
VINTAGE = "2021-census-based to mid-2023"
# What makes an event one of its own: a copy's must not be taken for its original again.
KEYS = ("crime_ref", "crime_id", "incident_ref", "notification_id", "attendance_key", "case_number")
SLOWEST = 12


@dataclass
class Built:
    """Seconds of one build: of each layer, of its nodes (first start to last end), and of each node by name."""

    layers: dict[str, float] = field(default_factory=dict)
    in_nodes: float = 0.0
    nodes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.layers.values())

    @property
    def of_dbt_itself(self) -> float:
        """Reading the project, the catalogue and the graph: all that is no node's."""
        return self.total - self.in_nodes


def take_in_a_year(settings: Settings) -> list[dict]:
    """A year of every feed through register, stage, gate and accept. Returns the ledger's rows."""
    from vrn.synthetic import deliveries
    from vrn.synthetic.places import Places

    os.environ["VRN_REST_SECONDS"] = "0"
    places, taken = Places(settings.dbt_project / "seeds"), []
    with connect(settings, autocommit=True) as connection:
        inbox = Inbox(settings, connection, places)
        for feed, (first, last) in FEEDS.items():
            any_time = inbox.contract(feed)
            for period in span(any_time.kind, first, last):
                contract = inbox.contract(feed, period.name)
                suppliers = any_time.synthetic.get("suppliers", list(any_time.suppliers))
                for supplier in (one for one in suppliers if contract.supplier_serves(one, period)):
                    content = deliveries.content(contract, period, places, supplier)
                    inbox.drop(feed, deliveries.file_name(contract, period, supplier), content)
            rows = inbox.take_in(feed)
            bad = [(row["file_name"], row["status"], row["status_reason"]) for row in rows if row["status"] != states.ACCEPTED]
            if bad:
                raise SystemExit(f"not accepted: {bad}")
            taken += rows
    return taken


def year_of(row: dict) -> int:
    """The financial year that a delivery begins in, as the year of its April."""
    return row["period_start"].year - (row["period_start"].month < 4)


def grow(settings: Settings, base: list[dict], have: int, years: int) -> None:
    """Copy the deliveries of the year taken in until there are that many years of them."""
    with connect(settings, autocommit=True) as connection:
        for row in base:
            contract = contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", ANY_PERIOD)
            if year_of(row) != FIRST_YEAR:
                # It is copied back to the first year, and forward to its own again when that year's turn comes.
                connection.execute(
                    "update ops.submission set status = 'withdrawn' where submission_id = %s", [row["submission_id"]]
                )
            for number in range(have, years):
                by = FIRST_YEAR + number - year_of(row)
                if by != 0 or year_of(row) != FIRST_YEAR:
                    with connection.transaction():
                        copy_delivery(connection, contract, row["submission_id"], by, states.ACCEPTED)


def copy_delivery(connection: psycopg.Connection, contract: contracts.Contract, source: int, years: int, status: str) -> int:
    """A delivery of that many years later with the rows of another. Returns its submission_id."""
    # Only a restatement, which is of the same month, has the same keys.
    mark = f"+{years}" if status == states.ACCEPTED else ""
    later = "make_interval(years => %(years)s)"
    submission_id = connection.execute(
        f"""
        insert into ops.submission (
            feed, supplier, file_name, sha256, byte_count, is_synthetic, period_start, period_end, extract_as_at,
            rows_in_file, rows_accepted, rows_quarantined, rows_duplicate, rows_warned, contract_sha256, hash_key_version,
            accepted_at, reported_at
        )
        select
            feed, supplier, file_name, encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), byte_count,
            is_synthetic, period_start + {later}, ((period_end + 1) + {later})::date - 1, extract_as_at + {later},
            rows_in_file, rows_accepted, rows_quarantined, rows_duplicate, rows_warned, contract_sha256, hash_key_version,
            now(), now()
        from ops.submission where submission_id = %(source)s
        returning submission_id
        """,
        {"years": years, "source": source},
    ).fetchone()["submission_id"]
    submissions.move(connection, submission_id, *submissions.WAYS[status])
    for entity in contract.entities:
        raw.make_partition(connection, entity, submission_id)
        values = [moved(name, kind, years, mark) for name, kind in entity.stored.items()]
        own = raw.partition(entity, submission_id)
        connection.execute(
            sql.SQL(
                "insert into {own} (submission_id, row_number, unreadable_columns, {names}) "
                "select {id}, row_number, unreadable_columns, {values} from {source} order by row_number"
            ).format(
                own=own,
                id=sql.Literal(submission_id),
                names=sql.SQL(", ").join(map(sql.Identifier, entity.stored)),
                values=sql.SQL(", ").join(values),
                source=raw.partition(entity, source),
            )
        )
        # Autovacuum looks at a delivery's own table soon after it came, and never at the table that they are parts of.
        connection.execute(sql.SQL("analyze {}").format(own))
        raw.attach(connection, entity, submission_id)
    return submission_id


def moved(name: str, kind: str, years: int, mark: str) -> sql.Composable:
    """A column's value that many years later."""
    column = sql.Identifier(name)
    if kind == "date" or kind.startswith("timestamp"):
        return sql.SQL("({} + make_interval(years => {}))::{}").format(column, sql.Literal(years), sql.SQL(kind))
    if name in KEYS and mark:
        return sql.SQL("{} || {}").format(column, sql.Literal(mark))
    return column


def restate(settings: Settings, months_cut: int) -> dict:
    """The newest month of crime again, cut later: a hundredth of it cancelled, a hundredth in another district."""
    with connect(settings, autocommit=True) as connection, connection.transaction():
        contract = contracts.load(settings.contracts / f"{RESTATED}.odcs.yaml", ANY_PERIOD)
        newest = connection.execute(
            "select * from ops.submission where feed = %s and status = 'accepted' order by period_start desc limit 1", [RESTATED]
        ).fetchone()
        submission_id = copy_delivery(connection, contract, newest["submission_id"], 0, states.PASSED)
        connection.execute(
            "update ops.submission set extract_as_at = extract_as_at + make_interval(months => %s) where submission_id = %s",
            [months_cut, submission_id],
        )
        (entity,) = contract.entities
        own = raw.partition(entity, submission_id)
        for change in ("status = 'cancelled', cancel_reason = 'C2'", "lad_code = 'E06000009', lsoa_code = null"):
            connection.execute(
                sql.SQL("update {} set {} where status = 'active' and row_number %% 100 = %s").format(own, sql.SQL(change)),
                [months_cut * 2 + ("lad_code" in change)],
            )
        submission = ledger.get(connection, submission_id)
        counts = {name: newest[f"rows_{name}"] for name in ("quarantined", "duplicate", "warned")}
        moves.accept(connection, submission, **counts)
    return newest


def build(settings: Settings, years: int, *, full: bool) -> Built:
    """Every layer, without tests."""
    built = Built()
    for layer, chosen in LAYERS.items():
        started = time.monotonic()
        done = dbt.invoke(
            settings,
            ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
            + (["--full-refresh"] if full else [])
            + ["--select", *chosen],
            {"as_of": f"date '{FIRST_YEAR + years}-04-01'"},
        )
        built.layers[layer] = time.monotonic() - started
        if not done.success:
            bad = [f"{one.node.name}: {one.message}" for one in done.result.results if str(one.status) in ("error", "skipped")]
            raise SystemExit(f"{layer}: {bad or done.exception}")
        moments = list(_moments(done.result.results))
        built.in_nodes += (max(moments) - min(moments)).total_seconds()
        built.nodes |= {one.node.name: one.execution_time for one in done.result.results}
        if layer == "reference":
            go_on_with_populations(settings)
        if layer == "publish":
            table_swap.swap(settings)
    return built


def _moments(results: list) -> Iterator[datetime]:
    for one in results:
        for timing in one.timing:
            yield from (moment for moment in (timing.started_at, timing.completed_at) if moment)


def go_on_with_populations(settings: Settings) -> None:
    """Later years have the population of the last that was estimated by age; the next build makes the seeds as they were."""
    with connect(settings, OWNER) as connection:
        for table, keys, by_age in (
            ("population", ("area_code", "sex", "age_band"), "and age_band <> 'all'"),
            ("lsoa_population", ("lsoa_code",), ""),
        ):
            connection.execute(
                f"""
                with own as (
                    select * from reference.{table} where population_vintage = '{VINTAGE}'
                )
                insert into reference.{table}
                select (jsonb_populate_record(null::reference.{table}, to_jsonb(own) || jsonb_build_object('mid_year', later))).*
                from own
                cross join generate_series(own.mid_year + 1, {FIRST_YEAR + max(YEARS)}) as later
                where own.mid_year = (select max(mid_year) from own where true {by_age})
                and (later, {", ".join(keys)}) not in (select mid_year, {", ".join(keys)} from own)
                """
            )


def settle(settings: Settings) -> None:
    """The statistics that autovacuum has long gathered when the next delivery comes."""
    with connect(settings, OWNER, autocommit=True) as connection:
        connection.execute("analyze")


def sizes(settings: Settings) -> dict[str, int]:
    with connect(settings, OWNER) as connection:
        return connection.execute(
            """
            select
                (select count(*) from staging.stg_ops__submission where is_ever_known) as deliveries,
                (select sum(rows_accepted) from ops.submission where status in ('accepted', 'superseded')) as rows_accepted,
                (select count(*) from indicators.indicator_count) as counts,
                (select count(*) from marts.fct_indicator_value) as figures,
                (select count(*) from marts.fct_indicator_value where status = 'ok') as figures_ok
            """
        ).fetchone()


def revisions(settings: Settings) -> dict:
    """The transaction that last made each month of events anew."""
    with connect(settings, OWNER) as connection:
        found = connection.execute("select * from ops.built_month where model <> 'indicator_count'").fetchall()
    return {(row["model"], row["feed"], row["month_on"]): row["revision"] for row in found}


def ensure_only(settings: Settings, before: dict, month) -> None:
    """Nothing but the restated month was made anew: of events, and of counts."""
    after = revisions(settings)
    remade = {key for key in before | after if before.get(key) != after.get(key)}
    with connect(settings, OWNER) as connection:
        touched = {
            (row["feed"], row["month_on"])
            for row in connection.execute("select distinct feed, month_on from ops.touched_month").fetchall()
        }
    if remade != {("int_crime__recorded", RESTATED, month)} or touched != {(RESTATED, month)}:
        raise SystemExit(f"more than {month} was made anew: {sorted(remade)[:5]} {sorted(touched)[:5]}")


def middle(builds: list[Built]) -> Built:
    """The median of the rounds, figure by figure."""
    return Built(
        {layer: statistics.median(one.layers[layer] for one in builds) for layer in LAYERS},
        statistics.median(one.in_nodes for one in builds),
        {node: statistics.median(one.nodes[node] for one in builds) for node in builds[0].nodes},
    )


def show(measured: dict[int, dict]) -> None:
    header = ["years", "deliveries", "rows", "counts", "figures", "of them ok"]
    print(f"| {' | '.join(header)} |\n|{' --- |' * len(header)}")
    for years, found in measured.items():
        print(f"| {years} | {' | '.join(f'{value:,}' for value in found['sizes'].values())} |")
    columns = [(kind, years) for kind in ("full", "delta") for years in measured]
    said = " | ".join(f"{kind}, {years} {'year' if years == 1 else 'years'}" for kind, years in columns)

    def line(name: str, value) -> None:
        print(f"| {name} | {' | '.join(f'{value(measured[years][kind]):.1f}' for kind, years in columns)} |")

    print(f"\n| seconds | {said} |\n|{' --- |' * (len(columns) + 1)}")
    for layer in LAYERS:
        line(layer, lambda built, layer=layer: built.layers[layer])
    line("all", lambda built: built.total)
    line("of them dbt's own", lambda built: built.of_dbt_itself)
    largest = measured[max(measured)]
    most = {node: max(largest[kind].nodes[node] for kind in ("full", "delta")) for node in largest["delta"].nodes}
    print(f"\n| the slowest nodes | {said} |\n|{' --- |' * (len(columns) + 1)}")
    for node in sorted(most, key=lambda node: -most[node])[:SLOWEST]:
        line(node, lambda built, node=node: built.nodes[node])


@contextmanager
def server() -> Iterator[Settings]:
    """A prepared warehouse on a PostgreSQL of its own, which ends with the block."""
    from vrn.run import secrets
    from vrn.run.local import postgres

    with tempfile.TemporaryDirectory(prefix="vrn-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        os.environ |= {"VRN_HOME": folder, "VRN_PG_PORT": str(free_port()), "VRN_AIRFLOW_PORT": str(free_port())}
        for name in ("VRN_INBOX", "VRN_SECRETS", "VRN_PG_DATABASE", "VRN_CONTRACTS"):
            os.environ.pop(name, None)
        # No Airflow listens, so no run's note can be written, and every run says so.
        logging.getLogger("vrn.run.ingest").setLevel(logging.ERROR)
        settings = Settings()
        settings.logs.mkdir()
        secrets.ensure(settings)
        postgres.start(settings)
        try:
            prepare.prepare(settings)
            with connect(settings, autocommit=True) as connection:
                steps._make_sources(connection, settings)
            yield settings
            if os.environ.get("BENCH_KEEP"):
                # To look into a slow statement: EXPLAIN wants the tables that it was slow on.
                note(f"the server stays: {settings.conninfo(OWNER)}; press return")
                sys.stdin.readline()
        finally:
            postgres.stop(settings)


@contextmanager
def warehouse_of(years: int) -> Iterator[Settings]:
    """A warehouse into which that many years of deliveries came, not yet built."""
    with server() as settings:
        grow(settings, take_in_a_year(settings), 0, years)
        settle(settings)
        yield settings


def main() -> None:
    measured: dict[int, dict] = {}
    try:
        with server() as settings:
            started = time.monotonic()
            base = take_in_a_year(settings)
            note(f"{len(base)} deliveries taken in, {time.monotonic() - started:.0f} s")
            have = 0
            for years in YEARS:
                started = time.monotonic()
                grow(settings, base, have, years)
                note(f"{years} years of deliveries, {time.monotonic() - started:.0f} s")
                have = years
                measured[years] = measure(settings, years)
    finally:
        # What was measured before a build failed is worth its minutes.
        if measured:
            show(measured)


def measure(settings: Settings, years: int) -> dict:
    # Read before anything is measured, because a process reads the project once for all its builds.
    dbt.read(settings)
    settle(settings)
    full, delta = [], []
    for number in range(ROUNDS):
        full.append(build(settings, years, full=True))
        settle(settings)
        before = revisions(settings)
        month = restate(settings, number + 1)["period_start"]
        delta.append(build(settings, years, full=False))
        ensure_only(settings, before, month)
        note(f"round {number + 1}: full {full[-1].total:.1f} s, delta {delta[-1].total:.1f} s, load {os.getloadavg()[0]:.1f}")
    return {"full": middle(full), "delta": middle(delta), "sizes": sizes(settings)}


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
