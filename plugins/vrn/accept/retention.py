"""Originals and refused files are kept for as long as their feed file says, then deleted; what cannot be deleted stays owed.

A refused archive is of no feed. Nobody knows what is in it, so that it is kept for as long as most deliveries are. What a
withdrawal left of persons stays owed too.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vrn.accept import decisions, serving, unlinking
from vrn.accept.owed import Owed
from vrn.errors import ContractError, HomeError
from vrn.feeds import catalogue
from vrn.ledger import store as ledger
from vrn.receive import refused
from vrn.settings import Settings
from vrn.warehouse.connection import connect

# Of a feed that has no feed file any more, and of what is of no feed; most feed files say as much.
DAYS_OF_NO_FEED = 90
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Agreed:
    """The days for which files are kept, by feed and by its folder of the inbox, and of no feed; None where nobody can tell."""

    by_feed: Mapping[str, int | None]
    by_folder: Mapping[str, int | None]
    of_no_feed: int | None


def forget_originals() -> int:
    """Delete what is past its retention, and what withdrawals left of persons. Returns how many files. Raises HomeError, after all
    others, for what could not be.
    """
    settings, owed = Settings(), Owed()
    agreed = _agreed(settings, owed)
    deleted = 0
    for what, step in STEPS.items():
        with owed.unless_done(f"Not all {what} could be looked for"):
            deleted += step(settings, agreed, owed)
    owed.refuse_if_any()
    return deleted


def _agreed(settings: Settings, owed: Owed) -> Agreed:
    by_feed: dict[str, int | None] = {}
    by_folder: dict[str, int | None] = {}
    feed_files = catalogue.every(settings.contracts)
    if not feed_files:
        # All feeds would count as gone, and what is kept for ten years would be deleted after ninety days.
        owed.say("Nothing of any feed was deleted", HomeError(f"There is no feed file in {settings.contracts}"))
    for feed, contract in feed_files.items():
        if isinstance(contract, ContractError):
            owed.say(f"Nothing of {feed} was deleted, for its feed file does not tell how long it is kept", contract)
            by_feed[feed] = by_folder[feed] = None
        else:
            by_feed[feed] = by_folder[contract.folder] = contract.retention_days
    return Agreed(by_feed, by_folder, DAYS_OF_NO_FEED if feed_files else None)


def _forget_originals(settings: Settings, agreed: Agreed, owed: Owed) -> int:
    deleted = 0
    with connect(settings, autocommit=True) as connection:
        for feed in ledger.feeds(connection):
            days = agreed.by_feed.get(feed, agreed.of_no_feed)
            for row in [] if days is None else ledger.past_retention(connection, feed, days):
                with owed.unless_done(f"The original of submission {row['submission_id']} could not be deleted"):
                    deleted += decisions.forget_original(connection, settings, row)
    return deleted


def _forget_persons(settings: Settings, _: Agreed, owed: Owed) -> int:
    with connect(settings, autocommit=True) as connection:
        for row in unlinking.unproven(connection):
            number = row["submission_id"]
            with (
                owed.unless_done(f"The links of submission {number}, which was withdrawn, could not be deleted"),
                connection.transaction(),
            ):
                serving.one_at_a_time(connection, row["feed"])
                decisions.prove(connection, number, unlinking.forget(connection, settings, row))
    # They are in no file.
    return 0


def _forget_refused(settings: Settings, agreed: Agreed, owed: Owed) -> int:
    inbox, deleted = settings.inbox, 0
    folders = [one for one in sorted(inbox.iterdir()) if one.is_dir()] if inbox.exists() else []
    # Beside the feeds' folders lies what is of none. Another's folder that may not be entered (lost+found) has nothing of ours.
    for folder in [inbox, *(one for one in folders if one.name in agreed.by_folder or os.path.isdir(one / refused.FOLDER))]:
        name = folder.relative_to(inbox).name
        if (days := agreed.by_folder.get(name, agreed.of_no_feed)) is not None:
            with owed.unless_done(f"Not all refused files in {folder} could be looked for"):
                deleted += _forget_refused_in(folder / refused.FOLDER, days, owed)
    return deleted


def _forget_refused_in(place: Path, days: int, owed: Owed) -> int:
    """Delete what has lain among refused files for so long, also in folders, which somebody may have unpacked there."""

    def owe(error: OSError) -> None:
        # Somebody may have taken it away meanwhile, and no feed needs to have refused files.
        if not isinstance(error, FileNotFoundError):
            # Without the name: a person's may be in it.
            owed.say(f"A refused file in {place} could not be deleted", error)

    lying = [Path(folder, name) for folder, folders, names in os.walk(place, onerror=owe) for name in (*folders, *names)]
    past = []
    for path in lying:
        try:
            seen = path.lstat()
        except OSError as error:
            # Of a folder that may be listed and not entered nobody knows more than the names.
            owe(error)
            continue
        # Its change time is that of the move into this folder. The sender's own time of it may be of any year.
        if time.time() - seen.st_ctime > days * SECONDS_A_DAY:
            past.append((path, stat.S_ISDIR(seen.st_mode)))
    deleted = 0
    # What lies in a folder comes before the folder, whose own change time is that of the last deletion in it.
    for path, is_folder in reversed(past):
        try:
            if is_folder:
                path.rmdir()
            else:
                path.unlink()
                deleted += 1
        except OSError as error:
            # Something younger may lie in a folder.
            if error.errno != errno.ENOTEMPTY:
                owe(error)
    return deleted


# By what each of them deletes.
STEPS: Mapping[str, Callable[[Settings, Agreed, Owed], int]] = {
    "originals": _forget_originals,
    "links of persons": _forget_persons,
    "refused files": _forget_refused,
}
