"""What is wrong in the names of a feed file: the pattern of its files' names, and names that PostgreSQL would cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from vrn.feeds.grammar import CHECKED_DOMAINS, LONGEST_NAME, custom, may_be_withheld
from vrn.feeds.period import GROUPS, Period

# What stands behind the name of a feed's table in the names of a delivery's own tables (vrn.stage.raw).
TABLE_ENDING = "__s000000000__hits"
CHECKED, WITHHELD = "_is_valid", "_is_withheld"
EXAMPLES = {"month": "2020-04", "quarter": "2020-21-Q1", "year": "2020-21", "midYear": "2020", "edition": "2019"}
FILE_NAME, EXAMPLE = (f"servers.0.customProperties.{key}" for key in ("fileName", "fileNameExample"))


def not_a_pattern(said: Any) -> str | None:
    """What is wrong with a pattern of names; None when it is one."""
    if not isinstance(said, str):
        return "is missing; it is a pattern of names, a regular expression in quotation marks"
    try:
        re.compile(said)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}; look for a bracket that is missing or too much"
    return None


def of_files(own: dict[str, Any]) -> Iterator[str]:
    """own: the server's customProperties. The pattern has the groups that tell a delivery, and its example is such a name."""
    said, example = own.get("fileName"), own.get("fileNameExample")
    if broken := not_a_pattern(said):
        yield f"{FILE_NAME}: {broken}"
        return
    pattern = re.compile(said)
    for group in ("supplier", "synthetic"):
        if group not in pattern.groupindex:
            yield f"{FILE_NAME}: the pattern has no group '{group}'; write (?P<{group}>…) where the name says it"
    kinds = [group for group in GROUPS if group in pattern.groupindex]
    if len(kinds) != 1:
        has = f"it has {' and '.join(kinds)}" if kinds else "it has none"
        yield (
            f"{FILE_NAME}: the pattern has exactly one of the groups {', '.join(GROUPS)}, by which a name tells its period, and "
            rf"{has}; write such as (?P<month>\d{{4}}-\d{{2}})"
        )
    elif not isinstance(example, str):
        yield f"{EXAMPLE}: is missing; it is a name that fileName fits, which suppliers are shown"
    else:
        yield from _of_example(pattern, example, kinds[0], own.get("suppliers"))


def _of_example(pattern: re.Pattern[str], example: str, kind: str, suppliers: Any) -> Iterator[str]:
    found = pattern.fullmatch(example)
    if found is None:
        yield f"{EXAMPLE}: '{example}' is no name that fileName fits as a whole; change the one or the other"
        return
    said = found.groupdict()
    try:
        Period.named(kind, said[kind] or "")
    except ValueError:
        yield f"{EXAMPLE}: fileName finds the {kind} '{said[kind]}' in it, which is none; it is written like {EXAMPLES[kind]}"
    try:
        date.fromisoformat(said.get("extract") or "2020-08-25")
    except ValueError:
        yield f"{EXAMPLE}: fileName finds the extract '{said['extract']}' in it, which is no day; it is written like 2020-08-25"
    codes = list(map(str, suppliers)) if isinstance(suppliers, dict) else []
    if codes and said.get("supplier") not in codes:
        yield f"{EXAMPLE}: fileName finds the supplier '{said.get('supplier')}' in it, who is none of {', '.join(codes)}"


def too_long(feed: Any, entities: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Names of which PostgreSQL, which keeps 63 bytes, would cut off the end, so that two of them become one."""
    room = LONGEST_NAME - len(TABLE_ENDING) - len("__")
    for entity in entities:
        name = str(entity.get("name", ""))
        if (size := _bytes(f"{feed}{name}")) > room:
            yield (
                f"schema.{name}: the names of the feed and of the entity are too long: {size} bytes, and together they have "
                f"{room}, because the tables of a delivery have both in their names; shorten one of them"
            )
        for item in entity.get("properties", []):
            column = str(item.get("name", ""))
            most = LONGEST_NAME - len(_flag(item))
            if _bytes(column) > most:
                yield f"schema.{name}.{column}: the name is too long: {_bytes(column)} bytes, and a column has {most}; shorten it"


def _flag(item: dict[str, Any]) -> str:
    """The ending of the flag that is stored beside a column; empty where there is none."""
    if may_be_withheld(item):
        return WITHHELD
    is_checked = item.get("classification") == "hash" and custom(item).get("identifierDomain") in CHECKED_DOMAINS
    return CHECKED if is_checked else ""


def _bytes(name: str) -> int:
    return len(name.encode())
