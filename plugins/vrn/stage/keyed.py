"""HMAC-SHA256 of many short messages with one key (RFC 2104), without setting the key up for each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

BLOCK_BYTES = 64
INNER, OUTER = 0x36, 0x5C


def hmac_sha256(key: bytes, prefix: bytes = b"") -> Callable[[bytes], bytes]:
    """A function that gives the 32 bytes of HMAC-SHA256(key, prefix || message).

    Two of the four blocks that SHA-256 works through for a short message hold nothing but the key.
    Their states are worked out once and copied: half the time of `hmac.digest`, and the same bytes.
    """
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ INNER for byte in padded) + prefix).copy
    outer = hashlib.sha256(bytes(byte ^ OUTER for byte in padded)).copy

    def digest(message: bytes) -> bytes:
        hashed = inner()
        hashed.update(message)
        whole = outer()
        whole.update(hashed.digest())
        return whole.digest()

    return digest
