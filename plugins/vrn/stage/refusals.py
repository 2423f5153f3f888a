"""What the database refuses as data is the file's fault, in a sentence that quotes nothing of it."""

from __future__ import annotations

import re

import psycopg

from vrn.errors import SubmissionRefused
from vrn.stage.read.boundary import UNREAD

NOT_OF_TYPE = "22P02"
# By SQLSTATE. They are of class 22, "data exception": the statement is right and a value is not.
SENTENCES = {
    "22001": "A value is longer than it may be.",
    "22003": "A number is greater than can be stored, or a calculation with it gives one that is.",
    "22007": "A date or a time is not in a form that can be read.",
    "22008": "A date or a time lies outside of the calendar that can be stored (the years 1 to 9999).",
    "22012": "A calculation with the file's values divides by zero.",
    "22021": "A cell holds a character that cannot be stored, such as a zero byte.",
    NOT_OF_TYPE: "A value is not of its column's type.",
    "22P05": "A cell holds a character that cannot be stored.",
}
OTHERWISE = "A value cannot be stored in its column."
# The context of an error in COPY names our own column before it quotes the value.
COLUMN = re.compile(r"COPY \w+, line \d+, column (\w+)")


def refusal_of(error: BaseException) -> SubmissionRefused | None:
    """The refusal of a delivery of whose values the database refused one (SQLSTATE class 22); None for any other error.

    error: psycopg's, or SQLAlchemy's that holds one. A value that psycopg itself does not take
    counts too; it has no SQLSTATE. The database's own text is never passed on, for it may quote a value.
    """
    error = getattr(error, "orig", error)
    if not isinstance(error, psycopg.DataError):
        return None
    found = COLUMN.match(error.diag.context or "")
    return _refusal(SENTENCES.get(error.sqlstate, OTHERWISE), found[1] if found else "", error.sqlstate)


def not_of_type(column: str) -> SubmissionRefused:
    """The refusal of a delivery with a value that cannot be made into the type of its column."""
    return _refusal(SENTENCES[NOT_OF_TYPE], column, NOT_OF_TYPE)


def _refusal(sentence: str, column: str, sqlstate: str | None) -> SubmissionRefused:
    where = f" It is in the column '{column}'." if column else ""
    state = f" (SQLSTATE {sqlstate})" if sqlstate else ""
    return SubmissionRefused(
        UNREAD,
        f"{sentence}{where} Put it right in the export and send the file again; if it is right as it is, tell the data "
        f"team{state}.",
    )
