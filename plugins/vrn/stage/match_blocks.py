"""A batch of a delivery as match codes, ready to be copied into the linkage zone."""

from __future__ import annotations

import pyarrow as pa

from vrn.feeds.contract import Entity
from vrn.stage import copying
from vrn.stage.match_codes import ARRAYS, CODES, match_codes
from vrn.stage.read.batch import Batch

COLUMNS = ["submission_id", "row_number", *CODES]
TYPES = {code: "text[]" if code in ARRAYS else "text" for code in CODES}


def block(batch: Batch, entity: Entity, key: bytes, submission_id: int) -> copying.Block:
    """The rows' match codes as CSV; what an entity does not bring is NULL."""
    clear = {
        column.match_as: values.to_pylist()
        for values, columns in zip(batch.arrays, batch.filled, strict=True)
        for column in columns
        if column.classification == "match"
    }
    codes = match_codes(clear, key)
    for name in ARRAYS:
        # Hashes are hexadecimal: the braces of an array need no quoting.
        codes[name] = [None if one is None else "{" + ",".join(one) + "}" for one in codes[name]]
    arrays = [
        pa.repeat(pa.scalar(submission_id, pa.int64()), batch.rows),
        batch.numbers,
        *(pa.array(codes[code], pa.string()) for code in CODES),
    ]
    return batch.rows, copying.csv_text(arrays, COLUMNS)
