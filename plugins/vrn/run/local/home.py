"""The main job on one machine: make the home, start the services, let the DAGs work, show what came of it."""

from __future__ import annotations

import fcntl
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

import psycopg
from rich.console import Console

from vrn import whole_file
from vrn.access import modes, unversioned
from vrn.errors import HomeError, safe_text
from vrn.publish import exports
from vrn.report import headline, site
from vrn.run import prepare, secrets
from vrn.run.airflow_api import USER
from vrn.run.local import airflow, done, inbox, not_taken, ports, postgres, progress, ready, services
from vrn.settings import OWN_HOME, Settings
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

PLAIN_WIDTH = 130
# Of a home, beside those that settings name.
FOLDERS = ("airflow", "docs", "inbox-problems", "reference", "run", "templates", "tmp")


def up(settings: Settings, console: Console) -> None:
    """Everything running and ready: PostgreSQL, the warehouse, Airflow. Safe to call again. Raises HomeError."""
    with _alone(settings):
        _start(settings, console)


def _start(settings: Settings, console: Console, before_airflow: Callable[[], object] = lambda: None) -> None:
    """Start what does not run. What has to be there before Airflow looks for the first time is done while its database is made
    ready, which takes seconds."""
    services.check_room(settings, services.LEAST_FREE_TO_START)
    if any(one.state == services.RUNNING for one in services.of(settings)):
        ports.check_kept(settings)
    is_new = not postgres.is_made(settings)
    made = secrets.ensure(settings, is_new=is_new)
    if made and not is_new:
        console.print(f"made, because it was not there: {', '.join(made)}. Hand it to whoever signs in with it.")
    if not postgres.is_running(settings):
        ports.check_free(settings.pg_port, "VRN_PG_PORT")
        console.print("starting PostgreSQL 18")
        postgres.start(settings)
    if airflow.is_outdated(settings):
        console.print("the library changed: Airflow is started anew")
        airflow.stop(settings)
    is_whole = all(airflow.is_running(settings, name) for name in airflow.PROCESSES)
    if not airflow.is_running(settings, "api-server"):
        ports.check_free(settings.airflow_port, "VRN_AIRFLOW_PORT")
    ports.keep(settings)
    console.print("bringing the databases up to date")
    with nullcontext() if is_whole else airflow.prepared(settings):
        prepare.prepare(settings)
        before_airflow()
    if not is_whole:
        console.print("starting Airflow: API server, scheduler, DAG processor, triggerer")
        airflow.start(settings)
    ready.until_ready(settings)


def make_folders(settings: Settings) -> None:
    """Make the folders of a home, and let git take nothing of them: one `git add` would take keys and originals into a repository.

    What is made aside has it from there (vrn.run.local.postgres, vrn.report.partner_pages), and what is published need not.
    """
    named = (settings.inbox, settings.landing, settings.secrets, settings.messages, settings.data_docs, settings.dbt_target)
    for folder in (settings.home, settings.logs, *named, *(settings.home / name for name in FOLDERS)):
        folder.mkdir(parents=True, exist_ok=True)
        # An inbox or secrets elsewhere are not the home's to speak for.
        if folder.is_relative_to(settings.home):
            unversioned.keep(folder)
    # What is written into them rests on their names.
    whole_file.sync(settings.home)


def stop(settings: Settings) -> None:
    airflow.stop(settings)
    postgres.stop(settings)


def down(settings: Settings, console: Console) -> None:
    stop(settings)
    console.print(f"stopped; everything is kept in {settings.home}")


def clean(settings: Settings, console: Console) -> None:
    """Stop the home of this working copy, and delete it. Raises HomeError, also of another home, which stays as it is."""
    # Whoever set VRN_HOME for another command means that home, or forgot it; neither may cost them a home that they did not name.
    if settings.home != OWN_HOME:
        raise HomeError(
            f"`make clean` deletes {OWN_HOME} alone, and this home is {settings.home}. Nothing was stopped or deleted. "
            f"{_how_to_delete(settings)}"
        )
    stop(settings)
    console.print(f"deleting {settings.home} with all its data")
    failures: list[BaseException] = []
    # What can be deleted goes, whatever cannot.
    shutil.rmtree(settings.home, onerror=lambda _function, _path, failure: failures.append(failure[1]))
    if failures:
        raise HomeError(
            f"{settings.home} is not deleted whole: {safe_text(failures[0])}. Delete what is left as the user whose files they are."
        )


def _how_to_delete(settings: Settings) -> str:
    if settings.home == OWN_HOME:
        return "`make clean` deletes that home with all its data."
    stop = f"make down VRN_HOME={shlex.quote(str(settings.home))}"
    return f"Where that home is to go with all its data, stop it (`{stop}`) and delete its folder yourself."


def run(settings: Settings, console: Console, since: datetime) -> None:
    """Start what is not running, let the DAGs take in all that waits, and return when nothing is left to do.

    since: when the run began; what came later is shown as its work.
    """
    # A wrong DEMO is told before anything starts.
    _ = settings.is_full_demo
    with progress.shown(console) as show:
        with _alone(settings):
            _start(settings, console, lambda: fill(settings, console, is_full=settings.is_full_demo))
        done.until_done(settings, console, show, since, lambda: services.check(settings))


def report(settings: Settings, console: Console, since: datetime) -> None:
    """Show what came of a run, ended well or not: the headline, and what is refused, held or not taken."""
    try:
        with connect(settings, OWNER, autocommit=True) as connection:
            headline.show(settings, connection, console)
            headline.show_timing(connection, console, since)
            headline.show_refused(connection, console, since)
            headline.show_held(settings, connection, console)
    except psycopg.Error:
        # The run ended before the warehouse was there, or because it is gone, and its error says so.
        return
    feeds = inbox.feeds(settings)
    for line in not_taken.told(settings, feeds, inbox.look(settings, feeds)):
        console.print(f"NOT TAKEN {line}", markup=False)


def fill(settings: Settings, console: Console, *, is_full: bool) -> bool:
    """Write synthetic deliveries into a home to which nothing ever came: all of them, or the demonstration's part.

    Returns whether the home was fresh.
    """
    if not is_fresh(settings):
        if is_full:
            why = f"something came to the home {settings.home}, or lies in {settings.inbox}"
            # The home of a deployment is a volume, of which make knows nothing.
            how = "" if settings.is_deployed else f" {_how_to_delete(settings)}"
            console.print(f"DEMO=full writes nothing, because {why}.{how}", markup=False)
        return False
    console.print("[bold]The inbox is empty: writing SYNTHETIC deliveries for every feed.[/bold]")
    files = deliveries.write_all(settings, is_full=is_full)
    console.print(f"{len(files)} synthetic files written; no real person or place of crime is in them")
    return True


def is_fresh(settings: Settings) -> bool:
    """Whether nothing waits in the inbox and nothing ever came."""
    waiting = settings.inbox.is_dir() and any(path.is_file() for path in settings.inbox.rglob("[!.]*"))
    with connect(settings, OWNER) as connection:
        return not waiting and connection.execute("select 1 from ops.submission limit 1").fetchone() is None


def addresses(settings: Settings) -> list[tuple[str, str]]:
    return [
        (
            "Airflow",
            f"http://127.0.0.1:{settings.airflow_port}  user {USER}, password in {settings.secrets}/airflow_admin_password",
        ),
        ("Warehouse", f"postgresql://vrn_owner@127.0.0.1:{settings.pg_port}/{settings.database}  (make psql, make env)"),
        ("Inbox", f"{settings.inbox}/FEED/"),
    ]


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One start at a time in a home, whose folders are there."""
    make_folders(settings)
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
