"""A part of the bench tells its figures as they come, so that nothing is lost when it fails, is killed or is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests import waiting
from tests.bench import __main__ as bench
from tests.bench import parts
from tests.bench.plan import Plan
from tests.bench.table import Failure, Figure, LeftOut
from vrn.settings import REPOSITORY

FIRST, SECOND = (Figure("run", what, "", 1.0, "s") for what in ("first", "second"))
# A part of this name in a package of the test's own, because a part has a process of its own, which imports it.
HEAD = f"""
import os, signal
from pathlib import Path
from tests import waiting
from tests.bench import machine
from tests.bench.table import Figure

FIRST, SECOND = {FIRST!r}, {SECOND!r}

def measure(plan):
"""
FAILS = """
    yield FIRST
    yield SECOND
    raise ValueError("no third")
"""
PRINTS = """
    print("what dbt says")
    os.system("echo what another program says")
    yield FIRST
"""
WAITS = """
    yield FIRST
    waiting.until(Path({sign!r}).exists, "that the first figure was taken")
    yield SECOND
"""
IS_KILLED = """
    yield FIRST
    os.kill(os.getpid(), signal.SIGKILL)
"""
HAS_A_SERVER = """
    with machine.server() as settings:
        server = (settings.home / "postgres" / "postmaster.pid").read_text().split()[0]
        yield FIRST
        Path({sign!r}).write_text(f"{{settings.home}} {{server}} {{os.getpid()}}")
        waiting.until(lambda: False, "the signal that ends it")
"""
COMMAND = """
import runpy
from tests.bench import parts
parts.PACKAGE = "made_up_parts"
runpy.run_module("tests.bench", run_name="__main__")
"""


@pytest.fixture
def make_part(tmp_path: Path, monkeypatch) -> Callable[[str], Path]:
    """Gives the part `run` that body. Returns the file by which the part and the test tell each other something."""
    package, sign = tmp_path / "made_up_parts", tmp_path / "sign"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(parts, "PACKAGE", package.name)

    def make(body: str) -> Path:
        (package / "run.py").write_text(HEAD + body.format(sign=str(sign)), encoding="utf-8")
        return sign

    return make


def test_a_part_that_fails_after_two_figures_keeps_the_two(make_part):
    make_part(FAILS)
    *figures, failure = parts.in_a_process("run", Plan())
    assert figures == [FIRST, SECOND]
    assert failure.part == "run"
    assert "ValueError: no third" in failure.reason


def test_what_a_part_prints_is_not_among_the_lines_of_the_table(make_part, capfd):
    make_part(PRINTS)
    assert list(parts.in_a_process("run", Plan())) == [FIRST]
    out, said = capfd.readouterr()
    assert (out, set(said.splitlines())) == ("", {"what dbt says", "what another program says"})


def test_a_figure_is_there_before_the_next_is_measured(make_part):
    sign = make_part(WAITS)
    told = parts.in_a_process("run", Plan())
    assert next(told) == FIRST
    sign.touch()
    assert list(told) == [SECOND]


def test_a_part_that_is_killed_keeps_its_figures_and_is_named(make_part):
    make_part(IS_KILLED)
    assert list(parts.in_a_process("run", Plan())) == [FIRST, Failure("run", parts.KILLED)]


@pytest.mark.services
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bench_that_is_ended_ends_its_server_deletes_its_folder_and_keeps_its_figures(tmp_path: Path, make_part, number):
    sign, home = make_part(HAS_A_SERVER), tmp_path / "home"
    environment = os.environ | {"VRN_HOME": str(home), "PYTHONPATH": f"{tmp_path}:{REPOSITORY / 'plugins'}:{REPOSITORY}"}
    # A pipe would stay open as long as a part that nobody ended.
    with (tmp_path / "said").open("w") as said:
        ran = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--only", "run"], env=environment, cwd=REPOSITORY, stdout=said, stderr=said
        )
    try:
        waiting.until(lambda: ran.poll() is not None or (sign.exists() and sign.read_text()), "the server of the part")
        assert ran.poll() is None, (tmp_path / "said").read_text()
        folder, *processes = sign.read_text().split()
        ran.send_signal(number)
        ran.wait()
        assert (ran.returncode, Path(folder).exists()) == (128 + number, False)
        waiting.until(lambda: not any(map(lives, processes)), "the end of the server and of the part")
    finally:
        ran.kill()
        ran.wait()
        for one in filter(lives, sign.read_text().split()[1:] if sign.exists() else ()):
            os.kill(int(one), signal.SIGQUIT)
    (kept,) = (home / "bench").iterdir()
    assert [one["what"] for one in json.loads(kept.read_text(encoding="utf-8"))["figures"]] == ["first"]


def lives(process: str) -> bool:
    try:
        return psutil.Process(int(process)).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_a_part_told_is_kept_before_the_next_begins_and_nobody_finds_half_of_it(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("VRN_HOME", str(tmp_path))
    written = Path.write_text

    def kept() -> list[str]:
        (path,) = (tmp_path / "bench").glob("*.json")
        return [one["what"] for one in json.loads(path.read_text(encoding="utf-8"))["figures"]]

    def half(path: Path, text: str, **named) -> None:
        written(path, text[: len(text) // 2], **named)
        raise OSError("no room")

    def in_a_process(part, plan):
        if part == "run":
            yield FIRST
        else:
            assert kept() == ["first"]
            monkeypatch.setattr(Path, "write_text", half)
            yield LeftOut(part, "all", "a test")

    monkeypatch.setattr(bench, "in_a_process", in_a_process)
    with pytest.raises(OSError, match="no room"):
        bench.main(["--only", "run,linkage"])
    assert kept() == ["first"]
