"""The most memory that a process has had."""

from __future__ import annotations

import re
from pathlib import Path


def peak() -> float:
    """MB of this process since it began. The kernel's `ru_maxrss` is not asked, because a program begins there with the memory of
    the process that started it."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))[1]) / 1024
