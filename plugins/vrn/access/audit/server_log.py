"""The lines of PostgreSQL's log (jsonlog) as reads: one for each statement of a person that touches what is restricted.

The text of the statement says the tables (vrn.access.audit.understand); where the server has pgaudit, its lines add those
that the text does not name, and how many rows there were.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vrn.access.audit import logged
from vrn.access.audit.catalogue import Catalogue
from vrn.access.audit.lexer import Unclear, tokens
from vrn.access.audit.understand import Reading, understand

READ, REFUSED = "read", "refused"
NO_PRIVILEGE = "42501"
# In the database of readers what they may not read is not there: who asks for it all the same is refused like this.
NOT_THERE = ("42P01", "3F000")
STATEMENT = "statement: "
# After it comes a name that the client chose, of a prepared statement or a portal, a colon, and the text.
EXECUTE, GOES_ON, COLON = "execute ", "execute fetch from ", ": "
FASTPATH = "fastpath function call: "
MOST_COLONS = 10
PGAUDIT = "AUDIT: "
FUNCTION = "FUNCTION"


@dataclass(frozen=True)
class Read:
    """A row of ops.read_log, but for its place in the chain. happened_at: as the log says it, with its zone."""

    happened_at: str
    role_name: str
    application: str
    client: str
    session_id: str
    line_number: int
    command: str
    objects: tuple[str, ...]
    statement: str | None
    statement_length: int
    is_understood: bool
    outcome: str = READ
    row_count: int | None = None


@dataclass
class _Last:
    """What a session last said: its line, its text, the place of its row (None when nothing was restricted)."""

    line_number: int
    text: str
    place: int | None


def reads(lines: Iterable[dict], catalogue: Catalogue, database: str, of_readers: str) -> list[Read]:
    """The reads of the warehouse (database) and of the database of readers among the lines of a log, in the order of the log.

    catalogue: the warehouse's, which has all that readers may read under the same names, and all that they may not.
    """
    found: list[Read] = []
    last: dict[str, _Last] = {}
    for line in lines:
        role = line.get("user") or ""
        if line.get("dbname") not in (database, of_readers) or not (logged.is_person(role) or role == logged.DASHBOARDS):
            continue
        if line["error_severity"] == "ERROR" and line.get("state_code") == NO_PRIVILEGE:
            _refused(line, catalogue, found, last)
        elif line["error_severity"] == "ERROR" and line.get("state_code") in NOT_THERE and line["dbname"] == of_readers:
            _refused(line, catalogue, found, last, is_missing=True)
        elif line["error_severity"] == "LOG" and logged.is_person(role):
            if line["message"].startswith(PGAUDIT):
                _audited(line, catalogue, found, last)
            else:
                _logged(line, catalogue, found, last)
    return found


def _logged(line: dict, catalogue: Catalogue, found: list[Read], last: dict[str, _Last]) -> None:
    kind, _, text = line["message"].partition(COLON)
    before = last.get(line["session_id"])
    if line["message"].startswith(STATEMENT):
        reading = understand(text, catalogue, line["user"], prepared=_prepared(line))
    elif line["message"].startswith(EXECUTE):
        # A result that is fetched in pieces is one read.
        if kind.startswith(GOES_ON) and before is not None and before.text == text:
            return
        reading = _executed(text, catalogue, line["user"])
    elif line["message"].startswith(FASTPATH):
        reading = Reading("FUNCTION CALL", (), None, False)
    else:
        return
    if reading.is_of_interest:
        found.append(_read(line, text, reading))
    last[line["session_id"]] = _Last(line["line_num"], text, len(found) - 1 if reading.is_of_interest else None)


def _executed(text: str, catalogue: Catalogue, role: str) -> Reading:
    """The name before the text may hold a colon as well, and after it the start of a comment or a string in which the true text
    is hidden. So what follows each colon is taken for the text; what only then is found was not understood."""
    others = [text[found.end() :] for found in re.finditer(COLON, text)]
    if len(others) > MOST_COLONS:
        return Reading("EXECUTE", (), None, False)
    reading = understand(text, catalogue, role)
    hidden = {one for other in others for one in understand(other, catalogue, role).objects} - set(reading.objects)
    if not hidden:
        return reading
    return replace(reading, objects=tuple(sorted({*reading.objects, *hidden})), statement=None, is_understood=False)


def _prepared(line: dict) -> str | None:
    """What EXECUTE stands for."""
    detail = line.get("detail") or ""
    return detail.removeprefix("prepare: ") if detail.startswith("prepare: ") else None


def _refused(line: dict, catalogue: Catalogue, found: list[Read], last: dict[str, _Last], *, is_missing: bool = False) -> None:
    """The attempt is one row, whether its statement was logged before (line by line) or only with the error.

    is_missing: it asked for what is not there, which is an attempt only where the warehouse has it, and else a slip.
    """
    before = last.get(line["session_id"])
    if before is not None and before.line_number == line["line_num"] - 1 and before.place is not None:
        found[before.place] = replace(found[before.place], outcome=REFUSED)
        return
    text = line.get("statement") or ""
    reading = understand(text, catalogue, line["user"], is_refused=True)
    if is_missing and not any(catalogue.has(one) for one in reading.objects):
        return
    found.append(replace(_read(line, text, reading), outcome=REFUSED))


def _audited(line: dict, catalogue: Catalogue, found: list[Read], last: dict[str, _Last]) -> None:
    """pgaudit writes a line for each table that a statement comes to read; they are part of the statement's row."""
    said = line["message"].removeprefix(PGAUDIT)
    try:
        _, _, _, operation, command, kind, name, _, _, *rest = next(csv.reader(io.StringIO(said, newline="")))
        rows = int(rest[0]) if rest else None
    except (ValueError, csv.Error, StopIteration):
        # RAISE LOG lets anybody write a line that begins like pgaudit's; it must not stop the audit.
        return
    named = _object(kind, name, catalogue)
    before = last.setdefault(line["session_id"], _Last(line["line_num"], "", None))
    if before.place is None:
        if named is None:
            return
        text = before.text
        reading = understand(text, catalogue, line["user"]) if text else Reading(command, (), None, False)
        found.append(_read(line, text, reading))
        before.place = len(found) - 1
    so_far = found[before.place]
    # Lines without a table count nothing: neither the rows of a cursor nor those of a COPY.
    counts = [one for one in (rows if named and operation == "READ" else None, so_far.row_count) if one is not None]
    objects = {*so_far.objects, *([named] if named else [])}
    found[before.place] = replace(so_far, objects=tuple(sorted(objects)), row_count=max(counts, default=None))


def _object(kind: str, name: str, catalogue: Catalogue) -> str | None:
    """A restricted object as pgaudit names it; None for an open one. A name comes quoted where it has to be."""
    try:
        chain = [token.text for token in tokens(name) if token.is_name]
    except Unclear:
        return name
    if len(chain) != 2 or not catalogue.is_restricted(*chain):
        return None
    return ".".join(chain) + ("()" if kind == FUNCTION else "")


def _read(line: dict, text: str, reading: Reading) -> Read:
    return Read(
        happened_at=line["timestamp"],
        role_name=line["user"],
        application=line.get("application_name") or "",
        client=line.get("remote_host") or "",
        session_id=line["session_id"],
        line_number=line["line_num"],
        command=reading.command,
        objects=reading.objects,
        statement=reading.statement,
        statement_length=len(text),
        is_understood=reading.is_understood,
    )
