"""At the door: what is known of a delivery, and whether a byte of it may be kept, before one is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import BinaryIO

import psycopg

from vrn.errors import SubmissionRefused, safe_text
from vrn.feeds import catalogue, days
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.ledger import agreement
from vrn.ledger import store as ledger
from vrn.receive import names
from vrn.receive.names import Named
from vrn.settings import Settings

log = logging.getLogger(__name__)
# Refuses a delivery in which something is that its contract does not declare: how to open it, its name, the contract.
Check = Callable[[Callable[[], BinaryIO], str, Contract], None]


@dataclass
class Seen:
    """A delivery as it is seen at the door.

    values: columns of its row in the ledger. named, contract: what its name says, and its contract as it stood for that; None where
    the name says nothing.
    """

    values: dict
    named: Named | None = None
    contract: Contract | None = None
    may_be_kept: bool = False
    refusal: SubmissionRefused | None = None


def look(connection: psycopg.Connection, settings: Settings, contract: Contract, name: str) -> Seen:
    """Judge a delivery by its name and the agreements. contract: as it stands for any period.

    Raises HomeError while nobody can tell whether an agreement covers it; then it waits where it is.
    """
    seen = Seen({"supplier": "unknown", "is_synthetic": False})
    try:
        named = seen.named = names.read(contract, name, lambda: catalogue.sound(settings.contracts))
        seen.values |= _said_by(named)
        _refuse_pretence(connection, named)
        seen.values["is_synthetic"] = named.is_synthetic
        # As it stood for the file's own period: what a feed may bring can change.
        seen.contract = contracts.load(settings.contracts / f"{contract.feed}.odcs.yaml", named.period, named.supplier)
        seen.values["agreement_id"] = agreement.covering(
            connection, seen.contract, named.supplier, days.today(), is_synthetic=named.is_synthetic
        )
        seen.may_be_kept = True
    except SubmissionRefused as error:
        seen.refusal = error
    is_private = contract.needs_agreement and not seen.values["is_synthetic"]
    seen.may_be_kept = names.is_storable(name) and (seen.may_be_kept or not is_private)
    return seen


def look_into(connection: psycopg.Connection, seen: Seen, path: Path, check: Check) -> None:
    """Judge a delivery by what it brings, before a byte of it is kept, and by what came before it."""
    if seen.refusal is not None:
        return
    try:
        if seen.contract.needs_agreement:
            seen.may_be_kept = seen.values["is_synthetic"]
            _checked(path, seen.contract, check)
            seen.may_be_kept = True
        _refuse_mixing(connection, seen.contract.feed, seen.named)
    except SubmissionRefused as error:
        seen.refusal = error


def _said_by(named: Named) -> dict:
    said: dict = {"supplier": named.supplier, "period_start": named.period.start, "period_end": named.period.end}
    if named.extract_on is not None:
        # Midnight UTC is on the same day in Lancashire, in winter and in summer.
        said["extract_as_at"] = datetime.combine(named.extract_on, time(), UTC)
    return said


def _checked(path: Path, contract: Contract, check: Check) -> None:
    """What cannot be looked into might hold anything. Raises SubmissionRefused, and OSError for what is no fault of the file."""
    try:
        check(lambda: path.open("rb"), path.name, contract)
    except (SubmissionRefused, OSError):
        raise
    except Exception as error:
        log.warning("A delivery of %s could not be looked into: %s", contract.feed, safe_text(error))
        raise SubmissionRefused(
            "GEN-010",
            f"The file cannot be read as {contract.format.upper()}, so that nobody can tell what is in it. Nothing was kept. "
            "Make it again and send it once more.",
        ) from None


def _refuse_pretence(connection: psycopg.Connection, named: Named) -> None:
    """A name lets nothing in where real data are shared."""
    if named.is_synthetic and agreement.is_for_real(connection):
        raise SubmissionRefused(
            "GEN-016",
            "The file's name says that it is synthetic, but this home has agreements to share and no synthetic delivery: it is for "
            "real ones. If this is one, take '.synthetic' out of its name and send it again; made-up ones go into a home of their "
            "own.",
        )


def _refuse_mixing(connection: psycopg.Connection, feed: str, named: Named) -> None:
    if not ledger.holds(connection, feed, is_synthetic=not named.is_synthetic):
        return
    held, came = ("real", "synthetic") if named.is_synthetic else ("synthetic", "real")
    raise SubmissionRefused(
        "GEN-016",
        f"This home holds {held} deliveries of {feed}, and this one is {came}; the two never mix. Start a clean home for "
        "real data: `make down`, then put the files into NEW/inbox/FEED/ and run `VRN_HOME=NEW make run`.",
    )
