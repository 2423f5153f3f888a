"""Originals at rest: encrypted as they are taken in, readable again at any position, and never in clear on the disk.

AES-256-GCM in chunks of 1 MiB, each with a nonce of its own: a random prefix of the file (7 bytes), the chunk's number (4)
and whether it is the last (1). So a chunk can neither be moved nor left out nor the file cut without being noticed.
Source of the construction: Hoang, Reyhanitabar, Rogaway, Vizár (2015), STREAM.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vrn.errors import VrnError

MAGIC = b"VRN1"
PREFIX_BYTES = 7
HEADER_BYTES = len(MAGIC) + PREFIX_BYTES
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16


class NotReadable(VrnError):
    """A sealed original was changed, cut, or sealed with another key."""


def seal(source: Path, target: Path, key: bytes) -> None:
    """Encrypt a file to another path. The target appears whole or not at all; the source stays as it is."""
    with source.open("rb") as clear:
        _seal(clear, target, key)


def seal_anew(path: Path, old: bytes, new: bytes) -> None:
    """Encrypt a sealed file with another key, in its place, whole or not at all and never in clear on the disk.

    Raises NotReadable.
    """
    with Unsealed(path, old) as clear:
        _seal(clear, path, new)


def _seal(clear: BinaryIO, target: Path, key: bytes) -> None:
    aside = target.with_name(f".{target.name}.new")
    cipher, prefix = AESGCM(key), os.urandom(PREFIX_BYTES)
    with aside.open("wb") as sealed:
        sealed.write(MAGIC + prefix)
        number, chunk = 0, clear.read(CHUNK_BYTES)
        while True:
            following = clear.read(CHUNK_BYTES)
            sealed.write(cipher.encrypt(_nonce(prefix, number, is_last=not following), chunk, None))
            if not following:
                break
            number, chunk = number + 1, following
        sealed.flush()
        os.fsync(sealed.fileno())
    aside.rename(target)


class Unsealed(io.RawIOBase):
    """The clear content of a sealed file as a stream that can be sought in. One chunk is in memory at a time."""

    def __init__(self, path: Path, key: bytes):
        super().__init__()
        self._file: BinaryIO = path.open("rb")
        start = self._file.read(HEADER_BYTES)
        if start[: len(MAGIC)] != MAGIC or len(start) < HEADER_BYTES:
            self._file.close()
            raise NotReadable(f"{path.name} is not a sealed original; it was not written by this pipeline.")
        self._prefix, self._cipher = start[len(MAGIC) :], AESGCM(key)
        body = path.stat().st_size - HEADER_BYTES
        self._chunks = max(1, -(-body // (CHUNK_BYTES + TAG_BYTES)))
        self.size = body - self._chunks * TAG_BYTES
        self._position = 0
        self._held, self._chunk = -1, b""
        # The last chunk alone tells that nothing was cut off, and a reader may never come to it.
        self._hold(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer) -> int:
        number, within = divmod(self._position, CHUNK_BYTES)
        if self._position >= self.size:
            return 0
        self._hold(number)
        block = self._chunk[within : within + len(buffer)]
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)

    def _hold(self, number: int) -> None:
        if number == self._held:
            return
        self._file.seek(HEADER_BYTES + number * (CHUNK_BYTES + TAG_BYTES))
        sealed = self._file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            nonce = _nonce(self._prefix, number, is_last=number == self._chunks - 1)
            self._chunk = self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise NotReadable("A sealed original was changed or cut, or the home has another key than when it came.") from None
        self._held = number

    def close(self) -> None:
        self._file.close()
        super().close()


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])
