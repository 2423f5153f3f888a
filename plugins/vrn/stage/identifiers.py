"""National identifiers: the form in which they are compared, and NULL for what is none.

An identifier that fails its check is never hashed: "UNKNOWN" or 9999999999 would make one person of everybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
PNC_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
DUMMIES = r"unknown|not ?known|none|null|n/?a|nk|tbc|test|0+|9{4,}|x+|-+|\?+"
DUMMY_LOCAL = re.compile(rf"(?i){DUMMIES}")
# What str.strip() takes off, as far as it is ASCII.
ASCII_SPACE = "".join(one for one in map(chr, range(128)) if one.isspace())


def nhs(text: str) -> str | None:
    """An NHS number as ten digits. Check: 11 - (sum of digit i times 11 - i, i = 1..9) mod 11; 11 is 0, 10 is none.

    Source: NHS Data Dictionary, NHS NUMBER.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"\d{10}", digits) or len(set(digits)) == 1:
        return None
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return digits if check % 11 == int(digits[9]) and check != 10 else None


def upn(text: str) -> str | None:
    """A unique pupil number in capitals: check letter, then 12 digits, or 11 and a letter (a temporary number).

    Check: sum of character i times i, i = 2..13 (a last letter counts as its place in the alphabet of check letters),
    mod 23. Source: DfE, Unique pupil numbers, guidance for schools.
    """
    number = re.sub(r"\s", "", text).upper()
    found = re.fullmatch(r"([A-Z])(\d{11})([0-9A-Z])", number)
    if found is None or len(set(number[1:])) == 1:
        return None
    last = found[3] if found[3].isdigit() else str(max(UPN_LETTERS.find(found[3]), 0))
    values = [*found[2], last]
    total = sum(int(value) * weight for weight, value in enumerate(values, start=2))
    return number if UPN_LETTERS[total % 23] == found[1] else None


def pnc(text: str) -> str | None:
    """A Police National Computer identifier as YY/NNNNNNNX: two or four digits of a year, up to seven digits, a letter.

    Check: letter (YY followed by the seven digits) mod 23. Two digits of the year are kept, so that 2019/ and 19/ agree.
    """
    written = re.sub(r"\s", "", text).upper()
    found = re.fullmatch(r"(?:\d{2})?(\d{2})/(\d{1,7})([A-Z])", written) or re.fullmatch(
        r"(?:\d{2})?(\d{2})(\d{7})([A-Z])", written
    )
    if found is None or int(found[2]) == 0:
        return None
    serial = found[2].zfill(7)
    return f"{found[1]}/{serial}{found[3]}" if PNC_LETTERS[int(found[1] + serial) % 23] == found[3] else None


def local(text: str) -> str | None:
    """An identifier of a supplier's own, in capitals without outer space; words and fillers for "unknown" are none."""
    identifier = text.strip().upper()
    return None if not identifier or DUMMY_LOCAL.fullmatch(identifier) else identifier


CANONICAL: dict[str, Callable[[str], str | None]] = {"nhs": nhs, "upn": upn, "pnc": pnc, "local": local}


def canonical(values: pa.Array, domain: str) -> pa.Array:
    """Identifiers (text) in the form in which they are compared; NULL stays NULL, and what is none becomes NULL."""
    if domain == "local" and pc.all(pc.string_is_ascii(values)).as_py() is not False:
        return _local_ascii(values)
    return pa.array([(text and CANONICAL[domain](text)) or None for text in values.to_pylist()], pa.string())


def _local_ascii(values: pa.Array) -> pa.Array:
    """What `local` gives, a column at a time: most deliveries' identifiers are plain, and there are millions of them."""
    text = pc.ascii_upper(pc.ascii_trim(values, characters=ASCII_SPACE))
    return pc.if_else(pc.match_substring_regex(text, rf"(?i)^(?:{DUMMIES}|)$"), None, text)
