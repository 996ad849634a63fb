"""The write-ahead log: what was received is on disk, with checksums, before anybody is told that it was taken.

``HOME/wal/NNNNNNNNNN.log``, numbered without gaps. A file begins with a header that names its number and where its
predecessor ended; then come frames, each a block of messages that arrived together. A file is only ever appended to.
It is sealed into segments as a whole, in one transaction of the manifest that names its number, and deleted after.

What holds when a write fails: nothing of it. The file is cut back to where it was, and where even that fails the next
file says in its header how much of this one counts. What holds after a crash: every frame whose sync returned, and
perhaps whole frames of a write that nobody was told about; a torn frame at the end is no event. A damaged frame before
the end is named, and the frames behind it are found again by their mark.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bootwatch.errors import StoreError
from bootwatch.store.durable import make_folder, sync_folder
from bootwatch.store.failpoints import reached

FOLDER: Final = "wal"
ENDING: Final = ".log"
VERSION: Final = 1
ROLL_BYTES: Final = 64 << 20
LARGEST_FRAME: Final = 256 << 20

_MAGIC: Final = b"bootwal\0"
_FILE: Final = struct.Struct("<8sIQQ")  # magic, version, number, where the predecessor ends
_CRC: Final = struct.Struct("<I")
HEADER_BYTES: Final = _FILE.size + _CRC.size
_MARK: Final = 0x0FB10C5E
_FRAME: Final = struct.Struct("<III")  # mark, payload bytes, CRC-32 of the payload; its own CRC-32 follows
_FRAME_BYTES: Final = _FRAME.size + _CRC.size
_COUNTS: Final = struct.Struct("<HI")  # bytes of the context, number of messages
_MARK_BYTES: Final = struct.pack("<I", _MARK)


LINES: Final = "lines"


class Context(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What a receiver knows of a block of messages. Empty text: it does not know.

    ``arrived_us`` is when they were read, in microseconds since the epoch. ``peer`` is the sender's address: the host
    of a message that names none. ``form`` is ``text`` (messages as they came), ``lines`` (messages that each end with
    a line feed) or ``json`` (events as Splunk exports them, an object each). ``place`` is up to where the source was
    read, in its own words, so that it is taken up there.
    """

    arrived_us: int
    source: str
    index: str = ""
    sourcetype: str = ""
    host: str = ""
    peer: str = ""
    form: str = "text"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Messages that arrived together: ``data`` holds them one behind the other, ``lengths`` their bytes each.

    Of the form ``lines`` they are not taken apart: ``lengths`` is empty, and blank lines are no messages.
    """

    context: Context
    lengths: Sequence[int]
    data: bytes

    @classmethod
    def of(cls, context: Context, messages: Sequence[bytes]) -> Block:
        return cls(context, [len(message) for message in messages], b"".join(messages))

    @property
    def count(self) -> int:
        """How many messages; of lines how many line feeds, so that a blank one counts as well."""
        return self.data.count(b"\n") if self.context.form == LINES else len(self.lengths)

    def messages(self) -> list[bytes]:
        if self.context.form == LINES:
            return [line for line in (line.rstrip(b"\r") for line in self.data.split(b"\n")) if line]
        found, at = [], 0
        for length in self.lengths:
            found.append(self.data[at : at + length])
            at += length
        return found


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a log file that are no frame: ``torn`` where a crash cut off the last write, which nobody counts on."""

    path: Path
    start: int
    end: int
    torn: bool

    def __str__(self) -> str:
        what = "an unfinished write" if self.torn else "damaged; the events it held cannot be read"
        return f"{self.path}: bytes {self.start} to {self.end} are {what}"


class Disk:
    """The calls by which the log reaches the disk: a value, so that tests can hand in one that fails."""

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)


class Log:
    """The log of one store, for the holder of the write lock; used by one thread at a time.

    ``sealed`` is the last number the manifest calls sealed; later files are ``waiting``. Of the sealed ones those are
    removed whose number is below ``keep_from``: somebody still reads the others.
    """

    def __init__(
        self,
        home: Path,
        *,
        sealed: int,
        keep_from: int | None = None,
        roll_bytes: int = ROLL_BYTES,
        disk: Disk | None = None,
    ) -> None:
        self.folder = home / FOLDER
        self._disk = disk or Disk()
        self._roll_bytes = roll_bytes
        self._descriptor: int | None = None
        self._end = 0
        try:
            make_folder(self.folder)
            self.waiting = [number for number in numbers(home) if number > sealed]
            self._home = home
            self.remove(sealed if keep_from is None else min(sealed, keep_from - 1))
        except OSError as exc:
            raise StoreError(f"{self.folder}: cannot be opened for writing: {exc.strerror or exc}") from exc
        self._number = max(self.waiting, default=sealed)
        self._previous_end = 0 if not self.waiting else whole_bytes(path_of(home, self._number))

    @property
    def current(self) -> int | None:
        """The number of the file that is being written; None where the next write begins one."""
        return None if self._descriptor is None else self._number

    @property
    def end(self) -> tuple[int, int]:
        """The file that is being written and how far it is synced; of one that is ended, all of it."""
        return self._number, self._end if self._descriptor is not None else self._previous_end

    def append(self, blocks: Sequence[Block]) -> None:
        """Write blocks and sync them. Raises StoreError; then none of them is in the log."""
        data = b"".join(_frame(block) for block in blocks)
        try:
            descriptor = self._begun() if self._descriptor is None else self._descriptor
            reached("append:before")
            view = memoryview(data)
            while view:
                view = view[self._disk.write(descriptor, view) :]
            reached("append:written")
            self._disk.sync(descriptor)
            reached("append:synced")
        except OSError as exc:
            self._undo()
            raise StoreError(f"{self.folder}: cannot be written: {exc.strerror or exc}") from exc
        self._end += len(data)
        if self._end >= self._roll_bytes:
            self.roll()

    def roll(self) -> None:
        """End the file that is being written, if any: it waits to be sealed, and the next write begins another."""
        if self._descriptor is None:
            return
        os.close(self._descriptor)
        self._descriptor = None
        self._previous_end = self._end
        self.waiting.append(self._number)

    def sealed(self, number: int) -> None:
        """The manifest calls this file and those before it sealed: they wait no longer."""
        self.waiting = [one for one in self.waiting if one > number]

    def remove(self, number: int) -> None:
        """Remove the sealed files up to this one. Raises StoreError."""
        reached("wal:sealed")
        for one in numbers(self._home):
            if one <= number and one not in self.waiting:
                try:
                    path_of(self._home, one).unlink(missing_ok=True)
                except OSError as exc:
                    raise StoreError(f"{path_of(self._home, one)}: cannot be removed: {exc.strerror or exc}") from exc

    def close(self) -> None:
        self.roll()

    def _begun(self) -> int:
        number = self._number + 1
        path = path_of(self._home, number)
        head = _FILE.pack(_MAGIC, VERSION, number, self._previous_end)
        # The name appears with its header whole: a reader never meets a file without one.
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            view = memoryview(head + _CRC.pack(zlib.crc32(head)))
            while view:
                view = view[self._disk.write(descriptor, view) :]
            self._disk.sync(descriptor)
            part.rename(path)
            sync_folder(self.folder)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                part.unlink()
            with suppress(OSError):
                path.unlink()
            raise
        self._descriptor, self._number, self._end = descriptor, number, HEADER_BYTES
        return descriptor

    def _undo(self) -> None:
        """Leave nothing of a failed write; a file whose sync failed is not written to again."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            self._disk.truncate(self._descriptor, self._end)
            self._disk.sync(self._descriptor)
        self.roll()


def path_of(home: Path, number: int) -> Path:
    return home / FOLDER / f"{number:010d}{ENDING}"


def numbers(home: Path) -> list[int]:
    """The numbers of the log files that are there, ascending. Raises OSError."""
    try:
        names = os.listdir(home / FOLDER)
    except FileNotFoundError:
        return []
    return sorted(
        int(name[: -len(ENDING)]) for name in names if name.endswith(ENDING) and name[: -len(ENDING)].isdigit()
    )


def read(home: Path, number: int) -> Iterator[Block | Damage]:
    """What a file holds, in order, and what of it cannot be read. Raises StoreError for an unknown version, OSError."""
    path = path_of(home, number)
    data = path.read_bytes()
    if not _has_header(data, path):
        yield Damage(path, 0, len(data), torn=False)
        return
    ends = _end_said_by(path_of(home, number + 1))
    yield from _frames(path, data, len(data) if ends is None else min(ends, len(data)), last=ends is None)
    if ends is not None and len(data) < ends:
        yield Damage(path, len(data), ends, torn=False)


def read_on(home: Path, number: int, offset: int, limit: int) -> tuple[list[Block], int]:
    """The blocks of a file from ``offset`` (0: its beginning) up to ``limit``, and how far they reach.

    What is damaged is passed over here: whoever seals the file names it. Raises StoreError, OSError.
    """
    at = max(offset, HEADER_BYTES)
    with path_of(home, number).open("rb") as file:
        file.seek(at)
        found, length = blocks_of(file.read(max(0, limit - at)))
    return found, at + length


def blocks_of(data: bytes) -> tuple[list[Block], int]:
    """The whole frames in bytes that begin with one, and up to where they reach."""
    found, end = [], 0
    for start, stop in _spans(data, len(data), 0):
        found.append(_block(memoryview(data)[start + _FRAME_BYTES : stop]))
        end = stop
    return found, end


def whole_bytes(path: Path) -> int:
    """Up to where a file that nobody writes holds whole frames."""
    data = path.read_bytes()
    if not _has_header(data, path):
        return len(data)
    end = HEADER_BYTES
    for start, stop in _spans(data, len(data)):
        if start >= 0:
            end = stop
    return end


def _frames(path: Path, data: bytes, limit: int, *, last: bool) -> Iterator[Block | Damage]:
    view = memoryview(data)
    at = HEADER_BYTES
    for start, stop in _spans(data, limit):
        if start < 0:
            break
        if start > at:
            yield Damage(path, at, start, torn=False)
        yield _block(view[start + _FRAME_BYTES : stop])
        at = stop
    if at < limit:
        yield Damage(path, at, limit, torn=last)


def _spans(data: bytes, limit: int, at: int = HEADER_BYTES) -> Iterator[tuple[int, int]]:
    """Where whole frames stand; behind a damaged one the next is found by its mark."""
    while at < limit:
        stop = _frame_end(data, at, limit)
        if stop is None:
            at = data.find(_MARK_BYTES, at + 1, limit)
            if at < 0:
                return
            continue
        yield at, stop
        at = stop


def _frame_end(data: bytes, at: int, limit: int) -> int | None:
    """The end of the frame that starts here; None where no whole one does."""
    body = at + _FRAME_BYTES
    if body > limit:
        return None
    mark, size, crc = _FRAME.unpack_from(data, at)
    (own,) = _CRC.unpack_from(data, at + _FRAME.size)
    if mark != _MARK or own != zlib.crc32(data[at : at + _FRAME.size]) or body + size > limit:
        return None
    return body + size if zlib.crc32(memoryview(data)[body : body + size]) == crc else None


def _frame(block: Block) -> bytes:
    context = msgspec.msgpack.encode(block.context)
    count = len(block.lengths)
    payload = b"".join(
        (_COUNTS.pack(len(context), count), context, struct.pack(f"<{count}I", *block.lengths), block.data)
    )
    if len(payload) > LARGEST_FRAME:
        raise StoreError(f"a block of {len(payload)} bytes is larger than {LARGEST_FRAME}, the most one write takes")
    head = _FRAME.pack(_MARK, len(payload), zlib.crc32(payload))
    return b"".join((head, _CRC.pack(zlib.crc32(head)), payload))


_CONTEXT: Final = msgspec.msgpack.Decoder(Context)


def _block(payload: memoryview) -> Block:
    size, count = _COUNTS.unpack_from(payload)
    at = _COUNTS.size
    context = _CONTEXT.decode(payload[at : at + size])
    at += size
    lengths = struct.unpack_from(f"<{count}I", payload, at)
    return Block(context, lengths, bytes(payload[at + 4 * count :]))


def _has_header(data: bytes, path: Path) -> bool:
    """Whether the header is whole. Raises StoreError for another version."""
    if len(data) < HEADER_BYTES or data[: len(_MAGIC)] != _MAGIC:
        return False
    _, version, _, _ = _FILE.unpack_from(data)
    (crc,) = _CRC.unpack_from(data, _FILE.size)
    if crc != zlib.crc32(data[: _FILE.size]):
        return False
    if version != VERSION:
        raise StoreError(f"{path}: has log version {version}; this bootwatch reads version {VERSION}")
    return True


def _end_said_by(successor: Path) -> int | None:
    """Where the predecessor of a file ends, as its header says; None where there is no such file."""
    try:
        with successor.open("rb") as file:
            head = file.read(HEADER_BYTES)
    except FileNotFoundError:
        return None
    if not _has_header(head, successor):
        return None
    end: int = _FILE.unpack_from(head)[3]
    return end or None
