"""The main job on one machine: make the home, start the services, let the DAGs work, show what came of it."""

from __future__ import annotations

import fcntl
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from vrn import secrets, warehouse
from vrn.airflow_api import USER, AirflowApi
from vrn.database import connect
from vrn.errors import HomeError
from vrn.local import airflow, postgres
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.transport import folder

LEAST_FREE_BYTES = 2 << 30
SECONDS_TO_BE_READY = 180
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_STALL = 120
PLAIN_WIDTH = 130
DAG_OF_BUILD = "build_outcomes"
DAG_OF_APPROVAL = "approve_held"
# How many runs under way a line names.
RUNS_NAMED = 3
# When the last build began that came to its end: what was accepted before that is in the marts.
LAST_WHOLE_BUILD = """
select max(first.started_at) as started_at
from ops.step as first
inner join ops.step as last on last.step = 'dbt publish' and last.is_success and last.started_at > first.started_at
where first.step = 'dbt staging' and first.is_success
"""


def up(settings: Settings, console: Console) -> None:
    """Everything running and ready: PostgreSQL, the warehouse, Airflow. Safe to call again. Raises HomeError."""
    for path in (settings.home, settings.logs, settings.inbox, settings.landing, settings.data_docs):
        path.mkdir(parents=True, exist_ok=True)
    # Other users need to pass through the home to reach nothing but PostgreSQL's own folder.
    settings.home.chmod(0o711)
    with _alone(settings):
        check_room(settings)
        secrets.ensure(settings)
        if not postgres.is_running(settings):
            check_port(settings.pg_port, "VRN_PG_PORT")
            console.print("starting PostgreSQL 18")
            postgres.start(settings)
        running = all(airflow.is_running(settings, name) for name in airflow.PROCESSES)
        if not airflow.is_running(settings, "api-server"):
            check_port(settings.airflow_port, "VRN_AIRFLOW_PORT")
        console.print("bringing the warehouse up to date")
        warehouse.prepare(settings)
        if not running:
            console.print("bringing Airflow's database up to date")
            airflow.prepare(settings)
            console.print("starting Airflow: API server, scheduler, DAG processor, triggerer")
            airflow.start(settings)
        wait_until_ready(settings, console)


def down(settings: Settings, console: Console) -> None:
    airflow.stop(settings)
    postgres.stop(settings)
    console.print(f"stopped; everything is kept in {settings.home}")


def run(settings: Settings, console: Console) -> None:
    """Start what is not running, let the DAGs take in all that waits, and return when nothing is left to do."""
    is_full = settings.is_full_demo
    up(settings, console)
    if is_fresh(settings):
        console.print("[bold]The inbox is empty: writing SYNTHETIC deliveries for every feed.[/bold]")
        files = deliveries.write_all(settings, is_full=is_full)
        console.print(f"{len(files)} synthetic files written; no real person or place of crime is in them")
    wait_until_done(settings, console)


def is_fresh(settings: Settings) -> bool:
    """Whether nothing waits in the inbox and nothing ever came."""
    waiting = settings.inbox.is_dir() and any(path.is_file() for path in settings.inbox.glob("*/*"))
    with connect(settings, warehouse.OWNER) as connection:
        return not waiting and connection.execute("select 1 from ops.submission limit 1").fetchone() is None


def wait_until_ready(settings: Settings, console: Console) -> None:
    """Until every part of Airflow beats and every DAG is known."""
    expected = {f"ingest__{path.name.removesuffix('.odcs.yaml')}" for path in settings.contracts.glob("*.odcs.yaml")}
    expected |= {DAG_OF_BUILD, DAG_OF_APPROVAL}
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


def wait_until_done(settings: Settings, console: Console) -> None:
    """Until the inbox is empty, no run is under way, and everything accepted has been built. Shows what moves."""
    api = AirflowApi(settings)
    quiet = 0
    before, moved_at = None, time.monotonic()
    answered_at = moved_at
    with _progress(console) as show:
        while quiet < 3:
            try:
                state = work_left(settings, api)
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
            show(state)
            quiet = 0 if state["busy"] else quiet + 1
            if state != before or state["active"]:
                before, moved_at = state, time.monotonic()
            elif state["busy"] and time.monotonic() - moved_at > SECONDS_TO_STALL:
                raise HomeError(
                    "Work is left but nothing has moved for two minutes: a run failed before it took the files in. Airflow's "
                    f"page of the feed says why (http://127.0.0.1:{settings.airflow_port}); nothing was lost."
                )
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if state["failed_build"]:
        raise HomeError(
            "Deliveries were accepted but the build of the outcomes failed; the tables are those of the last good build. "
            f"Airflow's page of {DAG_OF_BUILD} says why (http://127.0.0.1:{settings.airflow_port})."
        )


def work_left(settings: Settings, api: AirflowApi) -> dict:
    """What is still to do, from the inbox, the ledger and Airflow's own runs."""
    waiting = sum(len(folder.waiting(path)) for path in settings.inbox.iterdir() if path.is_dir())
    resting = sum(1 for path in settings.inbox.glob("*/*") if path.is_file() and not path.name.startswith(".")) - waiting
    runs = api.call("GET", "/dags/~/dagRuns?state=queued&state=running&limit=100")["dag_runs"]
    # A run that waits for a person is no work of ours.
    runs = [run for run in runs if run["dag_id"] != DAG_OF_APPROVAL]
    with connect(settings, warehouse.OWNER) as connection:
        ledger = connection.execute(
            "select count(*) filter (where status in ('accepted', 'superseded')) as accepted, "
            "count(*) filter (where status = 'refused') as refused, count(*) filter (where status = 'duplicate') as duplicate, "
            "count(*) filter (where status = 'received') as received, max(accepted_at) as last_accepted from ops.submission"
        ).fetchone()
        built = connection.execute(LAST_WHOLE_BUILD).fetchone()["started_at"]
    unbuilt = ledger["last_accepted"] is not None and (built is None or built < ledger["last_accepted"])
    active = sorted({run["dag_id"] for run in runs})
    failed_build = unbuilt and not active and not waiting and not resting and _last_build_failed(api)
    return {
        **ledger,
        "waiting": waiting + resting,
        "active": active,
        "failed_build": failed_build,
        "busy": bool(waiting or resting or active or (unbuilt and not failed_build)),
    }


def _last_build_failed(api: AirflowApi) -> bool:
    runs = api.call("GET", f"/dags/{DAG_OF_BUILD}/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
    return bool(runs) and runs[0]["state"] == "failed"


@contextmanager
def _progress(console: Console) -> Iterator:
    def line(state: dict) -> str:
        active = ", ".join(state["active"][:RUNS_NAMED]) or "waiting for Airflow to pick up the work"
        if len(state["active"]) > RUNS_NAMED:
            active += f" and {len(state['active']) - RUNS_NAMED} more"
        return (
            f"{state['accepted']} accepted, {state['received']} under way, {state['waiting']} waiting, "
            f"{state['refused']} refused, {state['duplicate']} duplicate; {active}"
        )

    if console.is_terminal:
        with console.status("looking at the inbox") as status:
            yield lambda state: status.update(line(state))
        return
    shown = ""

    def plain(state: dict) -> None:
        nonlocal shown
        if (text := line(state)) != shown:
            console.print(text)
            shown = text

    yield plain


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
    """One start at a time in a home."""
    with (settings.home / "start.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeError(f"Another `make run` or `make up` is starting the home {settings.home}; wait for it.") from None
        yield


def terminal() -> Console:
    """Colours and a moving line on a terminal; plain lines, wide enough for the table, elsewhere."""
    terminal = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=True, force_terminal=terminal, width=None if terminal else PLAIN_WIDTH)
