"""What is left to do in a home, and how far the deliveries of a run are: from the inbox, Airflow's runs and the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from vrn.build import left_out
from vrn.build import steps as build
from vrn.build.layers import LAYERS
from vrn.ledger import store as submissions
from vrn.ledger.states import UNDER_WAY
from vrn.receive import folder
from vrn.run.local import inbox
from vrn.run.local.inbox import File
from vrn.run.local.runs import DAG_OF_BUILD, INGEST, Runs
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

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
        status = any(%(under_way)s) as is_under_way,
        status not in ('received', 'staged') as is_judged,
        status in ('accepted', 'superseded') as serves,
        accepted_at <= whole.started_at as is_built,
        accepted_at <= build.started_at as is_in_build,
        received_at >= %(since)s or exists (
            select from ops.submission_move as replay
            where replay.submission_id = submission.submission_id and to_status = 'received' and from_status is not null
                and replay.moved_at >= %(since)s
        ) as is_new
    from ops.submission
    cross join build
    cross join whole
), ours as (
    select * from delivery where is_new or is_under_way or (serves and is_built is not true)
)
select
    count(*) as received,
    count(*) filter (where is_judged) as judged,
    count(*) filter (where is_under_way or serves) as to_build,
    count(*) filter (where serves) as serves,
    count(*) filter (where serves and is_built) as built,
    count(*) filter (where serves and is_built is not true and is_in_build) as in_build,
    count(*) filter (where status = 'refused') as refused,
    (select done from layer) as layers_done
from ours
"""
OPEN = """
select feed, file_name, submission_id, status, attempt, tries
from ops.submission
where status = any(%(under_way)s)
order by submission_id
"""
IS_ANYTHING_THERE = """
select exists (select from ops.built_layer) or exists (
    select from ops.submission where status in ('accepted', 'superseded', 'refused') and period_start is not null
) as found
"""

# The reference layer rests on no delivery.
LAYERS_BUILT = """
select count(*) as built
from ops.built_layer
inner join unnest(%s::text[], %s::text[]) as project (layer, code) using (layer, code)
where case when layer = %s then ledger is not null else ledger = %s end
"""


@dataclass(frozen=True)
class Begun:
    """A delivery under way, and by what one sees that it moved."""

    file_name: str
    submission_id: int
    status: str
    attempt: int
    tries: int


@dataclass(frozen=True)
class Left:
    """What a feed's DAG has to do: files that wait in the inbox, and deliveries that it has begun."""

    files: tuple[File, ...] = ()
    begun: tuple[Begun, ...] = ()

    @property
    def has_archive(self) -> bool:
        """Whether one of the files may be an archive of several deliveries."""
        return any(folder.is_archive(one.name) for one in self.files)

    def __str__(self) -> str:
        names = [one.name for one in self.files] + [f"{one.file_name} ({one.status})" for one in self.begun]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


@dataclass(frozen=True)
class Work:
    """How many deliveries of a run there are, how many are done with at each stage, and what is left for whom."""

    deliveries: int = 0
    received: int = 0
    judged: int = 0
    # Of those that are not refused, held or duplicates; the layers of a build under way count as their share of its deliveries.
    to_build: int = 0
    built: float = 0
    refused: int = 0
    # Layers of the outcomes that are built by this project from what is there.
    layers: int = 0
    # The DAGs that have a run, and those that somebody paused.
    active: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()
    # By feed; the feeds whose files came so lately that nobody can have missed them; and why a feed's DAG can take nothing.
    left: Mapping[str, Left] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    blocked: Mapping[str, str] = field(default_factory=dict)
    # Why what is built is not what is there; and by what one knows what is there: the ledger and the project.
    unbuilt: str | None = None
    there: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left. A build that finds everything built already has nothing more to show."""
        return not self.left and not self.active - {DAG_OF_BUILD} and self.unbuilt is None


def look(settings: Settings, runs: Runs, since: datetime) -> Work:
    """What is there and what is left. Raises OSError when Airflow does not answer, psycopg.Error when the warehouse does not."""
    # In the order in which a delivery walks: what leaves one place meanwhile is found in the next.
    feeds = inbox.feeds(settings)
    lying = inbox.look(settings, feeds)
    active, paused = runs.active(), runs.paused()
    with connect(settings, OWNER) as connection:
        said = {"first": STEPS[0], "last": f"dbt {LAST}", "steps": STEPS, "since": since, "under_way": list(UNDER_WAY)}
        ledger = connection.execute(LEDGER, said).fetchone()
        begun = connection.execute(OPEN, said).fetchall()
        unbuilt = _unbuilt(connection, settings)
        ledger_now, codes = submissions.fingerprint(connection), build.codes(settings)
        layers = connection.execute(LAYERS_BUILT, [list(codes), list(codes.values()), build.REFERENCE, ledger_now]).fetchone()
    waiting = sum(len(files) for files in lying.waiting.values())
    left = _left(lying, begun)
    return Work(
        deliveries=waiting + ledger["received"],
        received=ledger["received"],
        judged=ledger["judged"],
        to_build=waiting + ledger["to_build"],
        built=ledger["built"] + ledger["in_build"] * ledger["layers_done"] / len(STEPS) if unbuilt else ledger["serves"],
        refused=ledger["refused"],
        layers=layers["built"],
        active=active - paused,
        paused=paused,
        left=left,
        fresh=lying.fresh,
        blocked={feed: why for feed in left if (why := _why_blocked(feed, feeds, paused))},
        unbuilt=unbuilt,
        there=f"{ledger_now} {codes}",
    )


def broken_nodes(connection: psycopg.Connection) -> list[str]:
    """What the last build of each layer could not make or found wrong, such as `model v06_violence_with_injury`."""
    parts = sorted(node.split(".") for node in left_out.failed(connection, list(LAYERS)))
    return [f"{kind} {name}" for kind, _, name, *_ in parts]


def _unbuilt(connection: psycopg.Connection, settings: Settings) -> str | None:
    """Why a build is due; None in a home to which nothing came that figures could tell of."""
    if not connection.execute(IS_ANYTHING_THERE).fetchone()["found"]:
        return None
    return build.unbuilt(connection, settings)


def _left(lying: inbox.Inbox, begun: list[dict]) -> dict[str, Left]:
    by_feed = defaultdict(list)
    for row in begun:
        by_feed[row.pop("feed")].append(Begun(**row))
    return {feed: Left(lying.waiting.get(feed, ()), tuple(by_feed.get(feed, ()))) for feed in sorted({*lying.waiting, *by_feed})}


def _why_blocked(feed: str, feeds: Mapping[str, inbox.Feed], paused: frozenset[str]) -> str | None:
    if feed not in feeds:
        return f"expectations/{feed}{inbox.ENDING} is not there. Put it back, or refuse what the feed has begun (make refuse)."
    if f"{INGEST}{feed}" in paused:
        return f"the DAG {INGEST}{feed} is switched off in Airflow. Switch it on."
    return feeds[feed].problem
