"""Days that are judged as a row is read, and of which only the verdict is stored: true, false, or blank where a day is.

A column of the class `verdict` compares the day in its cell with another one: the period's, one of its row, or one that an
earlier table of the delivery has for the same key, as an offence asks for its child's day of birth. Days that others ask for
are held in memory while the delivery is read, one for each key, and are never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import PERIOD_DAYS
from vrn.feeds.period import Period
from vrn.stage.days import age
from vrn.stage.identifiers import CANONICAL

# A batch's columns in their types, days as the file has them.
Read = Mapping[str, pa.Array]


class Verdicts:
    """The verdicts of one delivery. Entities are read in the feed file's order, so that what one asks for is known."""

    def __init__(self, contract: Contract, period: Period):
        self._period = period
        self._known: dict[tuple[str, str, str], dict[str, date]] = {
            (*asked.split("."), column.verdict["by"]): {}
            for entity in contract.entities
            for column in entity.columns
            for asked in column.verdict.values()
            if isinstance(asked, str) and "." in asked
        }

    def remember(self, entity: Entity, read: Read) -> None:
        """Keep the days of a batch that later entities ask for."""
        for (name, column, by), days in self._known.items():
            if name == entity.name and column in read and by in read:
                found = zip(_keys(entity, by, read), read[column].to_pylist(), strict=True)
                days.update((key, day) for key, day in found if key is not None and day is not None)

    def of(self, entity: Entity, column: Column, values: pa.Array, read: Read) -> pa.Array:
        """Whether the column's own day in each row stands to the other as the feed file says."""
        said = column.verdict
        for word, compare in DAYS.items():
            if word in said:
                return compare(values, self._other(entity, said[word], said, read))
        other = self._other(entity, said.get("at") or said["born"], said, read)
        years = age(values, other) if "at" in said else age(other, values)
        return pc.less(years, said["ageUnder"]) if "ageUnder" in said else pc.greater_equal(years, said["ageFrom"])

    def _other(self, entity: Entity, name: str, said: Mapping[str, Any], read: Read) -> pa.Array | pa.Scalar:
        days = pc.add(pc.cast(self._day(entity, name, said, read), pa.int32()), pa.scalar(said.get("days", 0), pa.int32()))
        return pc.cast(days, pa.date32())

    def _day(self, entity: Entity, name: str, said: Mapping[str, Any], read: Read) -> pa.Array | pa.Scalar:
        if name in PERIOD_DAYS:
            return pa.scalar(self._period.start if name == "period_start" else self._period.end, pa.date32())
        if "." not in name:
            return read[name]
        days = self._known[(*name.split("."), said["by"])]
        return pa.array([days.get(key) for key in _keys(entity, said["by"], read)], pa.date32())


DAYS = {"after": pc.greater, "before": pc.less, "differsFrom": pc.not_equal}


def _keys(entity: Entity, by: str, read: Read) -> list[str | None]:
    """What the rows are known by, written as their hash takes it."""
    canonical = CANONICAL.get(entity.column(by).identifier_domain or "", str.strip)
    return [text and canonical(text) for text in read[by].to_pylist()]
