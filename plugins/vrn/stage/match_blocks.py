"""A batch of a delivery as match codes, as they are copied into the linkage zone."""

from __future__ import annotations

import pyarrow as pa

from vrn.feeds.contract import Entity
from vrn.stage import copying
from vrn.stage.match_codes import ARRAYS, CODES, match_codes
from vrn.stage.read.batch import Batch

TYPES = {code: "text[]" if code in ARRAYS else "text" for code in CODES}
COLUMNS = {"submission_id": "bigint", "row_number": "integer", **TYPES}


def block(batch: Batch, entity: Entity, key: bytes, submission_id: int) -> copying.Block:
    """The rows' match codes; what an entity does not bring is NULL."""
    clear = {
        column.match_as: values.to_pylist()
        for values, columns in zip(batch.arrays, batch.filled, strict=True)
        for column in columns
        if column.classification == "match"
    }
    codes = match_codes(clear, key)
    return {
        "submission_id": pa.repeat(pa.scalar(submission_id, pa.int64()), batch.rows),
        "row_number": batch.numbers,
        **{code: pa.array(codes[code], pa.list_(pa.string()) if code in ARRAYS else pa.string()) for code in CODES},
    }
