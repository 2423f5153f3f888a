"""XML to batches: the document is read record by record, and a record is forgotten when its rows are taken.

A document type or an entity refuses the file before anything of it is expanded. Names are compared without namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Column, Contract, Entity
from vrn.stage.read.batch import ROWS, Batch, of_rows
from vrn.stage.read.header import Filled

Path = tuple[str, ...]
# A row's element and those that hold it, the record first.
Chain = tuple[Element, ...]


def batches(raw, contract: Contract, entity: Entity) -> Iterator[Batch]:
    """Yield the rows of one entity. Raises SubmissionRefused."""
    declared = {path for one in contract.entities for path in _declared(one)}
    sources = {column.source_names: [] for column in entity.columns}
    for column in entity.columns:
        sources[column.source_names].append(column)
    filled: list[Filled] = [tuple(columns) for columns in sources.values()]
    element = _split(entity.element)
    first, waiting = 1, []
    for record, header in _records(raw, _split(contract.record)):
        _refuse_undeclared(record, declared)
        for chain in _rows((record,), element):
            waiting.append([_value(columns[0], chain, header) for columns in filled])
        if len(waiting) >= ROWS:
            yield of_rows(first, filled, waiting)
            first, waiting = first + len(waiting), []
    if waiting:
        yield of_rows(first, filled, waiting)


@dataclass
class _Reading:
    """Where a reading is: the names of the open elements, and the texts met outside of records."""

    path: list[str]
    header: dict[Path, str]


def _records(raw, record: Path) -> Iterator[tuple[Element, dict[Path, str]]]:
    reading, open_elements = _Reading([], {}), []
    try:
        for event, element in iterparse(raw, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                reading.path.append(_name(element))
                open_elements.append(element)
                continue
            path = tuple(reading.path)
            reading.path.pop()
            open_elements.pop()
            if path == record:
                yield element, reading.header
                # Without this the parent would hold on to every record of the file.
                open_elements[-1].remove(element)
            elif path[: len(record)] != record and not len(element):
                reading.header[path] = (element.text or "").strip()
    except DefusedXmlException:
        raise SubmissionRefused(
            "GEN-017",
            "The XML declares a document type or entities, which this pipeline never expands. Export the return again "
            "without a DTD.",
        ) from None
    except ParseError as error:
        line = error.position[0]
        raise SubmissionRefused(
            "GEN-017", f"The XML is not whole: it breaks at line {line:,}. It looks cut off or changed by hand; export it again."
        ) from None


def _rows(chain: Chain, element: Path) -> Iterator[Chain]:
    if not element:
        yield chain
        return
    for child in chain[-1]:
        if _name(child) == element[0]:
            yield from _rows((*chain, child), element[1:])


def _value(column: Column, chain: Chain, header: dict[Path, str]) -> str | None:
    for name in column.source_names:
        texts = _texts(name, chain, header)
        if texts:
            return " ".join(texts)
    return None


def _texts(name: str, chain: Chain, header: dict[Path, str]) -> list[str]:
    if name.startswith("/"):
        text = header.get(_split(name), "")
        return [text] if text else []
    path, depth = _split(name), len(chain) - 1
    while path and path[0] == "..":
        path, depth = path[1:], depth - 1
    found = [chain[depth]]
    for part in path:
        found = [child for parent in found for child in parent if _name(child) == part]
    return [text for one in found if (text := (one.text or "").strip())]


def _declared(entity: Entity) -> Iterator[Path]:
    """The paths from the record that an entity's columns read."""
    for column in entity.columns:
        for name in column.source_names:
            if not name.startswith("/"):
                path, base = _split(name), _split(entity.element)
                while path and path[0] == "..":
                    path, base = path[1:], base[:-1]
                yield (*base, *path)


def _refuse_undeclared(record: Element, declared: set[Path]) -> None:
    for path in _leaves(record, ()):
        if path not in declared:
            raise SubmissionRefused(
                "GEN-001",
                f"The element {'/'.join(path)} is not in the contract. Export the return without it, or agree a change and "
                "write it into the feed file.",
            )


def _leaves(element: Element, path: Path) -> Iterator[Path]:
    for child in element:
        here = (*path, _name(child))
        if len(child):
            yield from _leaves(child, here)
        elif (child.text or "").strip():
            yield here


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _split(path: str | None) -> Path:
    return tuple(part for part in (path or "").split("/") if part not in ("", "."))
