"""A file in two encodings at once: read as either, some of its names would be others than were written."""

from __future__ import annotations

import io

from vrn.errors import SubmissionRefused
from vrn.stage.read.header import listed
from vrn.stage.read.source import Source

# A line that is longer is looked at in pieces; a letter between two of them would count as one that is no UTF-8.
LONGEST_LINE = 16 << 20
BUFFER_BYTES = 1 << 20
MOST_LINES = 1_000


def refuse(source: Source, fallback: str) -> None:
    """Refuse a file that has lines in UTF-8 with more than ASCII, and lines that are no UTF-8. Raises SubmissionRefused.

    A line of another encoding is valid UTF-8 by chance only if each of its accented letters stands before a sign that no word has.
    """
    others: list[int] = []
    has_utf_8 = False
    lines = io.BufferedReader(source, BUFFER_BYTES)
    for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            has_utf_8 = True
        except UnicodeDecodeError:
            if len(others) < MOST_LINES:
                others.append(number)
        if has_utf_8 and len(others) == MOST_LINES:
            break
    if has_utf_8 and others:
        raise SubmissionRefused(
            "GEN-002",
            f"The file is in two encodings: most of it is UTF-8, and line(s) {listed(others)} are not (they look like {fallback}). "
            "Nothing was read, because names would come out wrong. Export it in UTF-8 as a whole and send it again.",
        )
