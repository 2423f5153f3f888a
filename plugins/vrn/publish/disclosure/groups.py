"""Which groups add up to which: those of a breakdown to the total; bands that overlap to what the smaller leaves of the larger."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vrn.publish.disclosure.policies import DIMENSIONS

TOTAL = ("", "all")
# The two groups that public files of searches give beside the five of the census.
MINORITY, MAJORITY, NOT_STATED = "ethnic_minority", "white", "not_stated"


@dataclass(frozen=True)
class GroupSum:
    """total = parts, each a cell (dimension, group). is_strict: it may not be taken for an inequality where it does not hold."""

    total: tuple[str, str]
    parts: tuple[tuple[str, str], ...]
    is_strict: bool = False


def cell(values: tuple[str, str, str, str]) -> tuple[str, str]:
    """A figure's cell from its sex, age_band, ethnicity and imd_quintile. Groups are never crossed: more than one is ValueError."""
    named = [(dimension, value) for dimension, value in zip(DIMENSIONS, values, strict=True) if value != "all"]
    if len(named) > 1:
        raise ValueError(f"A figure may be broken down by one dimension, not by {[dimension for dimension, _ in named]}.")
    return named[0] if named else TOTAL


def sums(cells: frozenset[tuple[str, str]]) -> list[GroupSum]:
    """The sums among the cells of one area and period."""
    found = []
    for dimension in DIMENSIONS:
        groups = sorted(group for name, group in cells if name == dimension)
        if groups:
            found += _of(dimension, groups)
    return found


def remainders(cells: frozenset[tuple[str, str]]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of age bands, the larger and one inside it, whose difference is no published band: (larger, smaller)."""
    bands = {group: limits for name, group in cells if name == "age_band" and (limits := _limits(group))}
    pairs = []
    for larger, (from_, to) in sorted(bands.items()):
        for smaller, (start, end) in sorted(bands.items()):
            if larger != smaller and from_ <= start and end <= to:
                pairs.append((("age_band", larger), ("age_band", smaller)))
    return pairs


def _of(dimension: str, groups: list[str]) -> list[GroupSum]:
    def named(some):
        return tuple((dimension, group) for group in some)

    if dimension == "ethnicity":
        fine = [group for group in groups if group not in (MAJORITY, MINORITY, NOT_STATED)]
        other = [group for group in groups if group in (MAJORITY, NOT_STATED)]
        found = [GroupSum(TOTAL, named(some)) for some in (other + fine, [*other, MINORITY]) if set(some) - set(other)]
        if MINORITY in groups:
            # Of a ratio, the total counts what the minority's group counts.
            found.append(GroupSum(TOTAL, named([MINORITY]), is_strict=True))
            if fine:
                found.append(GroupSum((dimension, MINORITY), named(fine)))
        elif fine:
            found.append(GroupSum(TOTAL, named(fine), is_strict=True))
        return [one for one in found if set(one.parts) <= {(dimension, group) for group in groups}] or [
            GroupSum(TOTAL, named(groups))
        ]
    if dimension == "age_band":
        apart = _apart(groups)
        return [GroupSum(TOTAL, named(apart))]
    return [GroupSum(TOTAL, named(groups))]


def _apart(bands: list[str]) -> list[str]:
    """The finest bands that do not overlap, with the unknown: what adds up to the total at most."""
    chosen: list[str] = []
    taken: list[tuple[int, int]] = []
    for band in sorted(bands, key=lambda one: _span(_limits(one))):
        limits = _limits(band)
        if limits is None:
            chosen.append(band)
        elif all(limits[1] < start or end < limits[0] for start, end in taken):
            taken.append(limits)
            chosen.append(band)
    return chosen


def _span(limits: tuple[int, int] | None) -> int:
    return -1 if limits is None else limits[1] - limits[0]


def _limits(band: str) -> tuple[int, int] | None:
    """First and last age: `10-17`, `65+`; None for the unknown."""
    found = re.fullmatch(r"(\d+)(?:-(\d+)|\+)", band)
    return (int(found[1]), int(found[2] or 200)) if found else None
