"""The errors that people meet. Each sentence says what is wrong, where, and what to do; none holds a person's value.

Of whatever else goes wrong `safe_text` says what may be said.
"""

from __future__ import annotations

import os


class VrnError(Exception):
    """Something a person has to put right."""


class ContractError(VrnError):
    """A feed file in expectations/ breaks the grammar."""


class SubmissionRefused(VrnError):
    """A delivery cannot be accepted; the last good data stays.

    rule_code: the rule that refused it, as kept in ops.message.
    """

    def __init__(self, rule_code: str, message: str):
        super().__init__(f"{rule_code}: {message}")
        self.rule_code = rule_code
        self.message = message


class SecretMissing(VrnError):
    """A key or password that a step needs is not there; the step stops before it reads anything."""


class HomeError(VrnError):
    """The place to run in (port, disk, user, services) is not fit."""


def safe_text(error: BaseException) -> str:
    """What may be said of an error to anybody: a sentence of ours as it is; of another's the class, and a database's code.

    A database's message may quote a value, and the text of a failure at a file has the file's name, which a person may have
    written. What the system calls the number of its failure (No space left on device) is neither, and is said instead of the class.
    """
    if isinstance(error, VrnError):
        return str(error)
    # SQLAlchemy's error holds the driver's.
    error = getattr(error, "orig", None) or error
    # Libraries put numbers and texts of their own into an OSError.
    if isinstance(error, OSError) and error.errno is not None and error.strerror == os.strerror(error.errno):
        return error.strerror
    # psycopg's, which this ground of the house does not import.
    code = getattr(error, "sqlstate", None)
    return f"{type(error).__name__} (SQLSTATE {code})" if code else type(error).__name__


def last_line(said: str) -> str:
    """Why a program of others failed: the last line of what it said."""
    lines = said.strip().splitlines()
    return lines[-1].strip() if lines else "it gave no reason"
