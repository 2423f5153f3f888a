"""A backfill in workers beside the scheduler, through Celery and a real Redis, with a worker killed while it had a task.

Issue 17, point 3. The same in containers, with its times, is in docs/growing.md.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import redis, workers
from tests.end_to_end.homes import Home, started
from tests.end_to_end.test_demonstration import FIGURES
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
MONTHS = [f"{year}-{month:02}" for year in (2018, 2019) for month in range(1, 13)]
LEDGER = """
select feed, file_name, status, rows_in_file, rows_accepted, rows_quarantined, rows_duplicate
from ops.submission
order by feed, file_name
"""
# After so long without a sign of life a task counts as dead. Five minutes in a home.
SECONDS_TO_BE_DEAD = "30"


@pytest.fixture(scope="module")
def backfill(tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """Two years of two feeds."""
    places = Places(REPOSITORY / "dbt_project" / "seeds")
    made = {}
    for feed, name in FEEDS.items():
        contract = contracts.load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD)
        made[feed] = {f"{month}-{name}.csv": deliveries.content(contract, Period.month(month), places) for month in MONTHS}
    return made


def take_in(home: Home, backfill: dict[str, dict[str, bytes]]) -> None:
    for feed, by_name in backfill.items():
        for name, content in by_name.items():
            home.drop(feed, content, name)


@dataclass
class Story:
    home: Home
    killed: Worker
    others: list[Worker]
    under_way: list[dict]


@pytest.fixture(scope="module")
def story(backfill, tmp_path_factory) -> Iterator[Story]:
    """One worker begins, and is killed with a task in its hand; two others end what it left."""
    folder = tmp_path_factory.mktemp("workers")
    files.once(Settings(home=folder), secrets.QUEUE_PASSWORD, files.hexadecimal())
    with redis.running(Settings(home=folder), tmp_path_factory.mktemp("queue") / "redis") as queue:
        told = {
            "VRN_QUEUE": f"127.0.0.1:{queue.port}",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": SECONDS_TO_BE_DEAD,
        }
        with started(folder, **told) as home:
            assert home.command("up").returncode == 0
            take_in(home, backfill)
            with workers.working(home, "first") as (first,):
                under_way = killed_at_work(home, first)
                with workers.working(home, "second", "third") as others:
                    home.run()
                    yield Story(home, first, others, under_way)


def killed_at_work(home: Home, worker: Worker) -> list[dict]:
    """Kill it while a task of an ingest runs in it; which, as Airflow knows it."""

    def at_work() -> list[dict] | None:
        # It stands still while one looks.
        worker.signal(signal.SIGSTOP)
        running = AirflowApi(home.settings).call("GET", "/dags/~/dagRuns/~/taskInstances?state=running")["task_instances"]
        found = [one for one in running if one["task_id"] in ("deliveries.stage", "deliveries.gate", "deliveries.accept")]
        if found and worker.is_at_work:
            return found
        worker.signal(signal.SIGCONT)
        return None

    found = until(at_work, "a task of an ingest to run", every=0.2)
    worker.signal(signal.SIGKILL)
    return found


def test_what_a_killed_worker_had_under_way_is_done_by_another(story):
    assert story.under_way
    for lost in story.under_way:
        path = f"/dags/{lost['dag_id']}/dagRuns/{lost['dag_run_id']}/taskInstances/{lost['task_id']}/{lost['map_index']}"
        now = AirflowApi(story.home.settings).call("GET", path)
        assert now["state"] == "success"
        assert now["try_number"] > lost["try_number"]


def test_nothing_is_lost_and_nothing_is_there_twice_and_the_figures_are_those_of_a_home_without_workers(
    story, backfill, tmp_path_factory
):
    with started(tmp_path_factory.mktemp("without")) as without:
        assert without.command("up").returncode == 0
        take_in(without, backfill)
        without.run()
        accepted = without.rows(LEDGER)
        assert [row[2] for row in accepted] == [states.ACCEPTED] * len(FEEDS) * len(MONTHS)
        assert story.home.rows(LEDGER) == accepted
        figures = without.rows(FIGURES)
        assert sum(row[7] is not None for row in figures) > 1_000
        assert story.home.rows(FIGURES) == figures
        # Nothing that was half done stays beside what serves.
        tables = "select count(*) from pg_class where relnamespace = 'raw'::regnamespace and relkind = 'r'"
        assert story.home.rows(tables) == without.rows(tables)


def test_both_workers_do_a_part(story):
    assert [worker.times(ENDED) > 0 for worker in story.others] == [True, True]


def test_no_log_of_a_worker_holds_the_password_of_the_queue_or_what_opens_airflow(story):
    settings = story.home.settings
    hidden = [settings.secret(name) for name in (secrets.QUEUE_PASSWORD, secrets.JWT_SECRET, secrets.FERNET_KEY, secrets.ADMIN)]
    for worker in (story.killed, *story.others):
        said = worker.log.read_text()
        assert not [secret for secret in hidden if secret in said]
        # What a task shows to the API server is a JSON Web Token, which begins so.
        assert "eyJ" not in said
