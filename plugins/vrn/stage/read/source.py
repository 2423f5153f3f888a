"""The bytes of a delivery, unpacked as they are read and never wholly in memory."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.stage.read.boundary import refusing

# A street file shrinks to about a fifth. A hundredfold is no delivery but a bomb.
MOST_EXPANSION = 100
GZIP_MAGIC = b"\x1f\x8b"
# How archives begin, and the files of old Office programs.
ARCHIVE_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", GZIP_MAGIC, b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
OFFICE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BUFFER_BYTES = 1 << 20
DAMAGED = "The gzip file is cut off or damaged. Compress it again and send it once more."
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


class Source(io.RawIOBase):
    """A readable stream of a delivery's content. It counts what it gives and knows the last byte of it, and the last but zeros."""

    def __init__(self, raw: BinaryIO, size: int):
        super().__init__()
        self._raw = io.BufferedReader(raw, BUFFER_BYTES)
        self._limit = size * MOST_EXPANSION
        self._gzip = self._raw.peek(2)[:2] == GZIP_MAGIC
        self._stream = gzip.GzipFile(fileobj=self._raw) if self._gzip else self._raw
        self.bytes_read = 0
        self.last_byte = self.last_letter = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        with refusing("GEN-010", DAMAGED, *DAMAGE):
            block = self._stream.read(len(buffer))
        if not self.bytes_read and block.startswith((*ARCHIVE_MAGICS, OFFICE_MAGIC)):
            raise SubmissionRefused(
                "GEN-010",
                "The file is an archive or a workbook where a plain file is expected, or was packed twice. Send the file itself; "
                "it may be packed once, with gzip.",
            )
        self.bytes_read += len(block)
        if self._gzip and self.bytes_read > self._limit:
            raise SubmissionRefused(
                "GEN-010",
                f"The gzip file unpacks to more than {MOST_EXPANSION} times its size. It was not read further; send the "
                "file uncompressed.",
            )
        if block:
            self.last_byte = block[-1:]
            # Of UTF-16, in which the break of a line has a zero beside it.
            self.last_letter = block.rstrip(b"\0")[-1:]
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        self._raw.close()
        super().close()


class Undoubled(io.RawIOBase):
    """A stream whose doubled carriage returns are single ones, as they were before a transfer in text mode."""

    def __init__(self, raw: io.RawIOBase):
        super().__init__()
        self._raw, self._left = raw, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._left:
            block = self._raw.read(len(buffer)) or b""
            # The break may go on in the next block.
            while block.endswith(b"\r") and (more := self._raw.read(1)):
                block += more
            if not block:
                return 0
            self._left = block.replace(b"\r\r\n", b"\r\n")
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
