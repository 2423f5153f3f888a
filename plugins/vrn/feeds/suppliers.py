"""Who delivers a feed, and for which periods: a supplier may begin, end and be succeeded by another."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from vrn.feeds.period import Period

KEYS = ("name", "from", "until", "succeededBy", "codes")


@dataclass(frozen=True)
class Supplier:
    """One supplier of a feed.

    code: as the names of its files say it. codes: as its rows say it, where they do.
    valid_from, valid_until: the first and the last day that its deliveries are about; None where it has always sent, or goes on.
    succeeded_by: the code of the supplier that sends after it. is_expected: a period lacks something until it has delivered.
    """

    code: str
    name: str
    codes: tuple[str, ...]
    valid_from: date | None
    valid_until: date | None
    succeeded_by: str | None
    is_expected: bool

    def serves(self, period: Period) -> bool:
        """Whether any day of the period is one that it answers for."""
        return (self.valid_from is None or period.end >= self.valid_from) and (
            self.valid_until is None or period.start <= self.valid_until
        )

    @property
    def dates(self) -> str:
        """Its dates in words for a message: `from 2018-04-01 until 2020-03-31, succeeded by rbn`; empty where it has none."""
        parts = [f"{word} {day}" for word, day in (("from", self.valid_from), ("until", self.valid_until)) if day]
        return " ".join(parts) + (f", succeeded by {self.succeeded_by}" if self.succeeded_by else "")


def read(said: Mapping[Any, Any], expected: Iterator[Any] | None) -> dict[str, Supplier]:
    """The suppliers by code, as a feed file says them in the short or the long form."""
    every_code = {str(code) for code in (said if expected is None else expected)}
    found = {}
    for key, value in said.items():
        code, long = str(key), value if isinstance(value, Mapping) else {"name": value}
        found[code] = Supplier(
            code=code,
            name=long["name"],
            # Codes of trusts and authorities are written in capital letters, those in names of files in small ones.
            codes=tuple(map(str, long.get("codes", [code.upper()]))),
            valid_from=first_day(long["from"]) if "from" in long else None,
            valid_until=last_day(long["until"]) if "until" in long else None,
            succeeded_by=str(long["succeededBy"]) if "succeededBy" in long else None,
            is_expected=code in every_code,
        )
    return found


def first_day(said: Any) -> date:
    """From a day, or the first day of a month such as `2018-04`. Raises ValueError."""
    return date.fromisoformat(text if len(text := str(said)) > len("2018-04") else f"{text}-01")


def last_day(said: Any) -> date:
    """From a day, or the last day of a month such as `2020-03`. Raises ValueError."""
    day = first_day(said)
    return day if len(str(said)) > len("2020-03") else day.replace(day=calendar.monthrange(day.year, day.month)[1])
