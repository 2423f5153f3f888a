"""The triggerer's watch on an inbox: an Airflow event when deliveries wait, so that no DAG run ever finds nothing.

Folders beside one another are looked at together, by one loop for all their triggers. They are looked at and not listened to,
because no event tells of a file that another machine writes to a shared folder.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from vrn.errors import safe_text
from vrn.receive import folder, taking
from vrn.receive.folder import Seen
from vrn.settings import Settings

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 2.0
# What still waits after this long, though it was announced, is announced again: the run may have been killed.
SECONDS_TO_REPEAT = 600.0
# A run is through with what it set aside sooner than this, or it was killed over it.
SECONDS_ASIDE = 60.0


# By which the files beside the folders are known.
ROOT = ""


@dataclass(frozen=True)
class Look:
    """A folder of the inbox as it was at one look: the files in it, and those that were set aside long ago."""

    files: list[Seen]
    left_over: list[Seen]


class InboxTrigger(BaseEventTrigger):
    """Fires when the deliveries that wait in a folder have changed, and have stopped changing.

    archives: so too for the archives that lie beside the folders.
    """

    def __init__(self, path: str, whole: Mapping[str, str] | None = None, *, archives: bool = False):
        super().__init__()
        self.path = path
        self.whole = dict(whole or {})
        self.archives = archives

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("vrn.receive.inbox_trigger.InboxTrigger", {"path": self.path, "whole": self.whole, "archives": self.archives})

    def shared_stream_key(self) -> Hashable:
        return ("vrn inbox", str(Path(self.path).parent))

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[dict[str, Look]]:
        """What lies in each folder beside this one, again and again; nothing while nothing lies in any."""
        inbox = Path(kwargs["path"]).parent
        while True:
            found = await asyncio.to_thread(look, inbox)
            if found:
                yield found
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[dict[str, Look]]) -> AsyncIterator[TriggerEvent]:
        announced: set[tuple[str, int]] = set()
        announced_at = 0.0
        before: set[tuple[str, int]] = set()
        rest = Settings().rest_seconds
        async for found in shared_stream:
            now = self._waiting(found.get(Path(self.path).name), rest)
            if self.archives and ROOT in found:
                now |= {(one.name, one.changed_at) for one in folder.archives(found[ROOT].files, rest)}
            stale = time.monotonic() - announced_at > SECONDS_TO_REPEAT
            if now and now == before and (now - announced or stale):
                announced, announced_at = now, time.monotonic()
                yield TriggerEvent({"deliveries": len(now)})
            before = now

    def _waiting(self, found: Look | None, rest: float) -> set[tuple[str, int]]:
        if found is None:
            return set()
        # The change time tells a file that was sent again under the same name from the one already announced.
        return {(one.name, one.changed_at) for one in (*folder.at_rest(found.files, self.whole, rest), *found.left_over)}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Airflow calls this for a trigger that shares nothing."""
        async for event in self.filter_shared_stream(self.open_shared_stream({"path": self.path})):
            yield event


def look(inbox: Path) -> dict[str, Look]:
    """What lies in each folder of an inbox in which something does."""
    try:
        found = {one.name: _look(one) for one in inbox.iterdir() if one.is_dir()} | {
            ROOT: Look([one for one in folder.seen(inbox) if folder.is_archive(one.name)], [])
        }
    except OSError as error:
        log.warning("The inbox cannot be read now (%s); it is looked at again.", safe_text(error))
        return {}
    return {name: look for name, look in found.items() if look.files or look.left_over}


def _look(place: Path) -> Look:
    try:
        return Look(folder.seen(place), [one.seen for one in taking.lying(place) if _is_old(one.seen)])
    except OSError as error:
        # One folder that cannot be read holds up no other; a file may also have gone since the folder was listed.
        log.warning("A folder of the inbox cannot be read now (%s); it is looked at again.", safe_text(error))
        return Look([], [])


def _is_old(seen: Seen) -> bool:
    return abs(time.time_ns() - seen.changed_at) > SECONDS_ASIDE * 1e9
