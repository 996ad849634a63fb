"""The manifest: the one list of what is in a store, append-only JSON lines with a checksum each.

Records of one transaction hold from its commit line on, so that an ingest is there as a whole or not at all. The last
member of each line, ``crc``, is the CRC-32 of everything before its comma. A torn end is what a writer left that died:
it is ignored, and cut off by the next writer. A damaged line elsewhere is reported, never passed over.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from bootwatch.errors import StoreError
from bootwatch.store.durable import make_folder, sync_folder, write_all
from bootwatch.store.failpoints import reached
from bootwatch.store.layout import FORMAT, leftovers, manifest_path
from bootwatch.store.records import Commit, Record, Segment, Tags

_CRC: Final = b',"crc":"'
_CRC_SIZE: Final = len(_CRC) + len(b'12345678"}')


@dataclass(slots=True)
class Manifest:
    """What holds. ``damaged``: what is wrong with the manifest itself. ``end``: bytes up to the last line kept.

    ``log``: files of the write-ahead log up to this number are sealed.
    """

    segments: list[Segment] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    next_n: int = 0
    log: int = 0
    damaged: list[str] = field(default_factory=list)
    end: int = 0

    def paths(self) -> set[str]:
        """Every file that a record names."""
        return {segment.path for segment in self.segments} | {tags.path for tags in self.tags if tags.path}


def load(home: Path) -> Manifest | None:
    """Read the manifest; None where there is none. Raises StoreError for an unknown format version."""
    path = manifest_path(home)
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StoreError(f"{path}: not readable: {exc.strerror or exc}") from exc
    return _replayed(data, path)


def append(home: Path, manifest: Manifest, records: Sequence[Segment | Tags], commit: Commit) -> None:
    """Add one transaction durably: all of it or none. For the holder of the write lock. Raises StoreError."""
    lines = b"".join(line_of(record) for record in (*records, commit))
    path = manifest_path(home)
    try:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            os.ftruncate(descriptor, manifest.end)
            os.lseek(descriptor, manifest.end, os.SEEK_SET)
            lead = b"\n" if manifest.end and os.pread(descriptor, 1, manifest.end - 1) != b"\n" else b""
            try:
                reached("manifest:before")
                write_all(descriptor, lead + lines)
                reached("manifest:written")
                os.fsync(descriptor)
                reached("manifest:synced")
            except OSError:
                os.ftruncate(descriptor, manifest.end)
                raise
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except OSError as exc:
        raise StoreError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
    manifest.end += len(lead) + len(lines)
    _hold(manifest, [*records, commit])


def clean(home: Path, manifest: Manifest) -> list[Path]:
    """Remove what writers left that did not get to their commit; for the holder of the write lock.

    Nothing is removed while a line of the manifest is damaged: it may be the one that names the file.
    """
    if manifest.damaged:
        return []
    found = leftovers(home, manifest.paths())
    for path in found:
        path.unlink(missing_ok=True)
    return found


def line_of(record: Record) -> bytes:
    """The line of a record, its line end included."""
    body = msgspec.json.encode(record)[:-1]
    return b'%b%b%08x"}\n' % (body, _CRC, zlib.crc32(body))


def _replayed(data: bytes, path: Path) -> Manifest:
    manifest = Manifest()
    open_records: list[Record] = []
    at = 0
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]  # whatever follows the last line end
    for number, line in enumerate(lines, 1):
        if not line:
            break
        stop = at + len(line)
        record = _record(line, path, number)
        if record is None:
            if number == len(lines):
                break  # torn
            manifest.damaged.append(f"line {number} is damaged; the events it records cannot be found")
            # A writer cuts off what does not hold before it adds a line, so what stands before this one held.
            _hold(manifest, open_records)
            open_records = []
            manifest.end = stop
        elif open_records and record.txn != open_records[0].txn:
            _hold(manifest, open_records)
            open_records = [record]
        else:
            open_records.append(record)
        if isinstance(record, Commit):
            _hold(manifest, open_records)
            open_records = []
            manifest.end = stop
        at = stop
    return manifest


def _hold(manifest: Manifest, records: Sequence[Record]) -> None:
    for record in records:
        match record:
            case Segment():
                manifest.segments.append(record)
                manifest.next_n = max(manifest.next_n, record.last_n + 1)
            case Tags():
                manifest.tags.append(record)
            case Commit():
                manifest.next_n = max(manifest.next_n, record.next_n)
                manifest.log = max(manifest.log, record.log)


def _is_whole(text: bytes) -> bool:
    return text[-_CRC_SIZE:] == b'%b%08x"}' % (_CRC, zlib.crc32(text[:-_CRC_SIZE]))


class _Version(msgspec.Struct):
    v: int


_VERSION: Final = msgspec.json.Decoder(_Version)
_RECORD: Final = msgspec.json.Decoder(Segment | Tags | Commit)


def _record(line: bytes, path: Path, number: int) -> Record | None:
    """The record of a line; None where its checksum does not hold. Raises StoreError for an unknown version."""
    text = line.removesuffix(b"\n")
    if not _is_whole(text):
        text = text[:-1]  # the last line, its line end damaged
        if not _is_whole(text):
            return None
    try:
        body = text[:-_CRC_SIZE] + b"}"
        version = _VERSION.decode(body).v
        if version != FORMAT:
            raise StoreError(
                f"{path}: line {number} has format version {version}; this bootwatch reads version {FORMAT}"
            )
        record: Record = _RECORD.decode(body)
    except msgspec.MsgspecError as exc:
        raise StoreError(f"{path}: line {number} is no record of format version {FORMAT}: {exc}") from exc
    return record
