"""What agreement weighs: Fellegi and Sunter's model (JASA 1969), learnt from the records themselves.

Each field that agrees or differs adds log(m / u) to the weight, where m is how often a field comes out so for two records of
one person and u for two of different persons. u is counted on random pairs, m is learnt by expectation maximisation, and
agreeing on a rare name or birth date counts for more than on a common one.
"""

from __future__ import annotations

import numpy as np

from vrn.build.linkage.agreement import EXACT, MISSING, levels_of
from vrn.build.linkage.fields import Fields
from vrn.build.linkage.pairs import Pairs, counted_once, joined, pairs_with_a_key

# What is believed before any data is seen, by level: m, and u. A handful of records is linked by it; thousands outweigh it.
M_BEFORE = {
    "surname": (0.87, 0.08, 0.02, 0.0, 0.0, 0.03),
    "forename": (0.84, 0.11, 0.01, 0.01, 0.01, 0.02),
    "dob": (0.93, 0.02, 0.04, 0.0, 0.0, 0.01),
    "postcode": (0.60, 0.16, 0.0, 0.0, 0.0, 0.24),
    "sex": (0.99, 0.01),
}
U_BEFORE = {
    "surname": (0.004, 0.001, 0.001, 0.0, 0.0, 0.994),
    "forename": (0.009, 0.003, 0.003, 0.001, 0.01, 0.974),
    "dob": (0.0001, 0.0001, 0.008, 0.0, 0.0, 0.9918),
    "postcode": (0.0001, 0.02, 0.0, 0.0, 0.0, 0.9799),
    "sex": (0.58, 0.42),
}
NAME_BEFORE = (U_BEFORE["surname"][EXACT], U_BEFORE["forename"][EXACT])
# How many pairs of one person (for m), of different persons (for u) and records (for a value's frequency) that belief is worth.
M_WORTH, U_WORTH, RECORDS_WORTH = 200.0, 50_000.0, 2_000.0
# Among few records a pair is not held the likelier to be one person: one pair in ten thousand at most.
HIGHEST_PRIOR = 1e-4
RANDOM_PAIRS = 400_000
EM_ROUNDS = 25


class Model:
    """m, u and the prior, learnt from the records themselves."""

    def __init__(self, fields: Fields):
        self.fields = fields
        self.u = self._random_agreement()
        self.m = {name: _shares(np.zeros(MISSING), before, M_WORTH) for name, before in M_BEFORE.items()}
        names = fields.codes["surname_exact"], fields.codes["forename_exact"]
        size = 1 + int(np.maximum(*names).max())
        surname, forename = (_frequencies(codes, before, size) for codes, before in zip(names, NAME_BEFORE, strict=True))
        # A forename in the surname's place is as common as the forename.
        self.frequency = dict.fromkeys(("surname", "forename"), np.maximum(surname, forename)) | {
            name: _frequencies(fields.codes[f"{name}_exact"], U_BEFORE[name][EXACT]) for name in ("dob", "postcode")
        }
        self.whole_name = joined(np.minimum(*names), np.maximum(*names))
        self.namesakes = self._births_of_each_name()
        # The fields that pairs were chosen by say nothing among them, so what is learnt leaves them out.
        of_one_day = self._learn(pairs_with_a_key([fields.codes["dob_exact"]]), ("surname", "forename", "postcode", "sex"))
        self._learn(pairs_with_a_key([fields.key("surname_exact", "forename_exact")]), ("dob", "postcode", "sex"), kept=("dob",))
        everyone = max(fields.rows * (fields.rows - 1) / 2, 1)
        self.prior = min(max(of_one_day / self.m["dob"][EXACT], 1) / everyone, HIGHEST_PRIOR)

    def _births_of_each_name(self) -> np.ndarray:
        """How many birth dates each whole name has: as many namesakes, a few slips apart."""
        births = self.fields.codes["dob_exact"]
        known = (self.whole_name >= 0) & (births >= 0)
        names, dates = counted_once(self.whole_name[known], births[known])
        found = np.zeros(int(self.whole_name.max(initial=0)) + 1)
        found[names] = dates
        return found

    def _random_agreement(self) -> dict[str, np.ndarray]:
        # Seeded: the same records give the same links.
        one, other = np.random.default_rng(1969).integers(0, self.fields.rows, (2, min(RANDOM_PAIRS, self.fields.rows**2)))
        levels = levels_of(self.fields, (one[one != other], other[one != other]))
        return {name: _shares(_counts(levels[name]), before, U_WORTH) for name, before in U_BEFORE.items()}

    def _learn(self, pairs: Pairs, names: tuple[str, ...], kept: tuple[str, ...] | None = None) -> float:
        """Expectation maximisation of m over these pairs; returns how many of them are one person."""
        if not len(pairs[0]):
            return 0.0
        levels = levels_of(self.fields, pairs)
        share, one_person = 0.1, np.zeros(0)
        for _ in range(EM_ROUNDS):
            one_person = _probability(share, sum(self._weight(name, pairs, levels) for name in names))
            before, share = share, float(np.clip(one_person.mean(), 1e-6, 1 - 1e-6))
            for name in kept or names:
                self.m[name] = _shares(_counts(levels[name], one_person), M_BEFORE[name], M_WORTH)
            if abs(share - before) < 1e-6:
                break
        return float(one_person.sum())

    def scores(self, pairs: Pairs, levels: dict[str, np.ndarray]) -> np.ndarray:
        """The probability that each pair is one person."""
        weight = sum(self._weight(name, pairs, levels) for name in levels) - self._namesakes_weight(pairs, levels)
        return _probability(self.prior, weight)

    def _namesakes_weight(self, pairs: Pairs, levels: dict[str, np.ndarray]) -> np.ndarray:
        """What two exact names weigh too much where they go together: Ali Hussain is commoner than Ali times Hussain."""
        both = (levels["surname"] == EXACT) & (levels["forename"] == EXACT)
        # Only of those, because a missing name is -1 and has no frequency.
        one = pairs[0][both]
        surname, forename = (self.frequency[who][self.fields.codes[f"{who}_exact"][one]] for who in ("surname", "forename"))
        # Without the dates of the pair itself, which may be one person.
        share = (self.namesakes[self.whole_name[one]] - 2) / max(self.namesakes.sum(), 1)
        weight = np.zeros(len(both))
        weight[both] = np.log(np.maximum(share / (surname * forename), 1))
        return weight

    def _weight(self, name: str, pairs: Pairs, levels: dict[str, np.ndarray]) -> np.ndarray:
        m, u, level = self.m[name], self.u[name], levels[name]
        # The level MISSING weighs nothing.
        table = np.append(np.log(m / u), [0.0] * (MISSING + 1 - len(m)))
        weight = table[level]
        if name in self.frequency:
            exact = level == EXACT
            frequency = self.frequency[name][self.fields.codes[f"{name}_exact"][pairs[0][exact]]]
            weight[exact] = np.log(m[EXACT] / frequency)
        return weight


def _probability(prior: float, weight: np.ndarray) -> np.ndarray:
    return 1 / (1 + (1 - prior) / prior * np.exp(-weight))


def _counts(level: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    return np.bincount(level, weights, minlength=MISSING + 1)


def _shares(counts: np.ndarray, before: tuple[float, ...], worth: float) -> np.ndarray:
    belief = np.array(before)
    seen = counts[: len(belief)]
    # No level is impossible: a zero would let one field decide alone.
    return np.maximum((seen + worth * belief) / (seen.sum() + worth), 1e-7)


def _frequencies(codes: np.ndarray, before: float, size: int = 0) -> np.ndarray:
    """How many of the records that have the field have each value; a value seen once or twice is not taken for rarer than it is."""
    counts = np.bincount(codes[codes >= 0], minlength=size)
    return (counts + RECORDS_WORTH * before) / (counts.sum() + RECORDS_WORTH)
