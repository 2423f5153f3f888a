"""Which of a table's rows are rows: not the blank ones, not a total, and none with something beside the agreed columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vrn.errors import SubmissionRefused
from vrn.feeds.reading import Reading
from vrn.stage.read.batch import Batch
from vrn.stage.read.uses import Uses


def of_table(batches: Iterator[Batch], reading: Reading, uses: Uses) -> Iterator[Batch]:
    """The batches without what is no row, and without columns that have neither a heading nor a cell. Raises SubmissionRefused."""
    for batch in batches:
        if batch.rows:
            yield _without_blank_columns(_without_rows_of_its_own(batch, reading, uses))


def _without_rows_of_its_own(batch: Batch, reading: Reading, uses: Uses) -> Batch:
    # A row is judged by its first filled cell. Most rows have it in the first column, so that of the others only those rows are
    # looked at which have none so far.
    blank, totals = np.arange(batch.rows), 0
    not_kept: list[np.ndarray] = []
    for column in batch.arrays:
        cells = column if len(blank) == batch.rows else column.take(pa.array(blank))
        is_blank = _is_blank(cells)
        if reading.bears("totalRows"):
            is_total = pc.and_(_is_total(cells, reading), pc.invert(is_blank))
            not_kept.append(blank[_mask(is_total)])
            totals += len(not_kept[-1])
        blank = blank[_mask(is_blank)]
        if not len(blank):
            break
    not_kept.append(blank)
    if totals:
        uses.add("totalRows", times=totals)
    if not any(map(len, not_kept)):
        return batch
    is_kept = np.ones(batch.rows, np.bool_)
    is_kept[np.concatenate(not_kept)] = False
    kept = pa.array(is_kept)
    return Batch(batch.numbers.filter(kept), batch.filled, [column.filter(kept) for column in batch.arrays])


def _mask(values: pa.Array) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False)


def _without_blank_columns(batch: Batch) -> Batch:
    unnamed = [place for place, columns in enumerate(batch.filled) if not columns]
    if not unnamed:
        return batch
    for place in unnamed:
        is_filled = pc.invert(_is_blank(batch.arrays[place]))
        if pc.any(is_filled).as_py():
            number = batch.numbers.filter(is_filled)[0].as_py()
            raise SubmissionRefused(
                "GEN-001",
                f"Row {number:,} has something in column {place + 1}, which has no heading. Send the agreed columns and nothing "
                "beside them.",
            )
    named = [place for place, columns in enumerate(batch.filled) if columns]
    return Batch(batch.numbers, [batch.filled[place] for place in named], [batch.arrays[place] for place in named])


def _is_blank(values: pa.Array) -> pa.Array:
    return pc.fill_null(_each(values, lambda text: pc.or_(pc.equal(pc.binary_length(text), 0), pc.utf8_is_space(text))), True)


def _is_total(values: pa.Array, reading: Reading) -> pa.Array:
    words = pa.array(reading.totals, pa.string())
    longest = max(map(len, reading.totals), default=0)

    def judge(text: pa.Array) -> pa.Array:
        text = pc.utf8_rtrim(pc.utf8_trim_whitespace(text), ":")
        # Only what is short enough is looked at closer: in most files the first column is a long identifier.
        return pc.is_in(pc.utf8_lower(pc.if_else(pc.less_equal(pc.utf8_length(text), longest), text, None)), value_set=words)

    return pc.fill_null(_each(values, judge), False)


def _each(values: pa.Array, judge) -> pa.Array:
    """What is so of each cell, asked of each distinct one where the column has them apart."""
    if not pa.types.is_dictionary(values.type):
        return judge(values)
    return pc.take(judge(values.dictionary), values.indices)
