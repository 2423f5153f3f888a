"""Made-up people: identifiers that pass their check digits, names from syllables, postcodes of an area that is none.

NHS numbers come from the range that the NHS keeps for tests (999 ...). Nobody is meant by any of them.

A feed whose entity has `persons` draws its rows from a numbered people that all such feeds share: number 17 has the same
names and identifiers with the police and with social care, so that linkage finds something.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from vrn.stage.identifiers import PNC_LETTERS, UPN_LETTERS

SYLLABLES = ("bar", "bel", "cor", "dan", "el", "fen", "gar", "hol", "kin", "lan", "mer", "nor", "or", "pel", "quin", "ros")
ENDINGS = ("ton", "ley", "by", "well", "son", "wick", "man", "ard", "in", "a", "ie", "en")
POSTCODE_AREA = "ZY"
POSTCODES = 2_000
# Shared persons are 12 to 16 years old on 31 March 2020: of an age for every feed that knows them.
FIRST_BIRTH, LAST_BIRTH = date(2003, 4, 1), date(2008, 3, 31)
MALE_SHARE = 0.65


@dataclass(frozen=True)
class Person:
    """A made-up person as every feed knows them."""

    number: int
    hash: str
    nhs: str
    upn: str
    pnc: str
    surname: str
    forename: str
    postcode: str
    born: date
    is_male: bool


def person(number: int) -> Person:
    """The person with this number, always the same. Below 100,000 no two have an NHS number or PNC identifier in common."""
    chance = random.Random(f"person {number}")
    own = range(number * 10, number * 10 + 10)
    return Person(
        number=number,
        hash=f"{chance.getrandbits(256):064x}",
        nhs=next(found for serial in own if (found := _nhs(serial))),
        upn=upn(chance),
        pnc=_pnc(chance.randrange(10, 20), number + 1),
        surname=surname(chance),
        forename=forename(chance),
        postcode=postcode(chance.randrange(POSTCODES)),
        born=FIRST_BIRTH + timedelta(days=chance.randrange((LAST_BIRTH - FIRST_BIRTH).days + 1)),
        is_male=chance.random() < MALE_SHARE,
    )


def nhs(chance: random.Random) -> str:
    while (found := _nhs(chance.randrange(10**6))) is None:
        pass
    return found


def _nhs(serial: int) -> str | None:
    digits = f"999{serial:06d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
    return None if check == 10 else f"{digits}{check % 11}"


def upn(chance: random.Random) -> str:
    digits = f"{chance.choice((888, 889, 890))}{chance.randrange(10**9):09d}"
    return UPN_LETTERS[sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) % 23] + digits


def pnc(chance: random.Random) -> str:
    return _pnc(chance.randrange(10, 20), chance.randrange(1, 10**6))


def _pnc(year: int, serial: int) -> str:
    return f"20{year}/{serial:07d}{PNC_LETTERS[int(f'{year}{serial:07d}') % 23]}"


def surname(chance: random.Random) -> str:
    return (chance.choice(SYLLABLES) + chance.choice(SYLLABLES) + chance.choice(ENDINGS)).capitalize()


def forename(chance: random.Random) -> str:
    return (chance.choice(SYLLABLES) + chance.choice(ENDINGS)).capitalize()


def postcode(number: int) -> str:
    """One of the made-up postcodes; the home's postcode directory knows the same ones."""
    first, second = divmod(number, 400)
    return f"{POSTCODE_AREA}{first + 1} {second // 100 + 1}{'ABDEFGHJLN'[second // 10 % 10]}{'ABDEFGHJLN'[second % 10]}"
