"""What day it is, for tests of what depends on the day."""

from __future__ import annotations

from datetime import UTC, datetime


def at(moment: str) -> type[datetime]:
    """A datetime class for which it is always this moment, such as 2026-06-30T23:10, by UTC."""
    then = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return then.astimezone(tz)

    return Clock
