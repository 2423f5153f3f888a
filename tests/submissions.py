"""Rows of the ledger as tests need them, taken to a state by the moves that lead there."""

from __future__ import annotations

import hashlib

import psycopg
from psycopg import sql

from vrn.ledger import states

# How a delivery comes to each state.
WAYS = {
    states.RECEIVED: (),
    states.STAGED: (states.STAGED,),
    states.HELD: (states.STAGED, states.HELD),
    states.PASSED: (states.STAGED, states.PASSED),
    states.ACCEPTED: (states.STAGED, states.PASSED, states.ACCEPTED),
    states.SUPERSEDED: (states.STAGED, states.PASSED, states.SUPERSEDED),
    states.REFUSED: (states.REFUSED,),
    states.DUPLICATE: (states.DUPLICATE,),
    states.WITHDRAWN: (states.REFUSED, states.WITHDRAWN),
}


def came(owner: psycopg.Connection, name: str, *, status: str = states.RECEIVED, **columns: object) -> int:
    """A delivery in a state; columns are those of ops.submission. Returns its submission_id."""
    values = {
        "feed": "police_street_crime",
        "supplier": "lancashire",
        "file_name": name,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "byte_count": 1,
        "is_synthetic": True,
        **columns,
    }
    submission_id = owner.execute(
        sql.SQL("insert into ops.submission ({}) values ({}) returning submission_id").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(map(sql.Literal, values.values()))
        )
    ).fetchone()["submission_id"]
    move(owner, submission_id, *WAYS[status])
    return submission_id


def move(owner: psycopg.Connection, submission_id: int, *states_: str) -> None:
    for state in states_:
        owner.execute(
            "update ops.submission set status = %s, status_reason = 'a test' where submission_id = %s", [state, submission_id]
        )


def empty_ledger(owner: psycopg.Connection) -> None:
    """As before the first delivery. Moves are kept for good, so that a test has to take the trigger away."""
    owner.execute("alter table ops.submission_move disable trigger kept_as_moved")
    for table in ("submission_move", "deleted", "message", "validation_result", "column_profile", "step", "submission"):
        owner.execute(sql.SQL("delete from ops.{}").format(sql.Identifier(table)))
    owner.execute("alter table ops.submission_move enable trigger kept_as_moved")
