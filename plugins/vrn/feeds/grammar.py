"""The grammar of feed files: what the Open Data Contract Standard leaves open and we need, checked with the key named.

On one page in expectations/README.md. Source of the standard: Open Data Contract Standard v3.2 (the Linux Foundation's
Bitol project), whose JSON Schema comes with its Python package.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

from vrn.errors import ContractError
from vrn.feeds.period import MONTHS

CLASSIFICATIONS = ("keep", "hash", "month", "age", "lsoa", "match", "drop")
DOMAINS = ("nhs", "upn", "pnc", "local")
# Identifiers whose check digit tells garbage from an identifier.
CHECKED_DOMAINS = ("nhs", "upn", "pnc")
MATCHED_AS = ("surname", "forename", "date_of_birth", "postcode")
# Services whose records of persons are linked, and the identifiers that say who a record is about.
SERVICES = ("police", "youth_offending", "social_care")
LINKED_BY = {"nhs": "nhs", "upn": "upn", "former_upn": "upn", "pnc": "pnc"}
LINKAGE_KEYS = {"service", "key", "sex", "ids"}
OUTCOMES = ("submission", "record", "warning")
FORMATS = ("csv", "zip", "xml")
PLACES = {"local": ("path",), "sftp": ("connection", "remotePath"), "custom": ("transport", "connection", "remoteFiles")}
# The standard has no web server among its types of server, so that one is a custom one that names its transport.
CUSTOM_TRANSPORTS = ("http",)
LOGICAL_TYPES = {
    "string": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
# The standard's forms of a date, and how Python writes them.
DATE_FORMATS = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM": "%Y-%m", "dd/MM/yyyy": "%d/%m/%Y"}
DAYS = {"d": 1, "day": 1, "month": 31, "m": 31, "y": 366, "year": 366}
# When a delivery is held or refused for what it lacks, and what contract.Shares calls it.
SHARES = {
    "holdSetAside": "hold_set_aside",
    "refuseSetAside": "refuse_set_aside",
    "holdReplace": "hold_replace",
    "leastRows": "least_rows",
}
UNEXPECTED_ROWS = "unexpected_rows_expectation"
UNREADABLE_CODE = "GEN-006"
OWN_COLUMNS = ("submission_id", "row_number", "unreadable_columns")


def custom(item: dict[str, Any]) -> dict[str, Any]:
    """The customProperties of an element as a mapping."""
    return {entry["property"]: entry["value"] for entry in item.get("customProperties", [])}


@functools.cache
def _standard():
    import jsonschema_rs

    schema = json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema)


def check(document: Any, name: str) -> None:
    """Raise ContractError with every breach of the standard or of our grammar, each with the key where it stands."""
    breaches = [
        f"{'.'.join(str(part) for part in error.instance_path) or 'the file'}: {error.message}"
        for error in _standard().iter_errors(document)
    ]
    if not breaches:
        breaches = list(_breaches(document))
    if breaches:
        raise ContractError(f"{name} breaks the feed grammar (expectations/README.md):\n  " + "\n  ".join(breaches))


def _breaches(document: dict[str, Any]) -> Iterator[str]:
    servers, entities = document.get("servers", []), document.get("schema", [])
    if len(servers) != 1:
        yield "servers: a feed has exactly one server, the place its files come from"
    else:
        yield from _server_breaches(servers[0])
    if not entities:
        yield "schema: a feed has at least one entity"
    for needed in ("latency", "retention"):
        if not any(item["property"] == needed for item in document.get("slaProperties", [])):
            yield f"slaProperties: {needed} is missing"
    yield from _share_breaches(custom(document).get("shares", {}))
    layout = servers[0].get("format", "csv") if servers else "csv"
    if layout == "csv" and len(entities) > 1:
        yield "schema: a CSV holds one entity; several come as a zip or as XML"
    codes = {UNREADABLE_CODE}
    for entity in entities:
        yield from _entity_breaches(entity, layout, codes)
    if sum("linkage" in custom(entity) for entity in entities) > 1:
        yield "schema: one entity of a feed takes part in linkage; its key is the feed's only name for a person"


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


def _server_breaches(server: dict[str, Any]) -> Iterator[str]:
    own = custom(server)
    for key in ("fileName", "fileNameExample", "suppliers"):
        if key not in own:
            yield f"servers.0.customProperties: {key} is missing"
    if not own.get("expectedSuppliers", ["any"]) or set(own.get("expectedSuppliers", ())) - set(own.get("suppliers", ())):
        yield "servers.0.customProperties.expectedSuppliers: one or more of the suppliers"
    if server.get("format", "csv") not in FORMATS:
        yield f"servers.0.format: '{server['format']}' is none of {', '.join(FORMATS)}"
    if server.get("format") == "xml" and "record" not in own:
        yield "servers.0.customProperties: record (the path of the element that repeats) is missing"
    for key in PLACES.get(server["type"], ()):
        if key not in own and key not in server:
            yield f"servers.0: a server of type {server['type']} needs {key}"
    if server["type"] == "custom" and own.get("transport") not in CUSTOM_TRANSPORTS:
        yield f"servers.0.customProperties: transport is one of {', '.join(CUSTOM_TRANSPORTS)}"
    if server["type"] not in PLACES:
        yield f"servers.0.type: '{server['type']}' is none of {', '.join(PLACES)}"
    pattern = own.get("fileName", "")
    for group in ("supplier", "synthetic"):
        if f"(?P<{group}>" not in pattern:
            yield f"servers.0.customProperties.fileName: the pattern has no group '{group}'"
    if sum(f"(?P<{kind}>" in pattern for kind in MONTHS) != 1:
        yield f"servers.0.customProperties.fileName: the pattern has exactly one of the groups {', '.join(MONTHS)}"


def _entity_breaches(entity: dict[str, Any], layout: str, codes: set[str]) -> Iterator[str]:
    own, where = custom(entity), f"schema.{entity['name']}"
    if layout == "zip" and "member" not in own:
        yield f"{where}.customProperties: member (the pattern of the CSV's name in the zip) is missing"
    if layout == "xml" and "element" not in own:
        yield f"{where}.customProperties: element (the path of a row) is missing"
    names = [item["name"] for item in entity.get("properties", [])]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"{where}: the column {name} stands there twice"
    for item in entity.get("properties", []):
        yield from _column_breaches(item, f"{where}.{item['name']}", set(names))
        for rule in item.get("quality", []):
            yield from _rule_breaches(rule, f"{where}.{item['name']}", _known(entity), codes)
    for rule in entity.get("quality", []):
        yield from _rule_breaches(rule, where, _known(entity), codes)
    yield from _linkage_breaches(entity, where)
    yield from _demo_breaches(own.get("synthetic", {}), f"{where}.customProperties.synthetic.demo")


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
    return known


def _column_breaches(item: dict[str, Any], where: str, names: set[str]) -> Iterator[str]:
    own, classification = custom(item), item.get("classification")
    if classification is None:
        yield f"{where}: classification is missing; say {', '.join(CLASSIFICATIONS)} (there is no default)"
    elif classification not in CLASSIFICATIONS:
        yield f"{where}: classification '{classification}' is none of {', '.join(CLASSIFICATIONS)}"
    if classification == "hash" and own.get("identifierDomain") not in DOMAINS:
        yield f"{where}: a hashed column names its identifierDomain in customProperties, one of {', '.join(DOMAINS)}"
    if classification in ("month", "age") and item.get("logicalType") != "date":
        yield f"{where}: only a date can be degraded to its {classification}"
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
    if item["name"] in OWN_COLUMNS:
        yield f"{where}: the name is one of the warehouse's own columns"


def _rule_breaches(rule: dict[str, Any], where: str, columns: set[str], codes: set[str]) -> Iterator[str]:
    code = rule.get("name", "without a name")
    if code in codes:
        yield f"{where}: the rule code {code} is used twice"
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
    named = kwargs.get("column")
    if named is not None and named not in columns:
        yield f"{where}: rule {code} looks at column '{named}', which the entity does not have"
    if implementation["type"] == UNEXPECTED_ROWS:
        query = kwargs.get("unexpected_rows_query", "")
        if "{batch}" not in query or not re.search(r"\brow_number\b", query):
            yield f"{where}: rule {code} needs an unexpected_rows_query that selects row_number from {{batch}}"
