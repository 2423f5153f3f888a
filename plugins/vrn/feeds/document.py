"""A feed file as data: read, checked, and with the dated changes that hold for a period."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import Any

from vrn.errors import ContractError
from vrn.feeds import breaches, yaml_file
from vrn.feeds.grammar import custom
from vrn.feeds.period import Period


def feed_name(path: Path) -> str:
    return path.name.removesuffix(".odcs.yaml")


def read(path: Path) -> dict[str, Any]:
    """The feed file as data, checked against the standard and our grammar. Raises ContractError with every breach and its line."""
    try:
        written = yaml_file.text(path)
        document = yaml_file.parse(written, path.name)
    except yaml_file.NotYaml as error:
        raise ContractError(str(error)) from None
    found = breaches.found(document)
    if isinstance(document, dict) and "id" in document and document["id"] != feed_name(path):
        found += [f"id: is '{document['id']}'; it must be the file's own name, '{feed_name(path)}'"]
    if not found:
        found = _breaches_of_changes(document, path.name)
    if found:
        lines = [f"line {yaml_file.line(written, one.partition(':')[0])}, {one}" for one in found]
        raise ContractError(f"{path.name} breaks the feed grammar (expectations/README.md):\n  " + "\n  ".join(lines))
    return document


def _breaches_of_changes(document: dict[str, Any], name: str) -> list[str]:
    """What a change makes of the file is found now, and not when the first delivery of its time comes."""
    found = []
    for month in sorted({str(change["from"]) for change in custom(document).get("changes", [])}):
        try:
            changed = apply_changes(document, Period.month(month), name)
        except ContractError as error:
            return [f"customProperties.changes: {str(error).removeprefix(f'{name}: ').rstrip('.')}"]
        found += [f"{one} (as changed from {month})" for one in breaches.found(changed)]
    return found


# Checking a file against the standard takes longer than all else here, and a batch of deliveries asks for the same one.
@functools.lru_cache(maxsize=512)
def remembered(path: Path, changed_at: int) -> dict[str, Any]:
    """The file as `read` gives it, kept until its time of change is another."""
    return read(path)


def apply_changes(document: dict[str, Any], period: Period, name: str) -> dict[str, Any]:
    """The document with the dated changes that hold for a period: by the file's period, never by today."""
    changed = copy.deepcopy(document)
    for change in custom(changed).get("changes", []):
        if period.first_month < str(change["from"]) or ("until" in change and period.first_month > str(change["until"])):
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
