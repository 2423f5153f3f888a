"""What only one process may do at a time: another waits or is told, and what is done for another feed goes on beside it."""

import re
from collections.abc import Callable

import psycopg
import pytest

from vrn.ledger import timing
from vrn.settings import REPOSITORY
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.locks import Job


@pytest.fixture
def other(home):
    with connect(home, autocommit=True) as connection:
        yield connection


def is_free(connection: psycopg.Connection, job: Job, of: str = "") -> bool:
    with locks.unless_taken(connection, job, of) as is_mine:
        return is_mine


def test_a_job_of_a_transaction_is_done_alone_until_the_transaction_ends(loader, other):
    with loader.transaction():
        locks.for_transaction(loader, Job.ACCEPT, "police_crime")
        assert not is_free(other, Job.ACCEPT, "police_crime")
    assert is_free(other, Job.ACCEPT, "police_crime")


def test_a_job_of_a_transaction_is_not_begun_outside_one_where_its_lock_would_hold_nothing(loader):
    with pytest.raises(RuntimeError, match="outside a transaction"):
        locks.for_transaction(loader, Job.ACCEPT, "police_crime")


def test_a_job_of_a_session_is_done_alone_until_its_connection_ends(home, other):
    with connect(home, autocommit=True) as connection:
        locks.for_session(connection, Job.REGISTER, "police_crime")
        with connection.transaction():
            pass
        assert not is_free(other, Job.REGISTER, "police_crime")
    # The server's own end of the connection comes a little after ours, so this waits for it.
    locks.for_session(other, Job.REGISTER, "police_crime")


def test_the_same_job_for_another_feed_and_another_job_for_the_same_feed_go_on(loader, other):
    with loader.transaction():
        locks.for_transaction(loader, Job.ACCEPT, "police_crime")
        assert is_free(other, Job.ACCEPT, "police_weapons")
        assert is_free(other, Job.REGISTER, "police_crime")


def test_who_does_not_wait_keeps_the_job_for_the_block_and_gives_it_back_after_an_error(loader, other):
    def fails() -> None:
        with locks.unless_taken(loader, Job.FETCH, "police_crime") as is_mine:
            assert is_mine
            assert not is_free(other, Job.FETCH, "police_crime")
            raise ValueError("the server is away")

    with pytest.raises(ValueError, match="the server is away"):
        fails()
    assert is_free(other, Job.FETCH, "police_crime")


def test_who_waits_keeps_the_job_for_the_block_and_gives_it_back_after_an_error(loader, other):
    def fails() -> None:
        with locks.alone(loader, Job.DELIVERY, "7"):
            assert not is_free(other, Job.DELIVERY, "7")
            raise ValueError("the disk is full")

    with pytest.raises(ValueError, match="the disk is full"):
        fails()
    assert is_free(other, Job.DELIVERY, "7")


def test_a_connection_that_broke_in_the_block_says_what_broke_it_and_nothing_of_locks(loader):
    def breaks() -> None:
        with locks.unless_taken(loader, Job.FETCH, "police_crime"):
            loader.close()
            raise ValueError("the connection is away")

    with pytest.raises(ValueError, match="the connection is away"):
        breaks()


@pytest.mark.parametrize(
    "during",
    [
        lambda connection: locks.unless_taken(connection, Job.FETCH, "police_crime"),
        lambda connection: locks.alone(connection, Job.DELIVERY, "7"),
        lambda connection: timing.step(connection, "fetch"),
    ],
    ids=["a job that nobody waits for", "a job that is waited for", "a step"],
)
def test_what_ends_a_task_within_a_statement_is_what_is_said_and_the_lock_goes_with_the_connection(home, other, during: Callable):
    def ends(connection: psycopg.Connection) -> None:
        with during(connection):
            # Its answer is never asked for, as when the time of a task is over.
            connection.pgconn.send_query(b"select 1")
            raise KeyboardInterrupt("the task's time is over")

    with pytest.raises(KeyboardInterrupt, match="time is over"), connect(home, autocommit=True) as connection:
        ends(connection)
    for job, of in ((Job.FETCH, "police_crime"), (Job.DELIVERY, "7")):
        locks.for_session(other, job, of)


@pytest.mark.parametrize("made", [locks.for_transaction, locks.for_session])
def test_every_connection_may_take_a_lock_whatever_form_its_rows_have(home, made: Callable):
    with psycopg.connect(home.conninfo("vrn_loader")) as connection:
        made(connection, Job.ACCESS)


@pytest.mark.parametrize("job", Job)
def test_who_asks_whether_a_job_is_taken_is_told_and_takes_nothing(loader, other, job):
    assert not locks.is_taken(other, job, "a feed")
    with locks.alone(loader, job, "a feed"):
        assert locks.is_taken(other, job, "a feed")
        assert not locks.is_taken(other, job, "another")
    assert not locks.is_taken(other, job, "a feed")
    with locks.unless_taken(loader, job, "a feed") as is_free:
        assert is_free


def test_no_other_file_takes_a_lock_by_itself():
    """Elsewhere a lock would be a name that somebody made up, and two jobs that must not meet could."""
    library = REPOSITORY / "plugins/vrn"
    found = {
        str(path.relative_to(library))
        for path in library.rglob("*.py")
        # A migration stays as it was run.
        if re.search(r"pg_\w*advisory", path.read_text()) and "migrations" not in path.parts
    }
    assert found == {"warehouse/locks.py"}
