"""The triggerer's watch on an inbox: an Airflow event when deliveries wait, so that no DAG run ever finds nothing.

Folders beside one another are looked at together, by one loop for all their triggers. They are looked at and not listened to,
because no event tells of a file that another machine writes to a shared folder.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Hashable
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from vrn.receive import folder

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 2.0
# What still waits after this long, though it was announced, is announced again: the run may have been killed.
SECONDS_TO_REPEAT = 600.0
Waiting = set[tuple[str, int]]


class InboxTrigger(BaseEventTrigger):
    """Fires when the deliveries that wait in a folder have changed, and have stopped changing."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("vrn.receive.inbox_trigger.InboxTrigger", {"path": self.path})

    def shared_stream_key(self) -> Hashable:
        return ("vrn inbox", str(Path(self.path).parent))

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[dict[str, Waiting]]:
        """What waits in each folder beside this one, again and again; nothing while nothing waits in any."""
        inbox = Path(kwargs["path"]).parent
        while True:
            found = await asyncio.to_thread(look, inbox)
            if found:
                yield found
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[dict[str, Waiting]]) -> AsyncIterator[TriggerEvent]:
        announced: Waiting = set()
        announced_at = 0.0
        before: Waiting = set()
        async for found in shared_stream:
            now = found.get(Path(self.path).name, set())
            stale = time.monotonic() - announced_at > SECONDS_TO_REPEAT
            if now and now == before and (now - announced or stale):
                announced, announced_at = now, time.monotonic()
                yield TriggerEvent({"deliveries": len(now)})
            before = now

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Airflow calls this for a trigger that shares nothing."""
        async for event in self.filter_shared_stream(self.open_shared_stream({"path": self.path})):
            yield event


def look(inbox: Path) -> dict[str, Waiting]:
    """The deliveries that wait in each folder of an inbox in which one does."""
    try:
        found = {one.name: _waiting(one) for one in inbox.iterdir() if one.is_dir()}
    except OSError as error:
        log.warning("The inbox cannot be read now (%s); it is looked at again.", error)
        return {}
    return {name: waiting for name, waiting in found.items() if waiting}


def _waiting(one: Path) -> Waiting:
    try:
        # The change time tells a file that was sent again under the same name from the one already announced.
        return {(path.name, path.stat().st_ctime_ns) for path in folder.waiting(one)}
    except OSError as error:
        # One folder that cannot be read holds up no other; a file may also have gone since the folder was listed.
        log.warning("A folder of the inbox cannot be read now (%s); it is looked at again.", error)
        return set()
