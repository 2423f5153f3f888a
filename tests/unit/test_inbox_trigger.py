"""The triggerer's watch on the inbox, through Airflow's own sharing of one loop among the triggers of a place."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from airflow.triggers.shared_stream import SharedStreamManager

from tests.waiting import LONGEST
from vrn.receive import inbox_trigger, taking
from vrn.receive.folder import Seen
from vrn.receive.inbox_trigger import InboxTrigger


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(inbox_trigger, "SECONDS_BETWEEN_LOOKS", 0.01)


@asynccontextmanager
async def watched(*folders: Path) -> AsyncIterator[list[asyncio.Queue]]:
    """What the triggers of some folders fire, as the triggerer runs them: one queue a folder."""
    streams = SharedStreamManager(max_subscriber_queue=1024)
    queues, tasks = [], []

    async def fire(number: int, trigger: InboxTrigger, queue: asyncio.Queue) -> None:
        stream = streams.subscribe(trigger_id=number, trigger=trigger, key=trigger.shared_stream_key())
        async for event in trigger.filter_shared_stream(stream):
            queue.put_nowait(event.payload["deliveries"])

    for number, one in enumerate(folders):
        queues.append(asyncio.Queue())
        tasks.append(asyncio.create_task(fire(number, InboxTrigger(str(one)), queues[-1])))
    try:
        yield queues
    finally:
        for task in tasks:
            task.cancel()
        await streams.stop_all()


async def first(queue: asyncio.Queue) -> int:
    return await asyncio.wait_for(queue.get(), LONGEST)


def drop(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x")


def test_each_folder_hears_of_its_own_deliveries_only_and_once(tmp_path):
    async def watch() -> None:
        ours, other = tmp_path / "ours", tmp_path / "other"
        drop(ours, "a.csv")
        async with watched(ours, other) as (of_ours, of_other):
            assert await first(of_ours) == 1
            drop(other, "b.csv")
            drop(other, "c.csv")
            seen = await first(of_other)
            # The two may be seen one after the other.
            assert seen == 2 or await first(of_other) == 2
            drop(ours, "d.csv")
            assert await first(of_ours) == 2
            assert of_ours.empty()
            assert of_other.empty()

    asyncio.run(watch())


def test_what_still_waits_long_after_it_was_announced_is_announced_again(tmp_path, monkeypatch):
    async def watch() -> None:
        drop(tmp_path / "ours", "a.csv")
        async with watched(tmp_path / "ours") as (queue,):
            assert await first(queue) == 1
            monkeypatch.setattr(inbox_trigger, "SECONDS_TO_REPEAT", 0)
            assert await first(queue) == 1

    asyncio.run(watch())


def test_a_folder_that_cannot_be_read_is_logged_without_the_name_of_a_file(tmp_path, monkeypatch, caplog):
    (tmp_path / "ours").mkdir()

    def seen(path: Path) -> list[Seen]:
        if path == tmp_path:
            return []
        raise PermissionError(13, os.strerror(13), str(path / "Zzyzx.csv"))

    monkeypatch.setattr(inbox_trigger.folder, "seen", seen)
    assert inbox_trigger.look(tmp_path) == {}
    assert "A folder of the inbox cannot be read now (Permission denied)" in caplog.text
    assert "Zzyzx" not in caplog.text


def test_an_inbox_that_comes_later_and_a_folder_that_cannot_be_read_stop_no_watch(tmp_path, monkeypatch):
    async def watch() -> None:
        inbox = tmp_path / "inbox"
        async with watched(inbox / "ours") as (queue,):
            drop(inbox / "broken", "a.csv")
            drop(inbox / "ours", "a.csv")
            assert await first(queue) == 1

    real = inbox_trigger.folder.seen

    def seen(path: Path) -> list[Seen]:
        if path.name == "broken":
            raise PermissionError(13, os.strerror(13))
        return real(path)

    monkeypatch.setattr(inbox_trigger.folder, "seen", seen)
    asyncio.run(watch())


def test_a_file_is_announced_when_it_has_rested_and_nobody_can_write_to_it_any_more(tmp_path, monkeypatch):
    async def watch() -> None:
        ours = tmp_path / "ours"
        drop(ours, "a.csv")
        with (ours / "slow.csv").open("w"):
            async with watched(ours) as (queue,):
                assert await first(queue) == 1
        async with watched(ours) as (queue,):
            assert await first(queue) == 2
            monkeypatch.setenv("VRN_REST_SECONDS", "100000")
            async with watched(ours) as (other,):
                drop(ours, "b.csv")
                assert await first(queue) == 3
                assert other.empty()

    asyncio.run(watch())


def test_where_the_feed_file_names_a_marker_a_file_is_announced_when_it_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.setenv("VRN_REST_SECONDS", "100000")
    ours = tmp_path / "ours"
    for name in ("a.csv", "b.csv", "b.csv.ok"):
        drop(ours, name)
    trigger = InboxTrigger(str(ours), {"marker": ".ok"})
    path, said = trigger.serialize()
    assert path == "vrn.receive.inbox_trigger.InboxTrigger"
    found = InboxTrigger(**said)._waiting(inbox_trigger.look(tmp_path)["ours"], 100_000)
    assert {name for name, _ in found} == {"b.csv"}


def test_what_a_killed_run_left_set_aside_is_announced_and_what_a_run_is_at_is_not(tmp_path, monkeypatch):
    ours = tmp_path / "ours"
    drop(ours, "a.csv")
    aside = taking.set_aside(ours / "a.csv", 7)
    assert inbox_trigger.look(tmp_path) == {}
    moment = aside.seen.changed_at + int((inbox_trigger.SECONDS_ASIDE + 1) * 1e9)
    monkeypatch.setattr(inbox_trigger.time, "time_ns", lambda: moment)
    assert [one.name for one in inbox_trigger.look(tmp_path)["ours"].left_over] == ["a.csv"]
    # A look changes nothing.
    assert aside.path.exists()


def test_nothing_is_said_while_nothing_waits(tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "a file beside the folders").write_text("x")
    assert inbox_trigger.look(tmp_path) == {}
    drop(tmp_path / "ours", "a.csv")
    assert list(inbox_trigger.look(tmp_path)) == ["ours"]


def test_the_triggers_of_an_inbox_share_one_watch():
    keys = {InboxTrigger(f"/inbox/{name}").shared_stream_key() for name in ("one", "another")}
    assert len(keys) == 1
    assert InboxTrigger("/elsewhere/one").shared_stream_key() not in keys
