"""How the counts of indicators add up: sentences of their metadata (`adds_up`), and which indicators they tie together.

    count = S09b + S09c                     S09e is the sum of two others
    V01 + V06 + V09 <= count                each is a part, none of them of another
    count <= V03                            a part of V03; what it leaves of it is a count too
    S06 <= denominator, the rest is no person   what it leaves need not be hidden (searches of vehicles)
    denominator = V15 (6 months earlier)    by the period that is so much earlier
    count = V03 (age_band 00-09) + V03 (age_band 10-17) + V03 (age_band 18-24)

A term is `count`, `denominator` or, of a ratio, `reference` (measures.py), of the indicator whose sentence it is, or after the id
of another; an id alone is its count. In brackets stands a group (then the sentence is of totals alone) or a shift in months.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vrn.publish.disclosure.policies import DIMENSIONS

MEASURES = ("count", "denominator", "reference")
TERM = re.compile(rf"(?:([A-Z][\w-]*)\s*)?({'|'.join(MEASURES)})?\s*(?:\(([^()]*)\))?")
SHIFT = re.compile(r"(\d+) months? earlier")


@dataclass(frozen=True)
class Term:
    """A measure of an indicator: of a group of its own (dimension, group) or of the place's cell, so many months earlier."""

    indicator: str
    measure: str
    group: tuple[str, str] | None = None
    months_earlier: int = 0


@dataclass(frozen=True)
class Sentence:
    """Σ parts = Σ wholes, or ≤ where not `is_equation`, as the indicator `said_by` says it. is_rest_free: what parts leave says
    nothing of a person. is_former: an earlier release said it, and this one may not."""

    said_by: str
    parts: tuple[Term, ...]
    wholes: tuple[Term, ...]
    is_equation: bool
    is_rest_free: bool = False
    is_former: bool = field(default=False, compare=False)

    @property
    def is_of_totals(self) -> bool:
        return any(term.group for term in (*self.parts, *self.wholes))

    @property
    def indicators(self) -> set[str]:
        return {self.said_by, *(term.indicator for term in (*self.parts, *self.wholes))}


def read(text: str, said_by: str) -> Sentence:
    """A sentence of the metadata of one indicator. ValueError says which one is none."""
    sides = re.fullmatch(r"([^=<>,]+?)\s*(<=|=)\s*([^=<>,]+)(, the rest is no person)?", text.strip())
    if not sides:
        raise ValueError(f"{said_by}: adds_up has {text!r}. A sentence is like `count <= V03` or `count = S09a + S09b`.")
    parts, wholes = (tuple(_term(one, said_by, text) for one in side.split("+")) for side in (sides[1], sides[3]))
    return Sentence(said_by, parts, wholes, sides[2] == "=", bool(sides[4]))


def read_all(adds_up: Mapping[str, Iterable[str] | None]) -> list[Sentence]:
    """Every sentence, in order of the indicators' ids. adds_up: by indicator its sentences, or None."""
    sentences = [read(text, name) for name in sorted(adds_up) for text in _listed(adds_up[name])]
    for sentence in sentences:
        strange = sentence.indicators - set(adds_up)
        if strange:
            raise ValueError(f"{sentence.said_by}: adds_up names {', '.join(sorted(strange))}, which dim_indicator does not have.")
    return sentences


def components(names: Iterable[str], sentences: Iterable[Sentence]) -> list[tuple[str, ...]]:
    """The indicators that are tied, directly or through others, each in one component; in order of their ids."""
    root = {name: name for name in names}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for sentence in sentences:
        first, *others = sorted(find(name) for name in sentence.indicators if name in root) or [None]
        for other in others:
            root[other] = first
    found: dict[str, list[str]] = {}
    for name in sorted(root):
        found.setdefault(find(name), []).append(name)
    return [tuple(some) for some in found.values()]


def _listed(sentences: Iterable[str] | None) -> list[str]:
    """Metadata without any come as None, or as NaN from a table."""
    return [] if sentences is None or isinstance(sentences, float) else list(sentences)


def _term(text: str, said_by: str, sentence: str) -> Term:
    found = TERM.fullmatch(text.strip())
    if not found or not (found[1] or found[2]):
        raise ValueError(f"{said_by}: adds_up has {sentence!r}, of which {text.strip()!r} is no count.")
    indicator, measure, where = found[1] or said_by, found[2] or "count", (found[3] or "").strip()
    if not where:
        return Term(indicator, measure)
    if shift := SHIFT.fullmatch(where):
        return Term(indicator, measure, months_earlier=int(shift[1]))
    dimension, _, group = where.partition(" ")
    if dimension not in DIMENSIONS or not group.strip():
        raise ValueError(f"{said_by}: adds_up has {sentence!r}, of which ({where}) is neither a group nor a shift.")
    return Term(indicator, measure, group=(dimension, group.strip()))
