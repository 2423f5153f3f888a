"""How far a run is: what the inbox, Airflow's runs and the ledger say, and how it is shown while it goes on."""

from __future__ import annotations

import io
import queue
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from rich.text import Text

from tests import submissions
from tests.airflow import Airflow
from tests.waiting import LONGEST
from vrn.build import steps as build
from vrn.ledger import store as ledger
from vrn.run import release_command
from vrn.run.local import progress, runs, work
from vrn.run.local.runs import Runs
from vrn.run.local.work import STEPS, Work
from vrn.run.release_command import Look
from vrn.settings import Settings

STREET = "police_street_crime"
SINCE = datetime(2026, 12, 1, tzinfo=UTC)
EARLIER, LATER = SINCE - timedelta(days=1), SINCE + timedelta(minutes=1)


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


def whole(owner: psycopg.Connection, home: Settings) -> None:
    """As after a build of this project on the ledger as it is."""
    owner.execute("truncate ops.built_layer")
    for layer, code in build.codes(home).items():
        built_from = "" if layer == build.REFERENCE else ledger.fingerprint(owner)
        owner.execute("insert into ops.built_layer values (%s, %s, %s)", [layer, code, built_from])


def drop(home: Settings, place: str, content: str = "x") -> Path:
    path = home.inbox / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def look(home: Settings, *active: str, **said: object) -> Work:
    return work.look(home, Runs(Airflow(set(active), **said)), SINCE)


def test_a_delivery_is_received_judged_and_built_in_turn(home, owner):
    drop(home, f"{STREET}/waits.csv")
    came(owner, "under way")
    came(owner, "staged", status="staged")
    came(owner, "judged", status="passed")
    came(owner, "held", status="held")
    came(owner, "refused", status="refused")
    accepted(owner, "one", LATER)
    found = look(home)
    assert (found.deliveries, found.received, found.judged, found.to_build, found.built, found.refused) == (7, 6, 4, 5, 0, 1)
    assert [one.name for one in found.left[STREET].files] == ["waits.csv"]
    assert [(one.file_name, one.status) for one in found.left[STREET].begun] == [
        ("under way", "received"), ("staged", "staged"), ("judged", "passed"),
    ]  # fmt: skip


def test_what_is_not_accepted_yet_is_not_built(home, owner):
    came(owner, "under way")
    found = look(home)
    assert (found.to_build, found.built) == (1, 0)


def test_the_layers_of_a_build_count_as_their_share_of_the_deliveries_that_it_serves(home, owner):
    for name in ("a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"):
        accepted(owner, name, LATER)
    assert len(STEPS) == 7
    built(owner, LATER + timedelta(minutes=1), STEPS[:3])
    accepted(owner, "came after the build began", LATER + timedelta(minutes=2))
    found = look(home, runs.DAG_OF_BUILD)
    assert (found.built, found.to_build) == (3, 8)
    built(owner, LATER + timedelta(minutes=3), STEPS)
    whole(owner, home)
    found = look(home)
    assert (found.built, found.to_build, found.is_done) == (8, 8, True)


def test_a_delivery_that_came_into_a_build_after_it_began_is_built_by_it(home, owner):
    accepted(owner, "a", LATER)
    built(owner, LATER, STEPS)
    accepted(owner, "came before the build looked at the ledger", LATER + timedelta(seconds=1))
    assert not look(home).is_done
    whole(owner, home)
    found = look(home)
    assert (found.built, found.to_build, found.is_done) == (2, 2, True)
    # A second build that finds everything built is nothing to wait for.
    assert look(home, runs.DAG_OF_BUILD).is_done


def test_what_an_earlier_run_did_is_no_work_of_this_one_but_what_it_left_is(home, owner):
    accepted(owner, "one", EARLIER, received_at=EARLIER)
    built(owner, EARLIER + timedelta(hours=1), STEPS)
    assert look(home).deliveries == 0
    accepted(owner, "another", EARLIER + timedelta(hours=2), received_at=EARLIER)
    found = look(home)
    assert (found.deliveries, found.built, found.is_done) == (1, 0, False)


def test_a_delivery_that_is_begun_anew_is_work_of_the_run_in_which_it_is(home, owner):
    replayed = came(owner, "refused long ago", status="refused", received_at=EARLIER)
    submissions.move(owner, replayed, "received", "refused")
    owner.execute("alter table ops.submission_move disable trigger kept_as_moved")
    owner.execute("update ops.submission_move set moved_at = %s where to_status = 'received' and from_status is not null", [LATER])
    assert look(home).refused == 1


def test_a_file_and_the_run_of_a_feed_are_work_and_what_waits_for_a_person_is_none(home, owner):
    assert look(home).is_done
    assert not look(home, f"{runs.INGEST}{STREET}").is_done
    assert look(home, "housekeeping").is_done
    came(owner, "held", status="held")
    assert look(home, runs.DAG_OF_APPROVAL).is_done
    drop(home, f"{STREET}/waits.csv")
    assert not look(home).is_done


def test_what_changes_what_figures_say_is_work_though_nothing_was_accepted(home, owner):
    """Issue 13, point 16: a refusal whose period is known, a withdrawal, a changed model, a changed feed file."""
    assert look(home).is_done
    came(owner, "its name tells no period", status="refused")
    assert look(home).is_done
    came(owner, "refused", status="refused", period_start="2020-01-01")
    assert not look(home).is_done
    whole(owner, home)
    assert look(home).is_done
    came(owner, "withdrawn", status="accepted", period_start="2020-02-01", rows_in_file=0, rows_accepted=0, rows_quarantined=0,
        rows_duplicate=0)  # fmt: skip
    whole(owner, home)
    submissions.move(
        owner, owner.execute("select max(submission_id) as found from ops.submission").fetchone()["found"], "withdrawn"
    )
    assert "Deliveries came or went" in look(home).unbuilt
    whole(owner, home)
    owner.execute("update ops.built_layer set code = 'another project'")
    assert "The project changed" in look(home).unbuilt
    whole(owner, home)
    owner.execute("update ops.built_layer set ledger = null where layer = 'marts'")
    assert "half built (marts)" in look(home).unbuilt


def test_an_older_extract_that_comes_alone_is_work_until_it_is_built_as_history(home, owner):
    """Issue 13, point 9."""
    whole(owner, home)
    came(owner, "older", status="superseded", period_start="2020-01-01", accepted_at=LATER, rows_in_file=0, rows_accepted=0,
        rows_quarantined=0, rows_duplicate=0)  # fmt: skip
    assert not look(home).is_done
    whole(owner, home)
    assert look(home).is_done


def test_a_feed_that_takes_nothing_says_why(home, owner, monkeypatch, tmp_path):
    """Issue 13, point 9: a feed file that cannot be used, one that is gone, a DAG that is switched off."""
    contracts = tmp_path / "expectations"
    shutil.copytree(home.contracts, contracts)
    monkeypatch.setenv("VRN_CONTRACTS", str(contracts))
    broken = contracts / f"{STREET}.odcs.yaml"
    broken.write_text(broken.read_text().replace("classification: keep", "classification: kept", 1))
    drop(home, f"{STREET}/waits.csv")
    came(owner, "begun", feed="a_feed_that_was")
    drop(home, "police_stop_search/waits.csv")
    blocked = look(home, paused={"ingest__police_stop_search"}).blocked
    assert f"{STREET}.odcs.yaml" in blocked[STREET]
    assert "expectations/a_feed_that_was.odcs.yaml is not there" in blocked["a_feed_that_was"]
    assert "the DAG ingest__police_stop_search is switched off" in blocked["police_stop_search"]


def some(judged: int) -> Work:
    return Work(deliveries=150, received=150, judged=judged, to_build=149, built=0, refused=1)


class Printed(Console):
    """A console whose lines a test waits for, of a terminal with that name or of none."""

    def __init__(self, terminal: str | None):
        super().__init__(file=io.StringIO(), force_terminal=terminal is not None, _environ={"TERM": terminal or ""})
        self.lines: queue.Queue[str] = queue.Queue()

    def print(self, line: str) -> None:
        self.lines.put(line)

    def next(self) -> str:
        return self.lines.get(timeout=LONGEST)


@pytest.mark.parametrize("terminal", [None, "dumb", "unknown"])
def test_where_no_bar_can_move_a_line_comes_again_and_again_and_says_when_nothing_moves(monkeypatch, terminal):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.05)
    console = Printed(terminal)
    with progress.shown(console) as show:
        # A machine that is busy says its first line a second later.
        assert re.fullmatch(r"0:\d\d  starting; the same since 0:00", console.next())
        show(some(97))
        while "starting" in (line := console.next()):
            pass
        assert line.endswith("of 150: 150 received, 97 judged, 0 built")
        assert "the same since" in console.next()
        show(some(98))
        while (line := console.next()).count("97 judged"):
            pass
        assert line.endswith("of 150: 150 received, 98 judged, 0 built")


def test_two_lines_are_ten_seconds_apart_and_fit_a_narrow_screen():
    assert progress.SECONDS_BETWEEN_LINES == 10
    assert len("10:00  " + progress.OF_RUN.sentence(some(150)) + "; the same since 10:00") <= 80


def test_a_build_that_no_delivery_asked_for_is_shown_by_its_layers(home, owner):
    whole(owner, home)
    owner.execute("update ops.built_layer set ledger = null where layer in ('marts', 'publish')")
    owner.execute("update ops.built_layer set code = 'another' where layer = 'counts'")
    found = look(home)
    assert progress.stages(found) == ((0, 0), (0, 0), (4, 7))
    assert progress.OF_RUN.sentence(found) == "no delivery came; of 7 layers 4 built"


def on_a_terminal(width: int, form: progress.Form, *looks: object) -> list[str]:
    """The lines that are shown, the last of which are those of the last look."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with progress.shown(console, form) as show:
        for look in looks:
            show(look)
        console.print("first figure: made up")
    lines = [Text.from_ansi(line).plain.rstrip() for line in screen.getvalue().splitlines()]
    assert max(map(len, lines)) <= width
    return [line for line in lines if line]


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_three_bars_say_what_is_done_of_all_and_fit_the_screen(width):
    lines = on_a_terminal(width, progress.OF_RUN, some(97))
    for stage, done in (("received", "150 of 150"), ("judged", "97 of 150"), ("built", "0 of 149")):
        assert any(line.startswith(stage) and done in line for line in lines), lines


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_what_is_being_done_stands_below_the_bars(width):
    *_, decided, released, step = on_a_terminal(width, release_command.OF_RELEASE, Look(0, "disclosure control", 0.534))
    assert re.fullmatch(r"decided +━+ +53\.4% .*", decided)
    assert re.fullmatch(r"released +0 of 6 .*", released)
    assert step == "disclosure control"
    *_, bar = on_a_terminal(width, release_command.OF_PREVIEW, Look(0, "a step", 1.0), Look(0, ""))
    assert re.fullmatch(r"decided +━{40} 100\.0% .*", bar)


def test_a_share_that_is_not_known_yet_is_no_share_and_one_that_was_known_stays():
    before, after = Look(0, "definitions and figures"), Look(2, "exports")
    *_, decided, _, _ = on_a_terminal(80, release_command.OF_RELEASE, before)
    assert "%" not in decided
    *_, decided, _, _ = on_a_terminal(80, release_command.OF_RELEASE, before, Look(0, "disclosure control", 1.0), after)
    assert "100.0%" in decided


def test_a_step_that_is_too_long_for_a_screen_is_cut():
    *_, step = on_a_terminal(80, release_command.OF_PREVIEW, Look(0, "a step " * 20))
    assert step.endswith("…")
    assert len(step) <= 80
