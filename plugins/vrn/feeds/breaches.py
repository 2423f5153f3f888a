"""What is wrong in a feed file, each breach with the key where it stands: `schema.crime.month: classification is missing`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vrn.feeds import entity_breaches, name_breaches, reading, standard, suppliers, verdict_breaches
from vrn.feeds.grammar import (
    CHANGES,
    CUSTOM_TRANSPORTS,
    DIFFERING_CODE,
    FORMATS,
    PLACES,
    SHARES,
    UNREADABLE_CODE,
    UNREADABLE_PART,
    WHOLE,
    custom,
    guarded,
)
from vrn.feeds.name_breaches import not_a_pattern

ROW_COUNT = "expect_table_row_count_to_be_between"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def found(document: Any) -> list[str]:
    """Every breach of the standard and of our grammar: `key: what is wrong and what would be right`."""
    of_standard = standard.found(document)
    own = list(guarded("the file", _breaches(document)))
    # The standard says better why something cannot be read.
    return of_standard + [one for one in own if not (of_standard and one.endswith(UNREADABLE_PART))]


def _breaches(document: dict[str, Any]) -> Iterator[str]:
    servers, entities = document.get("servers", []), document.get("schema", [])
    if len(servers) != 1:
        yield "servers: a feed has exactly one server, the place its files come from"
    else:
        yield from guarded("servers.0", _server_breaches(servers[0]))
    if not isinstance(document.get("name"), str):
        yield "name: is missing; it is what people call the feed"
    if not entities:
        yield "schema: a feed has at least one entity"
    for needed in ("latency", "retention"):
        if not any(item.get("property") == needed for item in document.get("slaProperties", [])):
            yield f"slaProperties: {needed} is missing"
    own = custom(document)
    yield from guarded("customProperties.shares", _share_breaches(own.get("shares", {})))
    yield from guarded("customProperties.reading", _reading_breaches(own.get("reading", {})))
    yield from guarded("customProperties.changes", _change_breaches(own.get("changes", [])))
    yield from guarded("schema", name_breaches.too_long(document.get("id", ""), entities))
    if type(own.get("allowsNil", False)) is not bool:
        yield "customProperties.allowsNil: is true or false"
    elif own.get("allowsNil") and (rules := [rule["name"] for rule in _asking_for_rows(entities[:1])]):
        yield f"customProperties.allowsNil: a return without rows is a zero, but rule {rules[0]} refuses it; take one of them away"
    layout = servers[0].get("format", "csv") if servers else "csv"
    if layout == "csv" and len(entities) > 1:
        yield "schema: a CSV holds one entity; several come as a zip or as XML"
    codes = {UNREADABLE_CODE, DIFFERING_CODE}
    for entity in entities:
        where = f"schema.{entity.get('name', 'entity without a name')}"
        yield from guarded(where, entity_breaches.found(entity, layout, codes, {one.get("name", "") for one in entities}))
    yield from guarded("schema", verdict_breaches.found(entities))
    if sum("linkage" in custom(entity) for entity in entities) > 1:
        yield "schema: one entity of a feed takes part in linkage; its key is the feed's only name for a person"


def _asking_for_rows(entities: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for rule in (rule for entity in entities for rule in entity.get("quality", [])):
        implementation = rule.get("implementation")
        if isinstance(implementation, dict) and implementation.get("type") == ROW_COUNT:
            yield rule


def _reading_breaches(said: Any) -> Iterator[str]:
    where = "customProperties.reading"
    if not isinstance(said, dict) or not said.keys() <= reading.KEYS:
        yield f"{where}: says some of {', '.join(sorted(reading.KEYS))}"
        return
    for key, words in said.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            yield f"{where}.{key}: is a list of words; put them in quotation marks"
        elif key == "refuses" and (unknown := [word for word in words if word not in reading.TOLERANCES]):
            yield f"{where}.refuses: '{unknown[0]}' is none of {', '.join(reading.TOLERANCES)}"


def _share_breaches(shares: Any) -> Iterator[str]:
    where = "customProperties.shares"
    if not isinstance(shares, dict) or not shares.keys() <= SHARES.keys():
        yield f"{where}: says some of {', '.join(SHARES)}"
        return
    for key, value in shares.items():
        if key == "leastRows":
            is_right, form = type(value) is int and value > 0, "a whole number of rows above 0"
        else:
            is_right, form = type(value) in (int, float) and 0 < value <= 1, "a share above 0 and not above 1, such as 0.1"
        if not is_right:
            yield f"{where}.{key}: is {form}"
            return
    if shares.get("holdSetAside", 0.1) > shares.get("refuseSetAside", 0.5):
        yield f"{where}: a delivery is held before it is refused, so holdSetAside is not above refuseSetAside"


def _change_breaches(changes: Any) -> Iterator[str]:
    where = "customProperties.changes"
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        yield f"{where}: is a list of changes, each with from, why, at and one of {', '.join(CHANGES)}"
        return
    for number, change in enumerate(changes):
        place = f"{where}.{number}"
        for key in ("from", "until"):
            if key in change and not MONTH.fullmatch(str(change[key])):
                yield f"{place}.{key}: is a month such as 2019-04"
        if not {"from", "why", "at"} <= change.keys() or sum(key in change for key in CHANGES) != 1 or not change["why"]:
            yield f"{place}: says from, why, at and one of {', '.join(CHANGES)}"


def _supplier_breaches(own: dict[str, Any]) -> Iterator[str]:
    said, where = own.get("suppliers"), "servers.0.customProperties.suppliers"
    if not isinstance(said, dict) or not said:
        yield f"{where}: is `code: name` of each supplier, such as {{rxl: Blackpool Teaching Hospitals}}"
        return
    codes = set(map(str, said))
    expected = own.get("expectedSuppliers", ["any"])
    if not isinstance(expected, list) or set(map(str, expected)) - codes - {"any"}:
        yield "servers.0.customProperties.expectedSuppliers: some of the suppliers, such as [rxl], or [] where nobody is missed"
    for code, value in said.items():
        if isinstance(value, dict):
            yield from _dated_supplier_breaches(value, f"{where}.{code}", codes - {str(code)})
        elif not isinstance(value, str) or not value.strip():
            yield f"{where}.{code}: is the supplier's name, or {{name: …, from: 2018-04, until: 2020-03, succeededBy: …}}"


def _dated_supplier_breaches(value: dict[str, Any], where: str, others: set[str]) -> Iterator[str]:
    if not isinstance(value.get("name"), str) or not value.keys() <= set(suppliers.KEYS):
        yield f"{where}: says name, and may say {', '.join(suppliers.KEYS[1:])}"
        return
    days = {}
    for key, day_of in (("from", suppliers.first_day), ("until", suppliers.last_day)):
        if key in value:
            try:
                days[key] = day_of(value[key])
            except ValueError:
                yield f"{where}.{key}: is a month or a day, such as 2018-04 or 2018-04-15"
    if days.keys() == {"from", "until"} and days["until"] < days["from"]:
        yield f"{where}.until: comes before from"
    if "succeededBy" in value and str(value["succeededBy"]) not in others:
        yield f"{where}.succeededBy: '{value['succeededBy']}' is no other of the suppliers"
    if "succeededBy" in value and "until" not in value:
        yield f"{where}: who is succeeded by another says until when it sends"
    if not isinstance(value.get("codes", []), list):
        yield f"{where}.codes: is a list, such as [RXL]"


def _server_breaches(server: dict[str, Any]) -> Iterator[str]:
    own = custom(server)
    yield from _supplier_breaches(own)
    if server.get("format", "csv") not in FORMATS:
        yield f"servers.0.format: '{server['format']}' is none of {', '.join(FORMATS)}"
    if server.get("format") == "xml" and "record" not in own:
        yield "servers.0.customProperties: record (the path of the element that repeats) is missing"
    for key in PLACES.get(server["type"], ()):
        if key not in own and key not in server:
            yield f"servers.0: a server of type {server['type']} needs {key}"
    if server["type"] == "custom" and own.get("transport") not in CUSTOM_TRANSPORTS:
        yield f"servers.0.customProperties: transport is one of {', '.join(CUSTOM_TRANSPORTS)}"
    yield from _whole_breaches(server, own)
    yield from _not_taken_breaches(own.get("notTaken", {}))
    if server["type"] not in PLACES:
        yield f"servers.0.type: '{server['type']}' is none of {', '.join(PLACES)}"
    yield from name_breaches.of_files(own)


def _not_taken_breaches(said: Any) -> Iterator[str]:
    where = "servers.0.customProperties.notTaken"
    if not isinstance(said, dict) or not all(isinstance(why, str) and why.endswith(".") for why in said.values()):
        yield f"{where}: says of a pattern of names why such a file is not taken, in a sentence"
        return
    for pattern in said:
        if broken := not_a_pattern(pattern):
            yield f"{where}: '{pattern}' {broken}"


def _whole_breaches(server: dict[str, Any], own: dict[str, Any]) -> Iterator[str]:
    """How one knows that a file in a folder is whole; what comes from a server comes whole."""
    if "whole" not in own:
        return
    where, said = "servers.0.customProperties.whole", own["whole"]
    if server["type"] != "local":
        yield f"{where}: only a folder's files need it; at a server a file is known by its size and its marker"
    if not isinstance(said, dict) or len(said) != 1 or not said.keys() <= set(WHOLE):
        yield f"{where}: says {' or '.join(WHOLE)}, with a suffix"
    elif not re.fullmatch(r"\.[\w.-]+", str(next(iter(said.values())))):
        yield f"{where}: the suffix begins with a dot and has no other signs than letters, digits, dots and dashes"
