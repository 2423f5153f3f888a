"""Synthetic rows as the file that a partner would send: CSV, zip of CSVs, XML."""

from __future__ import annotations

import csv
import io
import zipfile
from xml.etree import ElementTree

from vrn.feeds.contract import Contract, Entity
from vrn.synthetic.rows import Rows

# A zip keeps the time of its members; a fixed one makes the same rows the same bytes.
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


def content(contract: Contract, rows: dict[str, Rows]) -> bytes:
    match contract.format:
        case "zip":
            return _zip(contract, rows)
        case "xml":
            return _xml(contract, rows)
    return csv_text(contract.main, rows[contract.main.name]).encode()


def csv_text(entity: Entity, rows: Rows) -> str:
    sources = {column.source_names[0]: column.name for column in reversed(entity.columns) if not column.is_optional}
    names = [name for name in dict.fromkeys(column.source_names[0] for column in entity.columns) if name in sources]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row[sources[name]] for name in names] for row in rows)
    return out.getvalue()


def _zip(contract: Contract, rows: dict[str, Rows]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entity in contract.entities:
            if rows[entity.name] or not entity.is_optional:
                member = zipfile.ZipInfo(f"{entity.name}.csv", ZIP_TIME)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, csv_text(entity, rows[entity.name]))
    return out.getvalue()


def _xml(contract: Contract, rows: dict[str, Rows]) -> bytes:
    """Records from the main entity's rows; rows of the others belong to the record whose key they share."""
    path = contract.record.split("/")
    root = ElementTree.Element(path[0])
    main = contract.main
    key = next(column.name for column in main.columns if column.synthetic.get("kind") in ("serial", "personNumber"))
    records = {}
    for row in rows[main.name]:
        _write_header(root, contract, row)
        parent = _child(root, path[1:-1])
        records[row[key]] = record = ElementTree.SubElement(parent, path[-1])
        _write(record, main, row)
    elements: dict[str, ElementTree.Element] = {}
    for entity in contract.entities[1:]:
        for row in rows[entity.name]:
            above = elements.get(row.get("parent_serial", ""), records[row[key]])
            steps = [step for step in entity.element.split("/") if step != "."]
            shared = [step for step in steps[:-1] if step != above.tag]
            element = ElementTree.SubElement(_child(above, shared), steps[-1])
            _write(element, entity, row)
            if "serial" in row:
                elements[row["serial"]] = element
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root)


def _write_header(root: ElementTree.Element, contract: Contract, row: dict[str, str]) -> None:
    for column in contract.main.columns:
        if column.source_names[0].startswith("/") and row[column.name]:
            _child(root, column.source_names[0].strip("/").split("/")[1:]).text = row[column.name]


def _write(element: ElementTree.Element, entity: Entity, row: dict[str, str]) -> None:
    written = set()
    for column in entity.columns:
        path = column.source_names[0]
        if path.startswith(("/", "..")) or path in written or not row[column.name]:
            continue
        written.add(path)
        *above, last = path.split("/")
        parent = _child(element, above)
        for text in row[column.name].split() if column.synthetic.get("repeats") else [row[column.name]]:
            ElementTree.SubElement(parent, last).text = text


def _child(element: ElementTree.Element, steps: list[str]) -> ElementTree.Element:
    for step in steps:
        found = element.find(step)
        element = ElementTree.SubElement(element, step) if found is None else found
    return element
