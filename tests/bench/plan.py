"""How much is measured: the sizes of each part, all of which can be given (`make bench SIZES=18000
YEARS=1 ROUNDS=1 ONLY=ingest`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """rounds: figures of parts that measure more than once are the median of so many. sizes: rows of a file. years: of history.
    clients: that ask at once for `seconds_of_asking`. feeds: whose DAGs are read. persons: who are linked, made up anew for each of
    the seeds."""

    rounds: int = 3
    sizes: tuple[int, ...] = (18_000, 360_000, 2_000_000, 10_000_000)
    years: tuple[int, ...] = (1, 5, 10, 50)
    clients: tuple[int, ...] = (1, 20, 100)
    seconds_of_asking: int = 20
    feeds: tuple[int, ...] = (29, 150)
    persons: int = 50_000
    seeds: tuple[int, ...] = (41, 42)
