"""Groups of records that are one person, joined link by link, and what forbids a link."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from vrn.build.linkage.fields import Fields
from vrn.build.linkage.pairs import Pairs

# The strongest first.
RULES = ("R1", "R2", "PROB")


class Clusters:
    """Groups of records; a group holds at most one identifier of each domain."""

    def __init__(self, fields: Fields):
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
        """What match.link returns, a row for each record."""
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
