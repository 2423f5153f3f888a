"""A delivery's rows, whatever it is packed in: CSV, worksheet, zip of CSVs, XML.

Whatever is in it, its reading ends in rows or in SubmissionRefused (see boundary).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import archive, boundary, csv, members, mixed, xlsx, xml
from vrn.stage.read.batch import Batch
from vrn.stage.read.source import Source
from vrn.stage.read.uses import Uses

WORKBOOK = ".xlsx"
Open = Callable[[], BinaryIO]


def batches(
    opened: Open, file_name: str, contract: Contract, entity: Entity, encoding: str, uses: Uses | None = None
) -> Iterator[Batch]:
    """Yield an entity's rows in batches. opened: gives the delivery's bytes from the start, seekable, as often as asked.

    uses: where the tolerances are noted that the reading makes use of. Raises SubmissionRefused, and UnicodeError when the bytes
    are not of that encoding.
    """
    uses = Uses() if uses is None else uses
    with boundary.of_reader():
        if contract.format == "xml":
            with _source(opened()) as source:
                yield from xml.batches(source, contract, entity)
        elif contract.format == "zip":
            member = members.of_entity(opened, entity)
            if member is not None:
                yield from csv.batches(lambda: _unpacked(opened(), member), contract, entity, encoding, uses)
        elif _is_workbook(file_name):
            with opened() as raw:
                yield from xlsx.batches(raw, contract, entity, uses)
        else:
            yield from csv.batches(lambda: _source(opened()), contract, entity, encoding, uses)


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
            members.check(opened, contract, Uses())
            for entity in contract.entities:
                member = members.of_entity(opened, entity)
                if member is not None:
                    _check_head(lambda member=member: _unpacked(opened(), member), contract, entity)
        elif _is_workbook(file_name):
            with opened() as raw:
                xlsx.check_header(raw, contract, contract.main)
        else:
            _check_head(lambda: _source(opened()), contract, contract.main)


def check(opened: Open, contract: Contract, uses: Uses) -> None:
    """Refuse a zip with a member that no entity of the contract takes: an undeclared table is never loaded."""
    with boundary.of_reader():
        if contract.format == "zip":
            members.check(opened, contract, uses)


def refuse_mixed(opened: Open, file_name: str, contract: Contract) -> None:
    """Refuse a delivery of which a part is in one of the contract's encodings and a part in the other. Raises SubmissionRefused."""
    if contract.fallback_encoding is None or contract.format == "xml" or _is_workbook(file_name):
        return
    with boundary.of_reader():
        if contract.format == "csv":
            with _source(opened()) as source:
                mixed.refuse(source, contract.fallback_encoding)
            return
        for member in filter(None, (members.of_entity(opened, entity) for entity in contract.entities)):
            with _unpacked(opened(), member) as source:
                mixed.refuse(source, contract.fallback_encoding)


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
            csv.check_header(opened, contract, entity, encoding)
            return
        except UnicodeError:
            continue
    raise in_no_encoding(contract)


def _is_workbook(file_name: str) -> bool:
    return PurePath(file_name).suffix.lower() == WORKBOOK


def _source(raw: BinaryIO) -> Source:
    size = raw.seek(0, 2)
    raw.seek(0)
    return Source(raw, size)


def _unpacked(raw: BinaryIO, member: str) -> Source:
    return Source(archive.open_member(raw, member), archive.packed_size(raw, member))
