"""The records that are linked, column by column as whole numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from vrn.build.linkage.pairs import counted_once, joined, pairs_with_a_key

# Hospital injury records have age, sex and area only: many people share them, so they are never linked.
NEVER_LINKED = "tiig"
# Two forenames found together in this many families (surname and birth date), and in this share of those that have the rarer.
SHORT_FORM_FAMILIES = 5
SHORT_FORM_SHARE = 0.3

_COMPARED = (
    *("surname_exact", "surname_phonetic", "forename_exact", "forename_phonetic", "forename_initial", "forename_start"),
    *("dob_exact", "dob_swapped", "dob_day_month", "dob_month_year", "dob_day_year", "postcode_exact", "postcode_district", "sex"),
)
# Columns that are compared with one another are numbered together.
_KIND = {"forename_exact": "surname_exact", "forename_phonetic": "surname_phonetic", "dob_swapped": "dob_exact"}


class Fields:
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
        one, other = pairs_with_a_key([family])
        forename = self.codes["forename_exact"]
        known = (forename[one] >= 0) & (forename[other] >= 0)
        one, other = one[known], other[known]
        differ = forename[one] != forename[other]
        pairs, families = counted_once(self.forename_pair(one, other)[differ], family[one][differ])
        names, of_name = counted_once(np.concatenate([forename[one], forename[other]]), np.concatenate([family[one]] * 2))
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
        return joined(*(self.codes[name] for name in names))
