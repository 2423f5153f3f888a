"""Days and moments of synthetic cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from vrn.feeds.columns import Column
from vrn.feeds.grammar import DATE_FORMATS
from vrn.feeds.period import LOCAL_TIME, Period

if TYPE_CHECKING:
    from vrn.synthetic.values import How, Make, Row

# How many days are kept as they are worded: more than a period has, and the days of birth before it.
DAYS_KEPT = 50_000


def worded(draw: Callable[[Row, How], date]) -> Callable[[Column, How], Make]:
    """A kind of column that has a day, as the feed file's form words it."""

    def kind(column: Column, how: How) -> Make:
        form = DATE_FORMATS[column.form] if column.logical_type == "date" else None
        ending = "T12:00:00" if column.logical_type == "timestamp" else ""

        def make(row: Row) -> str:
            row.days[column.name] = day = draw(row, how)
            return _text(day, form) + ending

        return make

    return kind


@lru_cache(DAYS_KEPT)
def _text(day: date, form: str | None) -> str:
    return day.isoformat() if form is None else day.strftime(form)


def in_period(row: Row, _how: How) -> date:
    return row.period.start + timedelta(days=row.chance.randrange((row.period.end - row.period.start).days + 1))


def after(row: Row, how: How) -> date:
    day = _base(row, how) + timedelta(days=row.chance.randint(how["least"], how["most"]))
    return min(day, row.extract) if how.get("latest") == "extract" else day


def before(row: Row, how: How) -> date:
    """A birthday so many years before; of a person, the person's."""
    if row.person:
        return row.person.born
    least, most = how["years"]
    return _base(row, how) - timedelta(days=row.chance.randint(int(least * 365.25) + 1, int((most + 1) * 365.25) - 2))


def _base(row: Row, how: How) -> date:
    """The day of the column from which another is counted; the period's first where that is blank."""
    return row.days.get(how["column"]) or row.period.start


def moment_in_period(_column: Column, _how: How) -> Make:
    return lambda row: _moment(row).astimezone(UTC).isoformat(timespec="seconds")


def local_moment_in_period(column: Column, _how: How) -> Make:
    def make(row: Row) -> str:
        moment = _moment(row)
        row.days[column.name] = moment.date()
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")

    return make


def _moment(row: Row) -> datetime:
    return datetime.fromtimestamp(row.chance.randrange(*_seconds_of(row.period)), LOCAL_TIME)


@lru_cache
def _seconds_of(period: Period) -> tuple[int, int]:
    """A period in local time: from its first midnight to the one after it, however long its days are."""
    midnights = (period.start, period.end + timedelta(days=1))
    start, end = (int(datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME).timestamp()) for day in midnights)
    return start, end
