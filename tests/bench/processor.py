"""What a process and all that it started have had of the processor."""

from __future__ import annotations

import psutil


def processor_seconds(pid: int) -> float:
    """What a process, all that it started, and all of those that ended, have had."""
    total = 0.0
    for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            # What it had is now its parent's.
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
