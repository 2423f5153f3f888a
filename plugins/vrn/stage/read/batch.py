"""What every reader gives: a batch of a file's rows as text, with what each of its columns fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from vrn.stage.read.header import Filled

# Rows that a reader of XML or of a worksheet gathers before it gives them on.
ROWS = 20_000


@dataclass(frozen=True)
class Batch:
    """Rows of an entity as the file has them: blank cells are NULL, everything else is text.

    first: the number of the first row. filled: for each column of the file, the entity's columns that come from it.
    """

    first: int
    filled: Sequence[Filled]
    arrays: Sequence[pa.Array]

    @property
    def rows(self) -> int:
        return len(self.arrays[0]) if self.arrays else 0


def of_rows(first: int, filled: Sequence[Filled], rows: Sequence[Sequence[str | None]]) -> Batch:
    return Batch(first, filled, [pa.array(values, pa.string()) for values in zip(*rows, strict=True)])
