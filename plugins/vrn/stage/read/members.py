"""The files in a zip delivery: each is an entity's, or one of the computer's own, or nobody's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, Entity
from vrn.stage.read import archive
from vrn.stage.read.header import MOST_SAID
from vrn.stage.read.uses import Uses

Open = Callable[[], BinaryIO]
CODE = "GEN-001"
# What a Mac, Windows and office programs put into a zip, which its sender does not see.
OF_THE_COMPUTER = re.compile(r"(^|/)(__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini|~\$[^/]*)$", re.IGNORECASE)
# A sender's name for a file may hold anything, a child's name too. Names as programs give them are repeated, and those alone.
REPEATED = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+){0,5}\.(?:csv|xml|txt|xlsx|pdf)")
LONGEST_REPEATED = 40


def check(opened: Open, contract: Contract, uses: Uses) -> None:
    """Refuse a zip with a file that no entity of the contract takes. Raises SubmissionRefused."""
    names, own = _sorted(opened)
    if own and not contract.reading.bears("officeFiles"):
        raise SubmissionRefused(CODE, f"{own} of the zip's files are a computer's own. Zip the files of the return alone.")
    if own:
        uses.add("officeFiles", times=own)
    unknown = [name for name in names if not any(_takes(entity, name) for entity in contract.entities)]
    if unknown:
        expected = ", ".join(f"{entity.name}.csv" for entity in contract.entities)
        raise SubmissionRefused(
            CODE,
            f"{_counted(unknown)} not in the contract{_named(unknown)}. The zip takes {expected}. Take out what is not of the "
            "return; if a table is new in it, tell the data team.",
        )


def of_entity(opened: Open, entity: Entity) -> str | None:
    """The name of the entity's file in the zip; None where it may be absent and is. Raises SubmissionRefused."""
    found = [name for name in _sorted(opened)[0] if _takes(entity, name)]
    if not found and not entity.is_optional:
        raise SubmissionRefused(CODE, f"The zip has no file for '{entity.name}'. Send the whole set in one zip.")
    if len(found) > 1:
        raise SubmissionRefused(CODE, f"The zip has {len(found)} files for '{entity.name}'. Send one of each.")
    return found[0] if found else None


def _sorted(opened: Open) -> tuple[list[str], int]:
    """The names that somebody sent, and how many files are a computer's own."""
    with opened() as raw:
        names = archive.members(raw)
    sent = [name for name in names if not OF_THE_COMPUTER.search(name)]
    return sent, len(names) - len(sent)


def _takes(entity: Entity, name: str) -> bool:
    return entity.member is not None and entity.member.search(PurePosixPath(name).name) is not None


def _counted(unknown: list[str]) -> str:
    return "1 of the zip's files is" if len(unknown) == 1 else f"{len(unknown)} of the zip's files are"


def _named(unknown: list[str]) -> str:
    names = [PurePosixPath(name).name for name in unknown]
    told = [name for name in names if REPEATED.fullmatch(name) and len(name) <= LONGEST_REPEATED]
    if not told:
        return ""
    more = f" and {len(unknown) - len(told[:MOST_SAID])} more" if len(unknown) > len(told[:MOST_SAID]) else ""
    return f": {', '.join(told[:MOST_SAID])}{more}"
