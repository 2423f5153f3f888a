"""The tables of a feed under people who read them: nobody waits for a delivery, and no delivery for them (issue 13, point 15).

And how a submission is forgotten: whole, counted, and whatever the feed file says by then.
"""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from tests.inbox import Inbox
from tests.made import file_name
from tests.small import CSVS
from tests.staged import NOMINALS, SUBMISSION, Ground
from tests.waiting import LONGEST
from vrn.errors import VrnError
from vrn.feeds.contract import Contract, Entity
from vrn.stage import raw
from vrn.warehouse import patience
from vrn.warehouse.connection import connect

OTHER = 2
PARENTS = ("raw.police_nominals__nominal", "linkage.police_nominals__nominal", "quarantine.police_nominals__nominal")


@pytest.fixture
def entity(ground: Ground) -> Entity:
    raw.ensure_tables(ground.connection, ground.protections[NOMINALS].contract)
    return ground.protections[NOMINALS].contract.main


@pytest.fixture
def reader(ground: Ground):
    """Somebody else, in the middle of a transaction. Whoever waits so long here would wait for ever."""
    info = ground.connection.info
    with psycopg.connect(info.dsn, password=info.password, options=f"-c lock_timeout={LONGEST}s") as connection:
        yield connection
        connection.rollback()


def read(connection: psycopg.Connection) -> int:
    """All that a model and the linker would read; the locks last until the reader's transaction ends."""
    return sum(connection.execute(f"select count(*) from {parent}").fetchone()[0] for parent in PARENTS)


def exclusive(connection: psycopg.Connection) -> set[str]:
    """The tables on which the connection holds what shuts readers out."""
    found = connection.execute(
        "select relation::regclass::text as name from pg_locks "
        "where pid = pg_backend_pid() and mode = 'AccessExclusiveLock' and relation is not null"
    )
    return {row["name"] for row in found}


def test_a_delivery_is_staged_and_attached_while_somebody_reads_and_somebody_reads_meanwhile(ground: Ground, entity, reader):
    read(reader)
    ground.connection.execute(f"set lock_timeout = '{LONGEST}s'")
    with ground.connection.transaction(force_rollback=True):
        ground.stage(NOMINALS, "a.csv", CSVS[NOMINALS])
        raw.attach(ground.connection, entity, SUBMISSION)
        assert exclusive(ground.connection) & set(PARENTS) == set()
        # Another statement of the same reader, and a second one.
        assert read(reader) == 0
    ground.connection.execute("set lock_timeout = 0")


def test_a_second_delivery_comes_all_the_way_while_a_reader_of_the_first_has_not_ended(inbox: Inbox, monkeypatch):
    feed = "programme_training"

    def send(period: str) -> dict:
        inbox.drop(feed, file_name(inbox.contract(feed), period), inbox.text(feed, period))
        (row,) = inbox.take_in(feed)
        return row

    assert send("2020-21-Q1")["status"] == "accepted"
    monkeypatch.setenv("PGOPTIONS", f"-c lock_timeout={LONGEST}s")
    with connect(inbox.settings) as reader:
        reader.execute("select count(*) from raw.programme_training__event")
        assert send("2019-20-Q4")["status"] == "accepted"


def newer(contract: Contract) -> Contract:
    """The contract of a feed file that has another column."""
    column = replace(contract.main.column("sex"), name="another", source_names=("another",))
    main = replace(contract.main, columns=(*contract.main.columns, column))
    return replace(contract, entities=(main,))


def test_a_column_that_a_newer_feed_file_brings_is_added_once_readers_have_gone_and_keeps_none_waiting(
    ground: Ground, entity, reader, monkeypatch
):
    contract = newer(ground.protections[NOMINALS].contract)
    gaps = []

    def pause(_seconds: float) -> None:
        """Between two tries: whoever comes to read finds the table free, and the first reader comes to an end."""
        with psycopg.connect(ground.connection.info.dsn, password=ground.connection.info.password) as another:
            another.execute("set lock_timeout = '1ms'")
            gaps.append(read(another))
        if len(gaps) == 2:
            reader.rollback()

    monkeypatch.setattr(patience, "WAITED", "10ms")
    monkeypatch.setattr(patience.time, "sleep", pause)
    read(reader)
    raw.ensure_tables(ground.connection, contract)
    assert gaps == [0, 0]
    found = ground.connection.execute(
        "select attrelid::regclass::text as name from pg_attribute where attname = 'another' and not attisdropped"
    )
    assert {row["name"] for row in found} == {PARENTS[0], PARENTS[2]}
    assert ground.connection.execute("show lock_timeout").fetchone()["lock_timeout"] == "0"
    for parent in (PARENTS[0], PARENTS[2]):
        ground.connection.execute(f"alter table {parent} drop column another")


def test_who_reads_for_minutes_is_said_and_nothing_was_changed(ground: Ground, entity, reader, monkeypatch):
    monkeypatch.setattr(patience, "WAITED", "1ms")
    monkeypatch.setattr(patience, "TRIES", 3)
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0)
    read(reader)
    with pytest.raises(VrnError, match=r"police_nominals__nominal .* Nothing was changed; try again"):
        raw.ensure_tables(ground.connection, newer(ground.protections[NOMINALS].contract))
    assert ground.take(NOMINALS, "a.csv", CSVS[NOMINALS]) > 1


# --- forget


@pytest.fixture
def served(ground: Ground, entity):
    """Two submissions that serve, each with a quarantined row, and what a gate left of the first."""
    for submission_id in (SUBMISSION, OTHER):
        ground.stage(NOMINALS, "a.csv", CSVS[NOMINALS], submission_id)
        raw.attach(ground.connection, entity, submission_id)
        ground.connection.execute(
            f"insert into {PARENTS[2]} (submission_id, row_number, rule_codes) values (%s, 2, '{{GEN-006}}')", [submission_id]
        )
    ground.connection.execute("create table raw.police_nominals__nominal__s000001__hits (row_number integer)")
    yield
    for submission_id in (SUBMISSION, OTHER):
        raw.forget(ground.connection, NOMINALS, submission_id)


def names(ground: Ground, ending: str) -> set[str]:
    found = ground.connection.execute(
        "select oid::regclass::text as name from pg_class where relname ~ %s and relkind in ('r', 'p')", [ending]
    )
    return {row["name"] for row in found}


def test_what_is_forgotten_is_counted_by_table_and_leaves_the_other_as_it_was(ground: Ground, served):
    count = len(CSVS[NOMINALS].splitlines()) - 1
    expected = dict(zip(PARENTS, (count, count, 1), strict=True))
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION) == expected
    assert names(ground, "__s000001") == set()
    # There is nothing left of it, and that is said too.
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION) == dict.fromkeys(PARENTS, 0)
    assert raw.forget(ground.connection, NOMINALS, OTHER) == expected


def test_a_submission_that_was_never_accepted_is_forgotten_as_well(ground: Ground, entity):
    count = ground.stage(NOMINALS, "a.csv", CSVS[NOMINALS])
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION) == dict(zip(PARENTS, (count, count, 0), strict=True))
    assert names(ground, "__s000001") == set()


def test_an_entity_that_left_the_feed_file_is_forgotten_and_another_feed_is_not(ground: Ground, entity):
    with ground.connection.transaction(force_rollback=True):
        for name in ("police_nominals__gone__s000001", "police_nominals_too__nominal__s000001", "police_nominals__gone__s0000010"):
            ground.connection.execute(f"create table raw.{name} as select 1 as submission_id from generate_series(1, 7)")
        ground.connection.execute("create table quarantine.police_nominals__gone as select 1 as submission_id")
        left = raw.forget(ground.connection, NOMINALS, SUBMISSION)
        assert {"raw.police_nominals__gone": 7, "quarantine.police_nominals__gone": 1}.items() <= left.items()
        assert names(ground, "__gone|_too__") == {
            "raw.police_nominals_too__nominal__s000001", "raw.police_nominals__gone__s0000010", "quarantine.police_nominals__gone",
        }  # fmt: skip


def test_what_the_callers_transaction_takes_back_was_not_forgotten(ground: Ground, served):
    with ground.connection.transaction(force_rollback=True):
        raw.forget(ground.connection, NOMINALS, SUBMISSION)
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION)[PARENTS[0]] > 0


def test_to_forget_gives_way_to_who_reads(ground: Ground, served, reader, monkeypatch):
    monkeypatch.setattr(patience, "WAITED", "10ms")
    monkeypatch.setattr(patience.time, "sleep", lambda _: reader.rollback())
    assert read(reader) > 0
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION)[PARENTS[0]] > 0


def test_a_second_attempt_is_staged_in_the_place_of_one_that_serves(ground: Ground, served):
    """A replay: the table that the first attempt left is attached, and full."""
    count = ground.stage(NOMINALS, "a.csv", CSVS[NOMINALS])
    assert raw.forget(ground.connection, NOMINALS, SUBMISSION) == dict(zip(PARENTS, (count, count, 0), strict=True))
