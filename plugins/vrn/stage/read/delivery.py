"""A delivery's rows, whatever it is packed in: CSV, worksheet, zip of CSVs, XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import archive, csv, xlsx, xml
from vrn.stage.read.batch import Batch
from vrn.stage.read.source import Source

WORKBOOK = ".xlsx"
Open = Callable[[], BinaryIO]


def batches(opened: Open, file_name: str, contract: Contract, entity: Entity, encoding: str) -> Iterator[Batch]:
    """Yield an entity's rows in batches. opened: gives the delivery's bytes from the start, seekable, as often as asked.

    Raises SubmissionRefused, and UnicodeError when the bytes are not of that encoding.
    """
    if contract.format == "xml":
        with _source(opened()) as source:
            yield from xml.batches(source, contract, entity)
    elif contract.format == "zip":
        member = _member(opened, entity)
        if member is not None:
            yield from csv.batches(lambda: _unpacked(opened(), member), contract, entity, encoding)
    elif PurePath(file_name).suffix.lower() == WORKBOOK:
        with opened() as raw:
            archive.check(raw)
            yield from xlsx.batches(raw, entity)
    else:
        yield from csv.batches(lambda: _source(opened()), contract, entity, encoding)


def check_header(opened: Open, file_name: str, contract: Contract) -> None:
    """Refuse a CSV whose header is not the contract's, having read no more of it than that. Raises SubmissionRefused."""
    if PurePath(file_name).suffix.lower() == WORKBOOK:
        return
    with _source(opened()) as source:
        try:
            csv.head(source, contract.main, contract.encoding)
        except UnicodeError:
            return


def check(opened: Open, contract: Contract) -> None:
    """Refuse a zip with a member that no entity of the contract takes: an undeclared table is never loaded."""
    if contract.format != "zip":
        return
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


def _source(raw: BinaryIO) -> Source:
    size = raw.seek(0, 2)
    raw.seek(0)
    return Source(raw, size)


def _unpacked(raw: BinaryIO, member: str) -> Source:
    return Source(archive.open_member(raw, member), archive.packed_size(raw, member))
