"""What is wrong in the verdicts of a feed file: columns that say how a day stands to another, and store nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vrn.feeds.grammar import PERIOD_DAYS, VERDICT_AGES, VERDICT_DAYS, VERDICT_KEYS, custom

Columns = Mapping[str, Mapping[str, Any]]


def found(entities: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every breach, by the entities in the feed file's order: a verdict may ask an earlier one for a day."""
    earlier: dict[str, Columns] = {}
    for entity in entities:
        columns = {item["name"]: item for item in entity.get("properties", [])}
        for name, item in columns.items():
            where, said = f"schema.{entity['name']}.{name}", custom(item).get("verdict")
            if (item.get("classification") == "verdict") is not (said is not None):
                yield f"{where}: a column of the class verdict, and no other, says in customProperties its verdict"
            elif said is not None:
                yield from (f"{where}: {wrong}" for wrong in _wrong(item, said, columns, earlier))
        earlier[entity["name"]] = columns


def _wrong(item: Mapping[str, Any], said: Any, columns: Columns, earlier: Mapping[str, Columns]) -> Iterator[str]:
    if item.get("logicalType") != "date":
        yield "only a date has a verdict"
    days = {_source(one) for one in columns.values() if one.get("classification") != "verdict"}
    if _source(item) not in days:
        yield f"its day, {_source(item)}, is no other column's too, so that no agreement to share would name it"
    asked = [word for word in (*VERDICT_DAYS, *VERDICT_AGES) if word in said] if isinstance(said, dict) else []
    if len(asked) != 1 or not said.keys() <= VERDICT_KEYS:
        yield f"a verdict says one of {', '.join((*VERDICT_DAYS, *VERDICT_AGES))}, and may say days, at, born and by"
        return
    (word,) = asked
    if word in VERDICT_AGES and (type(said[word]) is not int or ("at" in said) is ("born" in said)):
        yield f"{word} is a number of years, beside either at (the day) or born (the day of birth)"
        return
    if type(said.get("days", 0)) is not int:
        yield "days is a number of days that is added to the other day"
    other = said[word] if word in VERDICT_DAYS else said.get("at", said.get("born"))
    yield from _wrong_day(str(other), said.get("by"), columns, earlier)


def _source(item: Mapping[str, Any]) -> str:
    """The name of a column in the file."""
    return item.get("physicalName", item["name"])


def _wrong_day(name: str, by: str | None, columns: Columns, earlier: Mapping[str, Columns]) -> Iterator[str]:
    if name in PERIOD_DAYS:
        return
    entity, _, column = name.rpartition(".")
    if entity and entity not in earlier:
        yield f"'{name}' is of no entity that stands before this one"
        return
    there = earlier[entity] if entity else columns
    day = there.get(column, {})
    if day.get("logicalType") != "date" or day.get("classification") in ("match", "verdict", "drop"):
        yield f"'{name}' is no date column that is kept in some form (say {' or '.join(PERIOD_DAYS)}, or COLUMN, or ENTITY.COLUMN)"
    if entity and not all(one.get(by, {}).get("classification") in ("hash", "keep") for one in (columns, there)):
        yield f"by is a column of the class hash or keep that both entities have, by which '{entity}' is asked"
