"""What fills the cells of a synthetic column, by the kind that the feed file names (expectations/README.md).

A column's way is worked out before the first row, because a demonstration has some two million cells.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

from vrn.feeds.columns import Column
from vrn.feeds.period import Period
from vrn.synthetic import days, people
from vrn.synthetic.places import Place


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
        _make(column, how),
    )


def _make(column: Column, how: How) -> Make:
    """What cannot be made fails when it has to be, because nobody asks a column that a stratum fixes."""
    kind = how.get("kind")
    if how and kind is None:
        return _blank(column, how)
    if kind not in KINDS:
        return _failing(f"{column.name}: no way to make a synthetic value of kind {kind}")
    try:
        return KINDS[kind](column, how)
    except KeyError as lost:
        return _failing(f"{column.name}: a synthetic value of kind {kind} needs {lost}")


def _failing(sentence: str) -> Make:
    def fail(_row: Row) -> str:
        raise ValueError(sentence)

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
KINDS: Mapping[str, Callable[[Column, How], Make]] = {
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
    "periodStart": days.worded(lambda row, _how: row.period.start),
    "periodEnd": days.worded(lambda row, _how: row.period.end),
    "dayInPeriod": days.worded(days.in_period),
    "daysAfter": days.worded(days.after),
    "dayBefore": days.worded(days.before),
    "momentInPeriod": days.moment_in_period,
    "localMomentInPeriod": days.local_moment_in_period,
}
