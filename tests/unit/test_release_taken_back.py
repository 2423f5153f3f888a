"""A release that was interrupted before anybody saw it, and of which a delivery was taken back meanwhile, is shown to nobody
(issue 16, C)."""

from __future__ import annotations

import io
from datetime import date

import psycopg
import pytest
from rich.console import Console

from tests.kills import Killed, killed_at
from tests.releases import count_as_built, something_came
from tests.submissions import came, move
from tests.warehouses import open_to_readers
from vrn.accept import decisions
from vrn.build import in_force, table_swap
from vrn.build import steps as build
from vrn.ledger import states
from vrn.publish import network, release
from vrn.run import release_command
from vrn.settings import BI_READER, Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

LAST_DAY = date(9999, 12, 31)
PERIOD = (date(2019, 4, 1), date(2019, 4, 30))


def make(home: Settings, note: str) -> str:
    """What the command prints."""
    said = io.StringIO()
    release_command.carry_out(home, Console(file=said, width=200), note, "asked for")
    return said.getvalue()


def built_on(home: Settings, owner: psycopg.Connection, name: str) -> int:
    """Figures to release that rest on one delivery. Returns its submission_id."""
    submission_id = came(owner, name, status=states.ACCEPTED, period_start=PERIOD[0], period_end=PERIOD[1])
    owner.execute(
        "insert into staging.stg_ops__submission (submission_id, status, attempt, feed, supplier, period_start_on, is_ever_known) "
        "select submission_id, status, attempt, feed, supplier, period_start, true from ops.submission where submission_id = %s",
        [submission_id],
    )
    owner.execute(
        "insert into ops.counted_submission (submission_id, feed, supplier, period_start_on, period_end_on, received_at, status, "
        "known_from_on, known_until_on, is_ever_known, is_synthetic) "
        "select submission_id, feed, supplier, period_start, period_end, received_at, status, period_end, %s, true, true "
        "from ops.submission where submission_id = %s",
        [LAST_DAY, submission_id],
    )
    something_came(owner)
    count_as_built(home)
    return submission_id


def withdrawn(home: Settings, submission_id: int) -> None:
    with connect(home, autocommit=True) as loader:
        decisions.withdraw(loader, home, submission_id, by="a test", reason="the agreement did not cover it")


def frozen_only(home: Settings, note: str = "of before") -> str:
    """A release that was interrupted before readers had it. Returns its id."""
    with pytest.raises(Killed), killed_at("vrn.publish.release.make", after=True):
        make(home, note)
    return release.unfinished(home)


def told(connection: psycopg.Connection) -> list[tuple]:
    return [tuple(row.values()) for row in connection.execute("select release_id, note from publish.release order by 1")]


def given_up(owner: psycopg.Connection) -> list[str]:
    rows = owner.execute("select what from ops.audit_event where kind = 'release' and what like '%given up%'").fetchall()
    return [row["what"] for row in rows]


def test_a_release_that_nobody_saw_and_of_which_a_delivery_was_taken_back_gives_way_to_one_of_what_is_now(
    built_server, home, owner
):
    submission_id = built_on(home, owner, "a.csv")
    open_to_readers(home)
    first = frozen_only(home)
    withdrawn(home, submission_id)
    said = io.StringIO()
    with pytest.raises(release.ReleaseRefused, match="Deliveries came or went since the outcomes were built"):
        release_command.carry_out(home, Console(file=said, width=200), "of now", "asked for")
    assert said.getvalue().removeprefix(f"{network.NO_CONTACT}\n") == (
        f"The release {first} was given up: Nobody has seen it, and of the deliveries that it rests on these were taken back "
        f"since: {submission_id}. A new one is made of what is there now.\n"
    )
    assert len(given_up(owner)) == 1
    assert release.unfinished(home) is None

    # What a build brings.
    owner.execute("delete from staging.stg_ops__submission")
    owner.execute("delete from ops.counted_submission")
    count_as_built(home)
    make(home, "of now")
    assert [note for _, note in told(owner)] == ["of now"]
    with connect(home, BI_READER) as reading:
        assert told(reading) == told(owner)
    kept = owner.execute("select note, reason from ops.release order by release_number").fetchall()
    assert [tuple(row.values()) for row in kept] == [("of before", "asked for"), ("of now", "asked for")]


def test_a_build_shows_nobody_a_release_of_which_a_delivery_was_taken_back(built_server, home, owner, caplog):
    """It goes by the latest release in force, and would be the first to show it."""
    submission_id = built_on(home, owner, "a.csv")
    first = frozen_only(home)
    withdrawn(home, submission_id)
    build.take("publish")
    assert told(owner) == []
    assert len(given_up(owner)) == 1
    assert f"The release {first} was given up" in caplog.text


def test_a_delivery_that_is_taken_back_while_the_tables_are_built_is_shown_to_nobody(built_server, home, owner, monkeypatch):
    submission_id = built_on(home, owner, "a.csv")
    swap = table_swap.swap

    def after_a_withdrawal(settings: Settings) -> None:
        withdrawn(settings, submission_id)
        swap(settings)

    monkeypatch.setattr("vrn.build.table_swap.swap", after_a_withdrawal)
    with pytest.raises(release.ReleaseRefused, match=rf"was given up.*these were taken back since: {submission_id}\."):
        make(home, "of before")
    assert told(owner) == []
    assert release.unfinished(home) is None


@pytest.fixture
def unseen(home, owner):
    """A release that nobody saw and the delivery that it rests on."""
    submission_id = came(owner, "a.csv", status=states.ACCEPTED, period_start=PERIOD[0], period_end=PERIOD[1])
    owner.execute(
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values ('x', '', '', '', true)"
    )
    owner.execute("insert into ops.release_submission (release_id, submission_id) values ('x', %s)", [submission_id])
    return submission_id


def test_a_delivery_that_a_later_one_replaced_is_not_taken_back(unseen, owner):
    move(owner, unseen, states.SUPERSEDED)
    assert in_force.give_up_if_taken_back(owner) is None
    assert in_force.latest(owner) == "x"


def test_a_delivery_that_is_judged_again_serves_nothing_and_counts_as_taken_back(unseen, owner):
    move(owner, unseen, states.RECEIVED)
    assert "The release x was given up" in in_force.give_up_if_taken_back(owner)
    assert in_force.latest(owner) is None


def test_a_release_of_which_a_step_was_taken_is_seen_even_where_the_tables_of_publish_are_lost(unseen, owner):
    owner.execute("insert into ops.release_step (release_id, step) values ('x', 'publish')")
    move(owner, unseen, states.WITHDRAWN)
    assert in_force.give_up_if_taken_back(owner) is None
    assert in_force.latest(owner) == "x"


def test_a_withdrawal_waits_until_a_release_is_seen_or_is_there_before_the_look(unseen, home, owner):
    with connect(home, OWNER) as showing:
        in_force.may_be_seen(showing)
        owner.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            move(owner, unseen, states.WITHDRAWN)
    move(owner, unseen, states.WITHDRAWN)
    with connect(home, OWNER) as showing, pytest.raises(in_force.TakenBack):
        in_force.may_be_seen(showing)
