"""What a delivery's name says, and the name under which one is kept that cannot be stored as it is."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from vrn.errors import SubmissionRefused
from vrn.feeds import days
from vrn.feeds.contract import Contract
from vrn.feeds.period import Period

# Room for what we put before and behind a name: a file system takes 255 bytes.
MOST_BYTES = 200
DIGITS_OF_DIGEST = 12
Others = Callable[[], Iterable[Contract]]
# What a file is by the ending of its name.
KINDS = {
    ".csv": "a CSV",
    ".xlsx": "a workbook",
    ".xls": "a workbook of an old form",
    ".xlsb": "a workbook in binary form",
    ".ods": "a workbook of OpenDocument",
    ".zip": "a zip",
    ".xml": "XML",
    ".txt": "a text file",
    ".pdf": "a PDF",
    ".docx": "a document of a word processor",
    ".json": "JSON",
}


@dataclass(frozen=True)
class Named:
    """What a delivery's name says."""

    supplier: str
    period: Period
    is_synthetic: bool
    extract_on: date | None


def is_storable(name: str) -> bool:
    """Whether the ledger, a message and a folder can all hold a name: printable text, not too long."""
    return name.isprintable() and len(os.fsencode(name)) <= MOST_BYTES


def stored(name: str) -> str:
    """The name itself where it can be stored. Else what of it is printable, the rest as %XX, cut, and a digest of the whole, so
    that two such names stay two."""
    if is_storable(name):
        return name
    text = "".join(sign if sign.isprintable() and sign != "%" else _escaped(sign) for sign in name)
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:DIGITS_OF_DIGEST]
    # A sign of several bytes that the cut goes through is left out whole.
    cut = text.encode()[: MOST_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{cut}-{digest}"


def _escaped(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(sign))


def read(contract: Contract, name: str, others: Others = list) -> Named:
    """Supplier, period and extract from a file's name, as the contract's pattern says. Raises SubmissionRefused.

    others: gives the contracts of all feeds, of one of which the file may be.
    """
    if not is_storable(name):
        raise SubmissionRefused(
            "GEN-014",
            f"The file's name is longer than {MOST_BYTES} bytes, is not UTF-8, or has signs in it that cannot be shown. Nothing "
            f"was kept. Name it like {contract.file_name_example} and send it again.",
        )
    found = contract.file_name.match(name)
    if found is None:
        raise SubmissionRefused("GEN-014", _misnamed(contract, name, others))
    if found["supplier"] not in contract.suppliers:
        raise SubmissionRefused(
            "GEN-015",
            f"The file is named for '{found['supplier']}'; {contract.feed} takes files of "
            f"{', '.join(contract.suppliers)} only. Check which file was sent.",
        )
    try:
        period = Period.named(contract.period_group, found[contract.period_group])
        extract = found.groupdict().get("extract")
        extract_on = date.fromisoformat(extract) if extract else None
    except ValueError:
        raise SubmissionRefused(
            "GEN-014",
            f"The {contract.kind} or the extract date in the file's name is none. Name it like {contract.file_name_example}.",
        ) from None
    if not contract.supplier_serves(found["supplier"], period):
        supplier = contract.suppliers[found["supplier"]]
        raise SubmissionRefused(
            "GEN-015",
            f"The file is named for '{supplier.code}' and {period.label}; {supplier.name} sends {contract.feed} {supplier.dates}. "
            "Check the supplier and the period in the file's name.",
        )
    _refuse_what_is_to_come(period, extract_on)
    return Named(found["supplier"], period, bool(found["synthetic"]), extract_on)


def _misnamed(contract: Contract, name: str, others: Others) -> str:
    """What is wrong with a name that is not the feed's: the feed, the kind of file, or the name alone."""
    why = next((why for pattern, why in contract.not_taken.items() if re.search(pattern, name)), None)
    if why is not None:
        return f"{why} Nothing of the file was read; the feed takes files like {contract.file_name_example}."
    other = next((one for one in others() if one.feed != contract.feed and one.file_name.match(name)), None)
    if other is not None:
        return f"The file is named as those of {other.name} are. Put it into the folder {other.folder} of the inbox."
    ending = next((ending for ending in KINDS if name.lower().removesuffix(".gz").endswith(ending)), None)
    if ending is not None and ending not in _takes(contract):
        return (
            f"The file is {KINDS[ending]}, and {contract.feed} takes files like {contract.file_name_example}. Export the return in "
            "that form; another name alone does not make it one."
        )
    return f"The file's name does not tell its period and supplier. Name it like {contract.file_name_example} and send it again."


def _takes(contract: Contract) -> set[str]:
    """The endings of the files that a feed takes."""
    return {f".{contract.format}"} | ({".xlsx"} if "xlsx" in contract.file_name.pattern else set())


def _refuse_what_is_to_come(period: Period, extract_on: date | None) -> None:
    """A period is delivered when it is over: before that, what happened in it is not known."""
    if not days.is_over(period):
        raise SubmissionRefused(
            "GEN-014",
            f"The file's name says that it is of {period.label}, which is not over: a period is delivered from "
            f"{period.end + timedelta(days=1)} on. Correct the name, or send the file again when the period is over.",
        )
    if extract_on is not None and not period.end < extract_on <= days.today():
        raise SubmissionRefused(
            "GEN-014",
            f"The file's name says that it was cut on {extract_on}: that is before {period.label} had ended, or still to come. "
            "A period is delivered when it is over. Send it again with the day on which it was cut.",
        )
