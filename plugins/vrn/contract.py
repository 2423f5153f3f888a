"""A feed file: read, checked against the standard and our grammar, and resolved for a period.

The grammar is on one page in expectations/README.md. Source of the standard: Open Data Contract Standard v3.2
(the Linux Foundation's Bitol project), whose JSON Schema comes with its Python package.
"""

from __future__ import annotations

import calendar
import copy
import functools
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from vrn.errors import ContractError

LOCAL_TIME = ZoneInfo("Europe/London")
CLASSIFICATIONS = ("keep", "hash", "month", "drop")
OUTCOMES = ("submission", "record", "warning")
LOGICAL_TYPES = {
    "string": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
DATE_FORMATS = ("yyyy-MM-dd", "yyyy-MM", "dd/MM/yyyy")
OWN_COLUMNS = ("submission_id", "row_number", "unreadable_columns")


@dataclass(frozen=True)
class Period:
    """A calendar month: first day, last day."""

    start: date
    end: date

    @classmethod
    def month(cls, text: str) -> Period:
        """From `2020-04`."""
        year, month = (int(part) for part in text.split("-"))
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    @property
    def label(self) -> str:
        return f"{self.start:%Y-%m}"

    def placeholders(self) -> dict[str, str]:
        """The names a rule may use for the file's own period, local time made plain by its offset."""
        following = date(self.end.year + self.end.month // 12, self.end.month % 12 + 1, 1)
        return {
            "period_start": self.start.isoformat(),
            "period_end": self.end.isoformat(),
            "period_start_at": _local_midnight(self.start),
            "next_period_start_at": _local_midnight(following),
        }


# Any month serves to read what does not depend on the period: the pattern of names, the tables, the labels.
ANY_PERIOD = Period.month("2020-01")


def _local_midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME).isoformat()


@dataclass(frozen=True)
class Rule:
    """One judgement: a code, what follows when it fails, a sentence for the supplier, and the GX expectation."""

    code: str
    outcome: str
    description: str
    expectation: str
    kwargs: Mapping[str, Any]


# Judged for every feed: the reader marks what it could not read, and this rule sets those rows aside.
UNREADABLE = Rule(
    code="GEN-006",
    outcome="record",
    description="A cell cannot be read in its column's type (a date, number, time or yes/no in another form).",
    expectation="expect_column_values_to_be_null",
    kwargs={"column": "unreadable_columns"},
)


@dataclass(frozen=True)
class Column:
    """One column of an entity: its name here, its names in the file, its type and its privacy class."""

    name: str
    source_names: tuple[str, ...]
    logical_type: str
    date_format: str | None
    classification: str
    identifier_domain: str | None
    codes: tuple[str, ...]
    labels: Mapping[str, str]
    description: str
    synthetic: Mapping[str, Any]

    @property
    def is_stored(self) -> bool:
        return self.classification != "drop"

    @property
    def postgres_type(self) -> str:
        if self.classification == "hash":
            return "text"
        return "date" if self.classification == "month" else LOGICAL_TYPES[self.logical_type]


@dataclass(frozen=True)
class Entity:
    """One kind of row that a feed brings."""

    feed: str
    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    counted_once_when_present: str | None
    synthetic: Mapping[str, Any]

    @property
    def table(self) -> str:
        return f"{self.feed}__{self.name}"

    @property
    def stored(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_stored)


@dataclass(frozen=True)
class Contract:
    """A feed file as it stood for one period."""

    feed: str
    file_name: re.Pattern[str]
    file_name_example: str
    suppliers: Mapping[str, str]
    folder: str
    encoding: str
    fallback_encoding: str | None
    ends_with_line_break: bool
    entity: Entity
    digest: str


def feed_name(path: Path) -> str:
    return path.name.removesuffix(".odcs.yaml")


def read(path: Path) -> dict[str, Any]:
    """The feed file as data, checked against the standard and our grammar. Raises ContractError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name} is not YAML: {error}") from None
    check(document, path.name)
    if document["id"] != feed_name(path):
        raise ContractError(f"{path.name}: id is '{document['id']}'; it must be the file's own name, '{feed_name(path)}'.")
    return document


def load(path: Path, period: Period) -> Contract:
    """The contract as it stood for a period, with the rules' placeholders filled in."""
    document = read(path)
    dated = apply_changes(document, period, path.name)
    return _resolve(dated, period, path.name)


@functools.cache
def _standard():
    import jsonschema

    schema = json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def check(document: Any, name: str) -> None:
    """Raise ContractError with every breach of the standard or of our grammar, each with the key where it stands."""
    breaches = [
        f"{'.'.join(str(part) for part in error.absolute_path) or 'the file'}: {error.message}"
        for error in _standard().iter_errors(document)
    ]
    if not breaches:
        breaches = list(_grammar_breaches(document))
    if breaches:
        raise ContractError(f"{name} breaks the feed grammar (expectations/README.md):\n  " + "\n  ".join(breaches))


def _grammar_breaches(document: dict[str, Any]) -> Iterator[str]:
    if len(document.get("servers", [])) != 1:
        yield "servers: a feed has exactly one server, the place its files come from"
    else:
        custom = _custom(document["servers"][0])
        for key in ("fileName", "fileNameExample", "suppliers"):
            if key not in custom:
                yield f"servers.0.customProperties: {key} is missing"
        pattern = custom.get("fileName", "")
        for group in ("month", "supplier", "synthetic"):
            if f"(?P<{group}>" not in pattern:
                yield f"servers.0.customProperties.fileName: the pattern has no group '{group}'"
    if len(document.get("schema", [])) != 1:
        yield "schema: one entity a feed, until a format with several entities in a file is read"
    if not any(item["property"] == "latency" for item in document.get("slaProperties", [])):
        yield "slaProperties: latency (days after the period's end at which the file is due) is missing"
    codes = {UNREADABLE.code}
    for entity in document.get("schema", []):
        names = {item["name"] for item in entity.get("properties", [])}
        for item in entity.get("properties", []):
            where = f"schema.{entity['name']}.{item['name']}"
            yield from _column_breaches(item, where)
            for rule in item.get("quality", []):
                yield from _rule_breaches(rule, where, names | set(OWN_COLUMNS), codes)
        for rule in entity.get("quality", []):
            yield from _rule_breaches(rule, f"schema.{entity['name']}", names | set(OWN_COLUMNS), codes)


def _column_breaches(item: dict[str, Any], where: str) -> Iterator[str]:
    classification = item.get("classification")
    if classification is None:
        yield f"{where}: classification is missing; say {', '.join(CLASSIFICATIONS)} (there is no default)"
    elif classification not in CLASSIFICATIONS:
        yield f"{where}: classification '{classification}' is none of {', '.join(CLASSIFICATIONS)}"
    if classification == "hash" and "identifierDomain" not in _custom(item):
        yield f"{where}: a hashed column names its identifierDomain in customProperties"
    if classification == "month" and item.get("logicalType") != "date":
        yield f"{where}: only a date can be degraded to its month"
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
    named = implementation.get("kwargs", {}).get("column")
    if named is not None and named not in columns:
        yield f"{where}: rule {code} looks at column '{named}', which the entity does not have"


def apply_changes(document: dict[str, Any], period: Period, name: str) -> dict[str, Any]:
    """The document with the dated changes that hold for a period: by the file's period, never by today."""
    changed = copy.deepcopy(document)
    for change in _custom(changed).get("changes", []):
        if not change.get("why"):
            raise ContractError(f"{name}: the change at {change.get('at')} does not say why.")
        if period.label < str(change["from"]) or ("until" in change and period.label > str(change["until"])):
            continue
        _apply_change(changed, change, name)
    return changed


def _apply_change(document: dict[str, Any], change: dict[str, Any], name: str) -> None:
    *path, key = str(change["at"]).split(".")
    target: Any = document["schema"]
    for part in path:
        children = target if isinstance(target, list) else target.get("properties", [])
        found = [child for child in children if child["name"] == part]
        if not found:
            raise ContractError(f"{name}: the change at {change['at']} points to nothing; '{part}' is not there.")
        target = found[0]
    if "set" in change:
        target[key] = change["set"]
    if "add" in change:
        target[key] = [*target.get(key, []), *({"value": value} for value in change["add"])]
    if "remove" in change:
        target[key] = [item for item in target[key] if item["value"] not in change["remove"]]


def _custom(item: dict[str, Any]) -> dict[str, Any]:
    return {entry["property"]: entry["value"] for entry in item.get("customProperties", [])}


def _resolve(document: dict[str, Any], period: Period, name: str) -> Contract:
    server = document["servers"][0]
    custom = _custom(server)
    return Contract(
        feed=document["id"],
        file_name=re.compile(custom["fileName"]),
        file_name_example=custom["fileNameExample"],
        suppliers=custom["suppliers"],
        folder=server["path"],
        encoding=server.get("encoding", "utf-8"),
        fallback_encoding=custom.get("fallbackEncoding"),
        ends_with_line_break=custom.get("endsWithLineBreak", False),
        entity=_entity(document["id"], document["schema"][0], period),
        digest=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _entity(feed: str, item: dict[str, Any], period: Period) -> Entity:
    columns = tuple(_column(column) for column in item["properties"])
    codes = {column.name: list(column.codes) for column in columns}
    rules = [_rule(rule, None, codes, period) for rule in item.get("quality", [])]
    for column in item["properties"]:
        rules += [_rule(rule, column["name"], codes, period) for rule in column.get("quality", [])]
    custom = _custom(item)
    return Entity(
        feed=feed,
        name=item["name"],
        columns=columns,
        rules=(UNREADABLE, *sorted(rules, key=lambda rule: rule.code)),
        counted_once_when_present=custom.get("identicalRows", {}).get("countOnceWhenPresent"),
        synthetic=custom.get("synthetic", {}),
    )


def _column(item: dict[str, Any]) -> Column:
    custom = _custom(item)
    synonyms = tuple(entry["synonym"] for entry in item.get("synonyms", []))
    options = item.get("logicalTypeOptions", {})
    enum = item.get("enum", [])
    return Column(
        name=item["name"],
        source_names=(item.get("physicalName", item["name"]), *synonyms),
        logical_type=item["logicalType"],
        date_format=options.get("format"),
        classification=item["classification"],
        identifier_domain=custom.get("identifierDomain"),
        codes=tuple(entry["value"] for entry in enum),
        labels={entry["value"]: entry["label"] for entry in enum if "label" in entry},
        description=item.get("description", ""),
        synthetic=custom.get("synthetic", {}),
    )


def _rule(rule: dict[str, Any], column: str | None, codes: dict[str, list[str]], period: Period) -> Rule:
    implementation = rule["implementation"]
    kwargs = dict(implementation.get("kwargs", {}))
    if column is not None:
        kwargs.setdefault("column", column)
    if implementation["type"] == "expect_column_values_to_be_in_set":
        kwargs.setdefault("value_set", codes[kwargs["column"]])
    placeholders = period.placeholders()
    for key, value in kwargs.items():
        if isinstance(value, str) and value.startswith("${"):
            kwargs[key] = placeholders[value[2:-1]]
    return Rule(rule["name"], rule["severity"], " ".join(rule["description"].split()), implementation["type"], kwargs)
