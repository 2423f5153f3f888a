"""What is left to do in a home, and how far the deliveries of a run are: from the inbox, Airflow's runs and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vrn.build.layers import LAYERS
from vrn.ledger import store as submissions
from vrn.run.airflow_api import AirflowApi
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

DAG_OF_BUILD = "build_outcomes"
DAG_OF_APPROVAL = "approve_held"
# The steps of a build from its look at the ledger on.
LAST = list(LAYERS)[-1]
STEPS = [f"dbt {layer}" for layer in LAYERS if layer != "reference"] + ["link"]
# A delivery is this run's when it came since, or when something of it was left to do. A build serves what was accepted before it
# looked at the ledger.
LEDGER = """
with build as (
    select max(started_at) as started_at from ops.step where step = %(first)s and is_success
), whole as (
    select max(first.started_at) as started_at
    from ops.step as first
    inner join ops.step as last on last.step = %(last)s and last.is_success and last.started_at > first.started_at
    where first.step = %(first)s and first.is_success
), layer as (
    select count(distinct step) as done
    from ops.step
    inner join build on step.started_at >= build.started_at
    where step = any(%(steps)s) and is_success
), delivery as (
    select
        status,
        status in ('received', 'staged', 'passed') as is_under_way,
        status in ('accepted', 'superseded') as serves,
        accepted_at <= whole.started_at as is_built,
        accepted_at <= build.started_at as is_in_build,
        status = 'passed' as is_judged,
        received_at >= %(since)s as is_new
    from ops.submission
    cross join build
    cross join whole
), ours as (
    select * from delivery where is_new or is_under_way or (serves and is_built is not true)
)
select
    count(*) as received,
    count(*) filter (where is_judged or not is_under_way) as judged,
    count(*) filter (where is_under_way or serves) as to_build,
    count(*) filter (where serves and is_built) as built,
    count(*) filter (where serves and is_built is not true and is_in_build) as in_build,
    count(*) filter (where serves and is_built is not true) as unbuilt,
    count(*) filter (where status = 'refused') as refused,
    (select done from layer) as layers_done,
    (select ledger from ops.built_layer where layer = %(layer)s) as built_from
from ours
"""


@dataclass(frozen=True)
class Work:
    """How many deliveries of a run there are, and how many are done with at each stage."""

    deliveries: int
    received: int
    judged: int
    # Of those that are not refused, held or duplicates; the layers of a build under way count as their share of its deliveries.
    to_build: int
    built: float
    refused: int
    active: tuple[str, ...]
    is_busy: bool
    has_failed_build: bool


def look(settings: Settings, api: AirflowApi, since: datetime) -> Work:
    """What is there and what is left. Raises OSError when Airflow does not answer."""
    # In the order in which a delivery walks: what leaves one place meanwhile is found in the next.
    waiting = sum(1 for path in settings.inbox.glob("*/*") if path.is_file() and not path.name.startswith("."))
    runs = api.call("GET", "/dags/~/dagRuns?state=queued&state=running&limit=100")["dag_runs"]
    # A run that waits for a person is no work of ours.
    active = tuple(sorted({run["dag_id"] for run in runs} - {DAG_OF_APPROVAL}))
    feeds = set(active) - {DAG_OF_BUILD}
    with connect(settings, OWNER) as connection:
        ledger = connection.execute(
            LEDGER,
            {"first": STEPS[0], "last": f"dbt {LAST}", "layer": LAST, "steps": STEPS, "since": since},
        ).fetchone()
        # A delivery that was accepted after the build began and before it looked at the ledger is built as well.
        is_whole = ledger["built_from"] == submissions.fingerprint(connection)
    unbuilt = ledger["unbuilt"] > 0 and not is_whole
    has_failed_build = unbuilt and not active and not waiting and _last_build_failed(api)
    return Work(
        deliveries=waiting + ledger["received"],
        received=ledger["received"],
        judged=ledger["judged"],
        to_build=waiting + ledger["to_build"],
        built=ledger["to_build"] if is_whole else ledger["built"] + ledger["in_build"] * ledger["layers_done"] / len(STEPS),
        refused=ledger["refused"],
        active=active,
        # A build that finds everything built already has nothing more to show.
        is_busy=bool(waiting or feeds or (active and not is_whole) or (unbuilt and not has_failed_build)),
        has_failed_build=has_failed_build,
    )


def _last_build_failed(api: AirflowApi) -> bool:
    runs = api.call("GET", f"/dags/{DAG_OF_BUILD}/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
    return bool(runs) and runs[0]["state"] == "failed"
