"""A backfill in workers beside the scheduler, through Celery and a real Redis: one worker is killed with deliveries in its hand,
one while it builds, and one is told to stop.

Issue 17, point 3. The same in containers, with its times and its figures, is in docs/growing.md.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from redis import Redis
from tests import redis, same_figures, warehouses, workers
from tests.answers import Answers
from tests.end_to_end.homes import Home, started
from tests.inbox import Inbox
from tests.same_figures import Figures
from tests.waiting import until
from tests.workers import ENDED, Worker
from vrn.access import secrets as files
from vrn.build import steps as build
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.ledger import states
from vrn.run import secrets
from vrn.run.airflow_api import AirflowApi
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.warehouse import locks
from vrn.warehouse.connection import connect

pytestmark = [
    pytest.mark.services,
    pytest.mark.nightly,
    pytest.mark.skipif(redis.PROGRAM is None, reason=redis.NOT_THERE),
]
STREET, SEARCH = "police_street_crime", "police_stop_search"
# Feeds, and how their files are called after the month.
FEEDS = {STREET: "lancashire-street", SEARCH: "lancashire-stop-and-search"}
# Two batches of each feed. None of these months has so many rows that a person would have to look at it.
MONTHS = [f"{year}-{month:02}" for year in (2018, 2019) for month in range(1, 13)][11:23]
# The month whose build is killed, and the month that comes while a worker stops.
LATER, LAST = "2019-12", "2020-01"
LEDGER = """
select feed, file_name, status, rows_in_file, rows_accepted, rows_quarantined, rows_duplicate from ops.submission order by 1, 2
"""
# Submissions have their numbers in the order in which they came.
RAW = {
    feed: "select file_name, count(*), md5(string_agg((to_jsonb(kept) - 'submission_id')::text, ' ' order by kept.row_number)) "
    f"from raw.{table} as kept inner join ops.submission using (submission_id) group by 1 order by 1"
    for feed, table in ((STREET, "police_street_crime__crime"), (SEARCH, "police_stop_search__search"))
}
MOVES = """
select to_status, submission_move.attempt from ops.submission_move inner join ops.submission using (submission_id)
where file_name = %s order by move_id
"""
# For another's lock in the warehouse; Airflow's database is on the same server.
WAITS = """
select from pg_locks inner join pg_database on pg_database.oid = pg_locks.database
where locktype = 'advisory' and not granted and datname = current_database()
"""
STEPS = ("deliveries.stage", "deliveries.gate", "deliveries.accept")
BUILD = "build"
# After so long without a sign of life a task counts as dead. Five minutes in a home.
SECONDS_TO_BE_DEAD = "30"


def file_name(feed: str, month: str) -> str:
    return f"{month}-{FEEDS[feed]}.csv"


@pytest.fixture(scope="module")
def files_of(places) -> dict[str, dict[str, bytes]]:
    """By feed and month, with the months that come after it."""
    made = {}
    for feed in FEEDS:
        contract = contracts.load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
        made[feed] = {month: deliveries.content(contract, Period.month(month), places) for month in (*MONTHS, LATER, LAST)}
    return made


@dataclass(frozen=True)
class Left:
    """What deliveries leave behind."""

    ledger: list[tuple]
    raw: dict[str, list[tuple]]
    figures: Figures


def left(by: Answers) -> Left:
    return Left(by.rows(LEDGER), {feed: by.rows(RAW[feed]) for feed in FEEDS}, same_figures.of(by.settings))


@pytest.fixture(scope="module")
def undisturbed(server, places, files_of, tmp_path_factory) -> Left:
    """The same deliveries without Airflow and without workers, and one build of all of them."""
    with (
        pytest.MonkeyPatch.context() as patch,
        warehouses.copy_of(server, tmp_path_factory.mktemp("undisturbed"), patch) as settings,
        connect(settings, autocommit=True) as connection,
    ):
        inbox = Inbox(settings, connection, places)
        for feed in FEEDS:
            for month in MONTHS if feed != STREET else (*MONTHS, LATER):
                inbox.drop(feed, file_name(feed, month), files_of[feed][month])
            inbox.take_in(feed)
        build.everything()
        return left(Answers(settings))


@dataclass
class Story:
    home: Home
    queue: redis.Server
    # While steps of deliveries ran in it, which are those under way; and while it built.
    killed: Worker
    under_way: list[dict]
    killed_at_build: Worker
    build: dict
    survivor: Worker
    # How many tasks the two others had ended when all deliveries were accepted.
    shares: list[int]
    left: Left


@pytest.fixture(scope="module")
def story(server, files_of, tmp_path_factory) -> Iterator[Story]:
    """One worker begins a backfill, and is killed with deliveries in its hand; two others end what it left. One of them is killed
    while it builds with a further month, and the last one ends that too."""
    folder = tmp_path_factory.mktemp("workers")
    # With the keys of the undisturbed home the same identifier has the same pseudonym.
    for name in secrets.keys(server):
        files.once(Settings(home=folder), name, server.secret(name))
    files.once(Settings(home=folder), secrets.QUEUE_PASSWORD, files.hexadecimal())
    with redis.running(Settings(home=folder), tmp_path_factory.mktemp("queue") / "redis") as queue:
        told = {
            "VRN_QUEUE": f"127.0.0.1:{queue.port}",
            "VRN_AS_OF": os.environ["VRN_AS_OF"],
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": SECONDS_TO_BE_DEAD,
        }
        with started(folder, **told) as home:
            assert home.command("up").returncode == 0
            for feed in FEEDS:
                for month in MONTHS:
                    home.drop(feed, files_of[feed][month], file_name(feed, month))
            with workers.working(home, "first") as (first,):
                under_way = killed_at_work(home, first)
                with workers.working(home, "second", "third") as others:
                    until(lambda: accepted(home) == len(FEEDS) * len(MONTHS), "every delivery to be accepted", every=0.2)
                    shares = [worker.times(ENDED) for worker in others]
                    # Of the build of the backfill a try may have been the first worker's, and it has two.
                    until(lambda: through(home), "all runs to be through", every=1)
                    home.drop(STREET, files_of[STREET][LATER], file_name(STREET, LATER))
                    killed, building = killed_at_build(home, others)
                    until(lambda: is_built(home, building), "the build to be made good", every=1)
                    (survivor,) = (worker for worker in others if worker is not killed)
                    yield Story(home, queue, first, under_way, killed, building, survivor, shares, left(home))


def accepted(home: Home) -> int:
    statuses = [row[2] for row in home.rows(LEDGER)]
    assert not {states.REFUSED, states.HELD} & set(statuses)
    return statuses.count(states.ACCEPTED)


def running(home: Home) -> list[dict]:
    """The tasks that run, as Airflow knows them."""
    return AirflowApi(home.settings).call("GET", "/dags/~/dagRuns/~/taskInstances?state=running")["task_instances"]


def again(home: Home, task: dict) -> dict:
    """The same task as it is now."""
    path = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/{task['map_index']}"
    return until(lambda: AirflowApi(home.settings).call("GET", path), "Airflow to answer")


def killed_at_work(home: Home, worker: Worker) -> list[dict]:
    """Kill it while steps of deliveries run in it; which."""

    def at_work() -> list[dict] | None:
        # It stands still while one looks.
        worker.signal(signal.SIGSTOP)
        found = [one for one in running(home) if one["task_id"] in STEPS]
        if found and worker.is_at_work:
            return found
        worker.signal(signal.SIGCONT)
        return None

    found = until(at_work, "a step of a delivery to run", every=0.2)
    worker.signal(signal.SIGKILL)
    return found


def killed_at_build(home: Home, of: list[Worker]) -> tuple[Worker, dict]:
    """Kill the one that builds while it makes the figures; with the task that it had."""

    def at_figures() -> tuple[Worker, dict] | None:
        if not is_at_figures(home):
            return None
        (task,) = (one for one in running(home) if one["task_id"] == BUILD)
        (worker,) = (worker for worker in of if worker.has(task["pid"]))
        worker.signal(signal.SIGSTOP)
        assert is_at_figures(home)
        return worker, task

    worker, task = until(at_figures, "the build to come to the figures", every=0.1)
    worker.signal(signal.SIGKILL)
    return worker, task


def is_at_figures(home: Home) -> bool:
    whole = {layer for (layer,) in home.rows("select layer from ops.built_layer where ledger is not null")}
    return "counts" in whole and "marts" not in whole


def is_built(home: Home, task: dict) -> bool:
    state = again(home, task)["state"]
    assert state != "failed"
    return state == "success"


def through(home: Home, dags: str = "") -> list[str]:
    """The ids of all runs of the DAGs whose ids begin so, as soon as none is under way."""
    every = AirflowApi(home.settings).call("GET", "/dags/~/dagRuns?limit=100")["dag_runs"]
    found = [run for run in every if run["dag_id"].startswith(dags)]
    return [run["dag_run_id"] for run in found if all(one["state"] in ("success", "failed") for one in found)]


@dataclass
class Stopped:
    """A worker that was told to stop while it accepted a delivery, and before another came."""

    worker: Worker
    # What it had taken when it said that it stops; and what Redis would give to others when it had ended.
    taken: set[str]
    left: set[str]
    next: Worker
    # Of the runs of both deliveries.
    tasks: list[dict]


@pytest.fixture(scope="module")
def stopped(story, files_of) -> Iterator[Stopped]:
    home, worker = story.home, story.survivor
    before = set(until(lambda: through(home), "all runs to be through", every=1))
    password = home.settings.secret(secrets.QUEUE_PASSWORD)
    with connect(home.settings, autocommit=True) as connection, story.queue.client(password) as queue:
        with locks.alone(connection, locks.Job.ACCEPT, STREET):
            home.drop(STREET, files_of[STREET][LAST], file_name(STREET, LAST))
            until(lambda: connection.execute(WAITS).fetchall(), "the delivery to come to its acceptance")
            worker.stop()
            taken = worker.taken
            home.drop(SEARCH, files_of[SEARCH][LAST], file_name(SEARCH, LAST))

            def is_left_to_others() -> set[str]:
                assert worker.taken == taken
                return waiting(queue)

            until(is_left_to_others, "a task to lie in the queue")
        until(lambda: worker.process.poll() is not None, "the worker to end")
        left = waiting(queue) | unended(queue)
    with workers.working(home, "fourth") as (fourth,):
        until(lambda: accepted(home) == len(FEEDS) * (len(MONTHS) + 1) + 1, "both deliveries to be accepted", every=0.2)
        after = until(lambda: through(home, "ingest__"), "the runs of both to be through", every=1)
        found = AirflowApi(home.settings).call("GET", "/dags/~/dagRuns/~/taskInstances?limit=1000")["task_instances"]
        tasks = [task for task in found if task["dag_run_id"] in set(after) - before]
        yield Stopped(worker, taken, left, fourth, tasks)


def waiting(queue: Redis) -> set[str]:
    """The tasks that lie in the queue, by the ids that workers' logs have."""
    return {json.loads(message)["headers"]["id"] for message in queue.lrange("default", 0, -1)}


def unended(queue: Redis) -> set[str]:
    """Those that a worker took and has not said to have ended, which go to another after the longest that a task may take."""
    return {json.loads(taken)[0]["headers"]["id"] for taken in queue.hvals("unacked")}


def test_what_a_killed_worker_had_under_way_is_done_by_another(story):
    assert story.under_way
    for lost in story.under_way:
        assert again(story.home, lost)["try_number"] > lost["try_number"]


def test_both_of_the_others_do_a_part(story):
    assert [share > 0 for share in story.shares] == [True, True]


def test_a_build_that_was_killed_with_its_worker_is_made_good_by_another(story):
    now = again(story.home, story.build)
    assert (now["state"], now["try_number"]) == ("success", story.build["try_number"] + 1)


def test_nothing_is_lost_and_nothing_is_there_twice(story, undisturbed):
    """The ledger, and each file's rows in raw, of which the digest holds every value."""
    assert story.left.ledger == undisturbed.ledger
    assert story.left.raw == undisturbed.raw


def test_the_figures_are_those_of_a_backfill_and_a_build_that_nobody_disturbed(story, undisturbed):
    assert any(row["status"] == "ok" for row in undisturbed.figures.values())
    assert same_figures.differences(story.left.figures, undisturbed.figures) == []


def test_a_worker_that_is_told_to_stop_ends_what_it_has_and_takes_nothing_new(stopped):
    assert stopped.worker.process.returncode == 0
    assert stopped.worker.taken == stopped.taken
    assert stopped.worker.times(ENDED) == len(stopped.taken)


def test_the_delivery_that_it_had_is_accepted_at_its_first_try(story, stopped):
    name = file_name(STREET, LAST)
    assert story.home.rows(MOVES, name) == [(state, 1) for state in (*states.UNDER_WAY, states.ACCEPTED)]
    taken = story.home.rows("select step from ops.step inner join ops.submission using (submission_id) where file_name = %s", name)
    assert Counter(step for (step,) in taken) == {"stage": 1, "gate": 1, "accept": 1}


def test_no_task_is_run_again_because_a_worker_was_told_to_stop(stopped):
    assert {task["try_number"] for task in stopped.tasks if task["start_date"]} == {1}
    assert stopped.left
    assert not stopped.left & stopped.taken


def test_no_log_of_a_worker_holds_the_password_of_the_queue_or_what_opens_airflow(story, stopped):
    settings = story.home.settings
    hidden = [settings.secret(name) for name in (secrets.QUEUE_PASSWORD, secrets.JWT_SECRET, secrets.FERNET_KEY, secrets.ADMIN)]
    for worker in (story.killed, story.killed_at_build, story.survivor, stopped.next):
        said = worker.log.read_text()
        assert not [secret for secret in hidden if secret in said]
        # What a task shows to the API server is a JSON Web Token, which begins so.
        assert "eyJ" not in said
