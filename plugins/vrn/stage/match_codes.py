"""Match codes: names, dates of birth and postcodes turned into keyed hashes in the reading pass, never stored in clear.

Code: the first 16 bytes of HMAC-SHA256(key, domain || 0x1F || normal form), as 32 hexadecimal digits. Equal codes mean
equal normal forms; what a linker may do with unequal ones (a typing error, a sound, a day and month swapped) is given by
further codes of the same value. What is blank or a stand-in ("UNKNOWN", 1 January 1900) gives NULL, for it would link
everyone who has it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache

import jellyfish

from vrn.stage.forenames import FORMAL
from vrn.stage.keyed import hmac_sha256

CODE_BYTES = 16
INPUTS = ("surname", "forename", "date_of_birth", "postcode")
NAME_CODES = ("exact", "phonetic", "variants")
CODES = (
    *(f"surname_{code}" for code in NAME_CODES),
    *(f"forename_{code}" for code in NAME_CODES),
    *("forename_initial", "forename_start"),
    *("dob_exact", "dob_swapped", "dob_day_month", "dob_month_year", "dob_day_year"),
    *("postcode_exact", "postcode_district"),
)
ARRAYS = ("surname_variants", "forename_variants")


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A name below this many letters has no one-letter variants: Ava and Eva, Lee and Leo are different people.
SHORTEST_WITH_VARIANTS = 4
SHORTEST_PART = 3
SHORTEST_SOUND = 3
# Short forms keep the start of a forename more often than not: Jordz for Jordan.
START = 3

STAND_IN_NAMES = _set_of(
    "UNKNOWN NOTKNOWN NK UK UNK NA NONE NULL NIL NOTGIVEN NOTSTATED NOTRECORDED NOTAPPLICABLE NOTAVAILABLE NOTPROVIDED"
    " REFUSED DECLINED ANON ANONYMOUS WITHHELD REDACTED TBC TBA TEST UNBORN UNBORNBABY UNNAMED NONAME NOSURNAME NOFORENAME"
    " BABY BABYBOY BABYGIRL BABYOF INFANT MALE FEMALE BOY GIRL UNKNOWNMALE UNKNOWNFEMALE SURNAME FORENAME FIRSTNAME"
    " LASTNAME OFFENDER SUSPECT VICTIM"
)
TITLES = _set_of("MR MRS MS MISS MASTER DR")
# Carried by very many people beside the name that they are called by: sharing only this says nothing of the person.
SHARED_WORDS = _set_of(
    "MOHAMMED MOHAMMAD MUHAMMAD MUHAMMED MOHAMED MOHAMAD MUHAMAD MD SYED SYEDA ABDUL ABDEL BIBI BEGUM KHATUN MARY VAN DER DEN"
    " BIN BINT"
)
# To Metaphone the same as Hassan; brothers, twins above all, are often given the two.
SOUNDS_OF_ITS_OWN = _set_of("HUSSAIN HUSSEIN HUSAIN HUSEIN HOSSAIN HUSSIAN")
STAND_IN_DATES = frozenset(
    date(*parts) for parts in ((1800, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1901, 1, 1), (1970, 1, 1))
)
LAST_STAND_IN_YEAR = 1901
# A fixed bound and not today: a delivery read again next year has to give the same codes.
FIRST_IMPOSSIBLE_YEAR = 2100
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d")
# ZZ99 is the health service's "no fixed abode"; AA, NF and XX are used in the same way and are no postcode area.
POSTCODE = re.compile(r"^(?!AA|NF|XX|ZZ)([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$")

# Letters that Unicode does not take apart into a base letter and a mark.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"Ø": "O", "Ł": "L", "Æ": "AE", "Œ": "OE", "Đ": "D", "Ð": "D", "Þ": "TH"}
)
APOSTROPHES = re.compile(r"['’‘ʼ`´]")

Hasher = Callable[[str, str], str]


def match_codes(columns: Mapping[str, Sequence], key: bytes) -> dict[str, list]:
    """Codes of each row, by code (see CODES), from columns named as in INPUTS; a column that is missing counts as blank.

    A variants code is a list of hashes, or None; every other code is one hash, or None.
    """
    rows = len(next(iter(columns.values()), ()))
    surnames, forenames, births, postcodes = (columns.get(name, [None] * rows) for name in INPUTS)
    hashed = _hasher(key)
    # Clear values are remembered only while the call lasts.
    name_codes = cache(lambda words: _name_codes(words, hashed, formal=False))
    forename_codes = cache(lambda words: _name_codes(words, hashed, formal=True))
    names = cache(_surname_and_forename)
    birth_codes = cache(lambda value: _birth_codes(value, hashed))
    postcode_codes = cache(lambda value: _postcode_codes(value, hashed))

    out: dict[str, list] = {code: [None] * rows for code in CODES}
    for row in range(rows):
        surname, forename = names(surnames[row], forenames[row])
        found = (*name_codes(surname)[:3], *forename_codes(forename), *birth_codes(births[row]), *postcode_codes(postcodes[row]))
        for code, value in zip(CODES, found, strict=True):
            out[code][row] = value
    return out


def _hasher(key: bytes) -> Hasher:
    keyed = hmac_sha256(key)

    def hashed(domain: str, value: str) -> str:
        return keyed(f"{domain}\x1f{value}".encode())[:CODE_BYTES].hex()

    return hashed


def _words(value: str | None) -> tuple[str, ...]:
    """The words of a name in plain capitals: Siobhán Ó Néill-Smith gives SIOBHAN O NEILL SMITH, O'Neill gives ONEILL."""
    folded = unicodedata.normalize("NFKD", APOSTROPHES.sub("", value or "").translate(PLAIN_LETTERS))
    capitals = "".join(letter for letter in folded if not unicodedata.combining(letter)).upper()
    words = tuple(word for word in re.split(r"[^A-Z]+", capitals) if word)
    # Master is a surname too.
    words = tuple(word for word in words if word not in TITLES) or words
    return () if _is_stand_in(words) else words


def _is_stand_in(words: tuple[str, ...]) -> bool:
    whole = "".join(words)
    # XX, ZZZ: one letter typed several times.
    return whole in STAND_IN_NAMES or (len(whole) > 1 and len(set(whole)) == 1)


def _surname_and_forename(surname: str | None, forename: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Their words. A whole name in one column ("Oneil, Siobhan" or "Siobhan Oneil") is taken apart."""
    surname, forename = surname or "", forename or ""
    if not (surname.strip() and forename.strip()):
        whole = surname.strip() or forename.strip()
        if "," in whole:
            surname, _, forename = whole.partition(",")
        elif surname.strip() and len(words := _words(whole)) > 1:
            return words[1:], words[:1]
    return _words(surname), _words(forename)


def _name_codes(words: tuple[str, ...], hashed: Hasher, *, formal: bool) -> tuple:
    """Exact, phonetic, variants, initial and start. Surnames and forenames share their domains, so that swapped ones are seen."""
    name = "".join(words)
    if not name:
        return None, None, None, None, None
    initial = hashed("initial", name[0])
    if len(name) == 1:
        return None, None, None, initial, None
    variants = _one_letter_less(name)
    if len(words) > 1:
        parts = (word for word in words if len(word) >= SHORTEST_PART and word not in SHARED_WORDS)
        variants |= {variant for part in parts for variant in _one_letter_less(part)}
    if formal:
        variants |= {full for word in (name, words[0]) for full in FORMAL.get(word, ())}
    return (
        hashed("name", name),
        hashed("sound", _sound(name)),
        sorted(hashed("name", variant) for variant in variants),
        initial,
        hashed("start", name[:START]) if len(name) >= START else None,
    )


def _sound(name: str) -> str:
    """Metaphone; the name itself where that says too little: Lily, Layla and Lola all sound LL."""
    sound = jellyfish.metaphone(name)
    return sound if len(sound) >= SHORTEST_SOUND and name not in SOUNDS_OF_ITS_OWN else name


def _one_letter_less(name: str) -> set[str]:
    """The name and what is left when a letter is: two names that are one edit apart have one of these in common."""
    if len(name) < SHORTEST_WITH_VARIANTS:
        return {name}
    return {name} | {name[:place] + name[place + 1 :] for place in range(len(name))}


def _birth_codes(value: object, hashed: Hasher) -> tuple:
    born = _date(value)
    if born is None:
        return None, None, None, None, None
    # Nobody knows which of the two was meant, so each record has both and either may meet the other's.
    swapped = born.replace(month=born.day, day=born.month) if born.day <= 12 else None
    return (
        hashed("dob", born.isoformat()),
        hashed("dob", swapped.isoformat()) if swapped else None,
        hashed("dob day month", f"{born:%m-%d}"),
        hashed("dob month year", f"{born:%Y-%m}"),
        hashed("dob day year", f"{born:%Y--%d}"),
    )


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        value = _parsed(value.strip())
    if not isinstance(value, date) or value in STAND_IN_DATES:
        return None
    return value if LAST_STAND_IN_YEAR < value.year < FIRST_IMPOSSIBLE_YEAR else None


def _parsed(text: str) -> date | None:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text[:10], form).date()
        except ValueError:
            continue
    return None


def _postcode_codes(value: str | None, hashed: Hasher) -> tuple:
    compact = re.sub(r"[^A-Z0-9]", "", (value or "").upper())
    parts = POSTCODE.match(compact)
    if not parts:
        return None, None
    return hashed("postcode", compact), hashed("postcode district", parts[1])
