"""`make status`: on one screen how a home is, whatever of it runs and does not."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from datetime import datetime

import psycopg
from rich.console import Console

from vrn.accept import held
from vrn.access import accounts
from vrn.build import steps as build
from vrn.errors import SecretMissing, VrnError
from vrn.feeds import days
from vrn.ledger import day
from vrn.ledger.states import HELD, REFUSED, UNDER_WAY
from vrn.report.figures import numbers
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.run.local import airflow, inbox, not_taken, services, work
from vrn.run.local.runs import Runs
from vrn.run.local.services import RUNNING, STOPPED
from vrn.settings import Settings
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

MOST_SHOWN = 10
# As wide as the longest heading.
MARGIN = " " * len("PostgreSQL ")
SECONDS_TO_CONNECT = 5
Line = tuple[str, str]
AT_WORK = """
select feed, status, count(*) as deliveries
from ops.submission
where status = any(%s)
group by feed, status
order by feed, status
"""
LATEST = """
select
    submission_id, feed, file_name, coalesce(hold_reason, status_reason) as reason, moved_at, count(*) over () as deliveries
from ops.submission
where status = %s
order by moved_at desc, submission_id desc
limit %s
"""
LAST_BUILD = "select finished_at from ops.step where step = %s and is_success order by started_at desc limit 1"
LAST_RELEASE = "select release_id, released_at, note from ops.release_in_force order by release_number desc limit 1"


def show(settings: Settings, console: Console) -> None:
    """Print what runs, the disk, what waits, what is under way, held or refused, the last build and the last release."""
    said = ""
    for heading, text in _lines(settings):
        # A heading stands once before what belongs to it.
        indent = "" if heading == said else heading
        for line in textwrap.wrap(text, console.width - len(MARGIN), break_on_hyphens=False) or [""]:
            console.print(f"{indent:<{len(MARGIN)}}{line}", markup=False)
            indent = ""
        said = heading


def _lines(settings: Settings) -> Iterator[Line]:
    if not settings.home.is_dir():
        yield "Home", f"{settings.home} is not there yet; `make run` makes it."
        return
    free = shutil.disk_usage(settings.home).free
    short = "; THAT IS TOO LITTLE" if free < services.LEAST_FREE_TO_START else ""
    yield "Home", str(settings.home)
    yield "Disk", f"the home takes {_size(services.folder_bytes(settings.home))}, and {_size(free)} are free{short}"
    yield from _services(settings)
    yield from _inbox(settings)
    try:
        with connect(settings, OWNER, autocommit=True, connect_timeout=SECONDS_TO_CONNECT) as connection:
            yield from _day(connection, settings)
            yield from _ledger(connection, settings)
            yield from _build(connection, settings)
            yield from _roles(connection)
    except psycopg.Error as error:
        yield "Warehouse", f"does not answer at port {settings.pg_port}: {str(error).strip().splitlines()[0]}"
        yield "", "So nothing can be said of deliveries, builds and releases."


def _services(settings: Settings) -> Iterator[Line]:
    if settings.is_deployed:
        yield "Services", "`docker compose ps` says what runs"
        yield from (("Airflow", line) for line in _airflow(settings))
        return
    database, *others = services.of(settings)
    yield "PostgreSQL", f"{_service(database)}, port {settings.pg_port}"
    states = {(one.state, one.since and _time(one.since)) for one in others}
    # One line where all of them are alike.
    if len(states) == 1:
        yield "Airflow", f"{_service(others[0])}, port {settings.airflow_port} ({', '.join(airflow.PROCESSES)})"
    else:
        for one in others:
            yield "Airflow", f"{one.name.removeprefix(services.AIRFLOWS)} {_service(one)}"
    if any(one.state == RUNNING for one in others):
        yield from (("Airflow", line) for line in _airflow(settings))


def _service(one: services.Service) -> str:
    if one.state == STOPPED:
        return "not running (`make up` starts it)"
    return f"running since {_time(one.since)}" if one.state == RUNNING else f"DEAD (started {_time(one.since)}); see {one.log}"


def _airflow(settings: Settings) -> list[str]:
    """What Airflow says of itself that is wrong."""
    try:
        runs = Runs(AirflowApi(settings))
        told = [f"{name} gives no sign of life" for name in runs.unhealthy()]
        told += [f"{dag_id} is switched off" for dag_id in sorted(runs.paused())]
        return told + ([said] if (said := runs.import_errors()) else [])
    except SecretMissing as error:
        return [str(error)]
    except OSError as error:
        return [f"{trouble(error)}, port {settings.airflow_port}"]


def _inbox(settings: Settings) -> Iterator[Line]:
    feeds = inbox.feeds(settings)
    lying = inbox.look(settings, feeds)
    if not lying.waiting:
        yield "Inbox", "nothing waits"
    for feed, files in lying.waiting.items():
        why = f"; {feeds[feed].problem}" if feeds[feed].problem else ""
        yield "Inbox", f"{feed}: {len(files)} wait{'s' if len(files) == 1 else ''}{why}"
    for line in not_taken.told(settings, feeds, lying):
        yield "Not taken", line
    for feed in feeds.values():
        if feed.problem and feed.name not in lying.waiting:
            yield "Feed files", feed.problem


def _ledger(connection: psycopg.Connection, settings: Settings) -> Iterator[Line]:
    under_way = connection.execute(AT_WORK, [list(UNDER_WAY)]).fetchall()
    for row in under_way:
        yield "Under way", f"{row['feed']}: {row['deliveries']} {row['status']}"
    if is_building := locks.is_taken(connection, locks.Job.BUILD):
        yield "Under way", "a build of the outcomes, a release, or the filling of the database of readers"
    if not under_way and not is_building:
        yield "Under way", "nothing"
    # Each asked for by itself: a hundred files that are refused hide no delivery that waits for a person.
    for status in (HELD, REFUSED):
        latest = connection.execute(LATEST, [status, MOST_SHOWN]).fetchall()
        ways = held.ways(connection, settings, [row["submission_id"] for row in latest]) if status == HELD else {}
        for row in latest:
            yield (
                status.capitalize(),
                f"{_time(row['moved_at'])} {row['submission_id']} {row['feed']} {row['file_name']}: {row['reason']}",
            )
            if row["submission_id"] in ways:
                yield status.capitalize(), ways[row["submission_id"]]
        if not latest:
            yield status.capitalize(), "nothing"
        elif (more := latest[0]["deliveries"] - len(latest)) > 0:
            yield status.capitalize(), f"and {more:,} more before these (ops.submission)"


def _day(connection: psycopg.Connection, settings: Settings) -> Iterator[Line]:
    lives_on, today = day.of_home(settings, connection), days.today()
    if lives_on != today:
        why = "VRN_AS_OF says so" if settings.as_of else "as homes of made-up deliveries do"
        yield "Lives on", f"{numbers.day(lives_on)}, {why}: what is late, is late on that day"


def _build(connection: psycopg.Connection, settings: Settings) -> Iterator[Line]:
    last = connection.execute(LAST_BUILD, [f"dbt {work.LAST}"]).fetchone()
    when = f"last whole on {_time(last['finished_at'])}" if last else "never whole"
    try:
        unbuilt = build.unbuilt(connection, settings)
    except VrnError as error:
        unbuilt = str(error)
    yield "Build", f"{when}; what is there is built" if unbuilt is None else f"{when}. {unbuilt}"
    if broken := work.broken_nodes(connection):
        yield "Build", f"failed at {', '.join(broken)}"
    release = connection.execute(LAST_RELEASE).fetchone()
    yield "Release", f"{release['release_id']}, {_time(release['released_at'])}: {release['note']}" if release else "none yet"


def _roles(connection: psycopg.Connection) -> Iterator[Line]:
    for role, what in accounts.changed(connection).items():
        yield "Roles", f"{role} changed its {' and '.join(what)}; the next build puts that right, and `make readers` now"


def _time(when: datetime) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def _size(count: int) -> str:
    return f"{count / (1 << 30):,.1f} GiB" if count >= 1 << 30 else f"{count >> 20:,} MiB"
