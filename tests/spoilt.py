"""Deliveries spoilt at random: cut, with bytes changed, with cells exchanged, with the parts of their archive changed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence

from hypothesis import strategies as st

# What a cell, an element's text or an attribute may be made of by a broken export. As bytes, since some are no text at all.
ODD = (
    b"", b" ", b"\x00", b"a\x00b", b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xef\xbf\xbf",
    b'"', b'""', b",", b"\r", b"\n\\.\n", b"\\N", b"'",
    b"0000-01-01", b"0001-01-01", b"9999-12-31", b"10000-01-01", b"2020-02-30", b"31/12/0000", b"2020-13", b"0000-00",
    b"0000-01-01T00:00:00+00:00", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"24:00", b"2020-06-01T00:00:60Z",
    b"NaN", b"-inf", b"1e999", b"1e-320", b"9" * 19, b"-" + b"9" * 30, b"9" * 5000, b"0x1F", b"1E400", b"-1", b"2147483648",
    b"NULL", b"<", b"&", b"&#0;", b"&#xD800;", b"]]>", b"<a/>", b"x" * 40_000, b"A1:XFD1048576", b"ZZZ1048577", b"=1+1", b"#REF!",
    b"utf-16", b"utf-7", b"klingon", b"../../x", b"\xd9\xa3\xd9\xa3", "\u0130\u0149\ufb03\u2028\x85".encode(),
)  # fmt: skip
PLACE = st.integers(0, 1 << 30)


def at(place: int, parts: Sequence) -> int:
    """A place among parts of any number."""
    return place % len(parts)


def cut(content: bytes) -> st.SearchStrategy[bytes]:
    """The file to any length, its own excepted."""
    return st.integers(0, max(0, len(content) - 1)).map(lambda length: content[:length])


def flipped(content: bytes) -> st.SearchStrategy[bytes]:
    """The file with one to four of its bytes changed, anywhere or at its end, where archives keep their list."""
    places = st.one_of(PLACE, st.integers(max(0, len(content) - 100), len(content)))
    flips = st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=4)
    return flips.map(lambda flips: _flip(content, flips))


def _flip(content: bytes, flips: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content or b" ")
    for place, mask in flips:
        changed[at(place, changed)] ^= mask
    return bytes(changed)


def cells(text: bytes) -> st.SearchStrategy[bytes]:
    """A CSV with one to four cells, its header's among them, changed for odd ones or for one another's."""
    rows = list(csv.reader(io.StringIO(text.decode("latin-1"), newline="")))
    table = [[_quoted(cell) for cell in row] for row in rows]
    places = st.tuples(PLACE, PLACE)
    return st.lists(st.tuples(places, st.one_of(st.sampled_from(ODD), places)), min_size=1, max_size=4).map(
        lambda changes: _with_cells(table, changes)
    )


def _quoted(cell: str) -> bytes:
    return b'"' + cell.replace('"', '""').encode("latin-1") + b'"' if set(cell) & set('",\r\n') else cell.encode("latin-1")


def _with_cells(table: list[list[bytes]], changes: list) -> bytes:
    changed = [list(row) for row in table]
    for (row, column), new in changes:
        row = at(row, changed)
        column = at(column, changed[row])
        if isinstance(new, tuple):
            other = at(new[0], changed)
            place = at(new[1], changed[other])
            changed[row][column], changed[other][place] = changed[other][place], changed[row][column]
        else:
            changed[row][column] = new
    return b"".join(b",".join(row) + b"\n" for row in changed)


# An attribute's value, an element's text, an element's name, a whole element without children.
TOKENS = re.compile(rb'(?<==")[^"]*(?=")|(?<=>)[^<>]*(?=<)|(?<=<)[A-Za-z/][^<>\s/]*|<[A-Za-z][^<>]*/>')


def tokens(document: bytes) -> st.SearchStrategy[bytes]:
    """An XML with one to three of its attributes, texts, names or elements changed for odd ones or for one another."""
    spans = [found.span() for found in TOKENS.finditer(document)]
    if not spans:
        return flipped(document)
    changes = st.lists(st.tuples(PLACE, st.one_of(st.sampled_from(ODD), PLACE)), min_size=1, max_size=3)
    return changes.map(lambda changes: _with_tokens(document, spans, changes))


def _with_tokens(document: bytes, spans: list[tuple[int, int]], changes: list) -> bytes:
    new = {}
    for place, what in changes:
        start, end = spans[at(what, spans)] if isinstance(what, int) else (0, 0)
        new[at(place, spans)] = document[start:end] if isinstance(what, int) else what
    changed, last = [], 0
    for number in sorted(new):
        changed += [document[last : spans[number][0]], new[number]]
        last = spans[number][1]
    return b"".join([*changed, document[last:]])


@st.composite
def parts(draw, content: bytes, spoil) -> bytes:
    """An archive with its members changed, and made anew, so that the change gets past its checksums."""
    members = unpacked(content)
    names = list(members)
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(names))
        match draw(st.sampled_from(["content", "content", "content", "content", "gone", "exchanged", "renamed", "twice"])):
            case "content":
                members[name] = draw(spoil(members.get(name, b"")))
            case "gone":
                members.pop(name, None)
            case "exchanged":
                other = draw(st.sampled_from(names))
                members[name], members[other] = members.get(other, b""), members.get(name, b"")
            case "renamed":
                members[name[:-1] + draw(st.sampled_from("vVx.\x00/\u00e9"))] = members.pop(name, b"")
            case "twice":
                members["copy/" + name] = members.get(name, b"")
    return packed(members)


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # Without the hour, so that the same members are the same bytes.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
