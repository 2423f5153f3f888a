"""python -m tests.bench_idle: what a running home costs while nothing comes, in percent of one core, over a minute.

Start it first (`make run`) and let it come to rest; VRN_HOME says which home. Optional: the seconds to look for.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

import psutil

from vrn.run.local import airflow, postgres
from vrn.settings import Settings


def main(seconds: float = 60) -> int:
    settings = Settings()
    pids = {name: airflow.pid(settings, name) for name in airflow.PROCESSES}
    if None in pids.values():
        print(f"The home {settings.home} does not run. Start it with `make run`.")
        return 1
    pids["PostgreSQL"] = int((postgres.data_folder(settings) / "postmaster.pid").read_text().split()[0])
    before, began = {name: used(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares = {name: (used(pid) - before[name]) / took for name, pid in pids.items()}
    for name, share in shares.items():
        print(f"{name:<14} {share:6.1%}")
    print(f"{'all':<14} {sum(shares.values()):6.1%} of one core, over {took:.0f} s")
    return 0


def used(pid: int) -> float:
    """Seconds of processor that a process, all that it started, and all of those that ended, have had."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    total = 0.0
    for one in family:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            # What it had is now its parent's.
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
