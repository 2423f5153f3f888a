"""Made-up people: identifiers that pass their check digits, names from syllables, postcodes of an area that is none.

NHS numbers come from the range that the NHS keeps for tests (999 ...). Nobody is meant by any of them.
"""

from __future__ import annotations

import random

from vrn.identifiers import PNC_LETTERS, UPN_LETTERS

SYLLABLES = ("bar", "bel", "cor", "dan", "el", "fen", "gar", "hol", "kin", "lan", "mer", "nor", "or", "pel", "quin", "ros")
ENDINGS = ("ton", "ley", "by", "well", "son", "wick", "man", "ard", "in", "a", "ie", "en")
POSTCODE_AREA = "ZY"
POSTCODES = 2_000


def nhs(chance: random.Random) -> str:
    while True:
        digits = f"999{chance.randrange(10**6):06d}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{digits}{check % 11}"


def upn(chance: random.Random) -> str:
    digits = f"{chance.choice((888, 889, 890))}{chance.randrange(10**9):09d}"
    return UPN_LETTERS[sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) % 23] + digits


def pnc(chance: random.Random) -> str:
    year, serial = chance.randrange(10, 20), f"{chance.randrange(1, 10**6):07d}"
    return f"20{year}/{serial}{PNC_LETTERS[int(f'{year}{serial}') % 23]}"


def surname(chance: random.Random) -> str:
    return (chance.choice(SYLLABLES) + chance.choice(SYLLABLES) + chance.choice(ENDINGS)).capitalize()


def forename(chance: random.Random) -> str:
    return (chance.choice(SYLLABLES) + chance.choice(ENDINGS)).capitalize()


def postcode(number: int) -> str:
    """One of the made-up postcodes; the home's postcode directory knows the same ones."""
    first, second = divmod(number, 400)
    return f"{POSTCODE_AREA}{first + 1} {second // 100 + 1}{'ABDEFGHJLN'[second // 10 % 10]}{'ABDEFGHJLN'[second % 10]}"
