"""The machine that a bench measures on, and what it measures with."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import psutil

from vrn.run.local import postgres


def described() -> dict[str, object]:
    """The processor's model and cores, the memory in MB, and the versions of Python and PostgreSQL."""
    said = subprocess.run([str(postgres.binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True)
    return {
        "processor": _model(),
        "cores": os.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / 1024**2),
        "python": platform.python_version(),
        "postgresql": said.stdout.split()[-1],
    }


def _model() -> str:
    # Only some kernels name it; then its kind is all that there is to say.
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
