"""How well and how fast synthetic persons are linked, and with how much memory.

Precision and recall are counted in pairs of records: how many of the linked pairs are one person,
and how many of the pairs of one person are linked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench import memory
from tests.bench.plan import Plan
from tests.bench.table import Figure, Goal
from tests.truth_set import as_linked, quality, truth_set
from vrn.build.linkage import match

PRECISION, RECALL = Goal(">=", 0.995), Goal(">=", 0.95)


def measure(plan: Plan) -> Iterator[Figure]:
    """Precision, recall and seconds of both steps by seed, and the peak memory of all seeds, one after the other."""
    for seed in plan.seeds:
        records = truth_set(plan.persons, seed)
        started = time.perf_counter()
        coded = as_linked(records)
        read = time.perf_counter()
        linked = match.link(coded)
        done = time.perf_counter()
        precision, recall = quality(records, linked)
        size = f"{plan.persons:,} persons, {len(records):,} records, seed {seed}"
        yield Figure("linkage", "precision", size, precision, "", PRECISION)
        yield Figure("linkage", "recall", size, recall, "", RECALL)
        yield Figure("linkage", "match codes", size, read - started, "s")
        yield Figure("linkage", "linking", size, done - read, "s")
    yield Figure("linkage", "peak memory", f"{plan.persons:,} persons", memory.peak(), "MB")
