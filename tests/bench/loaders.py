"""What others would load the same file with: pandas and `to_sql`, and dlt where it is installed.
Nothing is judged or protected.

dlt is no requirement of the house: `uv pip install -r tests/bench/requirements.txt` beside it, and
this part measures it too.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from tests.bench import machine, street
from tests.bench.ingest import plain_copy
from tests.bench.plan import Plan
from tests.bench.table import Figure, LeftOut
from vrn.settings import Settings
from vrn.warehouse.roles import LOADER

# They hold all rows in memory, or take minutes for each million.
MOST = 2_000_000
TABLE = "street_of_others"


def measure(plan: Plan) -> Iterator[Figure | LeftOut]:
    """Seconds of each loader, by size of the file, beside those of COPY."""
    loaders: dict[str, Callable[[Settings, Path], float]] = {"COPY by the server": plain_copy, "pandas and to_sql": _pandas}
    if find_spec("dlt"):
        loaders["dlt"] = _dlt
    else:
        yield LeftOut("loaders", "dlt", "it is not installed (docs/performance.md says how to install it beside)")
    with machine.server() as settings:
        path = settings.home / "source.csv"
        for rows in plan.sizes:
            if rows > MOST:
                yield LeftOut("loaders", f"{rows:,} rows", f"loaders that hold all rows in memory are measured up to {MOST:,}")
                continue
            street.write_file(path, rows, settings)
            took = {name: [] for name in loaders}
            for _ in range(plan.rounds):
                for name, load in loaders.items():
                    took[name].append(load(settings, path))
            for name, seconds in took.items():
                yield Figure("loaders", name, f"{rows:,} rows", statistics.median(seconds), "s")


def _pandas(settings: Settings, path: Path) -> float:
    engine = sa.create_engine(settings.url(LOADER))
    try:
        started = time.monotonic()
        with engine.begin() as connection:
            pd.read_csv(path).to_sql(TABLE, connection, schema="raw", if_exists="replace", index=False, chunksize=10_000)
        seconds = time.monotonic() - started
        with engine.begin() as connection:
            connection.execute(sa.text(f"drop table raw.{TABLE}"))
        return seconds
    finally:
        engine.dispose()


def _dlt(settings: Settings, path: Path) -> float:
    # It reports to its makers unless it is told not to.
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(settings.home / "dlt")}
    import dlt
    import pyarrow.csv

    where = f"postgresql://{LOADER}:{settings.password(LOADER)}@{settings.pg_host}:{settings.pg_port}/{settings.database}"
    # What it remembers of a load would tell the next that its tables are there.
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        started = time.monotonic()
        pipeline = dlt.pipeline("street", destination=dlt.destinations.postgres(where), dataset_name="raw", pipelines_dir=folder)
        pipeline.run(pyarrow.csv.read_csv(path), table_name=TABLE, write_disposition="replace")
        seconds = time.monotonic() - started
        with pipeline.sql_client() as client:
            client.drop_tables(TABLE, *(table["name"] for table in pipeline.default_schema.dlt_tables()), "_dlt_pipeline_state")
    return seconds
