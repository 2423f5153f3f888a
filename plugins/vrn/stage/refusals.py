"""What the database refuses as data is the file's fault, in a sentence that quotes nothing of it."""

from __future__ import annotations

import psycopg

from vrn.errors import SubmissionRefused

RULE = "GEN-022"


def refusal_of(error: BaseException) -> SubmissionRefused | None:
    """The refusal of a delivery of whose values the database refused one (SQLSTATE class 22); None for any other error."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    if state is None or not state.startswith("22"):
        return None
    return SubmissionRefused(
        RULE, f"The database cannot take a value of the file (SQLSTATE {state}). Look for odd characters, dates or numbers in it."
    )
