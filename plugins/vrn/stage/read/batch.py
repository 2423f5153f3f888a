"""What every reader gives: a batch of a file's rows as text, with what each of its columns fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from vrn.stage.read.header import Filled

# What a reader of XML or of a worksheet gathers before it gives it on: so many rows, or so much text. The text is bounded too, for
# a row of a small XML may repeat a long text that stands above it.
ROWS = 20_000
CHARACTERS = 32 << 20


@dataclass(frozen=True)
class Batch:
    """Rows of an entity as the file has them: blank cells are NULL, everything else is text.

    numbers: the rows' numbers, as int32. filled: for each column of the file, the entity's columns that come from it.
    """

    numbers: pa.Array
    filled: Sequence[Filled]
    arrays: Sequence[pa.Array]

    @property
    def rows(self) -> int:
        return len(self.numbers)


@dataclass
class Gathered:
    """Rows until there are enough for a batch."""

    filled: Sequence[Filled]
    numbers: list[int] = field(default_factory=list)
    rows: list[Sequence[str | None]] = field(default_factory=list)
    characters: int = 0

    def add(self, number: int, row: Sequence[str | None]) -> None:
        self.numbers.append(number)
        self.rows.append(row)
        self.characters += sum(len(cell) for cell in row if cell)

    @property
    def is_enough(self) -> bool:
        return len(self.rows) >= ROWS or self.characters >= CHARACTERS

    def take(self) -> Iterator[Batch]:
        """The rows as a batch, if there are any, which are forgotten here."""
        if self.rows:
            columns = [pa.array(values, pa.string()) for values in zip(*self.rows, strict=True)]
            numbers = pa.array(self.numbers, pa.int32())
            self.numbers, self.rows, self.characters = [], [], 0
            yield Batch(numbers, self.filled, columns)
