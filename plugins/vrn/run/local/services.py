"""The processes of a home and its disk: what runs and since when, and which of them keeps work from going on."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vrn.errors import HomeError
from vrn.run.local import airflow, postgres
from vrn.settings import Settings

# A start needs room for a database; no step of a delivery begins with less than the second.
LEAST_FREE_TO_START, LEAST_FREE = 2 << 30, 1 << 30
# Of which st_blocks counts, on every system.
BYTES_A_BLOCK = 512
AIRFLOWS = "Airflow's "
RUNNING, DEAD, STOPPED = "running", "dead", "stopped"


@dataclass(frozen=True)
class Service:
    """A process of the home.

    state: `stopped` where nobody wants it to run, `dead` where it ended by itself or was killed.
    since: when it was started, in UTC; None of one that is stopped.
    """

    name: str
    state: str
    since: datetime | None
    log: Path


def of(settings: Settings) -> list[Service]:
    """PostgreSQL and each of Airflow's processes, whether they run or not."""
    return [_postgres(settings), *(_airflow(settings, name) for name in airflow.PROCESSES)]


def _postgres(settings: Settings) -> Service:
    found = postgres.process(settings)
    state = STOPPED if found is None else RUNNING if found.is_alive else DEAD
    return Service("PostgreSQL", state, found and found.since, settings.server_log)


def _airflow(settings: Settings, name: str) -> Service:
    started = airflow.started_at(settings, name)
    state = STOPPED if started is None else RUNNING if airflow.is_running(settings, name) else DEAD
    return Service(f"{AIRFLOWS}{name}", state, started, airflow.log_file(settings, name))


def check(settings: Settings) -> None:
    """Raise HomeError where a process of a home that was started runs no more, or its disk is full."""
    check_room(settings, LEAST_FREE)
    # PostgreSQL comes first: without it Airflow's processes end as well.
    for one in of(settings):
        if one.state == DEAD:
            raise HomeError(
                f"{one.name} ended without being asked to; its log is {one.log}. Nothing was lost: `make run` starts it again "
                "and goes on where it was."
            )
        if one.state == STOPPED:
            raise HomeError(f"{one.name} was stopped meanwhile (make down?). Nothing was lost: `make run` goes on where it was.")


def check_room(settings: Settings, least: int) -> None:
    """Raise HomeError where the home's disk has fewer bytes left than `least`."""
    if (free := shutil.disk_usage(settings.home).free) < least:
        raise HomeError(
            f"The disk of {settings.home} has {free >> 20:,} MiB left and the warehouse needs {least >> 20:,}. "
            "Free some space, or put the home elsewhere with VRN_HOME. Nothing was lost: `make run` goes on where it was."
        )


def folder_bytes(folder: Path) -> int:
    """How much of the disk a folder's files take, in bytes; what may not be looked at or goes meanwhile counts nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_blocks * BYTES_A_BLOCK
    return total
