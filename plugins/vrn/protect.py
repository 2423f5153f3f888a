"""Privacy before anything is stored: hash, degrade or drop each column as its class says, a batch at a time.

Hash: HMAC-SHA256(key of the domain, domain || 0x1F || value without outer space, upper case), as 64 hexadecimal digits.
Source: RFC 2104. A plain hash would not do: the NHS number space can be tried out in minutes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from vrn.contract import Column
from vrn.settings import Settings

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
        digests = [
            hmac.digest(secret, prefix + value.encode(), "sha256").hex() if value else None
            for value in encoded.dictionary.to_pylist()
        ]
        return pc.take(pa.array(digests, pa.string()), encoded.indices)

    return apply


def to_month(values: pa.Array) -> pa.Array:
    """Dates degraded to the first day of their month."""
    return pc.cast(pc.floor_temporal(values, unit="month"), pa.date32())
