"""XML to batches: the document is read record by record, and a record is forgotten when its rows are taken.

A document type or an entity refuses the file before anything of it is expanded. Names are compared without namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from vrn.errors import SubmissionRefused
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read.batch import Batch, Gathered
from vrn.stage.read.header import Filled

# A record of a census takes some kilobytes; what takes more without an end is no record, and would be held in memory.
MOST_RECORD_BYTES = 16 << 20
DEEPEST = 50
MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
# A name that a sentence repeats is cut to this.
LONGEST_NAME = 40

Path = tuple[str, ...]
# A row's element and those that hold it, the record first.
Chain = tuple[Element, ...]


def batches(raw, contract: Contract, entity: Entity) -> Iterator[Batch]:
    """Yield the rows of one entity. Raises SubmissionRefused."""
    sources = {column.source_names: [] for column in entity.columns}
    for column in entity.columns:
        sources[column.source_names].append(column)
    filled: list[Filled] = [tuple(columns) for columns in sources.values()]
    element = _split(entity.element)
    number, gathered = 0, Gathered(filled)
    for record, header in _records(raw, contract):
        for chain in _rows((record,), element):
            number += 1
            gathered.add(number, [_value(columns[0], chain, header) for columns in filled])
            if gathered.is_enough:
                yield from gathered.take()
    yield from gathered.take()


def check_names(raw, contract: Contract) -> None:
    """Refuse an XML with an element that the contract does not have. Raises SubmissionRefused."""
    for _ in _records(raw, contract):
        pass


@dataclass
class _Declared:
    """What a contract knows of an XML.

    record: the path of the element that repeats. below: the paths from there that columns read. headers: the branches of the
    document, such as Message/Header, in which columns read what is said once for all.
    """

    record: Path
    below: set[Path]
    headers: set[Path]

    @classmethod
    def by(cls, contract: Contract) -> _Declared:
        names = {name for entity in contract.entities for column in entity.columns for name in column.source_names}
        return cls(
            _split(contract.record),
            {path for entity in contract.entities for path in _below(entity)},
            {_split(name)[:2] for name in names if name.startswith("/")},
        )

    def is_above(self, path: Path) -> bool:
        """Whether an element at this path holds records or headers, and nothing of its own."""
        return any(path == holder[: len(path)] for holder in (self.record, *self.headers))


@dataclass
class _Reading:
    """Where a reading is: the open elements and their names, and the texts met outside of records."""

    path: list[str] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    header: dict[Path, str] = field(default_factory=dict)


def _records(raw, contract: Contract) -> Iterator[tuple[Element, dict[Path, str]]]:
    """Each record, checked against the contract, with the texts met before it outside of records."""
    declared, reading, counted = _Declared.by(contract), _Reading(), _Counted(raw)
    for event, element in _events(counted):
        if event == "start":
            reading.path.append(_name(element))
            reading.elements.append(element)
            if len(reading.path) > DEEPEST:
                raise _refused(f"The XML has elements within elements more than {DEEPEST} deep. Export the return again.")
            continue
        path = tuple(reading.path)
        reading.path.pop()
        reading.elements.pop()
        if path[: len(declared.record)] != declared.record:
            _take_header(path, element, declared, reading.header)
        elif path == declared.record:
            _refuse_undeclared(element, declared.below)
            yield element, reading.header
        else:
            continue
        counted.since = 0
        # Without this the parent would hold on to every record of the file.
        if reading.elements:
            reading.elements[-1].remove(element)


class _Counted:
    """The bytes of an XML, as long as they do not pile up in memory.

    since: how many came since an element was done with. is_xml: whether the first letter is one with which an XML begins.
    """

    def __init__(self, raw):
        self._raw, self.since, self._is_begun, self.is_xml = raw, 0, False, True

    def read(self, size: int) -> bytes:
        if self.since > MOST_RECORD_BYTES:
            most = MOST_RECORD_BYTES >> 20
            raise _refused(f"One element of the XML takes more than {most} MiB, which no record does. Export the return again.")
        block = self._raw.read(size) or b""
        if not self._is_begun:
            # In UTF-8 or UTF-16, the second of which has its mark or a zero before the first letter.
            self._is_begun, self.is_xml = True, block.lstrip(MARKS_AND_SPACE).startswith(b"<") or not block
        self.since += len(block)
        return block


def _events(counted: _Counted) -> Iterator[tuple[str, Element]]:
    """The parser's events. All that it says of a damaged file ends here, as a sentence."""
    try:
        yield from iterparse(counted, events=("start", "end"), forbid_dtd=True)
    except DefusedXmlException:
        raise _refused(
            "The XML declares a document type or entities, which this pipeline never expands. Export the return again "
            "without a DTD."
        ) from None
    except ParseError as error:
        if not counted.is_xml:
            raise _refused("The file is no XML, whatever its name says. Export the return as XML and send that.") from None
        line = error.position[0]
        raise _refused(
            f"The XML is not whole: it breaks at line {line:,}. It looks cut off or changed by hand; export it again."
        ) from None
    except (LookupError, ValueError):
        # The encoding of its first line: one that nobody knows, or one of several bytes a letter.
        raise _refused(
            "The first line of the XML names an encoding that does not exist or cannot be read. Export the return again as UTF-8."
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


def _below(entity: Entity) -> Iterator[Path]:
    """The paths from the record that an entity's columns read."""
    for column in entity.columns:
        for name in column.source_names:
            if not name.startswith("/"):
                path, base = _split(name), _split(entity.element)
                while path and path[0] == "..":
                    path, base = path[1:], base[:-1]
                yield (*base, *path)


def _take_header(path: Path, element: Element, declared: _Declared, header: dict[Path, str]) -> None:
    """Keep what an element outside of records says; refuse one that belongs to no header."""
    text = (element.text or "").strip()
    if path[:2] in declared.headers:
        header[path] = text
    elif text or (element.attrib and not declared.is_above(path)):
        raise _undeclared(path)


def _refuse_undeclared(record: Element, declared: set[Path]) -> None:
    for path in _filled(record, ()):
        if path not in declared:
            raise _undeclared(path)


def _filled(element: Element, path: Path) -> Iterator[Path]:
    """The paths of what says something: elements with a text, and attributes, as @name."""
    # The name of an element that stands there as a text says nothing of anybody; the DfE's own examples have it.
    names = {"", *map(_name, element)}
    if (element.text or "").strip() or any((child.tail or "").strip() not in names for child in element):
        yield path
    yield from ((*path, f"@{name}") for name in element.attrib if not name.startswith("{"))
    for child in element:
        yield from _filled(child, (*path, _name(child)))


def _undeclared(path: Path) -> SubmissionRefused:
    name = "/".join(part[:LONGEST_NAME] for part in path) or "the record itself"
    return SubmissionRefused(
        "GEN-001",
        f"The element {name} is not in the contract. Export the return without it, or agree a change and write it into the "
        "feed file.",
    )


def _refused(sentence: str) -> SubmissionRefused:
    return SubmissionRefused("GEN-017", sentence)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _split(path: str | None) -> Path:
    return tuple(part for part in (path or "").split("/") if part not in ("", "."))
