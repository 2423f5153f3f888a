"""The puzzle of a group of related indicators: the cells of this release and of earlier ones, and all that adds up among them."""

from __future__ import annotations

import numpy as np

from vrn.publish.disclosure.constraints import Builder, Cells, Place, compile_relations
from vrn.publish.disclosure.months import settle
from vrn.publish.disclosure.policies import Policy
from vrn.publish.disclosure.puzzle import Puzzle
from vrn.publish.disclosure.related import Sentence
from vrn.publish.disclosure.tables import Frame, Layer, Table
from vrn.publish.disclosure.ties import Ties


def puzzle_of(tables: list[Table], sentences: list[Sentence], frame: Frame) -> Puzzle:
    """Puts the tables of one group together. Their rows are numbered one table after the other (Table.first_row)."""
    return _Assembly(tables, sentences, frame).puzzle()


class _Assembly:
    def __init__(self, tables: list[Table], sentences: list[Sentence], frame: Frame):
        self._tables = tables
        self._cells = Cells()
        self._builders = {table.name: Builder(self._cells, frame.geography, frame.calendar, table.policy) for table in tables}
        policies = {table.name: table.policy for table in tables}
        self._ties = Ties(sentences, self._cells, frame.geography, frame.calendar, policies)
        self._versions: dict[tuple[Place, float], int] = {}
        # By cell: what a reader knows of it when it is published.
        self._low: dict[int, float] = {}
        self._high: dict[int, float] = {}
        self._was_published: set[int] = set()
        # Hidden in an earlier release that said by it that it is not zero, or that did not.
        self._is_some: set[int] = set()
        self._may_be_none: set[int] = set()
        # Hidden now with others of which none is zero, whatever earlier releases left open.
        self._is_some_now: set[int] = set()

    def puzzle(self) -> Puzzle:
        releases = sorted({release for table in self._tables for release in table.earlier})
        layers = [{table.name: self._index(table, table.now, True) for table in self._tables}]
        current_size = len(self._cells.values)
        for release in releases:
            layers.append(
                {
                    table.name: self._index(table, table.earlier[release], False)
                    for table in self._tables
                    if release in table.earlier
                }
            )
        size = len(self._cells.values)
        # Where earlier releases say nothing else than this one, their relations are the same.
        for layer in layers if size > current_size else layers[:1]:
            for name, index in layer.items():
                self._builders[name].add_layer(index)
            self._ties.add_layer({place: number for index in layer.values() for place, number in index.items()})
        return self._as_puzzle(np.arange(current_size, size))

    def _index(self, table: Table, layer: Layer, is_current: bool) -> dict[Place, int]:
        index: dict[Place, int] = {}
        ranges = table.known(layer)
        for number, (area, period, cell) in enumerate(layer.places()):
            of_row = {}
            for name in table.measures:
                value = layer.counts[name][number]
                if np.isnan(value):
                    continue
                place = ((table.name, name), area, period, cell)
                found = self._versions.get((place, value))
                if found is None:
                    row = table.first_row + number if is_current else -1
                    found = self._versions[place, value] = self._cells.add(place, value, row)
                    if is_current and not table.is_controlled[number]:
                        self._cells.is_open.add(found)
                    self._low[found], self._high[found] = ranges[name][0][number], ranges[name][1][number]
                if layer.is_published[number]:
                    self._was_published.add(found)
                elif layer.withdrawn[number]:
                    self._may_be_none.add(found)
                elif is_current:
                    self._is_some_now.add(found)
                else:
                    self._is_some.add(found)
                index[place] = of_row[name] = found
            if len(of_row) == 3:
                self._builders[table.name].link((of_row["count"], of_row["complement"]), (of_row["group"],))
        return index

    def _as_puzzle(self, old: np.ndarray) -> Puzzle:
        found = [builder.relations() for builder in self._builders.values()]
        known, supposed, of_one_area = ([one for some in lists for one in some] for lists in zip(*found, strict=True))
        # What indicators say of each other's months is the first to go where figures do not bear it out.
        kept, months = settle(self._cells, [supposed + self._ties.supposed, supposed, of_one_area])
        relations = [*self._ties.relations, *known, *kept]
        cells = self._cells
        values, rows = np.array(cells.values), np.array(cells.rows, dtype=int)
        numbers = np.arange(len(values))
        is_old, is_row = np.isin(numbers, old), rows >= 0
        published = np.isin(numbers, list(self._was_published))
        cell_policies = self._policies()
        # What a restatement left behind stays hidden; what bands, or counts, leave of each other counts where it is small.
        is_small = np.array([policy.is_small(value) for policy, value in zip(cell_policies, values, strict=True)], dtype=bool)
        needs = np.where(is_row | is_old, values > 0, is_small) | self._zero_matters(rows)
        # A mean of fewer than MIN_GROUP says too much of them; how many they are may be another indicator's count (of S12a).
        needs &= is_small | ~self._is_group_of_mean()
        is_some = np.isin(numbers, list(self._is_some))
        may_be_none = np.isin(numbers, list(self._may_be_none - self._is_some_now)) & ~is_some
        return Puzzle(
            relations=compile_relations(relations),
            values=values,
            settled=np.array([months.get(number, 0) if np.isnan(value) else value for number, value in enumerate(values)]),
            row=rows,
            known_low=np.array([self._low.get(number, 0) for number in numbers], dtype=float),
            known_high=np.array([self._high.get(number, np.inf) for number in numbers], dtype=float),
            was_published=published,
            floor=np.where((values > 0) & (is_row | is_old) & ~may_be_none, 1.0, 0.0),
            needs=needs & ~published,
            width=np.array(
                [min(policy.width, cells.at_most.get(number, np.inf)) for number, policy in enumerate(cell_policies)], dtype=float
            ),
            owner=self._owners(),
            measure=np.array([place[0][1] for place in cells.places]),
            is_fixed=self._given_away(),
            places=[(place[0][0], place[1]) for place in cells.places],
            is_some=is_some,
            rank=self._of_rows("rank"),
            block=self._blocks(),
            hidden_rows=self._of_rows("hidden"),
            withdrawn_rows=np.concatenate([table.now.withdrawn for table in self._tables]),
        )

    def _of_rows(self, name: str) -> np.ndarray:
        return np.concatenate([getattr(table, name) for table in self._tables])

    def _blocks(self) -> np.ndarray:
        """By figure: its block, numbered through."""
        found, first = [], 0
        for table in self._tables:
            found.append(np.where(table.block >= 0, table.block + first, -1))
            first += int(table.block.max(initial=-1)) + 1
        return np.concatenate(found)

    def _policies(self) -> list[Policy]:
        """By cell: its indicator's, or of what counts of several leave the strictest of theirs."""
        own, rests = {table.name: table.policy for table in self._tables}, self._ties.rests
        return [rests.get(number) or own[place[0][0]] for number, place in enumerate(self._cells.places)]

    def _owners(self) -> np.ndarray:
        numbers, rests = {table.name: number for number, table in enumerate(self._tables)}, self._ties.rests
        return np.array([-1 if number in rests else numbers[place[0][0]] for number, place in enumerate(self._cells.places)])

    def _given_away(self) -> np.ndarray:
        known = {(table.name, table.first_row + row, measure) for table in self._tables for row, measure in table.given_away}
        cells = zip(self._cells.places, self._cells.rows, strict=True)
        return np.array([(place[0][0], row, place[0][1]) in known for place, row in cells], dtype=bool)

    def _is_group_of_mean(self) -> np.ndarray:
        means = {table.name for table in self._tables if table.value_type == "mean"}
        return np.array([name in means and measure == "group" for (name, measure), *_ in self._cells.places], dtype=bool)

    def _zero_matters(self, rows: np.ndarray) -> np.ndarray:
        """Counts of zero that say where the few are. A share of none is known to be so: its group is what must not be."""
        of_rows = [
            (table.small | table.before) & (table.now.counts["count"] == 0) & ("group" not in table.now.counts)
            for table in self._tables
        ]
        is_count = np.array([place[0][1] == "count" for place in self._cells.places], dtype=bool)
        return np.append(np.concatenate(of_rows), False)[rows] & is_count
