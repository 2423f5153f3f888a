"""python -m tests.bench_linkage: how well and how fast 50,000 synthetic persons are linked, and with how much memory.

Precision and recall are counted in pairs of records: how many of the linked pairs are one person, and how many of the pairs
of one person are linked. Exits with 1 below the promise (precision 0.995, recall 0.95). Optional: persons, seed.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

from tests.truth_set import PERSONS, as_linked, quality, truth_set
from vrn.build.linkage import match

PRECISION, RECALL = 0.995, 0.95


def main(persons: int = PERSONS, seed: int = 1) -> int:
    records = truth_set(persons, seed)
    started = time.perf_counter()
    coded = as_linked(records)
    read = time.perf_counter()
    linked = match.link(coded)
    done = time.perf_counter()
    precision, recall = quality(records, linked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{persons:,} persons, {len(records):,} records, seed {seed}")
    print(f"precision {precision:.4f} (at least {PRECISION}), recall {recall:.4f} (at least {RECALL}), of pairs")
    print(f"match codes {read - started:.1f} s, linking {done - read:.1f} s, peak memory {peak:.0f} MiB")
    print(", ".join(f"{rule} {count:,}" for rule, count in linked["match_rule"].fillna("alone").value_counts().items()), "records")
    return 0 if precision >= PRECISION and recall >= RECALL else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
