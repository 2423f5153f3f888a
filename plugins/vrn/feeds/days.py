"""Which day it is: the day in Lancashire, whatever zone the machine or the database lives in. Nobody else decides on it."""

from __future__ import annotations

from datetime import date, datetime

from vrn.feeds.period import LOCAL_TIME, Period


def today() -> date:
    """The day in Europe/London at this moment."""
    return datetime.now(LOCAL_TIME).date()


def is_over(period: Period) -> bool:
    """Whether a period's last day has passed."""
    return period.end < today()
