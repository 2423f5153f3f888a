"""A delivery's rows, whatever it is packed in: CSV, worksheet, zip of CSVs, XML.

Whatever is in it, its reading ends in rows or in SubmissionRefused (see boundary).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import archive, boundary, csv, xlsx, xml
from vrn.stage.read.batch import Batch
from vrn.stage.read.source import Source

WORKBOOK = ".xlsx"
Open = Callable[[], BinaryIO]


def batches(opened: Open, file_name: str, contract: Contract, entity: Entity, encoding: str) -> Iterator[Batch]:
    """Yield an entity's rows in batches. opened: gives the delivery's bytes from the start, seekable, as often as asked.

    Raises SubmissionRefused, and UnicodeError when the bytes are not of that encoding.
    """
    with boundary.of_reader():
        if contract.format == "xml":
            with _source(opened()) as source:
                yield from xml.batches(source, contract, entity)
        elif contract.format == "zip":
            member = _member(opened, entity)
            if member is not None:
                yield from csv.batches(lambda: _unpacked(opened(), member), contract, entity, encoding)
        elif _is_workbook(file_name):
            with opened() as raw:
                yield from xlsx.batches(raw, entity)
        else:
            yield from csv.batches(lambda: _source(opened()), contract, entity, encoding)


def check_header(opened: Open, file_name: str, contract: Contract) -> None:
    """Refuse a delivery that brings a column, an element or a table which the contract does not have.

    For the time before a byte is kept. Of a CSV, of a zip's members and of a worksheet no more is read than the header; an XML says
    what it brings only at its end, and is read through, a record at a time. Raises SubmissionRefused, also for what cannot be read.
    """
    with boundary.of_reader():
        if contract.format == "xml":
            with _source(opened()) as source:
                xml.check_names(source, contract)
        elif contract.format == "zip":
            _refuse_undeclared_members(opened, contract)
            for entity in contract.entities:
                member = _member(opened, entity)
                if member is not None:
                    _check_head(lambda member=member: _unpacked(opened(), member), contract, entity)
        elif _is_workbook(file_name):
            with opened() as raw:
                xlsx.check_header(raw, contract.main)
        else:
            _check_head(lambda: _source(opened()), contract, contract.main)


def check(opened: Open, contract: Contract) -> None:
    """Refuse a zip with a member that no entity of the contract takes: an undeclared table is never loaded."""
    with boundary.of_reader():
        if contract.format == "zip":
            _refuse_undeclared_members(opened, contract)


def encodings(contract: Contract) -> tuple[str, ...]:
    """The encodings in which a delivery may be, the agreed one first."""
    return tuple(filter(None, (contract.encoding, contract.fallback_encoding)))


def in_no_encoding(contract: Contract) -> SubmissionRefused:
    """The refusal of a file that is in none of them."""
    tried = " or ".join(encodings(contract))
    return SubmissionRefused("GEN-002", f"The file's characters are not {tried}. Save it as UTF-8 and send it again.")


def _check_head(opened: Callable[[], Source], contract: Contract, entity: Entity) -> None:
    for encoding in encodings(contract):
        try:
            with opened() as source:
                csv.head(source, entity, encoding)
                return
        except UnicodeError:
            continue
    raise in_no_encoding(contract)


def _refuse_undeclared_members(opened: Open, contract: Contract) -> None:
    with opened() as raw:
        names = archive.members(raw)
    unknown = [name for name in names if not any(_takes(entity, name) for entity in contract.entities)]
    if unknown:
        expected = ", ".join(f"{entity.name}.csv" for entity in contract.entities)
        raise SubmissionRefused(
            "GEN-001", f"{len(unknown)} of the zip's files are not in the contract; it takes {expected}. Send those only."
        )


def _member(opened: Open, entity: Entity) -> str | None:
    with opened() as raw:
        names = [name for name in archive.members(raw) if _takes(entity, name)]
    if not names and not entity.is_optional:
        raise SubmissionRefused("GEN-001", f"The zip has no file for '{entity.name}'. Send the whole set in one zip.")
    if len(names) > 1:
        raise SubmissionRefused("GEN-001", f"The zip has {len(names)} files for '{entity.name}'. Send one of each.")
    return names[0] if names else None


def _takes(entity: Entity, name: str) -> bool:
    return entity.member is not None and entity.member.search(PurePath(name).name) is not None


def _is_workbook(file_name: str) -> bool:
    return PurePath(file_name).suffix.lower() == WORKBOOK


def _source(raw: BinaryIO) -> Source:
    size = raw.seek(0, 2)
    raw.seek(0)
    return Source(raw, size)


def _unpacked(raw: BinaryIO, member: str) -> Source:
    return Source(archive.open_member(raw, member), archive.packed_size(raw, member))
