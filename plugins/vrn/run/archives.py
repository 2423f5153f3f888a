"""Archives of several deliveries, dropped into the inbox itself as data.police.uk hands them out: each is taken apart.

A member goes into the folder of the feed whose names it has, under its own name, and is then a delivery as any other. None does
before all are unpacked, so that of an archive that is damaged anywhere nothing is taken. The archive is deleted last: killed
before, it is taken apart again, and a member that was taken meanwhile comes as a duplicate.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from vrn import whole_file
from vrn.access import modes
from vrn.errors import SubmissionRefused, VrnError, safe_text
from vrn.feeds import catalogue
from vrn.feeds.contract import Contract
from vrn.receive import folder, names, problems, refused
from vrn.settings import Settings
from vrn.stage.read import archive

log = logging.getLogger(__name__)
# Three years of every force in the country, of three kinds.
MOST_MEMBERS = 5_000
BLOCK_BYTES = 1 << 20
# In the folder of a feed: what is unpacked and has not all come yet. Hidden, so that nobody takes it, and nobody else's.
UNPACKING = ".unpacking"
# The month before a member's name. What else of a name is repeated is what such archives have, and nothing a person could write.
MONTH = re.compile(r"^\d{4}-\d{2}-")
REPEATED = re.compile(r"[a-z]+(?:-[a-z]+){1,8}\.csv")
MOST_NAMED = 30


class Waits(VrnError):
    """An archive that is taken apart later."""


def take_apart(settings: Settings) -> None:
    """Take apart every whole archive of the inbox. What cannot be is kept as a problem; a broken archive is put aside."""
    contracts, failed = catalogue.sound(settings.contracts), []
    try:
        # A killed run's, in clear, and its archive may be gone. Whoever takes archives apart is alone.
        _clear(settings)
        waiting = folder.archives(folder.seen(settings.inbox), settings.rest_seconds)
    except OSError as error:
        said = f"No archive is taken apart: the inbox cannot be read, or what was unpacked there not deleted ({safe_text(error)})."
        problems.keep(settings, problems.ARCHIVES, [said])
        return
    for one in waiting:
        try:
            failed += _take_or_refuse(settings, settings.inbox / one.name, contracts)
        except (OSError, VrnError) as error:
            failed.append(f"The archive {names.stored(one.name)} stays in the inbox: {safe_text(error)}")
    problems.keep(settings, problems.ARCHIVES, failed)


def _take_or_refuse(settings: Settings, path: Path, contracts: Iterable[Contract]) -> list[str]:
    """Take an archive apart, or put it aside and say why. Raises OSError and VrnError where it stays."""
    try:
        _take(settings, path, contracts)
    except SubmissionRefused as error:
        refused.put_aside(path, settings.inbox)
        return [
            f"The archive {names.stored(path.name)} was put into {refused.FOLDER}/ and nothing of it was taken: {error.message}"
        ]
    return []


def _take(settings: Settings, path: Path, contracts: Iterable[Contract]) -> None:
    with path.open("rb") as raw:
        members = archive.members(raw, MOST_MEMBERS)
    taken = {name: contract for name in members if (contract := _feed_of(name, contracts)) is not None}
    targets = {name: settings.inbox / contract.folder / PurePosixPath(name).name for name, contract in taken.items()}
    try:
        asides = [_unpack(path, name, target.parent, number) for number, (name, target) in enumerate(targets.items())]
        unpacked = list(zip(asides, targets.values(), strict=True))
        _refuse_two_of_a_name(unpacked)
        for aside, target in unpacked:
            _put(aside, target)
        # Files, names and folders are on the disk before the archive goes: a power cut loses no delivery.
        for place in {target.parent for target in targets.values()}:
            whole_file.sync(place)
        whole_file.sync(settings.inbox)
    finally:
        _clear(settings)
    _tell(settings, path, taken, [name for name in members if name not in taken])
    path.unlink()


def _feed_of(member: str, contracts: Iterable[Contract]) -> Contract | None:
    """The feed whose file a member is by its name, of a supplier that sends it."""
    name = PurePosixPath(member).name
    for contract in contracts:
        found = contract.file_name.match(name)
        if found is not None and found["supplier"] in contract.suppliers:
            return contract
    return None


def _unpack(path: Path, member: str, place: Path, number: int) -> Path:
    """Unpack a member aside, in the folder of its feed, because that may be another disk. Raises SubmissionRefused."""
    if not place.exists():
        place.mkdir(parents=True)
        modes.of_inbox(place)
    # Two members may have one name, in two folders of the archive.
    aside = place / UNPACKING / str(number)
    aside.parent.mkdir(mode=0o700, exist_ok=True)
    with archive.open_member(path.open("rb"), member, MOST_MEMBERS) as stream, aside.open("wb") as out:
        shutil.copyfileobj(stream, out, BLOCK_BYTES)
        whole_file.to_disk(out)
    return aside


def _refuse_two_of_a_name(unpacked: Iterable[tuple[Path, Path]]) -> None:
    """Raises SubmissionRefused where two members of one name differ: nobody but their sender knows which is meant."""
    first: dict[Path, Path] = {}
    for aside, target in unpacked:
        if not _is_same(first.setdefault(target, aside), aside):
            raise SubmissionRefused(
                "GEN-010",
                f"Two folders of the archive have a file {target.name}, and the files differ. Take one of them out, and send the "
                "archive again.",
            )


def _put(aside: Path, target: Path) -> None:
    """Give an unpacked member its name. Raises Waits where another file of that name lies there."""
    try:
        # A rename would write over what somebody dropped.
        os.link(aside, target)
    except FileExistsError:
        if not _is_same(aside, target):
            raise Waits(
                f"{target.parent.name}/{target.name} lies in the inbox already and is another file. It is taken first; then the "
                "archive is."
            ) from None
    finally:
        aside.unlink()


def _clear(settings: Settings) -> None:
    """Delete what is unpacked aside. What was put into the inbox has a name of its own there."""
    for left in settings.inbox.glob(f"*/{UNPACKING}"):
        # Whoever may write into the folder may have put a file or a link there, and what a link leads to is not ours.
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _is_same(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(BLOCK_BYTES):
            if block != second.read(BLOCK_BYTES):
                return False
        return not second.read(1)


def _tell(settings: Settings, path: Path, taken: Mapping[str, Contract], left: list[str]) -> None:
    """Write one message on what became of an archive's members, and no name that a person could have written."""
    by_feed = Counter(contract.feed for contract in taken.values())
    kinds = Counter(MONTH.sub("", PurePosixPath(name).name) for name in left)
    named = {kind: count for kind, count in sorted(kinds.items()) if REPEATED.fullmatch(kind)}
    lines = [f"{count:,} file(s) went to {feed}." for feed, count in sorted(by_feed.items())]
    lines += [f"{count:,} file(s) {kind} were not taken and not kept, because no feed takes them." for kind, count in named.items()]
    if unnamed := len(left) - sum(named.values()):
        lines.append(f"{unnamed:,} more file(s) were not taken and not kept, because no feed takes files of their names.")
    if len(lines) > MOST_NAMED:
        lines = [*lines[:MOST_NAMED], f"And {len(lines) - MOST_NAMED} more kinds."]
    target = settings.messages / "archives" / f"{names.stored(path.name)}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(target, "\n".join([f"The archive {names.stored(path.name)} was taken apart.", *lines, ""]))
    log.info("%s", " ".join([f"The archive {names.stored(path.name)} was taken apart.", *lines]))
