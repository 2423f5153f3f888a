"""Folders in memory for the tests' servers."""

import tempfile
from pathlib import Path

import psycopg
import pytest

from tests import memory
from tests.ports import free_port
from vrn.run import secrets
from vrn.run.local import postgres
from vrn.settings import Settings


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch) -> Path:
    """Memory and disk of the test's own, so that no other worker clears them."""
    monkeypatch.setattr(memory, "SHARED_MEMORY", tmp_path / "memory")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "disk"))
    for name in ("memory", "disk"):
        (tmp_path / name).mkdir()
    # For root PostgreSQL runs as another user.
    for folder in (tmp_path, tmp_path.parent, tmp_path / "memory", tmp_path / "disk"):
        folder.chmod(0o711)
    return tmp_path


def test_a_folder_is_gone_with_all_that_is_in_it_when_nobody_needs_it(places):
    with memory.folder() as made:
        (made / "postgres").mkdir()
    assert not list(places.glob("*/*"))


def test_where_memory_has_no_room_the_folder_is_on_the_disk(places, monkeypatch):
    monkeypatch.setattr(memory, "_available", lambda: memory.ROOM)
    with memory.folder() as made:
        assert made.parent == places / "disk"


def test_a_folder_in_use_is_left_alone():
    """Whoever asked for the process by its number deleted a folder in use of another container, which shared the memory."""
    with memory.folder() as first, memory.folder():
        assert first.exists()


@pytest.mark.parametrize("place", ["memory", "disk"])
def test_what_a_killed_run_left_is_stopped_and_deleted_by_the_next(places, place, monkeypatch):
    left = places / place / f"{memory.PREFIX}of-a-killed-run"
    settings = Settings(home=left, pg_port=free_port())
    monkeypatch.setenv("VRN_SECRETS", str(left / "secrets"))
    settings.logs.mkdir(parents=True)
    (left / memory.LOCK).touch()
    secrets.ensure(settings)
    postgres.start(settings, outlives_crash=False)
    # The password is gone with the folder.
    conninfo = settings.conninfo(postgres.SUPERUSER, "postgres")

    with memory.folder():
        assert not left.exists()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(conninfo)
