"""Keys of records as whole numbers, and all pairs of records that share one: comparing millions of pairs is array work."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

# Two rows of the same length: a record and another, by their places.
Pairs = tuple[np.ndarray, np.ndarray]


def joined(*columns: np.ndarray) -> np.ndarray:
    key, missing = columns[0], columns[0] < 0
    for column in columns[1:]:
        missing = missing | (column < 0)
        # Numbered anew at each step: a product of several columns would outgrow 64 bits.
        key = np.unique(key * (column.max(initial=0) + 2) + column, return_inverse=True)[1]
    return np.where(missing, -1, key)


def counted_once(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values, and in how many groups each is found."""
    distinct = np.unique(np.stack([values, groups]), axis=1)
    return np.unique(distinct[0], return_counts=True)


def pairs_with_a_key(*blocks: Iterable[np.ndarray]) -> Pairs:
    """All pairs of rows with a key in common, lower row first. A block is one or more keys of each row, all alike in meaning."""
    found = []
    for block in blocks:
        block = list(block)
        rows = np.tile(np.arange(len(block[0])), len(block))
        keys = np.concatenate(block)
        rows, keys = rows[keys >= 0], keys[keys >= 0]
        order = np.argsort(keys, kind="stable")
        rows, keys = rows[order], keys[order]
        for step in range(1, len(keys)):
            same = keys[:-step] == keys[step:]
            if not same.any():
                break
            one, other = rows[:-step][same], rows[step:][same]
            found.append(np.stack([np.minimum(one, other), np.maximum(one, other)]))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    one, other = np.concatenate(found, axis=1)
    size = int(other.max()) + 1
    distinct = np.unique((one * size + other)[one != other])
    return distinct // size, distinct % size
