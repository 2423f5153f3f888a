"""How far a run is: what the inbox, Airflow's runs and the ledger say, and how it is shown while it goes on."""

from __future__ import annotations

import io
import queue
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from rich.console import Console
from rich.text import Text

from tests import submissions
from vrn.ledger import store as ledger
from vrn.run.local import progress, work
from vrn.run.local.work import STEPS, Work

SINCE = datetime(2026, 12, 1, tzinfo=UTC)
EARLIER, LATER = SINCE - timedelta(days=1), SINCE + timedelta(minutes=1)


class Airflow:
    """What Airflow's API would say of runs; the real one is in tests/end_to_end."""

    def __init__(self, *active: str, last_build: str = "success"):
        self.active, self.last_build = active, last_build

    def call(self, _: str, path: str) -> dict:
        if "order_by" in path:
            return {"dag_runs": [{"dag_id": work.DAG_OF_BUILD, "state": self.last_build}]}
        return {"dag_runs": [{"dag_id": dag} for dag in self.active]}


def came(owner: psycopg.Connection, name: str, **columns: object) -> int:
    return submissions.came(owner, name, **{"received_at": LATER, **columns})


def accepted(owner: psycopg.Connection, name: str, at: datetime, **columns: object) -> None:
    came(
        owner,
        name,
        status="accepted",
        rows_in_file=0,
        rows_accepted=0,
        rows_quarantined=0,
        rows_duplicate=0,
        accepted_at=at,
        period_start=f"20{len(name):02}-01-01",
        **columns,
    )


def built(owner: psycopg.Connection, at: datetime, steps: list[str]) -> None:
    for number, step in enumerate(steps):
        began = at + timedelta(seconds=number)
        owner.execute(
            "insert into ops.step (step, started_at, finished_at, is_success) values (%s, %s, %s, true)", [step, began, began]
        )


def look(home, *active: str, **said: str) -> Work:
    return work.look(home, Airflow(*active, **said), SINCE)


def test_a_delivery_is_received_judged_and_built_in_turn(home, owner):
    (home.inbox / "police_street_crime").mkdir(parents=True)
    (home.inbox / "police_street_crime" / "waits.csv").write_text("x")
    came(owner, "under way")
    came(owner, "judged", status="passed")
    came(owner, "refused", status="refused")
    accepted(owner, "one", LATER)
    found = look(home)
    assert (found.deliveries, found.received, found.judged, found.to_build, found.built, found.refused) == (5, 4, 3, 4, 0, 1)
    assert found.is_busy


def test_the_layers_of_a_build_count_as_their_share_of_the_deliveries_that_it_serves(home, owner):
    for name in ("a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"):
        accepted(owner, name, LATER)
    assert len(STEPS) == 7
    built(owner, LATER + timedelta(minutes=1), STEPS[:3])
    accepted(owner, "came after the build began", LATER + timedelta(minutes=2))
    found = look(home, work.DAG_OF_BUILD)
    assert (found.built, found.to_build) == (3, 8)
    built(owner, LATER + timedelta(minutes=3), STEPS)
    found = look(home)
    assert (found.built, found.to_build, found.is_busy) == (8, 8, False)


def test_a_delivery_that_came_into_a_build_after_it_began_is_built_by_it(home, owner):
    accepted(owner, "a", LATER)
    built(owner, LATER, STEPS)
    accepted(owner, "came before the build looked at the ledger", LATER + timedelta(seconds=1))
    assert look(home).is_busy
    owner.execute("insert into ops.built_layer values ('publish', 'a code', %s)", [ledger.fingerprint(owner)])
    found = look(home)
    assert (found.built, found.to_build, found.is_busy) == (2, 2, False)


def test_what_an_earlier_run_did_is_no_work_of_this_one_but_what_it_left_is(home, owner):
    accepted(owner, "one", EARLIER, received_at=EARLIER)
    built(owner, EARLIER + timedelta(hours=1), STEPS)
    assert look(home).deliveries == 0
    accepted(owner, "another", EARLIER + timedelta(hours=2), received_at=EARLIER)
    found = look(home)
    assert (found.deliveries, found.built, found.is_busy) == (1, 0, True)


def test_a_file_in_the_inbox_and_a_run_are_work_and_what_waits_for_a_person_is_none(home, owner):
    assert not look(home).is_busy
    assert look(home, "ingest__police_street_crime").is_busy
    came(owner, "held", status="held")
    assert not look(home, work.DAG_OF_APPROVAL).is_busy
    (home.inbox / "police_street_crime").mkdir(parents=True)
    (home.inbox / "police_street_crime" / "waits.csv").write_text("x")
    assert look(home).is_busy


def test_a_build_failed_when_nothing_else_is_left_and_not_before(home, owner):
    accepted(owner, "one", LATER)
    assert look(home, last_build="failed").has_failed_build
    assert not look(home, work.DAG_OF_BUILD, last_build="failed").has_failed_build
    assert look(home, last_build="success").is_busy


def some(judged: int) -> Work:
    return Work(
        deliveries=150, received=150, judged=judged, to_build=149, built=0, refused=1, active=(), is_busy=True,
        has_failed_build=False,
    )  # fmt: skip


class Printed(Console):
    """A console without a terminal whose lines a test waits for."""

    def __init__(self):
        super().__init__(file=io.StringIO())
        self.lines: queue.Queue[str] = queue.Queue()

    def print(self, line: str) -> None:
        self.lines.put(line)

    def next(self) -> str:
        return self.lines.get(timeout=60)


def test_without_a_terminal_a_line_comes_again_and_again_and_says_when_nothing_moves(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.05)
    console = Printed()
    with progress.shown(console) as show:
        assert console.next() == "0:00  starting; nothing moved since 0:00"
        show(some(97))
        while (line := console.next()).startswith("0:00  starting"):
            pass
        assert line.endswith("of 150: 150 received, 97 judged, 0 built")
        assert "nothing moved since" in console.next()
        show(some(98))
        while (line := console.next()).count("97 judged"):
            pass
        assert line.endswith("of 150: 150 received, 98 judged, 0 built")


def test_two_lines_are_ten_seconds_apart_and_fit_a_narrow_screen():
    assert progress.SECONDS_BETWEEN_LINES == 10
    assert len("10:00  " + progress.sentence(some(150)) + "; nothing moved since 10:00") <= 80


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_three_bars_say_what_is_done_of_all_and_fit_the_screen(width):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with progress.shown(console) as show:
        show(some(97))
        console.print("first figure: made up")
    lines = [Text.from_ansi(line).plain.rstrip() for line in screen.getvalue().splitlines()]
    for stage, done in (("received", "150 of 150"), ("judged", "97 of 150"), ("built", "0 of 149")):
        assert any(line.startswith(stage) and done in line for line in lines), lines
    assert max(map(len, lines)) <= width
