"""Folders in memory for the tests' servers."""

import subprocess

import psycopg
import pytest

from tests import memory
from tests.ports import free_port
from vrn.run import secrets
from vrn.run.local import postgres
from vrn.settings import Settings


@pytest.fixture
def number_of_the_dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_a_folder_is_gone_with_all_that_is_in_it_when_nobody_needs_it():
    with memory.folder() as made:
        (made / "postgres").mkdir()
    assert not made.exists()


def test_where_memory_has_no_room_the_folder_is_on_the_disk(monkeypatch):
    monkeypatch.setattr(memory, "_available", lambda: memory.ROOM)
    with memory.folder() as made:
        assert made.parent != memory.SHARED_MEMORY


@pytest.mark.skipif(not memory.SHARED_MEMORY.is_dir(), reason="this system has no /dev/shm")
def test_what_a_killed_run_left_in_memory_is_stopped_and_deleted_by_the_next(number_of_the_dead, monkeypatch):
    left = memory.SHARED_MEMORY / f"{memory.PREFIX}{number_of_the_dead}-of-a-test"
    settings = Settings(home=left, pg_port=free_port())
    monkeypatch.setenv("VRN_SECRETS", str(left / "secrets"))
    settings.logs.mkdir(parents=True)
    secrets.ensure(settings)
    postgres.start(settings)
    # The password is gone with the folder.
    conninfo = settings.conninfo(postgres.SUPERUSER, "postgres")

    with memory.folder() as beside:
        assert beside.exists()
        assert not left.exists()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(conninfo)
