"""Originals at rest: encrypted as they are taken in, readable again at any position, and never in clear on the disk.

AES-256-GCM in chunks of 1 MiB, each with a nonce of its own: a random prefix of the file (7 bytes), the chunk's number (4)
and whether it is the last (1). So a chunk can neither be moved nor left out nor the file cut without being noticed.
Source of the construction: Hoang, Reyhanitabar, Rogaway, Vizár (2015), STREAM.

What the content belongs to (its submission) is associated data of every chunk, so that an original laid into the folder of
another submission does not open. Files of the first version were sealed without it and stay readable.
"""

from __future__ import annotations

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vrn import whole_file
from vrn.errors import VrnError

UNBOUND, BOUND = b"VRN1", b"VRN2"
PREFIX_BYTES = 7
HEADER_BYTES = len(BOUND) + PREFIX_BYTES
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16


class NotReadable(VrnError):
    """A sealed original was changed, cut, moved, or sealed with another key."""


@dataclass(frozen=True)
class Content:
    """What was sealed: the sha256 of the clear bytes, in hexadecimal, and how many they are."""

    sha256: str
    byte_count: int


def seal(clear: BinaryIO, target: Path, key: bytes, belongs_to: bytes) -> Content:
    """Encrypt a stream into a file. The target appears whole, on the disk, or not at all.

    belongs_to: has to be said again when it is opened. The digest is made of the very bytes that were encrypted.
    """
    with whole_file.opened(target) as sealed:
        return _encrypt(clear, sealed, AESGCM(key), belongs_to)


def seal_anew(path: Path, old: bytes, new: bytes, belongs_to: bytes) -> None:
    """Encrypt a sealed file with another key, in its place, whole or not at all and never in clear on the disk.

    Raises NotReadable.
    """
    with Unsealed(path, old, belongs_to) as clear:
        seal(clear, path, new, belongs_to)


def _encrypt(clear: BinaryIO, sealed: BinaryIO, cipher: AESGCM, belongs_to: bytes) -> Content:
    prefix, digest, size = os.urandom(PREFIX_BYTES), hashlib.sha256(), 0
    sealed.write(BOUND + prefix)
    number, chunk = 0, clear.read(CHUNK_BYTES)
    # The digest of a chunk is made on another core while this one encrypts it.
    with ThreadPoolExecutor(1, "digest") as beside:
        while True:
            following = clear.read(CHUNK_BYTES)
            digested = beside.submit(digest.update, chunk)
            size += len(chunk)
            sealed.write(cipher.encrypt(_nonce(prefix, number, is_last=not following), chunk, belongs_to))
            digested.result()
            if not following:
                return Content(digest.hexdigest(), size)
            number, chunk = number + 1, following


def digest(clear: BinaryIO) -> Content:
    """What seal would say of a stream, without keeping any of it."""
    found, size = hashlib.sha256(), 0
    while chunk := clear.read(CHUNK_BYTES):
        found.update(chunk)
        size += len(chunk)
    return Content(found.hexdigest(), size)


class Unsealed(io.RawIOBase):
    """The clear content of a sealed file as a stream that can be sought in. One chunk is in memory at a time."""

    def __init__(self, path: Path, key: bytes, belongs_to: bytes):
        super().__init__()
        self._file: BinaryIO = path.open("rb")
        start = self._file.read(HEADER_BYTES)
        version = start[: len(BOUND)]
        if version not in (UNBOUND, BOUND) or len(start) < HEADER_BYTES:
            self._file.close()
            raise NotReadable(f"{path.name} is not a sealed original; it was not written by this pipeline.")
        self._prefix, self._cipher = start[len(version) :], AESGCM(key)
        self._belongs_to = belongs_to if version == BOUND else None
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
            self._chunk = self._cipher.decrypt(nonce, sealed, self._belongs_to)
        except InvalidTag:
            raise NotReadable(
                "A sealed original was changed or cut, or lies in the folder of another submission, or the home has another "
                "key than when it came."
            ) from None
        self._held = number

    def close(self) -> None:
        self._file.close()
        super().close()


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])
