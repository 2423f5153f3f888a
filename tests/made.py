"""Deliveries made for a test: a feed's synthetic file, under the name that the feed file asks for, with rows changed."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook

from vrn.feeds.contract import Contract
from vrn.feeds.period import Period
from vrn.synthetic import deliveries

Row = dict[str, str]


def file_name(contract: Contract, period: str, supplier: str | None = None) -> str:
    """The name of a synthetic delivery of a contract for a period, such as `2020-06` or `2019-20`."""
    return deliveries.file_name(contract, Period.parse(contract.kind, period), supplier or next(iter(contract.suppliers)))


def table(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def csv_text(rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def rewrite(text: str, change: Callable[[int, Row], Row]) -> str:
    """A CSV with what `change` says of each row, given by its number and as it was; the first under the header is row 2."""
    return csv_text([row | change(number, row) for number, row in enumerate(table(text), start=2)])


def spoil(text: str, changes: dict[int, Row]) -> str:
    """A CSV with the rows of these numbers changed."""
    return rewrite(text, lambda number, _: changes.get(number, {}))


def workbook(rows: list[list]) -> bytes:
    """A workbook whose first sheet has these cells."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def unzip(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def zipped(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()
