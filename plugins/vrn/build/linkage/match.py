"""Which records are one person, from hashes alone: exact rules first, then the weight of the evidence.

R1    the same valid national identifier (NHS number, UPN or former UPN, PNC id)
R2    the same surname, forename and birth date
PROB  Fellegi and Sunter's model (JASA 1969): each field that agrees or differs adds log(m / u) to the weight, where m is how
      often a field comes out so for two records of one person and u for two of different persons. u is counted on random
      pairs, m is learnt by expectation maximisation, and agreeing on a rare name or birth date counts for more than on a
      common one.

Links are taken strongest first. Two different identifiers of one domain (and no former UPN between them) forbid a link, also
between any two records of the groups that it would join. Twins share surname, birth date and address: without agreement
of the forename there is no probable link.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

# Links from here to 0.95 are for a person to look at; match_score says which.
THRESHOLD = 0.8
# Hospital injury records have age, sex and area only: many people share them, so they are never linked.
NEVER_LINKED = "tiig"
DOMAINS = ("nhs", "upn", "pnc")
RULES = ("R1", "R2", "PROB")

# Levels of agreement, best first; MISSING says nothing either way. CLOSE: one edit, or two forms of a name. INITIAL: one record
# has no more than the initial. START: the first three letters.
EXACT, CLOSE, SOUND, INITIAL, START, DIFFERENT, MISSING = range(7)
SWAPPED, PART = 1, 2
DISTRICT = 1
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
# Two forenames found together in this many families (surname and birth date), and in this share of those that have the rarer.
SHORT_FORM_FAMILIES = 5
SHORT_FORM_SHARE = 0.3

_COMPARED = (
    *("surname_exact", "surname_phonetic", "forename_exact", "forename_phonetic", "forename_initial", "forename_start"),
    *("dob_exact", "dob_swapped", "dob_day_month", "dob_month_year", "dob_day_year", "postcode_exact", "postcode_district", "sex"),
)
# Columns that are compared with one another are numbered together.
_KIND = {"forename_exact": "surname_exact", "forename_phonetic": "surname_phonetic", "dob_swapped": "dob_exact"}

Pairs = tuple[np.ndarray, np.ndarray]


def link(records: pd.DataFrame) -> pd.DataFrame:
    """One row for each record: record_id, person_key, match_rule, match_score (the last two NULL for a person of one record).

    Needs the columns record_id and source. Read where present: nhs, upn, former_upn, pnc (hashes), sex, and the columns of
    codes.match_codes. The result does not depend on the order of the records.
    """
    table = records.sort_values("record_id", kind="stable").reset_index(drop=True)
    if table["record_id"].duplicated().any():
        raise ValueError("record_id is not unique: give each record its own before linking")
    fields = _Fields(table)
    clusters = _Clusters(fields)
    by_identifier = _pairs(*([fields.identifiers[domain]] for domain in DOMAINS))
    by_name_and_birth = _pairs([fields.key("surname_exact", "forename_exact", "dob_exact")])
    clusters.unite("R1", by_identifier, np.ones(len(by_identifier[0])))
    clusters.unite("R2", by_name_and_birth, np.ones(len(by_name_and_birth[0])))
    clusters.unite("PROB", *_probable(fields))
    return clusters.table(table["record_id"])


class _Fields:
    """The columns as whole numbers, -1 for missing, so that comparing millions of pairs is array work."""

    def __init__(self, table: pd.DataFrame):
        self.rows = len(table)
        self.table = table
        self.linkable = ~table["source"].astype(str).str.lower().str.startswith(NEVER_LINKED).to_numpy(bool)
        self.service = [1 << number for number in pd.factorize(table["source"])[0].tolist()]
        numbers: dict[str, dict] = {}
        self.codes = {name: self._numbered(name, numbers.setdefault(_KIND.get(name, name), {})) for name in _COMPARED}
        sets: dict[frozenset, int] = {}
        for who in ("surname", "forename"):
            self.codes[f"{who}_variants"] = self._numbered(f"{who}_variants", sets, frozenset)
        self.variant_sets = list(sets)
        self.identifiers = {domain: self._numbered(domain, {}) for domain in ("nhs", "pnc")} | {"upn": self._upns()}
        self.short_forms = self._short_forms()

    def _column(self, name: str) -> list:
        values = self.table[name] if name in self.table else pd.Series([None] * self.rows, dtype=object)
        return [value if ok else None for value, ok in zip(values, self.linkable & values.notna().to_numpy(), strict=True)]

    def _numbered(self, name: str, numbers: dict, made: Callable = str) -> np.ndarray:
        return np.array(
            [-1 if value is None else numbers.setdefault(made(value), len(numbers)) for value in self._column(name)], dtype=np.int64
        )

    def _upns(self) -> np.ndarray:
        """UPNs numbered so that a UPN and the one it replaced, as any record says, are the same."""
        parent: dict = {}

        def root(upn):
            while parent.setdefault(upn, upn) != upn:
                parent[upn] = upn = parent[parent[upn]]
            return upn

        now, before = self._column("upn"), self._column("former_upn")
        for upn, former in zip(now, before, strict=True):
            if upn and former:
                one, other = sorted((root(upn), root(former)))
                parent[other] = one
        numbers: dict = {}
        held = [upn or former for upn, former in zip(now, before, strict=True)]
        return np.array([numbers.setdefault(root(upn), len(numbers)) if upn else -1 for upn in held], dtype=np.int64)

    def _short_forms(self) -> np.ndarray:
        """Pairs of forenames that are two forms of one name here, though no list says so (Rhino and Ryan).

        Who has the one is often found under the other, with the same surname and birth date. Hassan and Hussain, names that
        are given to twins, are not: each has records of his own.
        """
        family = self.key("surname_exact", "dob_exact")
        one, other = _pairs([family])
        forename = self.codes["forename_exact"]
        known = (forename[one] >= 0) & (forename[other] >= 0)
        one, other = one[known], other[known]
        differ = forename[one] != forename[other]
        pairs, families = _counted_once(self.forename_pair(one, other)[differ], family[one][differ])
        names, of_name = _counted_once(np.concatenate([forename[one], forename[other]]), np.concatenate([family[one]] * 2))
        held = np.zeros(self.forenames, np.int64)
        held[names] = of_name
        rarer = np.minimum(held[pairs // self.forenames], held[pairs % self.forenames])
        return pairs[(families >= SHORT_FORM_FAMILIES) & (families >= SHORT_FORM_SHARE * rarer)]

    @property
    def forenames(self) -> int:
        return int(self.codes["forename_exact"].max(initial=0)) + 1

    def forename_pair(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """A number for the two forenames in either order; negative where one is missing."""
        ours, theirs = self.codes["forename_exact"][one], self.codes["forename_exact"][other]
        return np.minimum(ours, theirs) * self.forenames + np.where(np.minimum(ours, theirs) < 0, -1, np.maximum(ours, theirs))

    def key(self, *names: str) -> np.ndarray:
        """One number for the columns together; -1 where any is missing."""
        return _joined(*(self.codes[name] for name in names))


def _joined(*columns: np.ndarray) -> np.ndarray:
    key, missing = columns[0], columns[0] < 0
    for column in columns[1:]:
        missing = missing | (column < 0)
        # Numbered anew at each step: a product of several columns would outgrow 64 bits.
        key = np.unique(key * (column.max(initial=0) + 2) + column, return_inverse=True)[1]
    return np.where(missing, -1, key)


def _counted_once(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values, and in how many groups each is found."""
    distinct = np.unique(np.stack([values, groups]), axis=1)
    return np.unique(distinct[0], return_counts=True)


def _pairs(*blocks: Iterable[np.ndarray]) -> Pairs:
    """All pairs of rows with a key in common, lower row first. A block is one or more keys of each row, all alike in meaning."""
    found = []
    for block in blocks:
        block = list(block)
        rows = np.tile(np.arange(len(block[0])), len(block))
        keys = np.concatenate(block)
        rows, keys = rows[keys >= 0], keys[keys >= 0]
        order = np.argsort(keys, kind="stable")
        rows, keys = rows[order], keys[order]
        for step in range(1, len(keys)):
            same = keys[:-step] == keys[step:]
            if not same.any():
                break
            one, other = rows[:-step][same], rows[step:][same]
            found.append(np.stack([np.minimum(one, other), np.maximum(one, other)]))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    one, other = np.concatenate(found, axis=1)
    size = int(other.max()) + 1
    distinct = np.unique((one * size + other)[one != other])
    return distinct // size, distinct % size


def _candidates(fields: _Fields) -> Pairs:
    """Pairs worth comparing. Each block allows for another kind of error, so that one error alone hides no pair."""
    surname, forename = fields.codes["surname_phonetic"], fields.codes["forename_phonetic"]
    postcode, district = fields.codes["postcode_exact"], fields.codes["postcode_district"]
    # In either order, as names can be swapped.
    both = _joined(np.minimum(surname, forename), np.maximum(surname, forename))
    births = fields.codes["dob_exact"], fields.codes["dob_swapped"]
    initial = fields.codes["forename_initial"]
    parts = [fields.codes[name] for name in ("dob_day_month", "dob_month_year", "dob_day_year")]
    blocks = [_keys([(birth, name) for birth in births for name in (surname, forename)])]
    blocks += [_keys([(birth, other) for birth in births]) for other in (initial, postcode)]
    blocks += [_keys([(part, both)]) for part in parts]
    blocks += [_keys([(part, district, name) for name in (surname, forename)]) for part in parts]
    blocks += [_keys([(postcode, name) for name in (surname, forename)]), _keys([(district, both)])]
    return _pairs(*blocks)


def _keys(combinations: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Keys of the same meaning, numbered together so that a row's first can meet another row's second."""
    stacked = _joined(*(np.concatenate(column) for column in zip(*combinations, strict=True)))
    return np.split(stacked, len(combinations))


def _levels(fields: _Fields, pairs: Pairs) -> dict[str, np.ndarray]:
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


def _name_levels(fields: _Fields, pairs: Pairs, left: str, right: str) -> np.ndarray:
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


def _probable(fields: _Fields) -> tuple[Pairs, np.ndarray, dict[str, np.ndarray]]:
    """Pairs above the threshold, the probability that they are one person, and where a slip of the pen would explain them."""
    pairs = _candidates(fields)
    if not len(pairs[0]):
        return pairs, np.empty(0), {}
    model = _Model(fields)
    levels = _levels(fields, pairs)
    scores = model.scores(pairs, levels)
    # Twins differ in the forename, a father and the son named after him in the birth date, and each pair in little else.
    take = (scores >= THRESHOLD) & (levels["forename"] < DIFFERENT) & (levels["dob"] != DIFFERENT)
    slips = {"dob": levels["dob"][take] == PART, "forename": np.isin(levels["forename"][take], (SOUND, START))}
    return (pairs[0][take], pairs[1][take]), np.minimum(np.round(scores[take], 6), 0.999999), slips


class _Model:
    """m, u and the prior, learnt from the records themselves."""

    def __init__(self, fields: _Fields):
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
        self.whole_name = _joined(np.minimum(*names), np.maximum(*names))
        self.namesakes = self._births_of_each_name()
        # The fields that pairs were chosen by say nothing among them, so what is learnt leaves them out.
        of_one_day = self._learn(_pairs([fields.codes["dob_exact"]]), ("surname", "forename", "postcode", "sex"))
        self._learn(_pairs([fields.key("surname_exact", "forename_exact")]), ("dob", "postcode", "sex"), kept=("dob",))
        everyone = max(fields.rows * (fields.rows - 1) / 2, 1)
        self.prior = min(max(of_one_day / self.m["dob"][EXACT], 1) / everyone, HIGHEST_PRIOR)

    def _births_of_each_name(self) -> np.ndarray:
        """How many birth dates each whole name has: as many namesakes, a few slips apart."""
        births = self.fields.codes["dob_exact"]
        known = (self.whole_name >= 0) & (births >= 0)
        names, dates = _counted_once(self.whole_name[known], births[known])
        found = np.zeros(int(self.whole_name.max(initial=0)) + 1)
        found[names] = dates
        return found

    def _random_agreement(self) -> dict[str, np.ndarray]:
        # Seeded: the same records give the same links.
        one, other = np.random.default_rng(1969).integers(0, self.fields.rows, (2, min(RANDOM_PAIRS, self.fields.rows**2)))
        levels = _levels(self.fields, (one[one != other], other[one != other]))
        return {name: _shares(_counts(levels[name]), before, U_WORTH) for name, before in U_BEFORE.items()}

    def _learn(self, pairs: Pairs, names: tuple[str, ...], kept: tuple[str, ...] | None = None) -> float:
        """Expectation maximisation of m over these pairs; returns how many of them are one person."""
        if not len(pairs[0]):
            return 0.0
        levels = _levels(self.fields, pairs)
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


class _Clusters:
    """Groups of records; a group holds at most one identifier of each domain."""

    def __init__(self, fields: _Fields):
        rows = range(fields.rows)
        self.parent = list(rows)
        self.held = [{domain: int(ids[row]) for domain, ids in fields.identifiers.items() if ids[row] >= 0} for row in rows]
        # Which services gave each birth date and forename, as bits.
        self.said = {
            name: [
                {code: bit} if code >= 0 else {}
                for code, bit in zip(fields.codes[f"{name}_exact"].tolist(), fields.service, strict=True)
            ]
            for name in ("dob", "forename")
        }
        self.best: list[tuple[int, float] | None] = [None] * fields.rows

    def root(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = row = self.parent[self.parent[row]]
        return row

    def unite(self, rule: str, pairs: Pairs, scores: np.ndarray, slips: dict[str, np.ndarray] | None = None) -> None:
        """Take the links, the likeliest first, save those that a veto forbids."""
        rank = RULES.index(rule)
        for place in np.lexsort((pairs[1], pairs[0], -scores)).tolist():
            one, other = int(pairs[0][place]), int(pairs[1][place])
            first, second = sorted((self.root(one), self.root(other)))
            if first != second:
                explained = [name for name, slip in (slips or {}).items() if slip[place]]
                if self._conflict(first, second) or any(self._no_slip(name, first, second) for name in explained):
                    continue
                self._join(first, second)
            for row in (one, other):
                # Negative, as the strongest rule comes first.
                self.best[row] = max(self.best[row] or (-len(RULES), 0.0), (-rank, float(scores[place])))

    def _conflict(self, first: int, second: int) -> bool:
        ours = self.held[first]
        return any(ours.get(domain, held) != held for domain, held in self.held[second].items())

    def _no_slip(self, name: str, first: int, second: int) -> bool:
        """Whether each group has a value that two services gave and the other group has not: then it was no slip of the pen."""
        ours, theirs = self.said[name][first], self.said[name][second]
        return not ours.keys() & theirs.keys() and all(
            any(bits.bit_count() > 1 for bits in said.values()) for said in (ours, theirs)
        )

    def _join(self, first: int, second: int) -> None:
        self.parent[second] = first
        self.held[first] |= self.held[second]
        for said in self.said.values():
            for code, bits in said[second].items():
                said[first][code] = said[first].get(code, 0) | bits

    def table(self, record_ids: pd.Series) -> pd.DataFrame:
        # Rows are in the order of record_id, so a group's root is its smallest.
        smallest = record_ids.to_numpy()[[self.root(row) for row in range(len(self.parent))]]
        keys = {record_id: _person_key(record_id) for record_id in set(smallest)}
        return pd.DataFrame(
            {
                "record_id": record_ids,
                "person_key": [keys[record_id] for record_id in smallest],
                "match_rule": pd.Series([RULES[-best[0]] if best else None for best in self.best], dtype=object),
                "match_score": pd.Series([best[1] if best else np.nan for best in self.best], dtype=float),
            }
        )


def _person_key(record_id: str) -> str:
    return hashlib.sha256(f"person\x1f{record_id}".encode()).hexdigest()[:32]
