"""A register that a person wrote as a YAML list: each entry is read for itself, so that a bad one spoils no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrn.errors import safe_text
from vrn.feeds import yaml_file
from vrn.feeds.yaml_file import NotYaml

# What a byte that is not UTF-8 becomes, so that the entries around it can be read.
REPLACED = "\N{REPLACEMENT CHARACTER}"
IGNORED = re.compile(r"\s*(#.*)?$|---\s*$")
DASH = re.compile(r"( *)-(\s|$)")


@dataclass(frozen=True)
class Entry:
    """An entry of a register.

    number: its place, from 1; 0 for the whole file. mistake: why `said` could not be read; `written` is its text then.
    """

    number: int
    line: int
    said: Any = None
    mistake: str | None = None
    written: str = ""

    def value(self, key: str) -> str | None:
        """What stands under a key, though the entry as a whole cannot be read; None where it is no plain word."""
        found = re.search(rf"^[ -]*{key}: *[\"']?([\w-]+)[\"']?\s*$", self.written, re.MULTILINE | re.ASCII)
        return found and found[1]


def read(path: Path) -> list[Entry]:
    """The entries in their order. A missing file has none; one that is no list is one entry that cannot be read."""
    if not path.exists():
        return []
    try:
        written = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        return [Entry(0, 1, mistake=f"it cannot be opened ({safe_text(error)}); make it a file that this user may read")]
    lines = written.splitlines(keepends=True)
    first = next((line for line in lines if not IGNORED.match(line)), "")
    dash = DASH.match(first)
    starts = [number for number, line in enumerate(lines) if dash and re.match(rf"{dash[1]}-(\s|$)", line)]
    try:
        whole = yaml_file.parse(written, path.name) or []
        if REPLACED not in written:
            return _of_whole(whole, starts)
    except NotYaml as error:
        if not starts:
            return [Entry(0, error.line, mistake=error.what)]
    if not starts:
        return [Entry(0, 1, mistake=yaml_file.NOT_UTF8)]
    return [_one("".join(lines[start:end]), place, start + 1) for place, (start, end) in _numbered(starts, len(lines))]


def _numbered(starts: list[int], end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    return enumerate(zip(starts, [*starts[1:], end], strict=True), start=1)


def _of_whole(whole: Any, starts: list[int]) -> list[Entry]:
    if not isinstance(whole, list):
        return [Entry(0, 1, mistake="it is not a list of entries, each of which begins with a dash")]
    lines = [start + 1 for start in starts] if len(starts) == len(whole) else [1] * len(whole)
    return [Entry(number, line, said) for number, (line, said) in enumerate(zip(lines, whole, strict=True), start=1)]


def _one(written: str, number: int, line: int) -> Entry:
    if REPLACED in written:
        return Entry(number, line + written[: written.index(REPLACED)].count("\n"), None, yaml_file.NOT_UTF8, written)
    try:
        return Entry(number, line, yaml_file.parse(written, "", line)[0])
    except NotYaml as error:
        return Entry(number, error.line, None, error.what, written)
