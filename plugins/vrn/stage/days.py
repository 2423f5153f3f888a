"""Days made coarser: to their month, to whole years lived."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def to_month(values: pa.Array) -> pa.Array:
    """Dates degraded to the first day of their month."""
    return pc.cast(pc.floor_temporal(values, unit="month"), pa.date32())


def age(born: pa.Array, at: pa.Array | pa.Scalar) -> pa.Array:
    """Whole years lived: year less year, less one before the birthday. 29 February counts from 1 March."""
    before = pc.less(pc.add(pc.multiply(pc.month(at), 100), pc.day(at)), pc.add(pc.multiply(pc.month(born), 100), pc.day(born)))
    return pc.subtract(pc.subtract(pc.year(at), pc.year(born)), pc.cast(before, pa.int64()))
