"""Step 1, register: every whole delivery that waits gets a row in the ledger and its bytes go into the landing zone.

A file is set aside under the number of its submission, sealed, written into the ledger, and deleted in clear, in this order. A
crash between any two is found by the next run: without a row the file is taken anew, with one what is left is cleared away.
What no agreement covers is never sealed: it is put aside, where it came. One file that cannot be taken holds up no other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from vrn.errors import VrnError, safe_text
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.period import ANY_PERIOD
from vrn.ledger import agreement, findings, moves, states
from vrn.ledger import store as ledger
from vrn.receive import door, folder, landing, names, problems, refused, seal, taking
from vrn.receive.door import Check, Seen
from vrn.receive.names import Named
from vrn.receive.seal import Content
from vrn.receive.taking import Aside
from vrn.settings import Settings
from vrn.warehouse import locks

log = logging.getLogger(__name__)
# Who moves a delivery here.
REGISTER = "register"


@dataclass(frozen=True)
class Registered:
    """The ledger's rows that a run has to deal with, and in sentences what could not be taken."""

    rows: list[dict]
    failed: list[str]


class NotWhole(Exception):
    """Somebody went on writing a file while it was taken."""


def register(connection: psycopg.Connection, settings: Settings, feed: str, check: Check) -> Registered:
    """Take in everything that waits for a feed. A file that cannot be taken stays where it is and is said."""
    # One at a time: two would take the same file out of each other's hands. The connection's end gives the lock back.
    locks.for_session(connection, locks.Job.REGISTER, feed)
    agreement.publish(connection, settings)
    contract = contracts.load(settings.contracts / f"{feed}.odcs.yaml", ANY_PERIOD)
    desk = Desk(connection, settings, contract, check)
    came = desk.left_over() | desk.waiting()
    whole = taking.rest(came, settings.rest_seconds, is_whole=bool(contract.whole))
    for aside, seen in came.items():
        if aside in whole:
            desk.take(aside, seen)
        else:
            desk.give_back(aside)
    for sentence in desk.failed:
        log.warning("%s", sentence)
    problems.keep(settings, feed, desk.failed)
    return Registered(ledger.open_work(connection, feed), desk.failed)


@dataclass
class Desk:
    """Where one feed's files are taken in. failed: what could not be, in sentences."""

    connection: psycopg.Connection
    settings: Settings
    contract: Contract
    check: Check
    failed: list[str] = field(default_factory=list)

    @property
    def place(self) -> Path:
        return self.settings.inbox / self.contract.folder

    def waiting(self) -> dict[Aside, Seen]:
        """Set aside what waits and is whole as far as can be seen, with what is seen of it at the door."""
        came: dict[Aside, Seen] = {}
        try:
            paths = folder.waiting(self.place, self.contract.whole, self.settings.rest_seconds)
        except OSError as error:
            self.failed.append(
                f"The folder {self.place} cannot be looked into ({safe_text(error)}). Allow it, and its files are taken."
            )
            return came
        for path in paths:
            try:
                path.open("rb").close()
                seen = self._look(path)
                came[taking.set_aside(path, ledger.next_id(self.connection))] = seen
                folder.unmark(path, self.contract.whole)
            except taking.NotWritable as error:
                self.failed.append(str(error))
                break
            except (OSError, VrnError) as error:
                self._fail(path, error)
        return came

    def left_over(self) -> dict[Aside, Seen]:
        """What an earlier run was killed over: what it took is cleared away, what it did not take is this run's."""
        came: dict[Aside, Seen] = {}
        for aside in taking.left_over(self.place):
            try:
                if not self._is_taken(aside):
                    seen = self._look(aside.path)
                    # The number is the ledger's to give, whatever a folder is called.
                    came[taking.renumber(aside, ledger.next_id(self.connection))] = seen
            except (OSError, VrnError) as error:
                self._fail(aside.path, error)
        return came

    def _look(self, path: Path) -> Seen:
        return door.look(self.connection, self.settings, self.contract, path.name)

    def _is_taken(self, aside: Aside) -> bool:
        number, name = aside.submission_id, names.stored(aside.path.name)
        row = next(iter(ledger.describe(self.connection, [number])), None)
        if row is None:
            landing.forget(self.settings, number)
        elif (row["feed"], row["file_name"]) == (self.contract.feed, name):
            if landing.is_there(self.settings, number, name):
                taking.done(aside)
                return True
            if row["status"] == states.REFUSED:
                _put_aside(aside)
                return True
        return False

    def take(self, aside: Aside, seen: Seen) -> None:
        """Give a delivery its row and its place. A file that is written on goes back to the inbox."""
        try:
            self._enter(aside, seen)
            if seen.may_be_kept:
                taking.done(aside)
            else:
                _put_aside(aside)
        except NotWhole:
            self.give_back(aside)
        except Exception as error:
            if self.connection.closed or self.connection.broken:
                raise
            self._fail(aside.path, error)

    def give_back(self, aside: Aside) -> None:
        try:
            taking.give_back(aside)
        except OSError as error:
            self._fail(aside.path, error)

    def _fail(self, path: Path, error: Exception) -> None:
        why = safe_text(error) if isinstance(error, VrnError) else f"{safe_text(error)}. When that is mended it is taken by itself."
        self.failed.append(f"{names.stored(path.name)} could not be taken in and stays in {path.parent}: {why}")

    def _enter(self, aside: Aside, seen: Seen) -> None:
        """Seal a delivery and write its row, both or neither. Raises NotWhole, and whatever goes wrong."""
        number, name = aside.submission_id, names.stored(aside.path.name)
        try:
            door.look_into(self.connection, seen, aside.path, self.check)
            with aside.path.open("rb") as clear:
                content = landing.take(self.settings, clear, number, name) if seen.may_be_kept else seal.digest(clear)
            with self.connection.transaction():
                self._write(number, name, content, seen)
                if not aside.is_unchanged:
                    raise NotWhole
        except Exception:
            # Whether the row came to be is not known when the connection broke: then the next run finds out.
            if not (self.connection.closed or self.connection.broken):
                landing.forget(self.settings, number)
            raise

    def _write(self, number: int, name: str, content: Content, seen: Seen) -> None:
        values = {
            "submission_id": number,
            "feed": self.contract.feed,
            "file_name": name,
            "sha256": content.sha256,
            "byte_count": content.byte_count,
        } | seen.values
        same = None if seen.refusal else self._same(number, seen.named, content)
        ledger.add(self.connection, **values)
        if "extract_as_at" not in values:
            self.connection.execute("update ops.submission set extract_as_at = received_at where submission_id = %s", [number])
        if seen.refusal is not None:
            moves.refuse(self.connection, self.settings, number, seen.refusal.rule_code, seen.refusal.message, by=REGISTER)
        elif same is not None:
            reason = f"the same bytes as submission {same['submission_id']}"
            moves.move(self.connection, number, states.DUPLICATE, by=REGISTER, reason=reason)
            findings.say(
                self.connection,
                number,
                "GEN-003",
                "note",
                None,
                f"These are the same bytes as submission {same['submission_id']} ({same['file_name']}), which is "
                f"{same['status']}. Nothing was loaded again.",
            )

    def _same(self, number: int, named: Named, content: Content) -> dict | None:
        """The delivery that this one only repeats, if there is one."""
        same = ledger.same_bytes(self.connection, self.contract.feed, named.supplier, named.period, content.sha256)
        is_lost = (
            same is not None
            and same["status"] in (states.RECEIVED, states.HELD)
            and not landing.is_there(self.settings, same["submission_id"], same["file_name"])
        )
        if not is_lost:
            return same
        # Homes of before wrote the row first: a crash could leave it without its original, which comes now.
        reason = f"Its original was lost before it was sealed. It came again as submission {number}."
        moves.refuse(self.connection, self.settings, same["submission_id"], "GEN-003", reason, by=REGISTER)
        return None


def _put_aside(aside: Aside) -> None:
    refused.put_aside(aside.path, aside.place)
    taking.tidy(aside)
