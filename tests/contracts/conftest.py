"""What the contract tests of publishers' own files share."""

from __future__ import annotations

import pytest


@pytest.fixture
def taken(inbox, request):
    """Takes one file of the module's FEED in; gives the ledger's row and what its message says, by the code of the rule."""

    def take(content: bytes, name: str) -> tuple[dict, dict[str, str]]:
        feed = request.module.FEED
        inbox.drop(feed, name, content)
        (row,) = inbox.take_in(feed)
        said = inbox.connection.execute(
            "select rule_code, message from ops.message where submission_id = %s", [row["submission_id"]]
        )
        return row, {one["rule_code"]: one["message"] for one in said}

    return take
