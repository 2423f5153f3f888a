"""Parts that are decided on all cores: who began them sees how far they are, and nothing of them outlives it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.waiting import LONGEST
from vrn.publish.disclosure import workers
from vrn.settings import REPOSITORY

# Is at work until it is ended.
FOR_EVER, FAILS, IS_KILLED = "for ever", "fails", "is killed"
BEGINS = """
import signal, sys
from tests.unit import test_disclosure_workers as parts
from vrn.publish.disclosure import workers
# A shell that runs the tests in the background has all that they begin ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
workers.ENOUGH = 0
workers.os.sched_getaffinity = lambda _: {0, 1}
try:
    workers.each(parts.say_and_do, [(part,) for part in sys.argv[1:]], [1] * len(sys.argv[1:]), lambda _: None)
except (KeyboardInterrupt, LookupError) as error:
    sys.exit(f"ended by {type(error).__name__}")
"""


def ignored(_: float) -> None:
    """Nobody asks how far it is."""


def say_and_do(what: str, tell: workers.Tell) -> str:
    """Says on the output of whoever began it that it is at work, and half way how far it is."""
    os.write(1, f"{what}\n".encode())
    if what == FOR_EVER:
        threading.Event().wait()
    if what == FAILS:
        raise LookupError("this part cannot be done")
    if what == IS_KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    tell(0.5)
    return what.upper()


@contextmanager
def begun(*parts: str) -> Iterator[subprocess.Popen]:
    """Somebody who has the parts done in two processes beside."""
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'plugins'}:{REPOSITORY}"}
    command = [sys.executable, "-c", BEGINS, *parts]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def next_line(process: subprocess.Popen) -> str | None:
    """What one of them says next; None where the last is gone that could say something."""
    heard = b""
    while not heard.endswith(b"\n"):
        assert select.select([process.stdout], [], [], LONGEST)[0], "somebody is left who could say something"
        if not (letter := os.read(process.stdout.fileno(), 1)):
            return None
        heard += letter
    return heard.decode().strip()


@pytest.fixture(params=["here", "on two cores"])
def anywhere(request, monkeypatch) -> None:
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(workers, "ENOUGH", 0 if request.param == "on two cores" else 1_000)


def test_the_answers_are_in_the_order_of_the_parts(anywhere):
    parts = [("a",), ("b",), ("c",), ("d",)]
    assert workers.each(say_and_do, parts, [1, 3, 0, 2], ignored) == ["A", "B", "C", "D"]


def test_it_is_told_in_the_middle_of_a_part_too_which_share_of_all_figures_is_done(anywhere):
    told = []
    workers.each(say_and_do, [("a",), ("b",)], [10, 30], told.append)
    # Which of both is first is up to them: half of ten figures or of thirty, of forty.
    assert told == sorted(told)
    assert [len(told), told[0] in (0.125, 0.375), told[-1]] == [4, True, 1]


def test_of_no_parts_there_is_no_answer(anywhere):
    assert workers.each(say_and_do, [], [], ignored) == []


@pytest.mark.parametrize("anywhere", ["on two cores"], indirect=True)
def test_what_a_part_raises_says_where_though_another_process_raised_it(anywhere):
    with pytest.raises(LookupError, match="this part cannot be done") as raised:
        workers.each(say_and_do, [("one",), (FAILS,)], [1, 1], ignored)
    assert "in say_and_do" in raised.value.__notes__[0]


@pytest.mark.parametrize("anywhere", ["on two cores"], indirect=True)
def test_a_process_that_was_killed_is_missed(anywhere):
    with pytest.raises(workers.WorkerLost, match="Make room, and run it again"):
        workers.each(say_and_do, [("one",), (IS_KILLED,)], [1, 1], ignored)


def test_processes_end_with_whoever_began_them_at_work_or_not():
    with begun(FOR_EVER, "at once") as process:
        assert {next_line(process), next_line(process)} == {FOR_EVER, "at once"}
        process.kill()
        # The output ends when both are gone, and the tracker of their resources.
        assert next_line(process) is None


def test_after_a_part_that_fails_nobody_waits_for_the_others():
    with begun(FOR_EVER, FAILS) as process:
        while next_line(process):
            pass
        assert process.stderr.read() == b"ended by LookupError\n"


def test_who_interrupts_it_waits_for_no_part_and_reads_of_no_process_but_the_first():
    with begun(*[FOR_EVER] * 4) as process:
        assert [next_line(process), next_line(process)] == [FOR_EVER, FOR_EVER]
        # As a terminal does it: to all of them.
        os.killpg(process.pid, signal.SIGINT)
        assert next_line(process) is None
        assert process.stderr.read() == b"ended by KeyboardInterrupt\n"
