"""The main job on one machine: make the home, start the services, let the DAGs work, show what came of it."""

from __future__ import annotations

import fcntl
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from rich.console import Console

from vrn.access import modes
from vrn.errors import HomeError
from vrn.feeds import shown as feeds
from vrn.publish import exports
from vrn.report import headline, site
from vrn.run import prepare, secrets
from vrn.run.airflow_api import USER, AirflowApi
from vrn.run.local import airflow, postgres, progress, work
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

LEAST_FREE_BYTES = 2 << 30
SECONDS_TO_BE_READY = 180
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_STALL = 120
PLAIN_WIDTH = 130
# A build of what came last may follow at once on one that failed.
LOOKS_AT_A_FAILED_BUILD = 3


def up(settings: Settings, console: Console) -> None:
    """Everything running and ready: PostgreSQL, the warehouse, Airflow. Safe to call again. Raises HomeError."""
    with _alone(settings):
        _start(settings, console)


def _start(settings: Settings, console: Console, before_airflow: Callable[[], object] = lambda: None) -> None:
    """Start what does not run. What has to be there before Airflow looks for the first time is done while its database is made
    ready, which takes seconds."""
    check_room(settings)
    is_new = not postgres.is_made(settings)
    made = secrets.ensure(settings, is_new=is_new)
    if made and not is_new:
        console.print(f"made, because it was not there: {', '.join(made)}. Hand it to whoever signs in with it.")
    if not postgres.is_running(settings):
        check_port(settings.pg_port, "VRN_PG_PORT")
        console.print("starting PostgreSQL 18")
        postgres.start(settings)
    if airflow.is_outdated(settings):
        console.print("the library changed: Airflow is started anew")
        airflow.stop(settings)
    is_whole = all(airflow.is_running(settings, name) for name in airflow.PROCESSES)
    if not airflow.is_running(settings, "api-server"):
        check_port(settings.airflow_port, "VRN_AIRFLOW_PORT")
    console.print("bringing the databases up to date")
    with nullcontext() if is_whole else airflow.prepared(settings):
        prepare.prepare(settings)
        before_airflow()
    if not is_whole:
        console.print("starting Airflow: API server, scheduler, DAG processor, triggerer")
        airflow.start(settings)
    wait_until_ready(settings)


def down(settings: Settings, console: Console) -> None:
    airflow.stop(settings)
    postgres.stop(settings)
    console.print(f"stopped; everything is kept in {settings.home}")


def run(settings: Settings, console: Console, since: datetime) -> None:
    """Start what is not running, let the DAGs take in all that waits, and return when nothing is left to do.

    since: when the run began; what came later is shown as its work.
    """
    # A wrong DEMO is told before anything starts.
    _ = settings.is_full_demo
    with progress.shown(console) as show:
        with _alone(settings):
            _start(settings, console, lambda: fill(settings, console))
        wait_until_done(settings, console, show, since)


def fill(settings: Settings, console: Console) -> bool:
    """Write the synthetic deliveries into a home to which nothing ever came. Returns whether it was one."""
    if not is_fresh(settings):
        return False
    console.print("[bold]The inbox is empty: writing SYNTHETIC deliveries for every feed.[/bold]")
    files = deliveries.write_all(settings, is_full=settings.is_full_demo)
    console.print(f"{len(files)} synthetic files written; no real person or place of crime is in them")
    return True


def is_fresh(settings: Settings) -> bool:
    """Whether nothing waits in the inbox and nothing ever came."""
    waiting = settings.inbox.is_dir() and any(path.is_file() for path in settings.inbox.glob("*/*"))
    with connect(settings, OWNER) as connection:
        return not waiting and connection.execute("select 1 from ops.submission limit 1").fetchone() is None


def wait_until_ready(settings: Settings) -> None:
    """Until every part of Airflow beats and every DAG is known."""
    expected = {f"{feeds.PREFIX}{feed.name}" for feed in feeds.listed(settings.contracts)}
    expected |= {work.DAG_OF_BUILD, work.DAG_OF_APPROVAL}
    deadline = time.monotonic() + SECONDS_TO_BE_READY
    api, missing = AirflowApi(settings), "the API server"
    while time.monotonic() < deadline:
        dead = [name for name in airflow.PROCESSES if not airflow.is_running(settings, name)]
        if dead:
            raise HomeError(f"Airflow's {dead[0]} ended; its log is {settings.logs / f'airflow-{dead[0]}.log'}")
        try:
            api.wake()
            health = api.call("GET", "/monitor/health")
            known = {dag["dag_id"] for dag in api.call("GET", "/dags?limit=500")["dags"]}
        except OSError:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        missing = ", ".join(
            [name for name in ("scheduler", "triggerer", "dag_processor") if health[name]["status"] != "healthy"]
            + sorted(expected - known)
        )
        if not missing:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise HomeError(f"Airflow was not ready after {SECONDS_TO_BE_READY} seconds; still missing: {missing}. See {settings.logs}")


def wait_until_done(settings: Settings, console: Console, show: progress.Show, since: datetime) -> None:
    """Until the inbox is empty, no run is under way, and everything accepted has been built. Shows what moves."""
    api = AirflowApi(settings)
    has_figure = headline.first(settings) is not None
    # Seeds and statistics rest on no delivery: they are built while the first deliveries of a home are judged.
    is_new = not has_figure
    failed = 0
    before, moved_at = None, time.monotonic()
    answered_at = moved_at
    while failed < LOOKS_AT_A_FAILED_BUILD:
        try:
            now = work.look(settings, api, since)
            if is_new and now.is_busy and now.received == now.deliveries > 0:
                api.call("POST", f"/dags/{work.DAG_OF_BUILD}/dagRuns", {"logical_date": None})
                is_new = False
        except OSError as error:
            # On a machine that has more to do than it can, the next look is answered.
            if time.monotonic() - answered_at > SECONDS_TO_STALL:
                raise HomeError(
                    f"Airflow has not answered for two minutes ({error}). Its logs are in {settings.logs}; nothing was lost: "
                    "`make run` goes on where it was."
                ) from None
            time.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        answered_at = time.monotonic()
        show(now)
        if not has_figure and (figure := headline.first(settings)):
            console.print(figure)
            has_figure = True
        if not now.is_busy and not now.has_failed_build:
            return
        failed = failed + 1 if now.has_failed_build else 0
        if now != before or now.active:
            before, moved_at = now, time.monotonic()
        elif now.is_busy and time.monotonic() - moved_at > SECONDS_TO_STALL:
            raise HomeError(
                "Work is left but nothing has moved for two minutes: a run failed before it took the files in. Airflow's "
                f"page of the feed says why (http://127.0.0.1:{settings.airflow_port}); nothing was lost."
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise HomeError(
        "Deliveries were accepted but the build of the outcomes failed; the tables are those of the last good build. "
        f"Airflow's page of {work.DAG_OF_BUILD} says why (http://127.0.0.1:{settings.airflow_port})."
    )


def addresses(settings: Settings) -> list[tuple[str, str]]:
    return [
        (
            "Airflow",
            f"http://127.0.0.1:{settings.airflow_port}  user {USER}, password in {settings.secrets}/airflow_admin_password",
        ),
        ("Warehouse", f"postgresql://vrn_owner@127.0.0.1:{settings.pg_port}/{settings.database}  (make psql, make env)"),
        ("Inbox", f"{settings.inbox}/FEED/"),
    ]


def check_room(settings: Settings) -> None:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE_BYTES:
        raise HomeError(
            f"The disk of {settings.home} has {free >> 20:,} MiB left and the warehouse needs {LEAST_FREE_BYTES >> 20:,}. "
            "Free some space, or put the home elsewhere with VRN_HOME."
        )


def check_port(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise HomeError(f"Port {port} is taken by another program. Stop it, or choose another port with {variable}=…") from None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One start at a time in a home, whose folders are there."""
    for path in (settings.home, settings.logs, settings.inbox, settings.landing, settings.data_docs):
        path.mkdir(parents=True, exist_ok=True)
    modes.close(settings, public=(site.folder(settings), settings.public / exports.FOLDER))
    with (settings.home / "start.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeError(f"Another `make run` or `make up` is starting the home {settings.home}; wait for it.") from None
        yield


def terminal() -> Console:
    """Colours, moving bars and its own width on a terminal; plain lines, wide enough for the table, elsewhere."""
    terminal = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=not terminal, force_terminal=terminal, width=None if terminal else PLAIN_WIDTH)
