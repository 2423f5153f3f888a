"""Seconds of a full build and of one month's delta, by years of history.

Both are the house's own steps, with dbt's tests and what a build passes over, in this process as in
the task that builds; without linkage, because copies of persons are no other persons. A full build
is that of a project that changed. The delta is the newest month of police_crime again, cut later,
with changed rows; nothing else may be made anew. The home lives on the day after the last month, so
that there are as many periods as there is history.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

from tests.bench import copies
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal, LeftOut
from vrn.build import dbt, steps
from vrn.build.layers import LAYERS
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

SLOWEST = 8
MADE_OF_RESTATED = ("int_crime__recorded", "int_crime__reference")
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


def measure(plan: Plan) -> Iterator[Figure | LeftOut]:
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
    what = f"delta at {MANY} years to delta at {FEW}"
    if {FEW, MANY} <= set(deltas):
        yield Figure("history", what, "", deltas[MANY] / deltas[FEW], "", FLAT)
    else:
        yield LeftOut("history", what, f"YEARS has not both {FEW} and {MANY}")


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
        ensure_only(settings, before, month, delta[-1])
    return middle(full), middle(delta)


def build(settings: Settings, years: int, *, full: bool) -> Built:
    """Every layer, as a build of the house makes it on the day after so many years."""
    os.environ["VRN_AS_OF"] = f"{copies.FIRST_YEAR + years}-04-01"
    if full:
        with connect(settings, OWNER) as connection:
            connection.execute("update ops.built_layer set code = 'another project'")
    built = Built()
    for layer in LAYERS:
        with _results() as results:
            started = time.monotonic()
            steps.take(layer)
            built.layers[layer] = time.monotonic() - started
        if moments := list(_moments(results)):
            built.in_nodes += (max(moments) - min(moments)).total_seconds()
        built.nodes |= {one.node.name: one.execution_time for one in results}
        if layer == "reference":
            copies.go_on_with_populations(settings, years)
    return built


@contextmanager
def _results() -> Iterator[list]:
    """What dbt says of each node that it deals with in this block."""
    found, invoke = [], dbt.invoke

    def kept(*arguments, **named):
        done = invoke(*arguments, **named)
        found.extend(done.result.results if done.result is not None else [])
        return done

    with patch.object(dbt, "invoke", kept):
        yield found


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


def ensure_only(settings: Settings, before: dict, month, built: Built) -> None:
    """Nothing but the restated month was made anew: of events, and of counts. Models that the build passed over have marks of
    builds before."""
    after = revisions(settings)
    remade = {key for key in before | after if before.get(key) != after.get(key)}
    with connect(settings, OWNER) as connection:
        touched = {
            (row["feed"], row["month_on"])
            for row in connection.execute(
                "select distinct feed, month_on from ops.touched_month where model = any(%s)", [list(built.nodes)]
            ).fetchall()
        }
    if remade != {(model, copies.RESTATED, month) for model in MADE_OF_RESTATED} or touched != {(copies.RESTATED, month)}:
        raise SystemExit(f"more than {month} was made anew: {sorted(remade)[:5]} {sorted(touched)[:5]}")


def middle(builds: list[Built]) -> Built:
    """The median of the rounds, figure by figure."""
    return Built(
        {layer: statistics.median(one.layers[layer] for one in builds) for layer in LAYERS},
        statistics.median(one.in_nodes for one in builds),
        {node: statistics.median(one.nodes[node] for one in builds) for node in builds[0].nodes},
    )
