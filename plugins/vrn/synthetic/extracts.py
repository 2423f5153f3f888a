"""When a supplier cut the data: the first extract a few days after the period, a restatement later."""

from __future__ import annotations

from datetime import date, timedelta

from vrn.feeds.period import Period

DAYS_AFTER = (5, 60)


def day(period: Period, version: int = 0) -> date:
    """The day of an extract. Rows are as the first one knew them: what a restatement adds is late rows."""
    return period.end + timedelta(days=DAYS_AFTER[version])
