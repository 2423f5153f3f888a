"""Privacy before anything is stored: hash, degrade or drop each column as its class says, a batch at a time.

Hash: HMAC-SHA256(key of the domain, domain || 0x1F || value without outer space, upper case), as 64 hexadecimal digits.
Source: RFC 2104. A plain hash would not do: the NHS number space can be tried out in minutes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vrn.contract import Column
from vrn.settings import Settings

HEX_DIGITS = 64

Key = Callable[[str], bytes]


def keys_of(settings: Settings) -> Key:
    """Keys from the secret store, one for each identifier domain. Raises SecretMissing."""
    return lambda domain: bytes.fromhex(settings.secret(f"hash_key_{domain}"))


def hasher(column: Column, key: Key) -> Callable[[pa.Array], pa.Array]:
    """A function that turns a column of identifiers into keyed hashes; NULL stays NULL."""
    domain = column.identifier_domain or ""
    secret = key(domain)
    prefix = domain.encode() + b"\x1f"

    def apply(values: pa.Array) -> pa.Array:
        encoded = pc.dictionary_encode(pc.utf8_upper(pc.utf8_trim_whitespace(values)))
        identifiers = pc.cast(encoded.dictionary, pa.binary()).to_pylist()
        digests = b"".join(hmac.digest(secret, prefix + identifier, "sha256") for identifier in identifiers)
        # Hexadecimal at one go: every hash has the same width, so that the offsets are known.
        offsets = np.arange(0, HEX_DIGITS * (len(identifiers) + 1), HEX_DIGITS, dtype=np.int32)
        hashes = pa.StringArray.from_buffers(len(identifiers), pa.py_buffer(offsets), pa.py_buffer(digests.hex().encode()))
        filled = pc.if_else(pc.equal(encoded.dictionary, ""), None, hashes)
        return pc.take(filled, encoded.indices)

    return apply


def to_month(values: pa.Array) -> pa.Array:
    """Dates degraded to the first day of their month."""
    return pc.cast(pc.floor_temporal(values, unit="month"), pa.date32())
