"""The wait of `make run` until nothing is left to do: it asks Airflow for a run that is missing, and names what cannot be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import datetime

import psycopg
from rich.console import Console

from vrn.errors import HomeError
from vrn.receive import problems
from vrn.report import headline
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.run.local import work
from vrn.run.local.progress import Show
from vrn.run.local.runs import DAG_OF_BUILD, INGEST, Runs
from vrn.run.local.work import Work
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

SECONDS_BETWEEN_LOOKS = 1.0
# What comes is taken, and what was accepted announced, by Airflow itself within this time; after it, `make run` asks.
SECONDS_OF_QUIET = 5.0
# Without an answer, or without any move though a run is under way.
SECONDS_TO_STALL = 120.0


def until_done(settings: Settings, console: Console, show: Show, since: datetime, check: Callable[[], None] = lambda: None) -> None:
    """Until the inbox is empty, no run is under way, and what is built is what is there. Shows what moves.

    since: when the run began. check: raises HomeError where a process that the work needs is gone.
    Raises HomeError that names each file, process or model because of which something is left.
    """
    _Wait(settings, Runs(AirflowApi(settings)), console, show, since, check).go()


class _Wait:
    """What a wait remembers of one look at the next. Times are of the monotonic clock, in seconds."""

    def __init__(self, settings: Settings, runs: Runs, console: Console, show: Show, since: datetime, check: Callable[[], None]):
        self._settings, self._runs, self._console, self._show, self._since = settings, runs, console, show, since
        self._check = check
        self._before, self._moved_at = Work(), time.monotonic()
        # What was asked of Airflow as things were then: asked again it would end alike. Since when it is worth asking.
        self._asked: set[tuple[str, Hashable]] = set()
        self._due: dict[tuple[str, Hashable], float] = {}
        # What was there when the build under way began.
        self._building: str | None = None
        self._has_figure = headline.first(settings) is not None
        # Seeds and statistics rest on no delivery: they are built while the first deliveries of a home are judged.
        self._is_new = not self._has_figure

    def go(self) -> None:
        answered_at = time.monotonic()
        while True:
            try:
                now = work.look(self._settings, self._runs, self._since)
                answered_at = time.monotonic()
                self._show(now)
                self._tell_first_figure()
                if now.is_done or not self._go_on(now):
                    self._end(now)
                    return
            except (OSError, psycopg.OperationalError) as error:
                self._explain(error, answered_at)
            self._check()
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _explain(self, error: Exception, answered_at: float) -> None:
        """Say which process is gone; on a machine that has more to do than it can, the next look is answered."""
        self._check()
        if time.monotonic() - answered_at > SECONDS_TO_STALL:
            is_warehouse = isinstance(error, psycopg.Error)
            why = f"the warehouse does not answer ({str(error).strip()})" if is_warehouse else f"Airflow {trouble(error)}"
            raise HomeError(
                f"For two minutes {why}. The logs are in {self._settings.logs}; nothing was lost: `make run` goes on where it was."
            ) from None

    def _tell_first_figure(self) -> None:
        if not self._has_figure and (figure := headline.first(self._settings)):
            self._console.print(figure)
            self._has_figure = True

    def _go_on(self, now: Work) -> bool:
        """Let Airflow work, and ask it for the run that is missing. Returns whether there is anything to wait for."""
        self._watch(now)
        if self._is_new and now.received == now.deliveries > 0 and DAG_OF_BUILD not in now.paused | now.active:
            self._is_new = False
            return self._runs.start(DAG_OF_BUILD)
        asked_before, self._due = self._due, {}
        waits = bool(now.active)
        for feed, left in now.left.items():
            if feed not in now.blocked and f"{INGEST}{feed}" not in now.active:
                waits |= feed in now.fresh or self._ask(f"{INGEST}{feed}", left, f"{feed}: {left} waits", asked_before)
        if not waits and now.unbuilt is not None and DAG_OF_BUILD not in now.paused:
            waits = self._ask(DAG_OF_BUILD, now.there, "what is built is not what is there", asked_before)
        return waits

    def _ask(self, dag_id: str, state: Hashable, why: str, due: dict[tuple[str, Hashable], float]) -> bool:
        """Ask for a run that has been due for a while, unless it was asked for as things are. Returns whether one is to come."""
        if (dag_id, state) in self._asked:
            return False
        since = self._due[dag_id, state] = due.get((dag_id, state), time.monotonic())
        quiet = time.monotonic() - since
        if quiet < SECONDS_OF_QUIET:
            return True
        # Airflow reads a new feed file within half a minute; until then it does not know its DAG.
        if self._runs.start(dag_id) or quiet > SECONDS_TO_STALL:
            self._asked.add((dag_id, state))
            self._console.print(f"{why}: Airflow is asked for a run of {dag_id}", markup=False)
        return True

    def _watch(self, now: Work) -> None:
        if now != self._before:
            self._before, self._moved_at = now, time.monotonic()
        elif now.active and time.monotonic() - self._moved_at > SECONDS_TO_STALL and (silent := self._runs.unhealthy()):
            raise HomeError(
                f"Airflow's {' and '.join(silent)} gave no sign of life lately, and nothing has moved for two minutes though a run "
                f"is under way. The logs are in {self._settings.logs}; `make down` and `make run` start it anew; nothing was lost."
            )
        if DAG_OF_BUILD in now.active:
            self._building = self._building or now.there
        elif self._building is not None:
            # A build that failed on what is there fails again: it is not asked for.
            if self._runs.has_failed(DAG_OF_BUILD):
                self._asked.add((DAG_OF_BUILD, self._building))
            self._building = None

    def _end(self, now: Work) -> None:
        """Raise HomeError where something could not be done, with a sentence on each."""
        told = [f"{feed}: {left} is not taken in. {self._why_left(feed, now)}" for feed, left in now.left.items()]
        told += self._why_unbuilt(now)
        if told:
            told.append(f"Airflow's pages say more (http://127.0.0.1:{self._settings.airflow_port}); nothing was lost.")
            raise HomeError("\n".join(told))

    def _why_left(self, feed: str, now: Work) -> str:
        return (
            now.blocked.get(feed)
            or " ".join(problems.of(self._settings, feed))
            or (" ".join(problems.of(self._settings, problems.ARCHIVES)) if now.left[feed].has_archive else "")
            or self._runs.why_failed(f"{INGEST}{feed}")
            or self._runs.import_errors()
            or f"The last run of {INGEST}{feed} ended well and left it; its page in Airflow says what it did."
        )

    def _why_unbuilt(self, now: Work) -> list[str]:
        with connect(self._settings, OWNER) as connection:
            broken = work.broken_nodes(connection)
        if broken:
            return [f"The build of the outcomes failed at {', '.join(broken)}; what rests on that is as it was last built."]
        if now.unbuilt and DAG_OF_BUILD in now.paused:
            return [f"{now.unbuilt} The DAG {DAG_OF_BUILD} is switched off in Airflow. Switch it on."]
        return [f"The outcomes are not built. {self._runs.why_failed(DAG_OF_BUILD) or now.unbuilt}"] if now.unbuilt else []
