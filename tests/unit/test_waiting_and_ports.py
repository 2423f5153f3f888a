"""What the tests themselves stand on: what another process does is waited for, and a port has one owner."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests import ports, waiting
from vrn.settings import REPOSITORY

ANOTHER_PROCESS = "from tests.ports import free_port; print(free_port(), flush=True); input()"


def test_a_question_is_asked_until_it_is_answered_and_the_answer_is_given():
    answers = iter([0, None, "at last"])
    assert waiting.until(lambda: next(answers), "the third answer", every=0) == "at last"


def test_what_never_comes_is_named_by_the_failure(monkeypatch):
    monkeypatch.setattr(waiting, "LONGEST", 0)
    with pytest.raises(pytest.fail.Exception, match="a train that was taken off"):
        waiting.until(lambda: False, "a train that was taken off")


def test_no_two_processes_are_given_one_port_though_nobody_listens_there_yet():
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ANOTHER_PROCESS], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    given = [ports.free_port(), ports.free_port(), *(int(process.stdout.readline()) for process in processes)]
    for process in processes:
        process.communicate("done\n")
    assert len(set(given)) == len(given)


def test_a_port_at_which_somebody_listens_is_not_given(monkeypatch):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        monkeypatch.setattr(ports, "PORTS", [taken, *ports.PORTS])
        assert ports.free_port() != taken
