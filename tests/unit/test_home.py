"""The wait of `make run` for the work to be done: when it ends, and what it says meanwhile."""

from __future__ import annotations

import io
import os
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from tests.airflow import Airflow, answered
from tests.ports import free_port
from vrn.__main__ import main
from vrn.errors import HomeError
from vrn.receive import problems
from vrn.run.local import airflow, done, postgres, ready
from vrn.run.local import home as runner
from vrn.run.local.inbox import File
from vrn.run.local.work import Begun, Left, Work
from vrn.settings import Settings

SINCE = datetime(2026, 12, 1, tzinfo=UTC)


FEED, OTHER = "police_street_crime", "police_stop_search"
LEFT = Left(files=(File("2020-01-lancashire-street.csv", 1),))
DONE = Work(deliveries=1, received=1, judged=1, to_build=1, built=1)
BUILDING = replace(DONE, built=0, unbuilt="Deliveries came or went.", there="as after the delivery")
BUSY = replace(BUILDING, active=frozenset({"build_outcomes"}))
WAITING = Work(deliveries=1, to_build=1, left={FEED: LEFT})


class Looks:
    """What each look at the work finds in turn, or raises; the last of them for ever. Airflow itself is not started for this."""

    def __init__(self, settings: Settings):
        self.found: list = []
        self.figures: list[str | None] = ["first figure: of an earlier run"]
        self.settings = settings
        self.airflow = Airflow()
        self.shown: list[Work] = []
        self.broken: list[str] = []
        self.console = Console(record=True, width=200, file=io.StringIO())

    def look(self, *_) -> Work:
        one = self._next(self.found)
        if isinstance(one, Exception):
            raise one
        return one

    def first(self, *_) -> str | None:
        return self._next(self.figures)

    @staticmethod
    def _next(these: list):
        return these.pop(0) if len(these) > 1 else these[0]

    def then(self, *found: Work) -> None:
        """What is found once Airflow was asked for a run."""
        self.airflow.does = lambda _: self.found.__setitem__(slice(None), found)

    def wait(self, check=lambda: None) -> str:
        done.until_done(self.settings, self.console, self.shown.append, SINCE, check)
        return self.console.export_text()


@pytest.fixture
def looks(monkeypatch, tmp_path):
    looks = Looks(Settings(home=tmp_path))
    monkeypatch.setattr(done.work, "look", looks.look)
    monkeypatch.setattr(done.work, "broken_nodes", lambda _: looks.broken)
    monkeypatch.setattr(done, "connect", lambda *_: nullcontext())
    monkeypatch.setattr(done.headline, "first", looks.first)
    monkeypatch.setattr(done, "AirflowApi", lambda settings: looks.airflow)
    monkeypatch.setattr(done, "SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr(done, "SECONDS_OF_QUIET", 0)
    return looks


@pytest.fixture
def stalled(monkeypatch):
    monkeypatch.setattr(done, "SECONDS_TO_STALL", 0)


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(looks):
    looks.found += [TimeoutError("timed out"), psycopg.OperationalError("refused"), DONE]
    looks.wait()


def test_what_answers_no_more_ends_the_wait_with_its_name(looks, stalled):
    """Issue 13, point 9: with PostgreSQL away, Airflow was blamed."""
    looks.found += [TimeoutError("timed out")]
    with pytest.raises(HomeError, match=r"For two minutes Airflow does not answer \(timed out\)\. .*`make run` goes on"):
        looks.wait()
    looks.found[:] = [psycopg.OperationalError("connection refused")]
    with pytest.raises(HomeError, match=r"For two minutes the warehouse does not answer \(connection refused\)\. "):
        looks.wait()


def test_an_airflow_that_answers_and_refuses_is_not_called_away(looks, stalled):
    for code, why in ((401, r"refused the sign-in \(401\)"), (500, "answered 500")):
        looks.found[:] = [answered(code)]
        with pytest.raises(HomeError, match=f"For two minutes Airflow {why}\\. The logs"):
            looks.wait()


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(ConnectionRefusedError("refused"), r"does not answer \(refused\)"), (answered(401), r"refused the sign-in \(401\)")],
)
def test_a_start_that_airflow_does_not_let_end_says_what_airflow_did(home, monkeypatch, trouble, why):
    class Away(Airflow):
        def wake(self):
            raise trouble

    monkeypatch.setattr(ready, "AirflowApi", lambda _: Away())
    monkeypatch.setattr(ready.services, "check", lambda _: None)
    monkeypatch.setattr(ready, "SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr(ready, "SECONDS_TO_BE_READY", 0.01)
    with pytest.raises(HomeError, match=f"still missing: the API server, which {why}\\. "):
        ready.until_ready(home)


def test_a_process_that_ended_is_named_at_once_whatever_is_under_way(looks):
    """Issue 13, point 9: with the scheduler dead, `make run` waited for ever."""

    def check():
        raise HomeError("Airflow's scheduler ended without being asked to")

    for found in (BUSY, TimeoutError("timed out")):
        looks.found[:] = [found]
        with pytest.raises(HomeError, match="Airflow's scheduler ended"):
            looks.wait(check)


def test_a_process_that_hangs_is_named_when_nothing_moves_though_a_run_is_under_way(looks, stalled):
    looks.found += [BUSY]
    looks.airflow.health["scheduler"] = {"status": "unhealthy"}
    with pytest.raises(HomeError, match="Airflow's scheduler gave no sign of life"):
        looks.wait()


def test_a_long_step_of_a_healthy_airflow_is_waited_for(looks, stalled):
    looks.found += [BUSY, BUSY, BUSY, BUSY, DONE]
    looks.wait()


def test_one_look_that_finds_nothing_left_ends_the_wait_and_work_that_is_left_does_not(looks):
    looks.found += [BUSY, BUSY, DONE, BUSY]
    looks.wait()
    assert looks.shown == [BUSY, BUSY, DONE]
    assert looks.airflow.started == []


def test_what_is_not_built_and_that_nobody_builds_is_built_once(looks):
    """Issue 13, point 16: after a refusal, a withdrawal or a changed model `make run` said that nothing was done."""
    looks.found += [BUILDING]
    looks.then(BUSY, BUSY, DONE)
    assert "what is built is not what is there: Airflow is asked for a run of build_outcomes" in looks.wait()
    assert looks.airflow.started == ["build_outcomes"]


def test_a_build_that_fails_is_not_asked_for_again_and_its_nodes_are_named(looks):
    looks.found += [BUILDING]
    looks.then(BUSY, BUILDING)
    looks.broken, looks.airflow.failed = ["model v06_violence_with_injury", "test unique_dim_area"], {"build_outcomes": []}
    with pytest.raises(HomeError, match=r"failed at model v06_violence_with_injury, test unique_dim_area; what rests"):
        looks.wait()
    assert looks.airflow.started == ["build_outcomes"]


def test_a_build_that_began_by_itself_and_failed_is_not_asked_for_again_for_what_was_there(looks):
    looks.airflow.failed = {"build_outcomes": [("build", "OperationalError", "a value")]}
    looks.found += [BUSY, BUILDING]
    with pytest.raises(
        HomeError, match=r"The outcomes are not built. `build` of build_outcomes failed: OperationalError;"
    ) as error:
        looks.wait()
    assert looks.airflow.started == []
    assert "a value" not in str(error.value)
    # What came since is no reason of its failure.
    looks.found[:] = [BUSY, replace(BUILDING, there="as after another delivery")]
    looks.then(BUSY, DONE)
    looks.wait()
    assert looks.airflow.started == ["build_outcomes"]


def test_a_run_in_which_a_node_was_not_built_ends_with_its_name_though_all_else_is(looks):
    looks.found, looks.broken = [DONE], ["model v06_violence_with_injury"]
    with pytest.raises(HomeError, match="v06_violence_with_injury"):
        looks.wait()


def test_a_file_that_nobody_takes_is_asked_for_and_taken(looks):
    """Issue 13, point 16: one whose feed file was broken was taken again after ten minutes, and `make run` gave up after two."""
    looks.found += [WAITING]
    looks.then(replace(WAITING, active=frozenset({f"ingest__{FEED}"})), BUSY, DONE)
    assert f"{FEED}: 2020-01-lancashire-street.csv waits: Airflow is asked for a run of ingest__{FEED}" in looks.wait()
    assert looks.airflow.started == [f"ingest__{FEED}"]


def test_a_file_that_came_just_now_is_left_to_airflow(looks):
    looks.found += [replace(WAITING, fresh=frozenset({FEED})), BUSY, DONE]
    looks.wait()
    assert looks.airflow.started == []


def test_a_file_that_a_run_left_is_named_with_the_reason_and_what_else_there_is_is_done(looks):
    """Issue 13, point 9: nothing named the file because of which the run did not end."""
    looks.airflow.failed = {f"ingest__{FEED}": [("register", "HomeError", "agreements.yaml is not YAML."), ("conclude", "X", "")]}
    stuck = {FEED: LEFT}
    looks.found += [WAITING]
    answers = {
        f"ingest__{FEED}": [replace(BUILDING, left=stuck)],
        "build_outcomes": [replace(BUSY, left=stuck), replace(DONE, left=stuck)],
    }
    looks.airflow.does = lambda dag: looks.found.__setitem__(slice(None), answers[dag])
    with pytest.raises(HomeError) as error:
        looks.wait()
    assert str(error.value).splitlines()[0] == (
        f"{FEED}: 2020-01-lancashire-street.csv is not taken in. `register` of ingest__{FEED} failed: agreements.yaml is not YAML."
    )
    assert looks.airflow.started == [f"ingest__{FEED}", "build_outcomes"]


def test_a_file_that_a_good_run_could_not_take_is_named_with_what_stood_in_the_way(looks):
    problems.keep(looks.settings, FEED, ["The folder inbox/police_street_crime may be read but not written to."])
    looks.found += [WAITING]
    with pytest.raises(HomeError, match=r"is not taken in\. The folder .* may be read but not written to\."):
        looks.wait()


def test_a_delivery_that_a_run_left_is_tried_again_as_long_as_each_try_counts(looks):
    def left(tries: int) -> Work:
        return replace(WAITING, left={FEED: Left(begun=(Begun("a.csv", 7, "staged", 1, tries),))})

    looks.found += [left(1)]
    after = {1: [left(2)], 2: [left(3)], 3: [DONE]}
    looks.airflow.does = lambda _: looks.found.__setitem__(slice(None), after[len(looks.airflow.started)])
    looks.wait()
    assert looks.airflow.started == [f"ingest__{FEED}"] * 3


def test_a_feed_that_takes_nothing_is_named_and_not_asked_while_the_others_go_on(looks):
    """Issue 13, point 9: a file whose feed file is broken."""
    why = "police_street_crime.odcs.yaml, line 7: a quote is not closed."
    both = replace(WAITING, left={FEED: LEFT, OTHER: LEFT}, blocked={FEED: why})
    looks.found += [both]
    looks.then(replace(both, left={FEED: LEFT}))
    with pytest.raises(HomeError, match=f"{FEED}: 2020-01-lancashire-street.csv is not taken in. {why}"):
        looks.wait()
    assert looks.airflow.started == [f"ingest__{OTHER}"]


def test_a_dag_that_airflow_does_not_know_yet_is_asked_for_again_and_one_that_it_cannot_read_is_named(looks, monkeypatch):
    looks.airflow.unknown = {f"ingest__{FEED}"}
    looks.found += [WAITING, WAITING, WAITING, DONE]
    looks.wait()
    looks.found[:] = [WAITING]
    monkeypatch.setattr(done, "SECONDS_TO_STALL", 0)
    looks.airflow.import_errors = {"ingest.py": "SyntaxError: not closed", "feed_files.py": "ContractError: said elsewhere"}
    with pytest.raises(
        HomeError, match=r"is not taken in\. Airflow cannot read dags/ingest\.py, line 7: SyntaxError: not closed\n"
    ):
        looks.wait()


def test_a_build_that_is_switched_off_is_named(looks):
    looks.found += [replace(BUILDING, paused=frozenset({"build_outcomes"}))]
    with pytest.raises(HomeError, match=r"The DAG build_outcomes is switched off in Airflow\. Switch it on\."):
        looks.wait()
    assert looks.airflow.started == []


def test_the_first_figure_is_said_once_as_soon_as_a_build_has_made_it(looks):
    looks.found += [BUSY, BUSY, BUSY, DONE]
    looks.figures[:] = [None, None, "first figure: made up", "first figure: another"]
    assert looks.wait().count("first figure") == 1


def test_a_home_that_had_figures_before_says_no_first_one(looks):
    looks.found += [BUSY, DONE]
    assert "first figure" not in looks.wait()


def test_a_new_home_asks_for_a_build_once_as_soon_as_its_deliveries_are_received(looks):
    judging = replace(BUSY, deliveries=2, active=frozenset({f"ingest__{FEED}"}))
    looks.figures[:] = [None]
    looks.found = [judging, replace(judging, received=2), BUSY, BUSY, DONE]
    looks.wait()
    assert looks.airflow.started == ["build_outcomes"]


def test_a_run_that_ends_with_an_error_shows_what_is_built_and_what_nobody_takes_and_then_the_error(home, monkeypatch, capsys):
    """Issue 13, part G and point 9: the error hid the figures, and a file at the root of the inbox was passed over in silence."""

    def fails(*_):
        raise HomeError("police_street_crime: a.csv is not taken in.")

    monkeypatch.setattr(runner, "run", fails)
    home.inbox.mkdir(exist_ok=True)
    (home.inbox / "[a] note.txt").write_text("x")
    # An archive that was put aside is in no ledger.
    problems.keep(home, problems.ARCHIVES, ["The archive b.zip was put into refused/ and nothing of it was taken: it is cut off."])
    assert main(["run"]) == 1
    printed = capsys.readouterr()
    assert "No indicators yet: nothing was accepted." in printed.out
    assert "NOT TAKEN inbox/[a] note.txt: it lies beside the feeds' folders." in printed.out
    assert "NOT TAKEN The archive b.zip was put into refused/ and nothing of it was taken: it is cut off." in printed.out
    assert printed.err == "error: police_street_crime: a.csv is not taken in.\n"


def test_a_run_whose_warehouse_is_away_ends_with_its_own_error(tmp_path, monkeypatch, capsys):
    def fails(*_):
        raise HomeError("PostgreSQL ended without being asked to")

    monkeypatch.setattr(runner, "run", fails)
    monkeypatch.setenv("VRN_HOME", str(tmp_path))
    monkeypatch.setenv("VRN_PG_PORT", str(free_port()))
    assert main(["run"]) == 1
    assert capsys.readouterr().err == "error: PostgreSQL ended without being asked to\n"


def test_a_command_whose_warehouse_is_away_says_so_and_what_to_do(home, monkeypatch, capsys):
    port = free_port()
    monkeypatch.setenv("VRN_PG_PORT", str(port))
    assert main(["headline"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: The warehouse of {home.home} does not answer at port {port}: ")
    assert said.endswith("`make up` starts it; `make status` says what runs.\n")


@pytest.mark.parametrize("place", ["note.txt", "holidays/a.csv", "police_street_crime/a.csv", "police_street_crime/2020/a.csv"])
def test_a_home_in_whose_inbox_anything_lies_gets_no_synthetic_deliveries(home, place):
    assert runner.is_fresh(home)
    (home.inbox / place).parent.mkdir(parents=True, exist_ok=True)
    (home.inbox / place).write_text("x")
    assert not runner.is_fresh(home)


def test_airflow_is_started_anew_when_the_library_is_younger_than_its_scheduler(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path)
    assert not airflow.is_outdated(settings)
    monkeypatch.setattr(airflow, "is_running", lambda *_: True)
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run" / "scheduler.pid").touch()
    monkeypatch.setattr(airflow, "REPOSITORY", tmp_path)
    library = tmp_path / "plugins" / "vrn" / "gate.py"
    library.parent.mkdir(parents=True)
    library.touch()
    os.utime(library, (0, 0))
    assert not airflow.is_outdated(settings)
    os.utime(library, (2**33, 2**33))
    assert airflow.is_outdated(settings)


def taken_by_git(folder: Path) -> list[str]:
    """What `git add .` takes of a folder."""
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True)
    listed = subprocess.run(["git", "-C", str(folder), "add", "-n", "."], check=True, capture_output=True, text=True).stdout
    return sorted(line.removeprefix("add '").removesuffix("'") for line in listed.splitlines())


def filled(settings: Settings) -> Settings:
    runner.make_folders(settings)
    for kept in (
        "secrets/landing_key",
        "landing/000001/of-a-partner.csv.sealed",
        "inbox/police_crime/of-a-partner.csv",
        "run/ports",
    ):
        (settings.home / kept).parent.mkdir(parents=True, exist_ok=True)
        (settings.home / kept).touch()
    return settings


def test_git_takes_nothing_of_a_home_in_a_working_copy(tmp_path):
    filled(Settings(home=tmp_path / "copy" / "my-home"))
    assert taken_by_git(tmp_path / "copy") == []


def test_git_takes_nothing_that_a_home_makes_in_a_folder_that_says_itself_what_git_takes(tmp_path):
    """Its `.gitignore` stayed as it is, and git took the keys."""
    (tmp_path / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    (tmp_path / "mine.py").touch()
    filled(Settings(home=tmp_path))
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "*.pyc\n"
    assert taken_by_git(tmp_path) == [".gitignore", "mine.py"]


def test_what_somebody_says_of_a_folder_of_a_home_stays(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / ".gitignore").write_text("*.csv\n", encoding="utf-8")
    for _ in range(2):
        runner.make_folders(Settings(home=tmp_path))
    assert (tmp_path / "inbox" / ".gitignore").read_text(encoding="utf-8") == "*.csv\n"


def test_an_inbox_elsewhere_is_made_and_nothing_is_said_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("VRN_INBOX", str(tmp_path / "inbox"))
    runner.make_folders(Settings(home=tmp_path / "home"))
    assert list((tmp_path / "inbox").iterdir()) == []


def test_git_takes_nothing_of_the_folder_in_which_postgresql_keeps_the_warehouse(server):
    assert (postgres.data_folder(server) / ".gitignore").read_text(encoding="utf-8") == "*\n"
