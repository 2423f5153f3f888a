"""Periods that deliveries are for: a month, a financial quarter, a financial year (April to March)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL_TIME = ZoneInfo("Europe/London")
# Months in a period of each kind.
MONTHS = {"month": 1, "quarter": 3, "year": 12}
FORMS = {"month": r"(\d{4})-(\d{2})", "quarter": r"(\d{4})-(\d{2})-Q([1-4])", "year": r"(\d{4})-(\d{2})"}
FIRST_MONTH_OF_YEAR = 4
# The groups of a feed's fileName that tell the period, and its kind. The ONS names a file by the year of its last 30 June, and
# publishers name reference data by the year of their edition.
GROUPS = {**{kind: kind for kind in MONTHS}, "midYear": "year", "edition": "year"}


@dataclass(frozen=True)
class Period:
    """A month, quarter or year: kind, first day, last day."""

    kind: str
    start: date
    end: date

    @classmethod
    def month(cls, text: str) -> Period:
        """From `2020-04`."""
        return cls.parse("month", text)

    @classmethod
    def parse(cls, kind: str, text: str) -> Period:
        """From how a file's name says it: `2020-04`, `2020-21-Q1` (April to June), `2020-21`. Raises ValueError."""
        found = re.fullmatch(FORMS[kind], text)
        if found is None:
            raise ValueError(f"not a {kind}")
        year = int(found[1])
        if kind == "month":
            return cls.starting(kind, date(year, int(found[2]), 1))
        if (year + 1) % 100 != int(found[2]):
            raise ValueError("a financial year names two years that follow each other")
        quarter = int(found[3]) if kind == "quarter" else 1
        return cls.starting(kind, _plus_months(date(year, FIRST_MONTH_OF_YEAR, 1), 3 * (quarter - 1)))

    @classmethod
    def named(cls, group: str, text: str) -> Period:
        """From what a group of a feed's fileName found: as `parse`; of a mid-year the financial year that has its 30 June; of an
        edition the one that ended in its year, because an edition serves from the day on which it is published.

        Raises ValueError.
        """
        if group not in ("midYear", "edition"):
            return cls.parse(group, text)
        return cls.starting(GROUPS[group], date(int(text) - (group == "edition"), FIRST_MONTH_OF_YEAR, 1))

    @classmethod
    def starting(cls, kind: str, start: date) -> Period:
        return cls(kind, start, _plus_months(start, MONTHS[kind]) - timedelta(days=1))

    @classmethod
    def between(cls, start: date, end: date) -> Period:
        """The period that the ledger knows by its first and last day."""
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        return cls(next(kind for kind, length in MONTHS.items() if length == months), start, end)

    @classmethod
    def latest(cls, kind: str, day: date, count: int) -> list[Period]:
        """The last periods of a kind that had begun by a day, the newest first."""
        months = MONTHS[kind]
        since_april = (day.month - FIRST_MONTH_OF_YEAR) % 12
        first = _plus_months(day.replace(day=1), -(since_april % months))
        return [cls.starting(kind, _plus_months(first, -months * back)) for back in range(count)]

    @property
    def before(self) -> Period:
        """The period of the same kind that ends the day before this one begins."""
        return Period.starting(self.kind, _plus_months(self.start, -MONTHS[self.kind]))

    @property
    def name(self) -> str:
        """As a file's name says it."""
        if self.kind == "month":
            return f"{self.start:%Y-%m}"
        year = self.start.year - (self.start.month < FIRST_MONTH_OF_YEAR)
        text = f"{year}-{(year + 1) % 100:02d}"
        return text if self.kind == "year" else f"{text}-Q{(self.start.month - FIRST_MONTH_OF_YEAR) % 12 // 3 + 1}"

    @property
    def label(self) -> str:
        """The warehouse's period_id: `2020-04`, `2020/21-Q1`, `2020/21`."""
        return self.name if self.kind == "month" else self.name.replace("-", "/", 1)

    @property
    def first_month(self) -> str:
        return f"{self.start:%Y-%m}"

    def months(self) -> Iterator[Period]:
        for offset in range(MONTHS[self.kind]):
            yield Period.starting("month", _plus_months(self.start, offset))

    def placeholders(self) -> dict[str, str]:
        """The names a rule may use for the file's own period, local time made plain by its offset."""
        return {
            "period_start": self.start.isoformat(),
            "period_end": self.end.isoformat(),
            "period_start_at": _local_midnight(self.start),
            "next_period_start_at": _local_midnight(self.end + timedelta(days=1)),
        }


def span(kind: str, first: str, last: str) -> Iterator[Period]:
    """The periods of a kind that begin within two months, such as `2018-04` and `2020-06`."""
    start = Period.month(str(first)).start
    while f"{start:%Y-%m}" <= str(last):
        yield Period.starting(kind, start)
        start = _plus_months(start, MONTHS[kind])


def _plus_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def _local_midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME).isoformat()


# Any period serves to read what does not depend on it: the pattern of names, the tables, the labels.
ANY_PERIOD = Period.month("2020-04")
