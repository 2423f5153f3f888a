"""Originals and refused files are kept for as long as their feed file says, then deleted; what cannot be deleted stays owed.

A refused archive is of no feed. Nobody knows what is in it, so that it is kept for as long as most deliveries are. What a
withdrawal left of persons stays owed too.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from vrn.accept import decisions, serving, unlinking
from vrn.errors import ContractError, HomeError, safe_text
from vrn.feeds import catalogue
from vrn.ledger import store as ledger
from vrn.receive import refused
from vrn.settings import Settings
from vrn.warehouse.connection import connect

# Of a feed that has no feed file any more, and of what is of no feed; most feed files say as much.
DAYS_OF_NO_FEED = 90
SECONDS_A_DAY = 86_400


@dataclass
class Done:
    """How many originals and refused files were deleted, and in sentences what is owed."""

    deleted: int = 0
    owed: list[str] = field(default_factory=list)


def forget_originals() -> int:
    """Delete what is past its retention, and what withdrawals left of persons. Returns how many files. Raises HomeError, after all
    others, for what could not be.
    """
    settings, done = Settings(), Done()
    days, days_of_folder = _agreed(settings, done)
    with connect(settings, autocommit=True) as connection:
        for feed in ledger.feeds(connection):
            if (kept := days.get(feed, DAYS_OF_NO_FEED)) is not None:
                _forget_originals(connection, settings, feed, kept, done)
        _forget_persons(connection, settings, done)
    for place in [*settings.inbox.glob(refused.FOLDER), *sorted(settings.inbox.glob(f"*/{refused.FOLDER}"))]:
        # Beside the feeds' folders it is of none.
        folder = place.parent.relative_to(settings.inbox).name
        if (kept := days_of_folder.get(folder, DAYS_OF_NO_FEED)) is not None:
            _forget_refused(place, kept, done)
    if done.owed:
        raise HomeError("\n".join(done.owed))
    return done.deleted


def _agreed(settings: Settings, done: Done) -> tuple[dict[str, int | None], dict[str, int | None]]:
    """The days for which files are kept, by feed and by its folder of the inbox; None where a feed file cannot be read."""
    days: dict[str, int | None] = {}
    days_of_folder: dict[str, int | None] = {}
    for feed, contract in catalogue.every(settings.contracts).items():
        if isinstance(contract, ContractError):
            done.owed.append(f"Nothing of {feed} was deleted, for its feed file does not tell how long it is kept. {contract}")
            days[feed] = days_of_folder[feed] = None
        else:
            days[feed] = days_of_folder[contract.folder] = contract.retention_days
    return days, days_of_folder


def _forget_originals(connection: psycopg.Connection, settings: Settings, feed: str, days: int, done: Done) -> None:
    for row in ledger.past_retention(connection, feed, days):
        try:
            if decisions.forget_original(connection, settings, row):
                done.deleted += 1
        except OSError as error:
            done.owed.append(f"The original of submission {row['submission_id']} could not be deleted: {safe_text(error)}.")


def _forget_persons(connection: psycopg.Connection, settings: Settings, done: Done) -> None:
    for row in unlinking.unproven(connection):
        try:
            with connection.transaction():
                serving.one_at_a_time(connection, row["feed"])
                decisions.prove(connection, row["submission_id"], unlinking.forget(connection, settings, row))
        except ContractError as error:
            done.owed.append(f"The links of submission {row['submission_id']}, which was withdrawn, could not be deleted. {error}")


def _forget_refused(place: Path, days: int, done: Done) -> None:
    """Delete what has lain among refused files for so long, also in folders, which somebody may have unpacked there."""

    def owe(error: OSError) -> None:
        # Without the name: a person's may be in it.
        done.owed.append(f"A refused file in {place} could not be deleted: {safe_text(error)}.")

    lying = [Path(folder, name) for folder, folders, names in os.walk(place, onerror=owe) for name in (*folders, *names)]
    # What lies in a folder comes before the folder, whose own change time is that of the last deletion in it.
    for path in reversed([path for path in lying if _is_old(path, days)]):
        if path.is_dir() and not path.is_symlink():
            # Something younger may lie in it.
            with suppress(OSError):
                path.rmdir()
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            owe(error)
            continue
        done.deleted += 1


def _is_old(path: Path, days: int) -> bool:
    try:
        # Its change time is that of the move into this folder. The sender's own time of it may be of any year.
        return time.time() - path.lstat().st_ctime > days * SECONDS_A_DAY
    except FileNotFoundError:
        # Somebody took it away meanwhile.
        return False
