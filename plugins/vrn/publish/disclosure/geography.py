"""Which areas add up to which: districts to upper tiers, divisions and county, those and what has no place to the force."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Sum:
    """total = parts, areas by code. is_strict: an inequality would not follow where the parts fall short (sites of a county)."""

    total: str
    parts: tuple[str, ...]
    is_strict: bool = False


class Geographies:
    """The sums of areas as several times had them, from dim_area of each."""

    def __init__(self, every: Iterable[pd.DataFrame]):
        self._of_times: list[Geography] = []
        for areas in every:
            geography = Geography(areas)
            if not any(geography.is_same(one) for one in self._of_times):
                self._of_times.append(geography)

    def sums(self, present: Collection[str]) -> list[Sum]:
        """Every sum that one of them has among areas that have figures; in order of their codes."""
        found = {one for geography in self._of_times for one in geography.sums(present)}
        return sorted(found, key=lambda one: (one.total, one.parts, one.is_strict))

    def leaves_unplaced(self, one: Sum) -> bool:
        """Whether what the parts leave of the total is what has no place (the force's, beyond the county's)."""
        return any(geography.leaves_unplaced(one) for geography in self._of_times if geography.has(one))


class Geography:
    """Sums of areas at one time, from dim_area: area_code, area_levels and leaf_codes (lists)."""

    def __init__(self, areas: pd.DataFrame):
        leaves = {row.area_code: frozenset(row.leaf_codes) for row in areas.itertuples()}
        # A whole area among its own leaves stands for what is placed in it and nowhere finer: not a place of its own.
        places = {code for code, codes in leaves.items() if codes == {code}}
        self._places = {code: codes & places for code, codes in leaves.items()}
        self._levels = {row.area_code: tuple(row.area_levels) for row in areas.itertuples()}
        self._unplaced = frozenset().union(*(leaves[code] for code, levels in self._levels.items() if "unplaced" in levels))

    def sums(self, present: Iterable[str]) -> list[Sum]:
        """Every sum among areas that have figures, without those that follow from finer ones; in order of their codes."""
        present = sorted(code for code in set(present) if code in self._places)
        same = self._same(present)
        found = [Sum(total, (part,)) for total, part in same]
        distinct = [code for code in present if code not in dict(same)]
        levels = sorted({level for code in distinct for level in self._levels[code]} - {"unplaced"})
        direct = {}
        for total in distinct:
            for level in levels:
                parts = self._parts(total, level, distinct)
                if parts:
                    direct[total, level] = parts
        found += [Sum(total, parts) for (total, level), parts in direct.items() if not self._follows(total, level, direct)]
        sites = tuple(code for code in distinct if "hospital_site" in self._levels[code])
        found += [Sum(code, sites, is_strict=True) for code in distinct if sites and "county_14" in self._levels[code]]
        return sorted(set(found), key=lambda one: (one.total, one.parts))

    def is_same(self, other: Geography) -> bool:
        """Whether both have the same areas with the same places."""
        return (self._places, self._levels, self._unplaced) == (other._places, other._levels, other._unplaced)

    def has(self, one: Sum) -> bool:
        """Whether the areas of a sum were there."""
        return {one.total, *one.parts} <= self._places.keys()

    def leaves_unplaced(self, one: Sum) -> bool:
        """As Geographies says it, of areas that were there."""
        return bool((self._places[one.total] - self._covered(one.parts)) & self._unplaced)

    def _same(self, present: list[str]) -> list[tuple[str, str]]:
        """Areas of the same places under another code (a partnership and its district): the later code and the first."""
        first: dict[frozenset, str] = {}
        return [
            (code, first[self._places[code]])
            for code in present
            if self._places[code] and first.setdefault(self._places[code], code) != code
        ]

    def _parts(self, total: str, level: str, present: list[str]) -> tuple[str, ...]:
        """The areas of a level inside an area, with what has no place in any; nothing where they do not add to it."""
        inside = [
            code
            for code in present
            if self._places[code] and self._places[code] < self._places[total] and {level, "unplaced"} & set(self._levels[code])
        ]
        placed = [code for code in inside if "unplaced" not in self._levels[code]]
        overlap = sum(len(self._places[code]) for code in inside) > len(frozenset().union(*(self._places[c] for c in inside)))
        return () if overlap or not placed else tuple(inside)

    def _covered(self, parts: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._places[code] for code in parts))

    def _follows(self, total: str, level: str, direct: dict[tuple[str, str], tuple[str, ...]]) -> bool:
        """Whether a sum follows from another level between: its parts are each a sum, or themselves, of these."""
        parts = set(direct[total, level])
        for (other, between), middle in direct.items():
            if other != total or between == level or set(middle) == parts or self._covered(middle) != self._covered(parts):
                continue
            steps = [part for part in middle if part not in parts]
            if all((part, level) in direct and self._covered(direct[part, level]) == self._places[part] for part in steps):
                return True
        return False
