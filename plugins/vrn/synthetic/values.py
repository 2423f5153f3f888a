"""What fills the cells of a synthetic column, by the kind that the feed file names (expectations/README.md).

A column's way is worked out before the first row, because a demonstration has some two million cells.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from vrn.feeds.columns import Column
from vrn.feeds.grammar import DATE_FORMATS
from vrn.feeds.period import LOCAL_TIME, Period
from vrn.synthetic import people
from vrn.synthetic.places import Place

# How many days are kept as they are worded: more than a period has, and the days of birth before it.
DAYS_KEPT = 50_000


@dataclass
class Row:
    """A row in the making: what was drawn, its place, the row and the person it belongs to, and its number over all periods."""

    period: Period
    extract: date
    chance: random.Random
    place: Place
    number: int
    parent: Mapping[str, str] = field(default_factory=dict)
    person: people.Person | None = None
    values: dict[str, str] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)


Make = Callable[[Row], str]
# What a feed file says of a synthetic column.
How = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """A column's cell in any row: the values of other columns with which it is blank, how often it is blank all the same, whether
    it is blank when its day is after the extract, and else what makes its value."""

    name: str
    blank_when: tuple[tuple[str, str], ...]
    blank_share: float
    is_of_the_extract: bool
    make: Make

    def fill(self, row: Row) -> str:
        for name, value in self.blank_when:
            if row.values.get(name) == value:
                return ""
        if row.chance.random() < self.blank_share:
            return ""
        value = self.make(row)
        # What had not happened when the supplier cut the data cannot stand in them.
        is_to_come = self.is_of_the_extract and row.days.get(self.name, row.extract) > row.extract
        return "" if is_to_come else value


def fill(row: Row, cells: tuple[Cell, ...], fixed: Mapping[str, str]) -> dict[str, str]:
    """Fill a row's cells in their order: what is fixed as given, the rest as each column says."""
    row.values.update(fixed)
    for cell in cells:
        if cell.name not in fixed:
            row.values[cell.name] = cell.fill(row)
    return row.values


def cells(columns: tuple[Column, ...]) -> tuple[Cell, ...]:
    """The cells of a row, each after those that it looks at."""
    by_name = {column.name: column for column in columns}

    def steps(name: str, seen: tuple[str, ...] = ()) -> int:
        how = by_name[name].synthetic
        looked_at = {how.get("column"), how.get("by"), *how.get("blankWhen", {})} & by_name.keys() - {name, *seen}
        return 1 + max((steps(other, (*seen, name)) for other in looked_at), default=0)

    return tuple(_cell(column) for column in sorted(columns, key=lambda column: steps(column.name)))


def _cell(column: Column) -> Cell:
    how = column.synthetic
    return Cell(
        column.name,
        tuple((name, str(value)) for name, value in how.get("blankWhen", {}).items()),
        how.get("blankShare", 0),
        how.get("notAfter") == "extract",
        KINDS.get(how.get("kind"), _blank if how else _unknown)(column, how),
    )


def _unknown(column: Column, how: How) -> Make:
    def fail(_row: Row) -> str:
        raise ValueError(f"{column.name}: no way to make a synthetic value of kind {how.get('kind')}")

    return fail


def _blank(_column: Column, _how: How) -> Make:
    return lambda _row: ""


def _key(_column: Column, _how: How) -> Make:
    return lambda row: _hash(row.chance)


def _of_a_person(_column: Column, how: How) -> Make:
    """Of the person whom the row is about; where rows are about nobody, drawn."""
    part, draw = how["kind"], DRAWN[how["kind"]]
    return lambda row: getattr(row.person, part) if row.person else draw(row.chance)


def _person_number(_column: Column, how: How) -> Make:
    prefix = how.get("prefix", "")
    return lambda row: f"{prefix}{row.person.number:05d}"


def _sex(_column: Column, how: How) -> Make:
    male, female = str(how["male"]), str(how["female"])

    def make(row: Row) -> str:
        is_male = row.person.is_male if row.person else row.chance.random() < people.MALE_SHARE
        return male if is_male else female

    return make


def _serial(_column: Column, how: How) -> Make:
    prefix = how.get("prefix", "")
    return lambda row: f"{prefix}{row.number}"


def _supplier(_column: Column, how: How) -> Make:
    words = how.get("of", {})

    def make(row: Row) -> str:
        code = row.values["supplier"]
        return words.get(code, code.upper())

    return make


def _constant(_column: Column, how: How) -> Make:
    value = str(how["value"])
    return lambda _row: value


def _choice(_column: Column, how: How) -> Make:
    """A value by its weight; the weights may depend on the value of another column."""
    weights = how["weights"]
    if "by" not in how:
        words, up_to = _weighted(weights)
        return lambda row: row.chance.choices(words, cum_weights=up_to)[0]
    other, by_value = how["by"], {value: _weighted(some) for value, some in weights.items()}

    def make(row: Row) -> str:
        words, up_to = by_value.get(row.values[other]) or by_value["*"]
        return row.chance.choices(words, cum_weights=up_to)[0]

    return make


def _weighted(weights: Mapping[Any, float]) -> tuple[list[str], list[float]]:
    """The values as words, and the sum of the weights up to each."""
    words = [str(value).lower() if isinstance(value, bool) else str(value) for value in weights]
    return words, list(accumulate(weights.values()))


def _integer(_column: Column, how: How) -> Make:
    least, most = how["least"], how["most"]
    return lambda row: str(row.chance.randint(least, most))


def _time_of_day(_column: Column, _how: How) -> Make:
    return lambda row: f"{row.chance.randrange(24):02d}:{row.chance.randrange(1, 60):02d}"


def _place(_column: Column, how: How) -> Make:
    part = how["part"]
    return lambda row: row.place[part]


def _parent(column: Column, how: How) -> Make:
    name = how.get("column", column.name)
    return lambda row: row.parent[name]


def _day(draw: Callable[[Row, How], date]) -> Callable[[Column, How], Make]:
    """A kind of column that has a day, as the feed file's form words it."""

    def kind(column: Column, how: How) -> Make:
        form = DATE_FORMATS[column.form] if column.logical_type == "date" else None
        ending = "T12:00:00" if column.logical_type == "timestamp" else ""

        def make(row: Row) -> str:
            row.days[column.name] = day = draw(row, how)
            return _worded(day, form) + ending

        return make

    return kind


@lru_cache(DAYS_KEPT)
def _worded(day: date, form: str | None) -> str:
    return day.isoformat() if form is None else day.strftime(form)


def _day_in_period(row: Row, _how: How) -> date:
    return row.period.start + timedelta(days=row.chance.randrange((row.period.end - row.period.start).days + 1))


def _days_after(row: Row, how: How) -> date:
    day = _base(row, how) + timedelta(days=row.chance.randint(how["least"], how["most"]))
    return min(day, row.extract) if how.get("latest") == "extract" else day


def _day_before(row: Row, how: How) -> date:
    """A birthday so many years before; of a person, the person's."""
    if row.person:
        return row.person.born
    least, most = how["years"]
    return _base(row, how) - timedelta(days=row.chance.randint(int(least * 365.25) + 1, int((most + 1) * 365.25) - 2))


def _base(row: Row, how: How) -> date:
    """The day of the column from which another is counted; the period's first where that is blank."""
    return row.days.get(how["column"]) or row.period.start


def _moment_in_period(_column: Column, _how: How) -> Make:
    return lambda row: _moment(row).astimezone(UTC).isoformat(timespec="seconds")


def _local_moment_in_period(column: Column, _how: How) -> Make:
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


def _hash(chance: random.Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _postcode(chance: random.Random) -> str:
    return people.postcode(chance.randrange(people.POSTCODES))


DRAWN: Mapping[str, Callable[[random.Random], str]] = {
    "hash": _hash,
    "nhs": people.nhs,
    "upn": people.upn,
    "pnc": people.pnc,
    "surname": people.surname,
    "forename": people.forename,
    "postcode": _postcode,
}
KINDS: Mapping[str | None, Callable[[Column, How], Make]] = {
    **dict.fromkeys(DRAWN, _of_a_person),
    "key": _key,
    "personNumber": _person_number,
    "sex": _sex,
    "serial": _serial,
    "supplier": _supplier,
    "constant": _constant,
    "choice": _choice,
    "integer": _integer,
    "timeOfDay": _time_of_day,
    "place": _place,
    "parent": _parent,
    "blank": _blank,
    "periodStart": _day(lambda row, _how: row.period.start),
    "periodEnd": _day(lambda row, _how: row.period.end),
    "dayInPeriod": _day(_day_in_period),
    "daysAfter": _day(_days_after),
    "dayBefore": _day(_day_before),
    "momentInPeriod": _moment_in_period,
    "localMomentInPeriod": _local_moment_in_period,
}
