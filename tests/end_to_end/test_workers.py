"""A backfill in workers beside the scheduler, through Celery and a real Redis, with a worker killed while it had tasks.

Issue 17, point 3. The same in containers, with its times and its figures, is in docs/growing.md.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import redis, workers
from tests.end_to_end.homes import Home, started
from tests.waiting import until
from tests.workers import ENDED, Worker
from vrn.access import secrets as files
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.ledger import states
from vrn.run import secrets
from vrn.run.airflow_api import AirflowApi
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

pytestmark = [
    pytest.mark.services,
    pytest.mark.nightly,
    pytest.mark.skipif(redis.PROGRAM is None, reason=redis.NOT_THERE),
]
# Feeds, and how their files are called after the month.
FEEDS = {"police_street_crime": "lancashire-street", "police_stop_search": "lancashire-stop-and-search"}
# Two batches of each feed. None of these months has so many rows that a person would have to look at it.
MONTHS = [f"{year}-{month:02}" for year in (2018, 2019) for month in range(1, 13)][4:23]
LEDGER = """
select feed, file_name, status, rows_in_file, rows_accepted, rows_quarantined, rows_duplicate from ops.submission order by 1, 2
"""
COUNTED = {
    feed: f"select file_name, count(*) from raw.{table} inner join ops.submission using (submission_id) group by 1 order by 1"
    for feed, table in (("police_street_crime", "police_street_crime__crime"), ("police_stop_search", "police_stop_search__search"))
}
STEPS = ("deliveries.stage", "deliveries.gate", "deliveries.accept")
# After so long without a sign of life a task counts as dead. Five minutes in a home.
SECONDS_TO_BE_DEAD = "30"


@pytest.fixture(scope="module")
def backfill() -> dict[str, dict[str, bytes]]:
    places = Places(REPOSITORY / "dbt_project" / "seeds")
    made = {}
    for feed, name in FEEDS.items():
        contract = contracts.load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
        made[feed] = {f"{month}-{name}.csv": deliveries.content(contract, Period.month(month), places) for month in MONTHS}
    return made


@dataclass
class Story:
    home: Home
    killed: Worker
    others: list[Worker]
    under_way: list[dict]
    # Asked before a test's own home puts its secrets into the environment.
    ledger: list[tuple]
    rows: dict[str, list[tuple]]


@pytest.fixture(scope="module")
def story(backfill, tmp_path_factory) -> Iterator[Story]:
    """One worker begins, and is killed with tasks in its hand; two others end what it left."""
    folder = tmp_path_factory.mktemp("workers")
    files.once(Settings(home=folder), secrets.QUEUE_PASSWORD, files.hexadecimal())
    with redis.running(Settings(home=folder), tmp_path_factory.mktemp("queue") / "redis") as queue:
        told = {
            "VRN_QUEUE": f"127.0.0.1:{queue.port}",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": SECONDS_TO_BE_DEAD,
        }
        with started(folder, **told) as home:
            assert home.command("up").returncode == 0
            for feed, by_name in backfill.items():
                for name, content in by_name.items():
                    home.drop(feed, content, name)
            with workers.working(home, "first") as (first,):
                under_way = killed_at_work(home, first)
                with workers.working(home, "second", "third") as others:
                    until(lambda: is_settled(home), "every delivery to be accepted", every=1)
                    yield Story(
                        home, first, others, under_way, home.rows(LEDGER), {feed: home.rows(COUNTED[feed]) for feed in FEEDS}
                    )


def is_settled(home: Home) -> bool:
    statuses = [row[2] for row in home.rows(LEDGER)]
    assert not {states.REFUSED, states.HELD} & set(statuses)
    return statuses == [states.ACCEPTED] * len(FEEDS) * len(MONTHS)


def killed_at_work(home: Home, worker: Worker) -> list[dict]:
    """Kill it while steps of deliveries run in it; which, as Airflow knows them."""

    def at_work() -> list[dict] | None:
        # It stands still while one looks.
        worker.signal(signal.SIGSTOP)
        running = AirflowApi(home.settings).call("GET", "/dags/~/dagRuns/~/taskInstances?state=running")["task_instances"]
        found = [one for one in running if one["task_id"] in STEPS]
        if found and worker.is_at_work:
            return found
        worker.signal(signal.SIGCONT)
        return None

    found = until(at_work, "a step of a delivery to run", every=0.2)
    worker.signal(signal.SIGKILL)
    return found


def test_what_a_killed_worker_had_under_way_is_done_by_another(story):
    assert story.under_way
    for lost in story.under_way:
        path = f"/dags/{lost['dag_id']}/dagRuns/{lost['dag_run_id']}/taskInstances/{lost['task_id']}/{lost['map_index']}"
        tried = until(lambda path=path: AirflowApi(story.home.settings).call("GET", path), "Airflow to answer")["try_number"]
        assert tried > lost["try_number"]


def test_nothing_is_lost_and_nothing_is_there_twice(story, backfill, inbox):
    """The same backfill without Airflow and without workers leaves the same ledger and as many rows of each file."""
    for feed, by_name in backfill.items():
        for name, content in by_name.items():
            inbox.drop(feed, name, content)
        inbox.take_in(feed)
    assert story.ledger == [tuple(row.values()) for row in inbox.connection.execute(LEDGER).fetchall()]
    for feed in FEEDS:
        assert story.rows[feed] == [tuple(row.values()) for row in inbox.connection.execute(COUNTED[feed]).fetchall()]


def test_both_of_the_others_do_a_part(story):
    assert [worker.times(ENDED) > 0 for worker in story.others] == [True, True]


def test_no_log_of_a_worker_holds_the_password_of_the_queue_or_what_opens_airflow(story):
    settings = story.home.settings
    hidden = [settings.secret(name) for name in (secrets.QUEUE_PASSWORD, secrets.JWT_SECRET, secrets.FERNET_KEY, secrets.ADMIN)]
    for worker in (story.killed, *story.others):
        said = worker.log.read_text()
        assert not [secret for secret in hidden if secret in said]
        # What a task shows to the API server is a JSON Web Token, which begins so.
        assert "eyJ" not in said
