"""Which release publish is built of, and when one is given up before anybody saw it.

A release that was interrupted is frozen and waits for the command to be run again, and every build goes by it too. Meanwhile a
delivery that it rests on may be taken back. What readers have seen is told; what they have not seen is then told to nobody.
"""

from __future__ import annotations

import psycopg

from vrn.access.audit import events
from vrn.errors import VrnError
from vrn.ledger.states import ACCEPTED, SUPERSEDED

GIVEN_UP = "given_up"
# A later one that is accepted in its place takes nothing back. The rows stay as they are until the transaction ends, so that a
# withdrawal is there before the look, or comes when readers have the release.
TAKEN_BACK = """
with used as (
    select submission_id, status
    from ops.submission
    where submission_id in (select submission_id from ops.release_submission where release_id = %s)
    for share
)
select submission_id from used where status <> all(%s) order by submission_id
"""


class TakenBack(VrnError):
    """A release that nobody saw rests on a delivery that was taken back, so nobody is to see it."""


def latest(connection: psycopg.Connection) -> str | None:
    """The id of the release that was made last, of those that were not given up."""
    found = connection.execute("select release_id from ops.release_in_force order by release_number desc limit 1").fetchone()
    return found and found["release_id"]


def is_seen(connection: psycopg.Connection, release_id: str) -> bool:
    """Whether readers could ever see a release: publish has it, or a step was taken, of which publish is the first."""
    if connection.execute("select from ops.release_step where release_id = %s limit 1", [release_id]).fetchone() is not None:
        return True
    if not connection.execute("select to_regclass('publish.release') is not null as found").fetchone()["found"]:
        return False
    return connection.execute("select from publish.release where release_id = %s", [release_id]).fetchone() is not None


def give_up(connection: psycopg.Connection, release_id: str, why: str) -> None:
    """A release that nobody saw is in force no more, so that the next one can be made; what was frozen stays kept.

    Only while no other build takes tables of publish into their place.
    """
    connection.execute("insert into ops.release_step (release_id, step) values (%s, %s)", [release_id, GIVEN_UP])
    events.record(connection, events.RELEASE, f"the release {release_id} given up: {why}", release_id=release_id)


def give_up_if_taken_back(connection: psycopg.Connection) -> str | None:
    """Give the latest release up where nobody saw it and a delivery that it rests on was taken back. Returns the sentence for it.

    Only while no other build takes tables of publish into their place.
    """
    try:
        may_be_seen(connection)
    except TakenBack as error:
        release_id = latest(connection)
        give_up(connection, release_id, str(error))
        return f"The release {release_id} was given up: {error}"
    return None


def may_be_seen(connection: psycopg.Connection) -> None:
    """Nothing, where readers have the latest release or may get it; it stays so until the transaction ends. Raises TakenBack."""
    release_id = latest(connection)
    if release_id is None or is_seen(connection, release_id):
        return
    rows = connection.execute(TAKEN_BACK, [release_id, [ACCEPTED, SUPERSEDED]]).fetchall()
    if rows:
        which = ", ".join(str(row["submission_id"]) for row in rows)
        raise TakenBack(f"Nobody has seen it, and of the deliveries that it rests on these were taken back since: {which}.")
