"""How the tests of the statistics ask the database."""

from __future__ import annotations

import json
from decimal import Decimal

from psycopg import Connection
from psycopg.errors import RaiseException

from tests.conftest import real

L95, L998 = Decimal("0.95"), Decimal("0.998")


def ask(db: Connection, function: str, *arguments) -> tuple:
    """The one row that a statistic gives. A list goes as an array of double precision."""
    places = ", ".join("%s::double precision[]" if isinstance(one, list) else "%s" for one in arguments)
    given = [[None if x is None else float(x) for x in one] if isinstance(one, list) else one for one in arguments]
    rows = db.execute(f"select * from stats.{function}({places})", given).fetchall()
    assert len(rows) == 1
    return rows[0]


def refusal(db: Connection, function: str, *arguments) -> str:
    """The sentence of the error that a statistic gives."""
    try:
        answer = ask(db, function, *arguments)
    except RaiseException as error:
        return error.diag.message_primary
    raise AssertionError(f"stats.{function} gave {answer} and no error")


def vectors(name: str):
    return json.loads(real("reference", "stat_test_vectors.json").read_text())[name]
