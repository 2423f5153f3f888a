"""Seconds of a full build and of one month's delta, by years of history.

The delta is the newest month of police_crime again, cut later, with changed rows; nothing else may
be made anew. Every layer is built without dbt's tests, in this process: Airflow starts a process
for each, which takes some seconds more. `as_of` is the day after the last month, so that there are
as many periods as there is history.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.bench import copies
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal
from vrn.build import dbt, table_swap
from vrn.build.layers import LAYERS
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

SLOWEST = 8
# A month's delta at 50 years against that at one (issue 17).
FLAT, MANY, FEW = Goal("<=", 1.3), 50, 1


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


def measure(plan: Plan) -> Iterator[Figure]:
    """Seconds of both builds, by layer, and of the slowest nodes; and how much longer a delta takes after
    many years than after one."""
    deltas: dict[int, float] = {}
    with copies.server() as settings:
        base = copies.take_in_a_year(settings)
        have = 0
        for years in sorted(plan.years):
            copies.grow(settings, base, have, years)
            have = years
            full, delta = _of_years(settings, years, plan.rounds)
            deltas[years] = delta.total
            size = f"{years} {'year' if years == 1 else 'years'}, {_figures(settings):,} figures"
            for kind, built in (("full build", full), ("a month's delta", delta)):
                yield from _told(kind, size, built)
    if {FEW, MANY} <= set(deltas):
        yield Figure("history", "delta at 50 years to delta at 1", "", deltas[MANY] / deltas[FEW], "", FLAT)


def _told(kind: str, size: str, built: Built) -> Iterator[Figure]:
    yield Figure("history", kind, size, built.total, "s")
    for layer, seconds in built.layers.items():
        yield Figure("history", f"{kind}: {layer}", size, seconds, "s")
    yield Figure("history", f"{kind}: dbt itself", size, built.of_dbt_itself, "s")
    for node in sorted(built.nodes, key=lambda node: -built.nodes[node])[:SLOWEST]:
        yield Figure("history", f"{kind}: {node}", size, built.nodes[node], "s")


def _of_years(settings: Settings, years: int, rounds: int) -> tuple[Built, Built]:
    # Read before anything is measured, because a process reads the project once for all its builds.
    dbt.read(settings)
    copies.settle(settings)
    full, delta = [], []
    for number in range(rounds):
        full.append(build(settings, years, full=True))
        copies.settle(settings)
        before = revisions(settings)
        month = copies.restate(settings, number + 1)["period_start"]
        delta.append(build(settings, years, full=False))
        ensure_only(settings, before, month)
    return middle(full), middle(delta)


def as_of(years: int) -> dict[str, str]:
    """dbt's variable for a history of so many years."""
    return {"as_of": f"date '{copies.FIRST_YEAR + years}-04-01'"}


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
            as_of(years),
        )
        built.layers[layer] = time.monotonic() - started
        if not done.success:
            bad = [f"{one.node.name}: {one.message}" for one in done.result.results if str(one.status) in ("error", "skipped")]
            raise SystemExit(f"{layer}: {bad or done.exception}")
        moments = list(_moments(done.result.results))
        built.in_nodes += (max(moments) - min(moments)).total_seconds()
        built.nodes |= {one.node.name: one.execution_time for one in done.result.results}
        if layer == "reference":
            copies.go_on_with_populations(settings, years)
        if layer == "publish":
            table_swap.swap(settings)
    return built


def _moments(results: list) -> Iterator[datetime]:
    for one in results:
        for timing in one.timing:
            yield from (moment for moment in (timing.started_at, timing.completed_at) if moment)


def _figures(settings: Settings) -> int:
    with connect(settings, OWNER) as connection:
        return connection.execute("select count(*) as found from marts.fct_indicator_value").fetchone()["found"]


def revisions(settings: Settings) -> dict:
    """The transaction that last made each month of events anew."""
    with connect(settings, OWNER) as connection:
        found = connection.execute("select * from ops.built_month where model like 'int\\_%'").fetchall()
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
    if remade != {("int_crime__recorded", copies.RESTATED, month)} or touched != {(copies.RESTATED, month)}:
        raise SystemExit(f"more than {month} was made anew: {sorted(remade)[:5]} {sorted(touched)[:5]}")


def middle(builds: list[Built]) -> Built:
    """The median of the rounds, figure by figure."""
    return Built(
        {layer: statistics.median(one.layers[layer] for one in builds) for layer in LAYERS},
        statistics.median(one.in_nodes for one in builds),
        {node: statistics.median(one.nodes[node] for one in builds) for node in builds[0].nodes},
    )
