"""The states of a delivery and every move between them. The database holds the same table and forbids every other move."""

from __future__ import annotations

from collections.abc import Mapping

from vrn.errors import VrnError

RECEIVED, STAGED, HELD, PASSED, ACCEPTED = "received", "staged", "held", "passed", "accepted"
SUPERSEDED, REFUSED, DUPLICATE, WITHDRAWN = "superseded", "refused", "duplicate", "withdrawn"
STATES = (RECEIVED, STAGED, HELD, PASSED, ACCEPTED, SUPERSEDED, REFUSED, DUPLICATE, WITHDRAWN)

# What a step takes on without a person.
UNDER_WAY = (RECEIVED, STAGED, PASSED)
# What the same bytes of the same supplier and period are a duplicate of.
NOT_ENDED = (*UNDER_WAY, HELD, ACCEPTED)

# From and to, and what moves a delivery there.
MOVES: Mapping[tuple[str, str], str] = {
    (RECEIVED, STAGED): "stage",
    (RECEIVED, DUPLICATE): "the same bytes",
    (RECEIVED, REFUSED): "refuse",
    (RECEIVED, HELD): "three failures",
    (STAGED, PASSED): "judge",
    (STAGED, HELD): "judge, or three failures",
    (STAGED, REFUSED): "judge, or refuse",
    (HELD, PASSED): "approve",
    (HELD, REFUSED): "refuse",
    (HELD, RECEIVED): "replay",
    (PASSED, ACCEPTED): "accept",
    (PASSED, SUPERSEDED): "accept, a later extract serves",
    (PASSED, HELD): "another feed file, no agreement, or three failures",
    (PASSED, REFUSED): "refuse",
    (ACCEPTED, SUPERSEDED): "a later one is accepted",
    (ACCEPTED, WITHDRAWN): "withdraw",
    (ACCEPTED, RECEIVED): "replay",
    (SUPERSEDED, ACCEPTED): "the later one is withdrawn",
    (SUPERSEDED, WITHDRAWN): "withdraw",
    (SUPERSEDED, RECEIVED): "replay",
    (REFUSED, RECEIVED): "replay",
    (REFUSED, WITHDRAWN): "withdraw",
}


class NotAllowed(VrnError):
    """A delivery cannot be moved from what it is now to what was asked."""


def sources(to: str) -> list[str]:
    """The states from which a delivery may come to this one."""
    return [before for before, after in MOVES if after == to]
