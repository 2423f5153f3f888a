"""Who read which page of a partner, and sign-ins that were refused: a line each, read forward into ops.read_log.

Who serves the pages has no database. So it writes lines, before it answers.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from vrn.access.audit.server_log import READ, REFUSED, Read

APPLICATION = "partner pages"
OWNER_ONLY = 0o600


class PageLog:
    """The log of one process that serves pages."""

    def __init__(self, folder: Path):
        self._folder, self._session, self._number = folder, f"{APPLICATION} {uuid.uuid4().hex}", 0

    def read(self, role: str, client: str, page: str) -> None:
        """A page is about to be given. page: the partner's folder and the file. Raises OSError where it cannot be written down."""
        self._write(role, client, page, READ)

    def refused(self, role: str, client: str) -> None:
        """Somebody gave a partner's name and not its password. Raises OSError."""
        self._write(role, client, "", REFUSED)

    def _write(self, role: str, client: str, page: str, outcome: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        now = datetime.now(UTC)
        said = {"timestamp": now.isoformat(), "session_id": self._session, "line_num": self._number, "user": role}
        said |= {"remote_host": client, "page": page, "outcome": outcome}
        # A file a day, so that old ones can be deleted.
        path = self._folder / f"partner-pages-{now:%Y-%m-%d}.json"
        with open(path, "a", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, OWNER_ONLY)) as file:
            file.write(json.dumps(said) + "\n")


def reads(lines: Iterable[dict]) -> Iterator[Read]:
    """The lines as rows of ops.read_log."""
    for line in lines:
        statement = f"GET {line['page']}" if line["page"] else "sign in"
        yield Read(
            happened_at=line["timestamp"],
            role_name=line["user"],
            application=APPLICATION,
            client=line["remote_host"],
            session_id=line["session_id"],
            line_number=line["line_num"],
            command="GET",
            objects=(f"partner_pages/{line['page']}",),
            statement=statement,
            statement_length=len(statement),
            is_understood=True,
            outcome=line["outcome"],
        )
