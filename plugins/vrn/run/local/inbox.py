"""What lies in the inbox: what a feed's DAG takes, and what nothing takes, with the reason and what to do."""

from __future__ import annotations

import difflib
import functools
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vrn.errors import VrnError
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD
from vrn.feeds.shown import ENDING
from vrn.receive import folder
from vrn.receive.register import REFUSED_FOLDER
from vrn.settings import Settings

# A folder of files that no feed takes may hold thousands.
NAMES_SHOWN = 3
MAY_NOT_BE_READ = "it may not be read. Let the user who runs the warehouse read it (chmod)."
# After a file has rested: two looks of the inbox trigger, and the start of a run.
SECONDS_TO_BE_SEEN = 8.0


@dataclass(frozen=True)
class Feed:
    """A feed file as the inbox needs it: the feed, its folder, and why the file cannot be read (None where it can)."""

    name: str
    folder: str
    problem: str | None
    is_fetched: bool = False


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
    """Files by feed, the feeds of which no DAG may have seen them yet, and what is nobody's."""

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
    name = path.name.removesuffix(ENDING)
    try:
        contract = contracts.load(path, ANY_PERIOD)
    except (VrnError, OSError) as error:
        return Feed(name, name, str(error))
    return Feed(name, contract.folder, None, is_fetched=contract.remote is not None)


def look(settings: Settings, known: Mapping[str, Feed]) -> Inbox:
    """All files of the inbox but hidden ones, which a program that copies makes for itself.

    known: as `feeds` gives them.
    """
    by_folder = {feed.folder: feed.name for feed in known.values()}
    waiting, not_taken = defaultdict(list), []
    fresh: set[str] = set()
    for path in _entries(settings.inbox):
        if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
            not_taken.append(NotTaken(f"{path.name}/", MAY_NOT_BE_READ))
        elif path.is_file():
            not_taken.append(NotTaken(path.name, "it lies beside the feeds' folders. Move it into inbox/FEED/."))
        elif path.name not in by_folder:
            not_taken.extend(_of_no_feed(path, by_folder))
        else:
            feed = by_folder[path.name]
            for one in _entries(path):
                if (why := _why_not(one)) is not None:
                    not_taken.append(NotTaken(f"{path.name}/{one.name}", why))
                elif folder.is_delivery(one.name, {}) and one.is_file() and (changed_at := _changed_at(one)) is not None:
                    waiting[feed].append(File(one.name, changed_at))
                    if _is_fresh(changed_at, settings.rest_seconds):
                        fresh.add(feed)
    return Inbox({feed: tuple(files) for feed, files in waiting.items()}, frozenset(fresh), tuple(not_taken))


def _entries(path: Path) -> Iterator[Path]:
    try:
        yield from sorted(one for one in path.iterdir() if not one.name.startswith("."))
    except OSError:
        # It went meanwhile, or was never there.
        return


def _why_not(path: Path) -> str | None:
    if path.is_dir():
        if path.name == REFUSED_FOLDER or not any(_entries(path)):
            return None
        return "it is a folder, and only files beside one another are taken. Move its files one folder up."
    if not path.is_file():
        # It went meanwhile, or leads nowhere.
        return "it is a link to nothing. Delete it." if path.is_symlink() else None
    if path.name.lower().startswith(folder.NOT_SENT):
        # An office program's lock, or a file manager's: its sender does not see it.
        return None
    if path.name.endswith(folder.UNFINISHED):
        return f"its ending {path.suffix} says that it is not whole. It is taken when it is renamed; delete it if it was left over."
    if not os.access(path, os.R_OK):
        return MAY_NOT_BE_READ
    return None


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


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_ctime_ns
    except FileNotFoundError:
        # It was taken meanwhile.
        return None


def _is_fresh(changed_at: int, rest: float) -> bool:
    return abs(time.time() - changed_at / 1e9) < rest + SECONDS_TO_BE_SEEN
