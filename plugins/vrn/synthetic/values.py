"""What fills one synthetic cell, by the kind that the feed file names (expectations/README.md)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from vrn.feeds.columns import Column
from vrn.feeds.grammar import DATE_FORMATS
from vrn.feeds.period import LOCAL_TIME, Period
from vrn.synthetic import people
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


def fill(row: Row, columns: tuple[Column, ...], fixed: Mapping[str, str]) -> dict[str, str]:
    """Fill a row's columns, which are in order: what is fixed as given, the rest as each column says."""
    row.values.update(fixed)
    for column in columns:
        how = column.synthetic
        if column.name in fixed:
            continue
        blank_when: Mapping[str, Any] = how.get("blankWhen", {})
        blank = any(row.values.get(name) == str(value) for name, value in blank_when.items())
        blank = blank or row.chance.random() < how.get("blankShare", 0)
        value = "" if blank else _value(column, how, row)
        # What had not happened when the supplier cut the data cannot stand in them.
        is_to_come = how.get("notAfter") == "extract" and row.days.get(column.name, row.extract) > row.extract
        row.values[column.name] = "" if is_to_come else value
    return row.values


def in_order(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Each column after those that it looks at."""
    by_name = {column.name: column for column in columns}

    def steps(name: str, seen: tuple[str, ...] = ()) -> int:
        how = by_name[name].synthetic
        looked_at = {how.get("column"), how.get("by"), *how.get("blankWhen", {})} & by_name.keys() - {name, *seen}
        return 1 + max((steps(other, (*seen, name)) for other in looked_at), default=0)

    return tuple(sorted(columns, key=lambda column: steps(column.name)))


def _value(column: Column, how: Mapping[str, Any], row: Row) -> str:
    chance, period, person = row.chance, row.period, row.person
    match how.get("kind"):
        case "hash" | "nhs" | "upn" | "pnc" | "surname" | "forename" | "postcode" if person:
            return getattr(person, how["kind"])
        case "dayBefore" if person:
            return _day(row, column, person.born)
        case "personNumber":
            return f"{how.get('prefix', '')}{person.number:05d}"
        case "sex":
            is_male = person.is_male if person else chance.random() < people.MALE_SHARE
            return str(how["male"] if is_male else how["female"])
        case "key" | "hash":
            return f"{chance.getrandbits(256):064x}"
        case "serial":
            return f"{how.get('prefix', '')}{row.number}"
        case "supplier":
            code = row.values["supplier"]
            return how.get("of", {}).get(code, code.upper())
        case "constant":
            return str(how["value"])
        case "choice":
            weights = how["weights"]
            if "by" in how:
                weights = weights.get(row.values[how["by"]], weights["*"])
            return _word(chance.choices(list(weights), list(weights.values()))[0])
        case "integer":
            return str(chance.randint(how["least"], how["most"]))
        case "periodStart":
            return _day(row, column, period.start)
        case "periodEnd":
            return _day(row, column, period.end)
        case "dayInPeriod":
            return _day(row, column, period.start + timedelta(days=chance.randrange((period.end - period.start).days + 1)))
        case "momentInPeriod":
            return _moment(row).astimezone(UTC).isoformat(timespec="seconds")
        case "localMomentInPeriod":
            moment = _moment(row)
            row.days[column.name] = moment.date()
            return moment.replace(tzinfo=None).isoformat(timespec="seconds")
        case "timeOfDay":
            return f"{chance.randrange(24):02d}:{chance.randrange(1, 60):02d}"
        case "daysAfter":
            base = row.days.get(how["column"]) or period.start
            day = base + timedelta(days=chance.randint(how["least"], how["most"]))
            return _day(row, column, min(day, row.extract) if how.get("latest") == "extract" else day)
        case "dayBefore":
            base = row.days.get(how["column"]) or period.start
            least, most = how["years"]
            return _day(row, column, base - timedelta(days=chance.randint(int(least * 365.25) + 1, int((most + 1) * 365.25) - 2)))
        case "place":
            return row.place[how["part"]]
        case "nhs" | "upn" | "pnc" | "surname" | "forename":
            return getattr(people, how["kind"])(chance)
        case "postcode":
            return people.postcode(chance.randrange(people.POSTCODES))
        case "parent":
            return row.parent[how.get("column", column.name)]
        case "blank" | None if how:
            return ""
    raise ValueError(f"{column.name}: no way to make a synthetic value of kind {how.get('kind')}")


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _day(row: Row, column: Column, day: date) -> str:
    row.days[column.name] = day
    text = day.strftime(DATE_FORMATS[column.form]) if column.logical_type == "date" else day.isoformat()
    return f"{text}T12:00:00" if column.logical_type == "timestamp" else text


def _moment(row: Row) -> datetime:
    """A moment of the period in local time: from its first midnight to the one after it, however long its days are."""
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME).timestamp()
        for day in (row.period.start, row.period.end + timedelta(days=1))
    )
    return datetime.fromtimestamp(row.chance.randrange(int(start), int(end)), LOCAL_TIME)
