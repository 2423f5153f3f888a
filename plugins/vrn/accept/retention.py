"""Originals and refused files are kept for as long as their feed file says, then deleted; what cannot be deleted stays owed.

So does what a withdrawal left of persons.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from vrn.accept import decisions, serving, unlinking
from vrn.errors import ContractError, HomeError
from vrn.feeds import catalogue
from vrn.ledger import store as ledger
from vrn.receive.register import REFUSED_FOLDER
from vrn.settings import Settings
from vrn.warehouse.connection import connect

# Of a feed that has no feed file any more; most feed files say as much.
DAYS_OF_A_RETIRED_FEED = 90
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
            if (kept := days.get(feed, DAYS_OF_A_RETIRED_FEED)) is not None:
                _forget_originals(connection, settings, feed, kept, done)
        _forget_persons(connection, settings, done)
    for refused in sorted(settings.inbox.glob(f"*/{REFUSED_FOLDER}")):
        if (kept := days_of_folder.get(refused.parent.name, DAYS_OF_A_RETIRED_FEED)) is not None:
            _forget_refused(refused, kept, done)
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
            done.owed.append(f"The original of submission {row['submission_id']} could not be deleted: {error.strerror}.")


def _forget_persons(connection: psycopg.Connection, settings: Settings, done: Done) -> None:
    for row in unlinking.unproven(connection):
        try:
            with connection.transaction():
                serving.one_at_a_time(connection, row["feed"])
                decisions.prove(connection, row["submission_id"], unlinking.forget(connection, settings, row))
        except ContractError as error:
            done.owed.append(f"The links of submission {row['submission_id']}, which was withdrawn, could not be deleted. {error}")


def _forget_refused(refused: Path, days: int, done: Done) -> None:
    for path in sorted(refused.iterdir()):
        # Its change time is that of the move into this folder. The sender's own time of it may be of any year.
        if time.time() - path.lstat().st_ctime <= days * SECONDS_A_DAY:
            continue
        try:
            path.unlink()
        except OSError as error:
            done.owed.append(f"A refused file in {refused} could not be deleted: {error.strerror}.")
            continue
        done.deleted += 1
