"""Which figures may be published: primary rules, what earlier releases bind us to, and complementary suppression."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from vrn.publish.disclosure import ranges, workers
from vrn.publish.disclosure.assembly import puzzle_of
from vrn.publish.disclosure.policies import DIMENSIONS
from vrn.publish.disclosure.puzzle import Puzzle
from vrn.publish.disclosure.related import Sentence
from vrn.publish.disclosure.secondary import protect
from vrn.publish.disclosure.tables import Frame, Table
from vrn.publish.disclosure.workers import Tell

PUBLISH, PRIMARY, SECONDARY, NO_FIGURE = "publish", "suppressed_primary", "suppressed_secondary", "no_figure"
# By partner the indicators and areas whose counts it knows, because it sent what they are made of.
Known = Mapping[str, Collection[tuple[str, str]]]
# Why, for the restricted schema only.
SMALL, COMPLEMENT, BEFORE, DERIVED, EXPOSED = "small", "complement", "suppressed_before", "derived", "cannot_be_hidden"
WITHDRAWN = "withdrawn"


# Indicators that are tied to each other, and how.
Group = tuple[list[Table], list[Sentence]]


def of_groups(groups: Sequence[Group], frame: Frame, known: Known, tell: Tell) -> list[pd.DataFrame]:
    """Decides for the figures of each group, of several indicators or of one: `decision`, `reason`, `at_least` and `at_most`, by
    the tables' index."""
    tables = [table for some, _ in groups for table in some]
    sizes = [len(table.small) for table in tables]
    tied_sizes = [sum(len(table.small) for table in some) * _are_tied(some, sentences) for some, sentences in groups]
    quick, whole = sum(sizes), max(1, sum(sizes) + sum(tied_sizes))
    # First each for itself, which is quick and nearly all of it; then what they tell of each other.
    alone = workers.each(_alone, [(table, frame, known) for table in tables], sizes, lambda share: tell(share * quick / whole))
    found = iter(alone)
    together = [([next(found) for _ in some], sentences, frame, known) for some, sentences in groups]
    return workers.each(_together, together, tied_sizes, lambda share: tell((quick + share * (whole - quick)) / whole))


def _alone(table: Table, frame: Frame, known: Known, tell: Tell) -> Table:
    """The table with what must be hidden of it by itself. In a process of its own it is a copy."""
    if table.is_any_hidden and len(table.small):
        _protect([table], [], frame, known, tell)
    return table


def _together(tables: list[Table], sentences: list[Sentence], frame: Frame, known: Known, tell: Tell) -> pd.DataFrame:
    if _are_tied(tables, sentences):
        _protect(tables, sentences, frame, known, tell)
    return pd.concat([_decided(table) for table in tables])


def _are_tied(tables: list[Table], sentences: list[Sentence]) -> bool:
    """Whether counts of several indicators say something of each other, or those of a single one more than their sums do."""
    return len(tables) > 1 or bool(sentences)


def _protect(tables: list[Table], sentences: list[Sentence], frame: Frame, known: Known, tell: Tell) -> None:
    """Hides what must be hidden for the sake of what is, from everybody and from each partner, and notes what cannot be."""
    first_row = 0
    for table in tables:
        table.first_row = first_row
        first_row += len(table.small)
    puzzle = puzzle_of(tables, sentences, frame)
    given_away = protect(puzzle, tell)
    for own in known.values():
        # What was hidden from everybody stays so: hiding more makes no range narrower.
        if seen := puzzle.as_seen_by(own):
            protect(seen, lambda _: None)
    for number, table in enumerate(tables):
        table.hidden, table.now.withdrawn = puzzle.hidden_rows[table.rows], puzzle.withdrawn_rows[table.rows]
        cells = given_away[(puzzle.owner[given_away] == number) & (puzzle.row[given_away] >= 0)]
        table.given_away |= set(zip(puzzle.row[cells] - table.first_row, puzzle.measure[cells], strict=True))
    _tell(tables, puzzle)


def _tell(tables: list[Table], puzzle: Puzzle) -> None:
    """Notes the ranges that may be printed in the place of hidden counts."""
    least = np.append(np.concatenate([_least(table) for table in tables]), 0.0)[puzzle.row]
    is_count = (puzzle.measure == "count") & (puzzle.row >= 0)
    low, high = ranges.of_counts(puzzle, np.where(is_count & puzzle.hidden, least, 0))
    wide = np.isfinite(high) & (np.floor(high) - np.ceil(low) >= puzzle.width) & puzzle.hidden & ~puzzle.is_fixed & is_count
    for number, table in enumerate(tables):
        # What was noted of the table by itself may rest on what has been hidden since for the sake of others.
        table.told[:] = np.nan
        if not table.policy.tells_range:
            continue
        cells = np.flatnonzero(wide & (puzzle.owner == number))
        table.told[puzzle.row[cells] - table.first_row] = np.column_stack([np.ceil(low[cells]), np.floor(high[cells])])


def _least(table: Table) -> np.ndarray:
    """By figure what a hidden count is at least. Whether it may be zero is read from what is shown beside it, so that it tells
    nothing: zeros are hidden with their block, in windows, and where an earlier release hid the figure."""
    is_zero = table.hidden & (table.now.counts["count"] == 0)
    is_alone = table.block < 0
    shown_beside = np.isin(table.block, table.block[~table.hidden & ~is_alone]) | is_alone
    counts_some = (shown_beside & ~table.may_hide_zeros) | (not is_zero.any())
    return np.where(counts_some & ~(counts_some & is_zero).any(), 1.0, 0.0)


def _decided(table: Table) -> pd.DataFrame:
    hidden, derived = table.hidden, _derived(table)
    exposed = np.isin(np.arange(len(hidden)), [row for row, _ in table.given_away])
    small, before = table.small, table.before
    decision = np.select([small, hidden | derived], [PRIMARY, SECONDARY], PUBLISH)
    reason = np.select(
        [exposed & hidden, small, before, table.now.withdrawn, hidden, derived],
        [EXPOSED, SMALL, BEFORE, WITHDRAWN, COMPLEMENT, DERIVED],
        "",
    )
    told = np.where(hidden[:, None], table.told, np.nan)
    answer = {"decision": decision, "reason": reason, "at_least": told[:, 0], "at_most": told[:, 1]}
    return pd.DataFrame(answer, index=table.now.figures.index)


def _derived(table: Table) -> np.ndarray:
    """A slope over quintiles says what a hidden quintile has."""
    figures, hidden = table.now.figures, table.hidden
    if table.value_type != "sii" or not hidden.any():
        return np.zeros(len(figures), dtype=bool)
    place = pd.MultiIndex.from_frame(figures[["area_code", "period_id"]])
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    return is_total & place.isin(place[hidden & ~is_total]) & table.is_controlled
