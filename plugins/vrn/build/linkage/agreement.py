"""How two records agree, field by field."""

from __future__ import annotations

import numpy as np

from vrn.build.linkage.fields import Fields
from vrn.build.linkage.pairs import Pairs

# Levels of agreement, best first; MISSING says nothing either way. CLOSE: one edit, or two forms of a name. INITIAL: one record
# has no more than the initial. START: the first three letters.
EXACT, CLOSE, SOUND, INITIAL, START, DIFFERENT, MISSING = range(7)
SWAPPED, PART = 1, 2
DISTRICT = 1


def levels_of(fields: Fields, pairs: Pairs) -> dict[str, np.ndarray]:
    """How each field of each pair agrees."""
    straight = _name_levels(fields, pairs, "surname", "surname"), _name_levels(fields, pairs, "forename", "forename")
    crossed = _name_levels(fields, pairs, "surname", "forename"), _name_levels(fields, pairs, "forename", "surname")
    swapped = (np.maximum(*crossed) <= SOUND) & (np.maximum(*straight) > SOUND)
    one, other = pairs
    code = fields.codes

    def same(left: str, right: str | None = None) -> np.ndarray:
        return (code[left][one] == code[right or left][other]) & (code[left][one] >= 0)

    part = same("dob_day_month") | same("dob_month_year") | same("dob_day_year")
    dob = np.select([same("dob_exact"), same("dob_exact", "dob_swapped"), part], [EXACT, SWAPPED, PART], DIFFERENT)
    postcode = np.select([same("postcode_exact"), same("postcode_district")], [EXACT, DISTRICT], DIFFERENT)
    # That names are in each other's place weighs nothing: given that they agree, it is as common among namesakes.
    levels = {
        "surname": np.where(swapped, crossed[0], straight[0]),
        "forename": np.where(swapped, crossed[1], straight[1]),
        "sex": np.where(same("sex"), 0, 1),
    }
    for name, level, column in (("dob", dob, "dob_exact"), ("postcode", postcode, "postcode_exact"), ("sex", levels["sex"], "sex")):
        missing = (code[column][one] < 0) | (code[column][other] < 0)
        levels[name] = np.where(missing, MISSING, level)
    return levels


def _name_levels(fields: Fields, pairs: Pairs, left: str, right: str) -> np.ndarray:
    one, other = pairs
    ours, theirs = ({name: fields.codes[f"{who}_{name}"] for name in ("exact", "phonetic", "variants")} for who in (left, right))
    exact = ours["exact"][one] == theirs["exact"][other]
    # Two missing codes are both -1, and agree in nothing.
    sound = (ours["phonetic"][one] == theirs["phonetic"][other]) & (ours["phonetic"][one] >= 0)
    missing = (ours["exact"][one] < 0) | (theirs["exact"][other] < 0)
    close = np.zeros(len(one), bool)
    ask = np.flatnonzero(~exact & ~missing & (ours["variants"][one] >= 0) & (theirs["variants"][other] >= 0))
    close[ask] = _overlap(fields.variant_sets, ours["variants"][one[ask]], theirs["variants"][other[ask]])
    level = np.select([exact, close, sound], [EXACT, CLOSE, SOUND], DIFFERENT)
    if left == right == "forename":
        # A bare initial has no other code. It agrees with a forename that begins so.
        initial = fields.codes["forename_initial"]
        known = (initial[one] >= 0) & (initial[other] >= 0)
        agrees = known & (initial[one] == initial[other])
        start = fields.codes["forename_start"]
        level = np.where((level > CLOSE) & np.isin(fields.forename_pair(one, other), fields.short_forms), CLOSE, level)
        level = np.where((start[one] == start[other]) & (start[one] >= 0) & (level == DIFFERENT), START, level)
        return np.where(missing, np.where(agrees, INITIAL, np.where(known, DIFFERENT, MISSING)), level)
    return np.where(missing, MISSING, level)


def _overlap(sets: list[frozenset], one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether the sets have an element in common; each pair of sets is looked at once."""
    size = len(sets) + 1
    distinct, place = np.unique(one * size + other, return_inverse=True)
    answers = np.array([not sets[pair // size].isdisjoint(sets[pair % size]) for pair in distinct.tolist()], dtype=bool)
    return answers[place]
