"""How long a dashboard's queries take on years of history, for one client and for many at once.

The warehouse of the part `history` is released whole and published: nothing is hidden, so that a
query finds more numbers than it ever would. PostgreSQL's own pgbench asks as vrn_bi_reader, each
time for another indicator or area, on the same cores.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench import copies, history
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal, LeftOut
from vrn.access import roles as access
from vrn.build import steps
from vrn.publish import frozen, readers
from vrn.run import prepare
from vrn.run.local import postgres
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# Of so many years, or of as many as there are to be.
YEARS = 10
# Connections beside those of dashboards.
ROOM = 20
# Milliseconds of the median of one client, and of the 95th percentile of twenty.
GOALS = {("median", 1): Goal("<=", 100), ("95 %", 20): Goal("<=", 500)}
CELL = "sex = 'all' and age_band = 'all' and ethnicity = 'all' and imd_quintile = 'all'"
# What the pages of a dashboard ask. :indicator and :area are drawn anew for each question.
QUERIES = {
    "profile of an area": "select * from publish.area_profile where area_code = :area order by domain, indicator_id;",
    "time series of 20 areas": (
        "select area_name, period_label, start_on, value, lower_ci_95, upper_ci_95, status from publish.indicator_value "
        "join publish.area using (area_code) join publish.period using (period_id) where indicator_id = :indicator "
        f"and area_code = any(:areas) and period_type = 'month' and {CELL} order by area.sort_order, start_on;"
    ),
    "scorecard": "select * from publish.framework_scorecard order by domain, indicator_id;",
    "map": (
        "select area_code, area_name, value, comparison, indicator_value.status from publish.indicator_value "
        "join publish.area using (area_code) where indicator_id = :indicator and area_type = 'district' "
        f"and period_id = :period and {CELL};"
    ),
    "breakdown of a year": (
        "select area_name, sex, age_band, ethnicity, imd_quintile, indicator_value.count, value, indicator_value.status "
        "from publish.indicator_value join publish.area using (area_code) "
        "where indicator_id = :indicator and area_code = :area and period_id = :period;"
    ),
}


def publish_everything(settings: Settings) -> int:
    """A release of every figure as it is. Returns how many rows publish.indicator_value has."""
    with connect(settings, OWNER) as connection:
        number = connection.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) "
            "values ('bench', 'x', 'x', 'bench', true) returning release_number"
        ).fetchone()["release_number"]
        frozen.keep_models(connection, number)
        frozen.keep_values(connection, number)
        connection.execute("create temporary view decided as select 'publish' as decision, * from marts.fct_indicator_value")
        frozen.keep_decisions(connection, number, sql.Identifier("decided"))
    steps.take("publish")
    prepare.prepare(settings)
    readers.fill(settings)
    copies.settle(settings)
    with connect(settings, OWNER) as connection:
        return connection.execute("select count(*) as found from publish.indicator_value").fetchone()["found"]


def let_in(settings: Settings, clients: int) -> None:
    """As many connections of dashboards at once; those of the house have fewer, and a pool before them."""
    with psycopg.connect(settings.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter role {} connection limit {}").format(sql.Identifier(access.BI_READER), sql.Literal(clients))
        )


def scripts(settings: Settings, folder: Path) -> list[Path]:
    """A pgbench script for each query, with what it draws from written into it."""
    with connect(settings, OWNER) as connection:

        def drawn(query: str) -> list[str]:
            return [row["found"] for row in connection.execute(query).fetchall()]

        indicators = drawn("select indicator_id as found from publish.indicator order by 1")
        areas = drawn("select area_code as found from publish.area where area_type <> 'unplaced' order by sort_order limit 20")
        periods = drawn("select period_id as found from publish.period where period_type = 'financial_year' order by 1")
    if len(areas) < 20:
        raise SystemExit(f"a time series of 20 areas was to be asked for, and there are {len(areas)}")
    written = []
    for number, query in enumerate(QUERIES.values()):
        lines = [
            f"\\set i random(1, {len(indicators)})",
            f"\\set a random(1, {len(areas)})",
            f"\\set p random(1, {len(periods)})",
            query.replace(":indicator", f"({_array(indicators)})[:i]")
            .replace(":areas", _array(areas))
            .replace(":area", f"({_array(areas)})[:a]")
            .replace(":period", f"({_array(periods)})[:p]"),
        ]
        path = folder / f"{number}.sql"
        path.write_text("\n".join(lines) + "\n")
        written.append(path)
    return written


def _array(values: list[str]) -> str:
    return "array[" + ", ".join(f"'{value}'" for value in values) + "]"


def ask(settings: Settings, written: list[Path], clients: int, seconds: int) -> dict[str, list[float]]:
    """Milliseconds of every answer, by query."""
    took = defaultdict(list)
    # A folder for each time, because pgbench numbers its logs by its process and all of them are read.
    with tempfile.TemporaryDirectory(dir=written[0].parent) as folder:
        subprocess.run(
            [
                str(postgres.binaries() / "pgbench"), "--no-vacuum", "--log", f"--log-prefix={folder}/log", f"--client={clients}",
                f"--jobs={min(2, clients)}", f"--time={seconds}", *(f"--file={path}" for path in written),
            ],
            env={
                **os.environ, "PGHOST": settings.pg_host, "PGPORT": str(settings.pg_port), "PGDATABASE": settings.readers_database,
                "PGUSER": access.BI_READER, "PGPASSFILE": str(settings.passfile(access.BI_READER)),
            },
            check=True, capture_output=True,
        )  # fmt: skip
        for path in Path(folder).glob("log.*"):
            for line in path.read_text().splitlines():
                # client, number, microseconds, script, and the moment.
                _, _, microseconds, script, *_ = line.split()
                took[list(QUERIES)[int(script)]].append(int(microseconds) / 1000)
    return took


def percentile(answers: list[float]) -> float:
    """The 95th percentile of what was measured: never more than the longest, and the only one where there is one."""
    return statistics.quantiles(answers, n=20, method="inclusive")[-1] if len(answers) > 1 else answers[0]


def measure(plan: Plan) -> Iterator[Figure | LeftOut]:
    """Milliseconds of each query, by how many ask at once."""
    years, most = min(YEARS, max(plan.years)), max(plan.clients)
    postgres.SERVER_OPTIONS["max_connections"] = str(most + ROOM + int(postgres.SERVER_OPTIONS["reserved_connections"]))
    with copies.server() as settings, tempfile.TemporaryDirectory() as folder:
        copies.grow(settings, copies.take_in_a_year(settings), 0, years)
        copies.settle(settings)
        history.build(settings, years, full=True)
        rows = publish_everything(settings)
        let_in(settings, most)
        written = scripts(settings, Path(folder))
        # The first answers are those of a server that has read nothing yet.
        ask(settings, written, 1, plan.seconds_of_asking)
        for clients in plan.clients:
            took = ask(settings, written, clients, plan.seconds_of_asking)
            size = f"{clients} {'client' if clients == 1 else 'clients'}, {rows:,} rows"
            for query in QUERIES:
                if query not in took:
                    yield LeftOut("queries", f"{query}, {size}", f"it had no answer within {plan.seconds_of_asking} s")
                    continue
                for name, value in (("median", statistics.median(took[query])), ("95 %", percentile(took[query]))):
                    yield Figure("queries", f"{query}, {name}", size, value, "ms", GOALS.get((name, clients)))
