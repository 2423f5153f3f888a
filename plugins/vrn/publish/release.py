"""Releases: what is published is frozen with the submissions, definitions and code it was made of, and can be compared.

A release is the one act that publishes: disclosure control decides of each of its figures, and publish is built from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pandas as pd
import psycopg
from psycopg import sql
from psycopg.errors import LockNotAvailable

from vrn.access.audit import events
from vrn.build import dbt, in_force
from vrn.build import steps as build
from vrn.errors import VrnError
from vrn.feeds import days
from vrn.ledger import day
from vrn.publish import changes, disclosure, frozen, memory, network, preview
from vrn.publish.revision import revision
from vrn.settings import Settings
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# The last step of a release: nothing of it is left to do.
FINISHED = "finished"
# What is being done, in words.
FREEZES, DECIDES, KEEPS = "definitions and figures", "disclosure control", "what was decided"
COMPARES = "what it changes against the last release"


class ReleaseRefused(VrnError):
    """There is nothing that could be released, it is half built, or it changes much and nobody says why."""


class Tell(Protocol):
    """Is told what is done, as it is begun and again and again. decided: the share of the figures that disclosure control has
    decided; None before and after."""

    def __call__(self, what: str, decided: float | None = None) -> None: ...


def _to_nobody(_: str, decided: float | None = None) -> None:
    """Where nobody asks how far a release is."""


def make(settings: Settings, note: str, reason: str | None = None, tell: Tell = _to_nobody) -> str:
    """Freeze the figures as they were last built, all of it or nothing. Returns the release's id: its day, and a number from the
    second of a day on.

    note: what it is for, in words that readers get. reason: why, where the release changes so much, or so little, that it needs one
    (vrn.publish.preview). Raises ReleaseRefused when the note or a reason is missing, when nothing was built, or when the project
    or the ledger changed since.
    """
    refuse_without(note)
    with connect(settings, OWNER) as connection:
        last, release_id, number = _freeze(connection, settings, note, reason, tell)
        is_asked = last is not None and not reason
        # What vanishes is known already, and disclosure control takes a minute.
        if is_asked and (needed := preview.gone(changes.only_in(connection, last, release_id))):
            raise _reason_missing(needed)
        _decide(connection, number, tell)
        tell(COMPARES)
        if is_asked and (needed := preview.concerns(changes.between(connection, last, release_id), settings)):
            raise _reason_missing(needed)
        events.record(connection, events.RELEASE, f"the release {release_id}", release_id=release_id)
    return release_id


def refuse_without(note: str) -> None:
    """Raises ReleaseRefused where a release has no note."""
    if not note.strip():
        raise ReleaseRefused(
            "A release cannot be taken back, and readers are told what it is for. Look at `make release-preview`, and say it: "
            'make release NOTE="for the board of December".'
        )


def _reason_missing(needed: list[str]) -> ReleaseRefused:
    return ReleaseRefused(
        f"This release is not made without a reason: {' '.join(needed)} Look at `make release-preview`, and say why: "
        'make release NOTE="…" REASON="…".'
    )


def previewed(settings: Settings, tell: Tell = _to_nobody) -> str:
    """What `make` would change against the last release, in lines. It is made to find out, and taken back: nothing is kept.

    Raises ReleaseRefused when nothing was built, or when the project or the ledger changed since.
    """
    publisher = network.of(settings)
    with connect(settings, OWNER) as connection:
        last, release_id, number = _freeze(connection, settings, "a preview", None, tell)
        _decide(connection, number, tell)
        tell(COMPARES)
        if last is None:
            said = f"There is no release yet: all that is shown would be new, and the release needs no reason ({preview.COMMAND})."
        else:
            said = preview.text(changes.between(connection, last, release_id), settings)
        connection.rollback()
    return said if publisher.has_contact else f"{said}\n{network.NO_CONTACT}"


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Nobody else makes a release meanwhile. Raises ReleaseRefused at once where somebody does."""
    with connect(settings, OWNER, autocommit=True) as connection, locks.unless_taken(connection, locks.Job.RELEASE) as is_mine:
        if not is_mine:
            raise ReleaseRefused("Another release is being made. Wait until it is there, and look at it before you make the next.")
        yield


def unfinished(settings: Settings) -> str | None:
    """The last release, where what follows upon its figures was interrupted."""
    with connect(settings, OWNER) as connection:
        release_id = in_force.latest(connection)
        return release_id if release_id and FINISHED not in _taken(connection, release_id) else None


def is_taken(settings: Settings, release_id: str, step: str) -> bool:
    """Whether a step that follows upon a release's figures was taken."""
    with connect(settings, OWNER) as connection:
        return step in _taken(connection, release_id)


def take_note(settings: Settings, release_id: str, step: str) -> None:
    """Keep that a step was taken."""
    with connect(settings, OWNER) as connection:
        connection.execute(
            "insert into ops.release_step (release_id, step) values (%s, %s) on conflict do nothing", [release_id, step]
        )


def give_up(settings: Settings, release_id: str, why: str) -> bool:
    """A release that cannot be published is in force no more, so that the next one can be made; what was frozen stays kept.

    Only while no build takes tables of publish into their place. Returns whether it is given up: one that readers have seen is
    not, for what it told is told.
    """
    with connect(settings, OWNER) as connection:
        if in_force.is_seen(connection, release_id):
            return False
        in_force.give_up(connection, release_id, why)
    return True


def give_up_if_taken_back(settings: Settings) -> str | None:
    """Give the latest release up where nobody saw it and a delivery that it rests on was taken back. Returns the sentence for it.

    Only while no build takes tables of publish into their place.
    """
    with connect(settings, OWNER) as connection:
        return in_force.give_up_if_taken_back(connection)


def _taken(connection: psycopg.Connection, release_id: str) -> set[str]:
    rows = connection.execute("select step from ops.release_step where release_id = %s", [release_id])
    return {row["step"] for row in rows}


def _freeze(
    connection: psycopg.Connection, settings: Settings, note: str, reason: str | None, tell: Tell
) -> tuple[str | None, str, int]:
    """Keep all that publish is made of under a new release, in this transaction, before disclosure control decides of it.

    Returns the last release, and the new one with its number.
    """
    _hold_what_is_built(connection, tell)
    if refusal := build.unbuilt(connection, settings):
        raise ReleaseRefused(refusal)
    # The calendar of publish would have no period (publish__period), and its files nothing to be of.
    is_told = "value is not null or status in ('refused', 'incomplete')"
    if connection.execute(f"select from marts.fct_indicator_value where {is_told} limit 1").fetchone() is None:
        raise ReleaseRefused("No delivery came that a figure is made of, so there is nothing to release. Run `make run` first.")
    last = in_force.latest(connection)
    today = days.today().isoformat()
    made = connection.execute("select count(*) as found from ops.release where release_id like %s", [f"{today}%"]).fetchone()
    release_id = today if not made["found"] else f"{today}.{made['found'] + 1}"
    number = connection.execute(
        "insert into ops.release (release_id, git_revision, project_code, note, reason, as_of, is_synthetic) "
        "select %s, %s, %s, %s, %s, %s, coalesce(bool_or(is_synthetic), false) from marts.fct_indicator_value "
        "returning release_number",
        [release_id, revision(), dbt.code(settings), note, reason, day.of_home(settings, connection)],
    ).fetchone()["release_number"]
    connection.execute(
        "insert into ops.release_submission (release_id, submission_id) "
        "select %s, submission_id from ops.counted_submission where is_ever_known and known_until_on = '9999-12-31'",
        [release_id],
    )
    tell(FREEZES)
    frozen.keep_models(connection, number)
    frozen.keep_values(connection, number)
    return last, release_id, number


def _hold_what_is_built(connection: psycopg.Connection, tell: Tell) -> None:
    """What is built stays as it is until it is frozen, and two releases do not take one id."""
    hold = "select 1 from ops.built_layer for update"
    try:
        with connection.transaction():
            connection.execute(f"{hold} nowait")
    except LockNotAvailable:
        tell("waits for a release or a preview that is under way")
    connection.execute(hold)


def _decide(connection: psycopg.Connection, number: int, tell: Tell) -> None:
    """Disclosure control: what of each figure may be published, with what earlier releases have told."""
    tell(DECIDES)

    def frame(query: str) -> pd.DataFrame:
        cursor = connection.execute(query)
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    figures = frame("select * from marts.fct_indicator_value where coalesce(count, numerator) is not null")
    # Of an incomplete zero no count is told. Whoever reads of none knows that nothing was counted, and disclosure control has to.
    is_told = figures["count"].notna()
    figures["count"] = figures["count"].where(is_told, figures["numerator"])
    now = disclosure.Definitions(*(frame(f"select * from marts.{name}") for name in ("dim_indicator", "dim_area", "dim_period")))
    former = memory.definitions(connection, number)
    decided = disclosure.decide(
        figures,
        *now,
        memory.of_earlier(connection, number, [now, *former]),
        frame("select partner, indicator_id, area_code from marts.partner_known_area"),
        frame("select indicator_id, area_code, period_id, count from reference.known_count"),
        former=former,
        tell=lambda share: tell(DECIDES, share),
    )
    tell(KEEPS, 1.0)
    decided["count"] = decided["count"].where(is_told[decided.index])
    decided = decided.astype(dict.fromkeys(frozen.RANGE, "Int64"))
    columns = [*frozen.KEY, *frozen.DECISION, *frozen.RANGE]
    rows = decided[columns].astype(object).where(decided[columns].notna(), None)
    connection.execute(
        f"create temporary table decided on commit drop as select {', '.join(columns)} "
        f"from ops.kept_decision inner join ops.kept_range using ({', '.join(frozen.KEY)}) with no data"
    )
    with connection.cursor().copy(f"copy decided ({', '.join(columns)}) from stdin") as copy:
        for row in rows.itertuples(index=False):
            copy.write_row(row)
    connection.execute("analyze decided")
    frozen.keep_decisions(connection, number, sql.Identifier("pg_temp", "decided"))
    frozen.keep_ranges(connection, number, sql.SQL("(select * from pg_temp.decided where at_most is not null)"))
