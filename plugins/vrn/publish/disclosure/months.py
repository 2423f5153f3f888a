"""Months that nobody published, which windows imply: values for them that real counts could have.

Figures do not always add up, and no months could fulfil relations that contradict each other. So relations over such months are
taken as far as months could fulfil them, of each group of months that hang together by itself: first all, then fewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from vrn.publish.disclosure.constraints import Cells, Relation, compile_relations


def settle(cells: Cells, choices: Sequence[list[Relation]]) -> tuple[list[Relation], dict[int, float]]:
    """The relations that are kept, and values of the months in them.

    choices: relations over months that nobody published, each list a part of the one before it.
    """
    kept: list[Relation] = []
    months: dict[int, float] = {}
    if not choices:
        return kept, months
    unknown = np.isnan(np.array(cells.values))
    for group in _apart(choices[0], unknown):
        found = _months(cells, group, unknown)
        if found is None:
            inside = set(group)
            group, found = settle(cells, [[one for one in fewer if one in inside] for fewer in choices[1:]])
        kept += group
        months |= found
    return kept, months


def _apart(relations: list[Relation], unknown: np.ndarray) -> list[list[Relation]]:
    """The relations by the groups of unknown months that hang together through them."""
    if not relations:
        return []
    system = compile_relations(relations)
    relations = list(dict.fromkeys(relations))
    of_entry = unknown[system.cell]
    size = len(unknown) + system.count
    links = (system.cell[of_entry], len(unknown) + system.relation[of_entry])
    _, part = connected_components(csr_array((np.ones(of_entry.sum()), links), shape=(size, size)), directed=False)
    groups: dict[int, list[Relation]] = defaultdict(list)
    for one, number in zip(relations, part[len(unknown) :], strict=True):
        groups[number].append(one)
    return list(groups.values())


def _months(cells: Cells, relations: list[Relation], is_unknown: np.ndarray) -> dict[int, float] | None:
    """Values for the months; None where no counts could be so."""
    system = compile_relations(relations)
    of_entry, values = is_unknown[system.cell], np.array(cells.values)[system.cell]
    unknown, column = np.unique(system.cell[of_entry], return_inverse=True)
    right = -np.bincount(system.relation, weights=system.coefficient * np.where(of_entry, 0, values), minlength=system.count)
    matrix = csr_array((system.coefficient[of_entry], (system.relation[of_entry], column)), shape=(system.count, len(unknown)))
    equal = system.is_equation
    found = linprog(
        np.zeros(len(unknown)),
        A_eq=matrix[equal] if equal.any() else None,
        b_eq=right[equal] if equal.any() else None,
        A_ub=matrix[~equal] if not equal.all() else None,
        b_ub=right[~equal] if not equal.all() else None,
        bounds=(0, None),
        method="highs",
    )
    return dict(zip(unknown.tolist(), found.x.tolist(), strict=True)) if found.status == 0 else None
