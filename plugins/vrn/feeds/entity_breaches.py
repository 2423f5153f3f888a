"""What is wrong in one entity of a feed file: its columns, its rules and its part in linkage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from vrn.feeds.grammar import (
    CLASS_TYPES,
    CLASSIFICATIONS,
    DATE_FORMATS,
    DOMAINS,
    LINKAGE_KEYS,
    LINKED_BY,
    LOGICAL_TYPES,
    MATCH_TYPES,
    MATCHED_AS,
    OUTCOMES,
    OWN_CODES,
    OWN_COLUMNS,
    PLACEHOLDERS,
    SAYS,
    SERVICES,
    UNEXPECTED_ROWS,
    custom,
    guarded,
    may_be_withheld,
)
from vrn.feeds.name_breaches import not_a_pattern

# What each class makes something of, in words, and the classes that a type has beside keep and drop.
NEEDS = {
    "hash": "an identifier",
    "month": "a day",
    "age": "a day of birth",
    "lsoa": "a postcode",
    "match": "what linkage compares",
}
FITTING = {"string": "keep, hash, lsoa, match or drop", "date": "keep, month, age, match or drop"}
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def found(entity: dict[str, Any], layout: str, codes: set[str], entities: set[str]) -> Iterator[str]:
    """Every breach in an entity. layout: the feed's format. codes: the rule codes that are taken; its own are added.

    entities: the names of all entities of the feed.
    """
    own, where = custom(entity), f"schema.{entity['name']}"
    if layout == "zip" and "member" not in own:
        yield f"{where}.customProperties: member (the pattern of the CSV's name in the zip) is missing"
    if "member" in own and (broken := not_a_pattern(own["member"])):
        yield f"{where}.customProperties.member: {broken}"
    if "sheet" in own and (broken := "is of a workbook, and the format is csv" if layout != "csv" else not_a_pattern(own["sheet"])):
        yield f"{where}.customProperties.sheet: {broken}"
    if layout == "xml" and "element" not in own:
        yield f"{where}.customProperties: element (the path of a row) is missing"
    names = [item["name"] for item in entity.get("properties", [])]
    if not names:
        yield f"{where}: properties (its columns) is missing"
    for name in {name for name in names if names.count(name) > 1}:
        yield f"{where}: the column {name} stands there twice"
    known = _known(entity)
    once = own.get("identicalRows", {}).get("countOnceWhenPresent")
    if once is not None and once not in known - set(OWN_COLUMNS):
        yield f"{where}.customProperties.identicalRows: countOnceWhenPresent names '{once}', which the entity does not store"
    for item in entity.get("properties", []):
        here = f"{where}.{item['name']}"
        yield from guarded(here, _column_breaches(item, here, set(names)))
        for rule in item.get("quality", []):
            yield from guarded(here, _rule_breaches(rule, f"{here}.quality.{rule.get('name')}", known, codes, entities))
    for rule in entity.get("quality", []):
        yield from guarded(where, _rule_breaches(rule, f"{where}.quality.{rule.get('name')}", known, codes, entities))
    yield from guarded(where, _linkage_breaches(entity, where))
    yield from guarded(where, _demo_breaches(own.get("synthetic", {}), f"{where}.customProperties.synthetic.demo"))


def _demo_breaches(synthetic: dict[str, Any], where: str) -> Iterator[str]:
    """The demonstration holds a part of the synthetic deliveries and no others."""
    if "demo" not in synthetic:
        return
    asked = synthetic["demo"]
    if not isinstance(asked, dict) or asked.keys() != {"from", "until"}:
        yield f"{where}: says from and until, two months"
    elif not str(synthetic["from"]) <= str(asked["from"]) <= str(asked["until"]) <= str(synthetic["until"]):
        yield f"{where}: lies within {synthetic['from']} and {synthetic['until']}, and from comes first"


def _linkage_breaches(entity: dict[str, Any], where: str) -> Iterator[str]:
    """An entity with matched columns takes part in linkage, and says as whom."""
    columns = {item["name"]: item for item in entity.get("properties", [])}
    is_matched = any(item.get("classification") == "match" for item in columns.values())
    said = custom(entity).get("linkage")
    if said is None:
        if is_matched:
            yield f"{where}.customProperties: linkage (service, key, sex, ids) is missing, but columns are matched"
        return
    where += ".customProperties.linkage"
    if not is_matched:
        yield f"{where}: no column of the entity is matched"
    if not isinstance(said, dict) or not {"service", "key"} <= said.keys() <= LINKAGE_KEYS:
        yield f"{where}: says service and key, and may say sex and ids"
        return
    if said["service"] not in SERVICES:
        yield f"{where}.service: '{said['service']}' is none of {', '.join(SERVICES)}"
    for role, classes in (("key", ("hash", "keep")), ("sex", ("keep",))):
        if role in said and columns.get(said[role], {}).get("classification") not in classes:
            yield f"{where}.{role}: '{said[role]}' is no column of class {' or '.join(classes)}"
    for name, column in said.get("ids", {}).items():
        item = columns.get(column, {})
        if name not in LINKED_BY:
            yield f"{where}.ids: '{name}' is none of {', '.join(LINKED_BY)}"
        elif item.get("classification") != "hash" or custom(item).get("identifierDomain") != LINKED_BY[name]:
            yield f"{where}.ids.{name}: '{column}' is no hashed column of the domain {LINKED_BY[name]}"


def _known(entity: dict[str, Any]) -> set[str]:
    """The columns that a rule may look at: those that are stored, and our own."""
    known = set(OWN_COLUMNS)
    for item in entity.get("properties", []):
        if item.get("classification") not in ("drop", "match"):
            known.add(item["name"])
        if item.get("classification") == "hash":
            known.add(f"{item['name']}_is_valid")
        if may_be_withheld(item):
            known.add(f"{item['name']}_is_withheld")
    return known


def _column_breaches(item: dict[str, Any], where: str, names: set[str]) -> Iterator[str]:
    own, classification = custom(item), item.get("classification")
    if classification is None:
        yield f"{where}: classification is missing; say {', '.join(CLASSIFICATIONS)} (there is no default)"
    elif classification not in CLASSIFICATIONS:
        yield f"{where}: classification '{classification}' is none of {', '.join(CLASSIFICATIONS)}"
    if classification == "hash" and own.get("identifierDomain") not in DOMAINS:
        yield f"{where}: a hashed column names its identifierDomain in customProperties, one of {', '.join(DOMAINS)}"
    fitting = CLASS_TYPES.get(classification, tuple(LOGICAL_TYPES))
    if classification == "match" and own.get("matchAs") in MATCHED_AS:
        fitting = (MATCH_TYPES.get(own["matchAs"], "string"),)
    if item.get("logicalType") in LOGICAL_TYPES and item["logicalType"] not in fitting:
        said, meant = item["logicalType"], f"{NEEDS[classification]}, of logicalType {fitting[0]}"
        others = FITTING.get(said, "keep or drop")
        yield f"{where}: the class {classification} is for {meant}; a column of logicalType {said} has the class {others}"
    if classification == "age" and own.get("ageAt", "period_end") not in names | {"period_end"}:
        yield f"{where}: ageAt is 'period_end' or a date column of the entity"
    if classification == "match" and own.get("matchAs") not in MATCHED_AS:
        yield f"{where}: a matched column says in customProperties what it is matchAs: {', '.join(MATCHED_AS)}"
    if own.get("case", "upper") not in ("upper", "lower"):
        yield f"{where}: case is upper or lower"
    if item.get("logicalType") not in LOGICAL_TYPES:
        yield f"{where}: logicalType '{item.get('logicalType')}' is none of {', '.join(LOGICAL_TYPES)}"
    if item.get("logicalType") == "date" and item.get("logicalTypeOptions", {}).get("format") not in DATE_FORMATS:
        yield f"{where}: a date names its format in logicalTypeOptions, one of {', '.join(DATE_FORMATS)}"
    if own.get("judgedOnly", False) and classification in ("drop", "match"):
        yield f"{where}: a column of the class {classification} is not there when the rules judge; leave out judgedOnly"
    if "headings" in own and classification != "drop":
        yield f"{where}: headings stands for columns of which nothing is stored; the class is drop"
    elif "headings" in own and (broken := not_a_pattern(own["headings"])):
        yield f"{where}.customProperties.headings: {broken}"
    if not isinstance(own.get("means", {}), dict):
        yield f"{where}: means says of a written value what it means, as `means: {{'7001': '0'}}`"
    if item["name"] in OWN_COLUMNS:
        yield f"{where}: the name is one of the warehouse's own columns"


def _rule_breaches(rule: dict[str, Any], where: str, columns: set[str], codes: set[str], entities: set[str]) -> Iterator[str]:
    code = rule.get("name", "without a name")
    if code in codes:
        yield f"{where}: the rule code {code} is used twice"
    elif str(code).startswith(OWN_CODES):
        yield f"{where}: the rule code {code} begins with {OWN_CODES}, as those that every feed has; give the feed's rules a prefix"
    codes.add(code)
    if rule.get("severity") not in OUTCOMES:
        yield f"{where}: rule {code} has severity '{rule.get('severity')}'; say {', '.join(OUTCOMES)}"
    if rule.get("engine") != "greatExpectations":
        yield f"{where}: rule {code} names the engine greatExpectations"
    if not rule.get("description"):
        yield f"{where}: rule {code} has no description; write the sentence the supplier will read"
    implementation = rule.get("implementation")
    if not isinstance(implementation, dict) or "type" not in implementation:
        yield f"{where}: rule {code} has no implementation.type"
        return
    kwargs = implementation.get("kwargs", {})
    if not isinstance(kwargs, dict):
        yield f"{where}: rule {code} has implementation.kwargs that are no `name: value`"
        return
    of_queries = {"extract", *(f"{which}.{name}" for which in ("entity", "previous") for name in entities)}
    known = {*PLACEHOLDERS, *(of_queries if implementation["type"] == UNEXPECTED_ROWS else ())}
    for name in PLACEHOLDER.findall(json.dumps(kwargs, default=str)):
        if name not in known:
            yield f"{where}: rule {code} has ${{{name}}}, which stands for nothing; say {', '.join(sorted(known))}"
    named = kwargs.get("column")
    if named is not None and named not in columns:
        yield f"{where}: rule {code} looks at column '{named}', which the entity does not have"
    if implementation["type"] == UNEXPECTED_ROWS:
        query = kwargs.get("unexpected_rows_query", "")
        if "{batch}" not in query or not re.search(r"\brow_number\b", query):
            yield f"{where}: rule {code} needs an unexpected_rows_query that selects row_number from {{batch}}"
    if SAYS in str(rule.get("description")) and not re.search(r"\bas says\b", str(kwargs.get("unexpected_rows_query"))):
        yield f"{where}: rule {code} has {SAYS} in its sentence, so its query gives the code that a row says, `as says`"
