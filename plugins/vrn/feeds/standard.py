"""What of a feed file breaks the Open Data Contract Standard, in the words of who wrote the file.

Source: Open Data Contract Standard v3.2 (the Linux Foundation's Bitol project), whose JSON Schema comes with its Python package.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from vrn.feeds.yaml_file import NAMES

NOT_KNOWN = re.compile(r"(?:Unevaluated|Additional) properties are not allowed \((.*) (?:was|were) unexpected\)")
MISSING = re.compile(r'"(\w+)" is a required property')
OF_TYPE = re.compile(r'is not of types? "(\w+)"')
# How a person writes what the standard calls a type.
WRITTEN = {
    "string": "a text, in quotation marks where it looks like a number or a day",
    "boolean": "true or false",
    "array": "a list, each entry of which begins with a dash",
    "object": "`key: value` pairs",
    "integer": "a whole number",
    "number": "a number",
}
# Our grammar says which of the standard's values of these it takes.
SAID_BY_THE_GRAMMAR = (("schema", "logicalType"), ("servers", "type"))


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))


@functools.cache
def _standard():
    import jsonschema_rs

    return jsonschema_rs.validator_for(_schema())


def found(document: Any) -> list[str]:
    """Every breach of the standard, each once: `schema.crime.month: what is wrong and what would be right`."""
    errors = [(tuple(error.instance_path), error.message) for error in _standard().iter_errors(document)]
    real = [path for path, message in errors if not NOT_KNOWN.match(message)]
    told = []
    for path, message in errors:
        if path and (path[0], path[-1]) in SAID_BY_THE_GRAMMAR:
            continue
        # Of an object with a mistake in it the standard says as well that keys are too much which it knows.
        is_consequence = any(other[: len(path)] == path for other in real)
        told += [f"{_named(document, path)}: {one}" for one in _worded(message, is_consequence=is_consequence)]
    return list(dict.fromkeys(told))


def _worded(message: str, *, is_consequence: bool) -> Iterator[str]:
    if found := NOT_KNOWN.match(message):
        for key in re.findall(r"'([^']*)'", found[1]):
            if is_consequence and key in _keys():
                continue
            close = difflib.get_close_matches(key, _keys(), n=1, cutoff=0.8)
            remedy = f"say {close[0]}" if close and close[0] != key else "take it away, or write it under customProperties"
            yield f"the standard does not know the key '{key}' here; {remedy}"
    elif found := MISSING.match(message):
        yield f"{found[1]} is missing; add it"
    elif (found := OF_TYPE.search(message)) and found[1] in WRITTEN:
        yield f"it is of another kind; write {WRITTEN[found[1]]}"
    else:
        yield message


@functools.cache
def _keys() -> tuple[str, ...]:
    """Every key that the standard knows anywhere."""

    def below(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("properties"), dict):
                yield from part["properties"]
            for value in part.values():
                yield from below(value)
        elif isinstance(part, list):
            for value in part:
                yield from below(value)

    return tuple(dict.fromkeys(below(_schema())))


def _named(document: Any, path: Sequence[str | int]) -> str:
    """A path by the names of what it leads through: `schema.crime.month` for schema, 0, properties, 3."""
    parts, inside = [], document
    for step in path:
        try:
            inside = inside[step]
        except (KeyError, IndexError, TypeError):
            inside = None
        if step == "properties" and parts[:1] == ["schema"]:
            continue
        parts.append(str(step) if isinstance(step, str) else _name(inside, step))
    return ".".join(parts) or "the file"


def _name(item: Any, number: int) -> str:
    said = next((item[key] for key in NAMES if isinstance(item.get(key), str)), None) if isinstance(item, dict) else None
    # A name with a dot or a colon in it would not be found again in the file.
    return said if said and re.fullmatch(r"[\w-]+", said) else str(number)
