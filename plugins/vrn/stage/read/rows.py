"""Which of a table's rows are rows: not the blank ones, not a total, and none with something beside the agreed columns."""

from __future__ import annotations

from collections.abc import Iterator

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
    first = batch.arrays[0]
    # Most rows have a first cell that is no total; only the others are looked at whole.
    doubtful = pc.fill_null(pc.or_(_is_blank(first), _is_total(first, reading)), True)
    if not pc.any(doubtful).as_py():
        return batch
    looked_at = [_text(column.filter(doubtful)) for column in batch.arrays]
    cells = [pc.if_else(_is_blank(column), None, column) for column in looked_at]
    found = pc.coalesce(*cells)
    is_total = pc.fill_null(_is_total(found, reading), False) if reading.bears("totalRows") else pa.repeat(False, len(found))
    own = pc.or_(pc.is_null(found), is_total)
    if not pc.any(own).as_py():
        return batch
    if totals := pc.sum(is_total).as_py():
        uses.add("totalRows", times=totals)
    is_kept = pc.replace_with_mask(pa.repeat(True, batch.rows), doubtful, pc.invert(own))
    return Batch(batch.numbers.filter(is_kept), batch.filled, [column.filter(is_kept) for column in batch.arrays])


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


def _text(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _is_blank(values: pa.Array) -> pa.Array:
    return _each(values, lambda text: pc.fill_null(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(text)), 0), True))


def _is_total(values: pa.Array, reading: Reading) -> pa.Array:
    words = pa.array(reading.totals, pa.string())
    longest = max(map(len, reading.totals), default=0)

    def judge(text: pa.Array) -> pa.Array:
        text = pc.utf8_rtrim(pc.utf8_trim_whitespace(text), ":")
        # Only what is short enough is looked at closer: in most files the first column is a long identifier.
        return pc.is_in(pc.utf8_lower(pc.if_else(pc.less_equal(pc.utf8_length(text), longest), text, None)), value_set=words)

    return _each(values, judge)


def _each(values: pa.Array, judge) -> pa.Array:
    """What is so of each cell, asked of each distinct one where the column has them apart."""
    if not pa.types.is_dictionary(values.type):
        return judge(values)
    return pc.take(judge(values.dictionary), values.indices)
