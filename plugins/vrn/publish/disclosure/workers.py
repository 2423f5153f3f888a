"""Work that falls into parts which know nothing of each other, done on all cores: the same answers, in the order of the parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

# Of fewer figures a process takes longer to start than to decide.
ENOUGH = 5_000


def each(do: Callable[..., Any], parts: Sequence[tuple], sizes: Sequence[int]) -> list[Any]:
    """What `do` gives for each part, called with it. sizes: by part, of how many figures it is."""
    cores = min(len(os.sched_getaffinity(0)), sum(size > 0 for size in sizes))
    if cores < 2 or sum(sizes) < ENOUGH:
        return [do(*part) for part in parts]
    # New processes and not forked ones: a thread of HiGHS or of pyarrow does not come along, and who waits for it waits for ever.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        # The largest first, so that all are busy to the end.
        begun = {number: pool.submit(do, *parts[number]) for number in sorted(range(len(parts)), key=lambda one: -sizes[one])}
        return [begun[number].result() for number in range(len(parts))]
