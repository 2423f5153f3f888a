"""make bench-queries: how long a dashboard's queries take on ten synthetic years, for one client and for twenty at once.

The warehouse of bench_outcomes with BENCH_YEARS (10) of history is released whole and published: nothing is hidden, so that a query
finds more numbers than it ever would. PostgreSQL's own pgbench asks as vrn_bi_reader, each time for another indicator or area.
Goals: a median under 100 ms for one client; a 95th percentile under 500 ms for twenty.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from psycopg import sql

from tests import bench_outcomes
from tests.warehouses import open_to_readers
from vrn.access import roles as access
from vrn.build import dbt, table_swap
from vrn.publish import frozen
from vrn.run.local import postgres
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

YEARS = int(os.environ.get("BENCH_YEARS", "10"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
CLIENTS = (1, 20)
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


def publish_everything(settings: Settings) -> dict[str, int]:
    """A release of every figure as it is. Returns how many rows the star has."""
    with connect(settings, OWNER) as connection:
        number = connection.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) "
            "values ('bench', 'x', 'x', 'bench', true) returning release_number"
        ).fetchone()["release_number"]
        frozen.keep_models(connection, number)
        frozen.keep_values(connection, number)
        connection.execute("create temporary view decided as select 'publish' as decision, * from marts.fct_indicator_value")
        frozen.keep_decisions(connection, number, sql.Identifier("decided"))
    variables = {"as_of": f"date '{bench_outcomes.FIRST_YEAR + YEARS}-04-01'"}
    if not dbt.invoke(settings, ["--quiet", "run", "--select", "path:models/publish"], variables).success:
        raise SystemExit("publish was not built")
    table_swap.swap(settings)
    open_to_readers(settings)
    bench_outcomes.settle(settings)
    with connect(settings, OWNER) as connection:
        return {
            table: connection.execute(f"select count(*) as found from publish.{table}").fetchone()["found"]
            for table in ("indicator_value", "indicator", "area", "period")
        }


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


def ask(settings: Settings, folder: Path, written: list[Path], clients: int) -> dict[str, list[float]]:
    """Milliseconds of every answer, by query."""
    prefix = folder / f"log{clients}"
    arguments = [f"--file={path}" for path in written]
    subprocess.run(
        [
            str(postgres.binaries() / "pgbench"), "--no-vacuum", "--log", f"--log-prefix={prefix}", f"--client={clients}",
            f"--jobs={min(2, clients)}", f"--time={SECONDS}", *arguments,
        ],
        env={
            **os.environ, "PGHOST": settings.pg_host, "PGPORT": str(settings.pg_port), "PGDATABASE": settings.readers_database,
            "PGUSER": access.BI_READER, "PGPASSFILE": str(settings.passfile(access.BI_READER)),
        },
        check=True, capture_output=True,
    )  # fmt: skip
    took = defaultdict(list)
    for path in folder.glob(f"{prefix.name}.*"):
        for line in path.read_text().splitlines():
            # client, number, microseconds, script, and the moment.
            _, _, microseconds, script, *_ = line.split()
            took[list(QUERIES)[int(script)]].append(int(microseconds) / 1000)
    return took


def show(rows: dict[str, int], took: dict[int, dict[str, list[float]]]) -> None:
    print(f"{YEARS} years: " + ", ".join(f"{count:,} rows of {table}" for table, count in rows.items()))
    said = " | ".join(f"median, {clients} | 95 %, {clients}" for clients in took)
    print(f"\n| milliseconds, by clients | {said} |\n|{' --- |' * (1 + 2 * len(took))}")
    for query in QUERIES:
        cells = []
        for found in took.values():
            cells += [statistics.median(found[query]), statistics.quantiles(found[query], n=20)[-1]]
        print(f"| {query} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")


def main() -> None:
    with bench_outcomes.warehouse_of(YEARS) as settings, tempfile.TemporaryDirectory() as folder:
        bench_outcomes.build(settings, YEARS, full=True)
        rows = publish_everything(settings)
        written = scripts(settings, Path(folder))
        ask(settings, Path(folder), written, 1)
        show(rows, {clients: ask(settings, Path(folder), written, clients) for clients in CLIENTS})


if __name__ == "__main__":
    main()
