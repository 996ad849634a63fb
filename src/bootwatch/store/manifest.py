"""The manifest: the one list of what is in a store, append-only JSON lines with a checksum each.

Records of one transaction hold from its commit line on, so that an ingest is there as a whole or not at all. The last
member of each line, ``crc``, is the CRC-32 of everything before its comma. A torn end is what a writer left that died:
it is ignored, and cut off by the next writer. A damaged line elsewhere is reported, never passed over.
"""

from __future__ import annotations

import os
import secrets
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from bootwatch.errors import StoreError
from bootwatch.store.durable import make_folder, sync_folder, write_all, write_file
from bootwatch.store.failpoints import reached
from bootwatch.store.layout import FORMAT, SEGMENT_ENDING, TAGS, leftovers, manifest_path
from bootwatch.store.records import DAMAGED, Commit, Gone, Record, Segment, Tags

GRACE_S: Final = 600.0
"""A file that was replaced stays so long for searches that began before."""

_CRC: Final = b',"crc":"'
_CRC_SIZE: Final = len(_CRC) + len(b'12345678"}')


@dataclass(slots=True)
class Manifest:
    """What holds. ``damaged``: what is wrong with the manifest itself. ``end``: bytes up to the last line kept.

    ``log``: files of the write-ahead log up to this number are sealed. ``gone`` are segments that hold no longer, each
    with the record that says so; ``segments`` and ``tags`` are without them.
    """

    segments: list[Segment] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    gone: dict[str, tuple[Segment, Gone]] = field(default_factory=dict)
    next_n: int = 0
    log: int = 0
    damaged: list[str] = field(default_factory=list)
    end: int = 0
    going: list[Gone] = field(default_factory=list)
    """Records of what goes that ``segments`` do not show yet; empty but while lines are read."""

    def paths(self) -> set[str]:
        """Every file that a record names."""
        return {segment.path for segment in self.segments} | {tags.path for tags in self.tags if tags.path}

    def set_aside(self) -> list[tuple[Segment, str]]:
        """Damaged segments with what is wrong with each: their events are missing where they would be found."""
        return [
            (segment, what)
            for path, (segment, record) in self.gone.items()
            if record.why == DAMAGED
            for what in [dict(zip(record.paths, record.what, strict=False)).get(path, DAMAGED)]
        ]


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


def append(home: Path, manifest: Manifest, records: Sequence[Segment | Tags | Gone], commit: Commit) -> None:
    """Add one transaction durably: all of it or none. For the holder of the write lock. Raises StoreError."""
    lines = b"".join(line_of(record) for record in (*records, commit))
    path = manifest_path(home)
    try:
        make_folder(path.parent)
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            if new:  # before anything is written: what fails from here on is undone
                sync_folder(path.parent)
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
    except OSError as exc:
        raise StoreError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
    manifest.end += len(lead) + len(lines)
    _hold(manifest, [*records, commit])
    _settle(manifest)


def clean(home: Path, manifest: Manifest, *, grace_s: float = GRACE_S) -> list[Path]:
    """Remove what writers left that did not get to their commit, and what was replaced more than ``grace_s`` ago.

    For the holder of the write lock. Damaged segments stay until they were set aside.
    Nothing is removed while a line of the manifest is damaged: it may be the one that names the file.
    """
    if manifest.damaged:
        return []
    since = time.time() - grace_s
    kept = manifest.paths()
    kept |= {name for name, (_, record) in manifest.gone.items() if record.why == DAMAGED or record.at_s > since}
    if any(
        record.at_s > since for _, record in manifest.gone.values()
    ):  # sidecars of what was replaced may be read as well
        kept |= {str(path.relative_to(home)) for path in (home / TAGS).rglob(f"*{SEGMENT_ENDING}")}
    found = leftovers(home, kept)
    for path in found:
        path.unlink(missing_ok=True)
    return found


def rewrite(home: Path, manifest: Manifest, *, grace_s: float = GRACE_S) -> None:
    """Write the manifest anew, without what went long ago; for the holder of the write lock. Raises StoreError.

    Not while a line is damaged: nobody knows what it records.
    """
    if manifest.damaged:
        return
    since = time.time() - grace_s
    gone = [one for one in manifest.gone.values() if one[1].why == DAMAGED or one[1].at_s > since]
    records: list[Record] = [*(segment for segment, _ in gone), *manifest.segments, *manifest.tags]
    records += {id(record): record for _, record in gone}.values()
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    records.append(Commit(secrets.token_hex(8), len(records), manifest.next_n, at, manifest.log))
    data = b"".join(line_of(record) for record in records)
    write_file(manifest_path(home), data)
    manifest.gone = {segment.path: (segment, record) for segment, record in gone}
    manifest.end = len(data)


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
    _settle(manifest)
    return manifest


def _hold(manifest: Manifest, records: Sequence[Record]) -> None:
    for record in records:
        match record:
            case Segment():
                manifest.segments.append(record)
                manifest.next_n = max(manifest.next_n, record.last_n + 1)
            case Tags():
                manifest.tags.append(record)
            case Gone():
                # The segment of each path is found when all lines are read.
                manifest.going.append(record)
            case Commit():
                manifest.next_n = max(manifest.next_n, record.next_n)
                manifest.log = max(manifest.log, record.log)


def _settle(manifest: Manifest) -> None:
    """Take out of the lists what the records say is gone."""
    if not manifest.going:
        return
    leaving = {path: record for record in manifest.going for path in record.paths}
    manifest.going.clear()
    for segment in manifest.segments:
        if segment.path in leaving:
            manifest.gone[segment.path] = segment, leaving[segment.path]
    manifest.segments = [segment for segment in manifest.segments if segment.path not in leaving]
    held = {segment.path for segment in manifest.segments}
    manifest.tags = [tags for tags in manifest.tags if not held.isdisjoint(tags.segments)]


def _is_whole(text: bytes) -> bool:
    return text[-_CRC_SIZE:] == b'%b%08x"}' % (_CRC, zlib.crc32(text[:-_CRC_SIZE]))


class _Version(msgspec.Struct):
    v: int


_VERSION: Final = msgspec.json.Decoder(_Version)
_RECORD: Final = msgspec.json.Decoder(Segment | Tags | Gone | Commit)


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
