"""The members of a zip delivery, unpacked as they are read. Nothing of it is ever written out under a name it brought.

A message counts members and never names them: a name in a sender's archive can hold anything.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from typing import BinaryIO

from vrn.errors import SubmissionRefused
from vrn.stage.read.boundary import refusing
from vrn.stage.read.source import ARCHIVE_MAGICS, MOST_EXPANSION

MOST_MEMBERS = 50
# A workbook has a part for each sheet, drawing and style.
MOST_PARTS = 1000
# The list of so many members takes some kilobytes. zipfile reads it in one piece, so a longer one is not even begun.
MOST_DIRECTORY_BYTES = 1 << 20
BLOCK_BYTES = 256 << 10
MAGIC = b"PK"
# The others can unpack a few bytes to gigabytes in one step, which no counting could stop in time.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Flags of the format: encrypted, strongly encrypted, with an encrypted list of members.
ENCRYPTED = 0x1 | 0x40 | 0x2000
ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst")
DAMAGED = "The zip file is cut off or damaged. Make it again and send it once more."
# A ValueError is a place before the file's start, which a damaged list of members may name.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, OverflowError)


def members(raw: BinaryIO, most: int = MOST_MEMBERS) -> list[str]:
    """The names of the files in a zip, in its order. Raises SubmissionRefused for a zip that is not safe to read.

    raw: the zip as a stream that can be sought in; it stays open. most: how many members it may have.
    """
    with _open(raw) as archive:
        return [info.filename for info in _checked(archive, raw, most) if not info.is_dir()]


def open_member(raw: BinaryIO, name: str, most: int = MOST_MEMBERS) -> Member:
    """A readable stream of one member's content; to close it closes raw as well. Raises SubmissionRefused."""
    try:
        archive = _open(raw)
        # Checked anew: this zip may be another one than was listed.
        info = next((info for info in _checked(archive, raw, most) if info.filename == name), None)
        if info is None:
            raise _refused("A file that this feed needs is not in the zip file. Send the zip file whole.")
        return Member(raw, archive, info)
    except BaseException:
        raw.close()
        raise


def packed_size(raw: BinaryIO, name: str) -> int:
    """How many bytes of the zip a member takes."""
    with _open(raw) as archive:
        return archive.getinfo(name).compress_size


def check(raw: BinaryIO, damaged: str = DAMAGED) -> None:
    """Refuse a workbook, which is a zip of its parts, that is not safe to unpack. It stays open, at its start.

    Its reader unpacks with zipfile, which gives no more of a member than was announced; so what was announced is enough
    to judge by. damaged: the sentence for what is no zip at all.
    """
    with _open(raw, damaged) as archive:
        try:
            _checked(archive, raw, MOST_PARTS)
        except SubmissionRefused as error:
            raise _refused(f"The workbook is not safe to open, seen as the zip file that it is: {error.message}") from None
    raw.seek(0)


class Member(io.RawIOBase):
    """One member as a stream. It counts what it gives and knows the last byte it gave, as Source does."""

    def __init__(self, raw: BinaryIO, archive: zipfile.ZipFile, info: zipfile.ZipInfo):
        self._raw = raw
        self._archive = archive
        self._announced = info.file_size
        self._limit = _limit(raw)
        self._stream = _unpacking(archive, info, self._limit)
        self.bytes_read = 0
        self.last_byte = b""
        super().__init__()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        filled = 0
        while filled < len(buffer):
            block = self._block(min(len(buffer) - filled, BLOCK_BYTES))
            if not block:
                break
            buffer[filled : filled + len(block)] = block
            filled += len(block)
        return filled

    def _block(self, size: int) -> bytes:
        with refusing("GEN-010", DAMAGED, *DAMAGE):
            block = self._stream.read(size)
        self.bytes_read += len(block)
        if self.bytes_read > self._limit:
            raise _bomb()
        # A member is as long as it was announced: those lengths were added up to judge the whole, so they must be true.
        if self.bytes_read > self._announced or (not block and self.bytes_read != self._announced):
            raise _refused(DAMAGED)
        if block:
            self.last_byte = block[-1:]
        return block

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._archive.close()
            self._raw.close()
        super().close()


def _unpacking(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> zipfile.ZipExtFile:
    # zipfile stops at the announced length. We want to see what is really there, so it is told more than we would take.
    info.file_size = limit + 2 * BLOCK_BYTES
    with refusing("GEN-010", DAMAGED, *DAMAGE):
        stream = archive.open(info)
        start = stream.peek(8)
    if start.startswith(ARCHIVE_MAGICS):
        raise _refused("The zip file holds another archive. Send the files themselves in one zip.")
    return stream


class Whole:
    """A stream as zipfile wants it: a read gives all that was asked for, and never a greater piece than `most` bytes at once."""

    def __init__(self, raw: BinaryIO, most: int | None = None):
        self._raw, self._most = raw, most
        self.tell, self.seekable, self.close = raw.tell, raw.seekable, raw.close

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        # A file of the disk would answer with an error of the disk, as if it were not the zip that is damaged.
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile("a place before the file's start")
        return self._raw.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if self._most is not None and size > self._most:
            raise _refused("The zip file's list of members is too long. Send the files of this delivery only.")
        blocks: list[bytes] = []
        # Only for the last bytes, the end of the list of members, is no size given.
        left = size if size >= 0 else MOST_DIRECTORY_BYTES
        while left and (block := self._raw.read(left)):
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)


def _open(raw: BinaryIO, damaged: str = DAMAGED) -> zipfile.ZipFile:
    raw.seek(0)
    start = raw.read(len(MAGIC))
    if damaged == DAMAGED and start and not start.startswith(MAGIC[: len(start)]):
        raise _refused("The file is no zip, whatever its name says. Zip the tables of the return and send that.")
    with refusing("GEN-010", damaged, *DAMAGE):
        return zipfile.ZipFile(Whole(raw, MOST_DIRECTORY_BYTES))


def _limit(raw: BinaryIO) -> int:
    return raw.seek(0, io.SEEK_END) * MOST_EXPANSION


def _checked(archive: zipfile.ZipFile, raw: BinaryIO, most: int) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > most:
        raise _refused(f"The zip file has {len(infos):,} members; the most is {most}. Send the files of this delivery only.")
    for number, info in enumerate(infos, start=1):
        if info.flag_bits & ENCRYPTED:
            raise _refused("The zip file is encrypted. Send it without a password; the way it is sent protects it.")
        # zipfile cleans names up; what was sent is what is judged.
        if _escapes(info.orig_filename):
            raise _refused(
                f"Member {number} of the zip file has a name that leads out of it. Zip the bare files and send it again."
            )
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(f"Member {number} of the zip file is a link or a device, not a file. Zip the files themselves.")
        if info.filename.lower().endswith(ARCHIVES):
            raise _refused("The zip file holds another archive. Send the files themselves in one zip.")
        if info.compress_type not in METHODS:
            raise _refused(f"Member {number} of the zip file is packed in an unusual way. Use the ordinary method, deflate.")
    if len({info.filename.casefold() for info in infos}) < len(infos):
        raise _refused("The zip file has two members of the same name. Keep one of them and send it again.")
    if sum(info.file_size for info in infos) > _limit(raw):
        raise _bomb()
    return infos


def _escapes(name: str) -> bool:
    parts = name.removesuffix("/").split("/")
    return (
        not name.isprintable()
        or "\\" in name
        or re.match(r"[A-Za-z]:", name) is not None
        or any(part in ("", ".", "..") for part in parts)
    )


def _bomb() -> SubmissionRefused:
    return _refused(
        f"The zip file unpacks to more than {MOST_EXPANSION} times its size. It was not read further; send the files uncompressed."
    )


def _refused(sentence: str) -> SubmissionRefused:
    return SubmissionRefused("GEN-010", sentence)
