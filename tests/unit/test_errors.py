"""What may be said of an error: our own sentences, and of all others nothing that could quote a person's value."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import psycopg
import pytest
import sqlalchemy

from vrn.errors import HomeError, SubmissionRefused, last_line, safe_text
from vrn.receive.remote import RemoteError
from vrn.settings import REPOSITORY

PERSON = "Zzyzx"
FULL = "No space left on device"


@pytest.mark.parametrize(
    "error",
    [
        HomeError("The disk has 3 MiB left."),
        SubmissionRefused("GEN-010", "The file is cut off."),
        RemoteError("The server was away."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_sentence_of_ours_is_said_as_it_is(error):
    assert safe_text(error) == str(error)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError(f"cannot read '{PERSON}'"), "ValueError"),
        (psycopg.errors.UniqueViolation(f"Key (name)=({PERSON}) already exists."), "UniqueViolation (SQLSTATE 23505)"),
        (psycopg.OperationalError(f"a server that says {PERSON}"), "OperationalError"),
        (
            sqlalchemy.exc.IntegrityError(f"insert '{PERSON}'", {}, psycopg.errors.UniqueViolation(PERSON)),
            "UniqueViolation (SQLSTATE 23505)",
        ),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"/home/inbox/{PERSON}.csv"), FULL),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), f"/home/inbox/{PERSON}.csv"), "Permission denied"),
        (FileNotFoundError(f"/home/inbox/{PERSON}.csv"), "FileNotFoundError"),
        (OSError(errno.ENOENT, f"no {PERSON} here, says a server"), "FileNotFoundError"),
        (ssl.SSLError(1, f"a certificate of {PERSON}"), "SSLError"),
        (socket.gaierror(-2, "Name or service not known"), "gaierror"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_of_another_error_its_class_is_said_with_the_code_that_a_database_or_the_system_gives_it(error, said):
    assert safe_text(error) == said


def test_no_other_file_picks_from_an_error_what_may_be_said():
    """Five files did, in three ways. A database's class without its code did not say why, and 'OSError' hid a full disk."""
    library = REPOSITORY / "plugins/vrn"
    ways = ("error.strerror", '"strerror"', "if isinstance(error, VrnError) else type(error)", "class and not the text")
    found = [f"{path.name}: {way}" for path in library.rglob("*.py") for way in ways if way in path.read_text(encoding="utf-8")]
    assert [one for one in found if not one.startswith("errors.py: ")] == []


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("one\nThe key is wrong. \n\n", "The key is wrong."),
        ("alone", "alone"),
        ("", "it gave no reason"),
        (" \n", "it gave no reason"),
    ],
)
def test_the_reason_of_a_program_is_the_last_line_that_it_says(said, last):
    assert last_line(said) == last
