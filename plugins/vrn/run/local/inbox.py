"""What lies in the inbox: what a feed's DAG takes, and what nothing takes, with the reason and what to do."""

from __future__ import annotations

import difflib
import functools
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from vrn.errors import ContractError
from vrn.feeds import contract as contracts
from vrn.feeds.document import feed_name
from vrn.feeds.period import ANY_PERIOD
from vrn.feeds.shown import ENDING
from vrn.receive import folder, refused, taking
from vrn.receive.folder import Seen
from vrn.settings import Settings

# A folder of files that no feed takes may hold thousands.
NAMES_SHOWN = 3
MAY_NOT_BE_READ = "it may not be read. Let the user who runs the warehouse read it (chmod)."
# After a file has rested: two looks of the inbox trigger, and the start of a run.
SECONDS_TO_BE_SEEN = 8.0


@dataclass(frozen=True)
class Feed:
    """A feed as the inbox needs it.

    folder: its folder in the inbox. problem: why its feed file cannot be read, else None. whole: how one knows that a file of it
    is, as vrn.receive.folder wants it.
    """

    name: str
    folder: str
    problem: str | None = None
    is_fetched: bool = False
    whole: Mapping[str, str] = field(default_factory=dict)
    takes_archives: bool = False


@dataclass(frozen=True)
class NotTaken:
    """Something in the inbox that no feed takes: where it lies, from the inbox on, and a sentence on why and what to do."""

    place: str
    why: str


@dataclass(frozen=True)
class File:
    """A file that waits: its name, and when it last changed, in nanoseconds, by which it is told from one sent again."""

    name: str
    changed_at: int


@dataclass(frozen=True)
class Inbox:
    """Files by feed, set aside already or not; the feeds of which no DAG may have seen them yet; and what is nobody's."""

    waiting: Mapping[str, tuple[File, ...]]
    fresh: frozenset[str]
    not_taken: tuple[NotTaken, ...]


def feeds(settings: Settings) -> dict[str, Feed]:
    """Every feed that has a feed file, by its name."""
    found = [(path, path.stat().st_mtime_ns if path.exists() else 0) for path in sorted(settings.contracts.glob(f"*{ENDING}"))]
    return {feed.name: feed for feed in (_feed(path, changed_at) for path, changed_at in found)}


# A look comes every second, and to check a feed file takes milliseconds.
@functools.lru_cache(maxsize=256)
def _feed(path: Path, changed_at: int) -> Feed:
    name = feed_name(path)
    try:
        contract = contracts.load(path, ANY_PERIOD)
    except ContractError as error:
        return Feed(name, name, str(error))
    return Feed(name, contract.folder, None, contract.remote is not None, contract.whole, contract.takes_archives)


def look(settings: Settings, known: Mapping[str, Feed]) -> Inbox:
    """All files of the inbox but hidden ones, which a program that copies makes for itself.

    known: as `feeds` gives them.
    """
    by_folder = {feed.folder: feed for feed in known.values()}
    waiting, not_taken = {}, []
    fresh: set[str] = set()
    archives = [one for one in _seen_beside(settings.inbox) if folder.is_archive(one.name)]
    for path in _entries(settings.inbox):
        if path.name in (refused.FOLDER, *(one.name for one in archives)):
            continue
        if not path.is_dir():
            not_taken.append(NotTaken(path.name, "it lies beside the feeds' folders. Move it into inbox/FEED/."))
        elif path.name not in by_folder:
            not_taken.extend(_of_no_feed(path, by_folder))
        elif not os.access(path, os.R_OK | os.X_OK):
            not_taken.append(NotTaken(f"{path.name}/", MAY_NOT_BE_READ))
        else:
            feed = by_folder[path.name]
            names = {one.name for one in _entries(path)}
            not_taken += [
                NotTaken(f"{path.name}/{name}", why) for name in sorted(names) if (why := _why_not(path / name, names, feed.whole))
            ]
            came = [one for one in _seen(path) if one.name not in names or _is_to_be_taken(path / one.name, names, feed.whole)]
            if came:
                waiting[feed.name] = tuple(File(one.name, one.changed_at) for one in came)
            if any(one.is_being_written or _is_fresh(one.changed_at, settings.rest_seconds) for one in came):
                fresh.add(feed.name)
    taker = next((feed.name for feed in known.values() if feed.takes_archives), None)
    if archives and taker is None:
        not_taken += [NotTaken(one.name, "no feed file that can be read takes archives apart (make check).") for one in archives]
    elif archives:
        waiting[taker] = (*waiting.get(taker, ()), *(File(one.name, one.changed_at) for one in archives))
        if any(one.is_being_written or _is_fresh(one.changed_at, settings.rest_seconds) for one in archives):
            fresh.add(taker)
    return Inbox(waiting, frozenset(fresh), tuple(not_taken))


def _entries(path: Path) -> list[Path]:
    try:
        return sorted(one for one in path.iterdir() if not one.name.startswith("."))
    except OSError:
        # It went meanwhile, or was never there.
        return []


def _seen_beside(inbox: Path) -> list[Seen]:
    try:
        return folder.seen(inbox)
    except OSError:
        return []


def _seen(path: Path) -> list[Seen]:
    """The files of a feed's folder, and those set aside, which are taken once more when a run was killed over them."""
    found: list[Seen] = []
    with suppress(OSError):
        # One that goes meanwhile is in the ledger.
        found += folder.seen(path)
        found += [one.seen for one in taking.lying(path)]
    return found


def _is_to_be_taken(path: Path, beside: Collection[str], whole: Mapping[str, str]) -> bool:
    return folder.is_delivery(path.name, whole) and _why_not(path, beside, whole) is None


def _why_not(path: Path, beside: Collection[str], whole: Mapping[str, str]) -> str | None:
    """Why nothing takes what lies in the folder of a feed; None where it is taken, or is no file that somebody sent."""
    if path.is_symlink():
        return "it is a link. Put the file itself there."
    if path.is_dir():
        if path.name == refused.FOLDER or not _entries(path):
            return None
        return "it is a folder, and only files beside one another are taken. Move its files one folder up."
    marker = whole.get(folder.MARKER)
    if marker and path.name.endswith(marker):
        return None if path.name.removesuffix(marker) in beside else "it marks a file that is not there. Delete it."
    if path.name.endswith((*folder.UNFINISHED, *whole.values())):
        return f"its ending {path.suffix} says that it is not whole. It is taken when it is renamed; delete it if it was left over."
    if not folder.is_delivery(path.name, whole):
        return None
    if marker and path.name + marker not in beside:
        return f"its marker {path.name}{marker} is not there, which says that it is whole."
    return None if os.access(path, os.R_OK) or not path.exists() else MAY_NOT_BE_READ


def _of_no_feed(path: Path, by_folder: Mapping[str, str]) -> list[NotTaken]:
    names = [str(one.relative_to(path)) for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith(".")]
    if not names:
        return []
    if len(names) > NAMES_SHOWN:
        shown = f"{', '.join(names[:NAMES_SHOWN])} and {len(names) - NAMES_SHOWN} more"
    else:
        shown = ", ".join(names)
    close = difflib.get_close_matches(path.name, by_folder, 1)
    do = f"Is {close[0]} meant?" if close else "Move them into the folder of a feed (README, The feeds)."
    return [NotTaken(f"{path.name}/ ({shown})", f"no feed has a folder of this name. {do}")]


def _is_fresh(changed_at: int, rest: float) -> bool:
    return abs(time.time_ns() - changed_at) < (rest + SECONDS_TO_BE_SEEN) * 1e9
