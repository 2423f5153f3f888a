"""The triggerer's watch on an inbox: an Airflow event when deliveries wait, so that no DAG run ever finds nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from vrn.transport import folder

SECONDS_BETWEEN_LOOKS = 2.0
# What still waits after this long, though it was announced, is announced again: the run may have been killed.
SECONDS_TO_REPEAT = 600.0


class InboxTrigger(BaseEventTrigger):
    """Fires when the deliveries that wait in a folder have changed, and have stopped changing."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("vrn.transport.inbox_trigger.InboxTrigger", {"path": self.path})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        announced: set[tuple[str, int]] = set()
        announced_at = 0.0
        before: set[tuple[str, int]] = set()
        while True:
            now = await asyncio.to_thread(self._look)
            stale = time.monotonic() - announced_at > SECONDS_TO_REPEAT
            if now and now == before and (now - announced or stale):
                announced, announced_at = now, time.monotonic()
                yield TriggerEvent({"deliveries": len(now)})
            before = now
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    def _look(self) -> set[tuple[str, int]]:
        # The change time tells a file that was sent again under the same name from the one already announced.
        return {(path.name, path.stat().st_ctime_ns) for path in folder.waiting(Path(self.path)) if path.exists()}
