"""Groups of records that are one person, joined link by link, and what forbids a link."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

# The strongest first.
RULES = ("R1", "R2", "PROB")
# The places of two records, the probability that they are one person, and the fields where a slip of the pen would explain it.
Link = tuple[int, int, float, tuple[str, ...]]


class Clusters:
    """Groups of records; a group holds at most one identifier of each domain.

    identifiers and said: of each place, the code of a domain or field; said holds a bit for each service that gave the code.
    """

    def __init__(self, identifiers: list[dict[str, str]], said: dict[str, list[dict[str, int]]]):
        self.parent = list(range(len(identifiers)))
        self.held, self.said = identifiers, said
        self.best: list[tuple[int, float] | None] = [None] * len(identifiers)

    def root(self, place: int) -> int:
        while self.parent[place] != place:
            self.parent[place] = place = self.parent[self.parent[place]]
        return place

    def unite(self, rule: str, links: Iterable[Link]) -> None:
        """Take the links in this order, save those that a bar forbids."""
        rank = RULES.index(rule)
        for one, other, score, slips in links:
            first, second = sorted((self.root(one), self.root(other)))
            if first != second:
                if self._conflict(first, second) or any(self._no_slip(name, first, second) for name in slips):
                    continue
                self._join(first, second)
            for place in (one, other):
                # Negative, as the strongest rule comes first.
                self.best[place] = max(self.best[place] or (-len(RULES), 0.0), (-rank, score))

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
        """What match.link returns, a row for each record."""
        # Places are in the order of record_id, so a group's root is its smallest.
        smallest = [record_ids[self.root(place)] for place in range(len(self.parent))]
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
