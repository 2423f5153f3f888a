"""Step 1, register: every delivery that waits gets a row in the ledger and its bytes go into the landing zone.

The ledger comes first and the bytes second. A crash between the two is mended by the next run, which finds the row by
the file's sha256 and takes the file in. What no agreement covers is never taken in: it is put aside, where it came.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import psycopg

from vrn.access import modes
from vrn.errors import SubmissionRefused
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.ledger import agreement, findings, states
from vrn.ledger import store as ledger
from vrn.receive import folder, landing
from vrn.settings import Settings
from vrn.stage.read import delivery

# Beside the deliveries of a feed: what was refused before a byte of it was kept.
REFUSED_FOLDER = "refused"


@dataclass(frozen=True)
class Named:
    """What a delivery's name says."""

    supplier: str
    period: Period
    is_synthetic: bool
    extract_on: date | None


def register(connection: psycopg.Connection, settings: Settings, feed: str) -> list[dict]:
    """Take in everything that waits for a feed. Returns the ledger's rows that this run has to deal with."""
    # One at a time: two would take the same file out of each other's hands. The connection's end gives the lock back.
    connection.execute("select pg_advisory_lock(hashtext(%s))", [f"register {feed}"])
    agreement.publish(connection, settings)
    contract = contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD)
    for path in folder.waiting(settings.inbox / contract.folder):
        register_file(connection, settings, contract, path)
    return ledger.open_work(connection, feed)


def register_file(connection: psycopg.Connection, settings: Settings, contract: Contract, path: Path) -> int:
    """Give one delivery its row and its place. Returns its submission_id."""
    return _register(connection, settings, contract, path)


def _register(connection: psycopg.Connection, settings: Settings, contract: Contract, path: Path) -> int:
    digest, size = _digest(path)
    values = {
        "feed": contract.feed,
        "supplier": "unknown",
        "file_name": path.name,
        "sha256": digest,
        "byte_count": size,
        "is_synthetic": ".synthetic." in path.name,
    }
    refusal: SubmissionRefused | None = None
    earlier: dict | None = None
    may_be_kept = False
    try:
        named = read_name(contract, path.name)
        values |= {
            "supplier": named.supplier,
            "is_synthetic": named.is_synthetic,
            "period_start": named.period.start,
            "period_end": named.period.end,
        }
        if named.extract_on is not None:
            values["extract_as_at"] = datetime.combine(named.extract_on, time(), UTC)
        values["agreement_id"] = agreement.covering(
            connection, contract, named.supplier, datetime.now(UTC).date(), is_synthetic=named.is_synthetic
        )
        _refuse_undeclared(path, contract)
        may_be_kept = True
        _refuse_mixing(connection, contract.feed, named)
        earlier = ledger.same_bytes(connection, contract.feed, named.supplier, named.period, digest)
    except SubmissionRefused as error:
        refusal = error
    if (
        earlier is not None
        and earlier["status"] == states.RECEIVED
        and not landing.is_there(settings, earlier["submission_id"], earlier["file_name"])
    ):
        landing.take(settings, path, earlier["submission_id"], earlier["file_name"])
        return earlier["submission_id"]
    may_be_kept = may_be_kept or not contract.needs_agreement or values["is_synthetic"]
    with connection.transaction():
        submission_id = _write(connection, values, earlier, refusal)
    if may_be_kept:
        landing.take(settings, path, submission_id, path.name)
    else:
        _put_aside(path, submission_id)
    return submission_id


def _refuse_undeclared(path: Path, contract: Contract) -> None:
    """A column that nobody agreed on is not taken in: the header is looked at before a byte is kept."""
    if contract.needs_agreement and contract.format == "csv":
        delivery.check_header(lambda: path.open("rb"), path.name, contract)


def _put_aside(path: Path, submission_id: int) -> None:
    aside = path.parent / REFUSED_FOLDER
    if not aside.exists():
        aside.mkdir()
        modes.of_inbox(aside)
    target = aside / path.name
    # An earlier refused file of that name may hold other rows; nothing is written over.
    path.rename(aside / f"{submission_id:06d}-{path.name}" if target.exists() else target)


def _write(connection: psycopg.Connection, values: dict, earlier: dict | None, refusal: SubmissionRefused | None) -> int:
    submission_id = ledger.add(connection, **values)
    if "extract_as_at" not in values:
        connection.execute("update ops.submission set extract_as_at = received_at where submission_id = %s", [submission_id])
    if refusal is not None:
        ledger.refuse(connection, submission_id, refusal.rule_code, refusal.message, by="register")
    elif earlier is not None:
        reason = f"the same bytes as submission {earlier['submission_id']}"
        ledger.move(connection, submission_id, states.DUPLICATE, by="register", reason=reason)
        findings.say(
            connection,
            submission_id,
            "GEN-003",
            "note",
            None,
            f"These are the same bytes as submission {earlier['submission_id']} ({earlier['file_name']}), which is "
            f"{earlier['status']}. Nothing was loaded again.",
        )
    return submission_id


def read_name(contract: Contract, file_name: str) -> Named:
    """Supplier and period from a file's name, as the contract's pattern says. Raises SubmissionRefused."""
    found = contract.file_name.match(file_name)
    if found is None:
        raise SubmissionRefused(
            "GEN-014",
            f"The file's name does not tell its period and supplier. Name it like {contract.file_name_example} and send it again.",
        )
    if found["supplier"] not in contract.suppliers:
        raise SubmissionRefused(
            "GEN-015",
            f"The file is named for '{found['supplier']}'; {contract.feed} takes files of "
            f"{', '.join(contract.suppliers)} only. Check which file was sent.",
        )
    try:
        period = Period.parse(contract.kind, found[contract.kind])
        extract = found.groupdict().get("extract")
        extract_on = date.fromisoformat(extract) if extract else None
    except ValueError:
        raise SubmissionRefused(
            "GEN-014",
            f"The {contract.kind} or the extract date in the file's name is none. Name it like {contract.file_name_example}.",
        ) from None
    if extract_on is not None and not period.end < extract_on <= datetime.now(UTC).date():
        raise SubmissionRefused(
            "GEN-014",
            f"The file's name says that it was cut on {extract_on}: that is before {period.label} had ended, or still to come. "
            "A period is delivered when it is over. Send it again with the day on which it was cut.",
        )
    return Named(found["supplier"], period, bool(found["synthetic"]), extract_on)


def _refuse_mixing(connection: psycopg.Connection, feed: str, named: Named) -> None:
    if not ledger.holds(connection, feed, is_synthetic=not named.is_synthetic):
        return
    held, came = ("real", "synthetic") if named.is_synthetic else ("synthetic", "real")
    raise SubmissionRefused(
        "GEN-016",
        f"This home holds {held} deliveries of {feed}, and this one is {came}; the two never mix. Start a clean home for "
        "real data: `make down`, then put the files into NEW/inbox/FEED/ and run `VRN_HOME=NEW make run`.",
    )


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()
