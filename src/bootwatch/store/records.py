"""What a manifest says about segments: its records, one JSON object a line.

Times are microseconds since the epoch, ordinals are arrival ordinals, paths are relative to the home.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bootwatch.store.layout import FORMAT

HOSTS_LISTED: Final = 32
"""Up to so many host and source names are listed in a record; ``host_count`` counts all of them."""


class Group(msgspec.Struct, frozen=True, array_like=True):
    """A row group. ``crcs``: CRC-32 of each column chunk's bytes, eight hex digits each, in column order."""

    rows: int
    first_n: int
    last_n: int
    earliest_us: int
    latest_us: int
    crcs: str


class Segment(msgspec.Struct, frozen=True, tag_field="kind", tag="segment"):
    """A sealed segment. ``raw_bytes`` are those of its texts; ``own``: further fields, true where multivalue."""

    txn: str
    path: str
    bytes: int
    sha256: str
    rows: int
    raw_bytes: int
    index: str
    sourcetype: str
    first_n: int
    last_n: int
    earliest_us: int
    latest_us: int
    hosts: list[str]
    host_count: int
    sources: list[str]
    footer_bytes: int
    footer_crc: int
    groups: list[Group]
    own: dict[str, bool]
    v: int = FORMAT


class Tags(msgspec.Struct, frozen=True, tag_field="kind", tag="tags"):
    """Tags of segments that were sealed together, ``segments`` by their paths.

    ``rules``: hash of each rule that was looked for, to its number of candidate rows in each of the segments, -1 where
    there were too many to tag. ``path`` is the sidecar with those rows; empty where no rule had any.
    """

    txn: str
    segments: list[str]
    path: str
    bytes: int
    crc: int
    rules: dict[str, list[int]]
    v: int = FORMAT


class Commit(msgspec.Struct, frozen=True, tag_field="kind", tag="commit"):
    """The records of ``txn`` before this one hold. ``next_n`` is the first ordinal that is free after it.

    ``log``: files of the write-ahead log up to this number are sealed; 0 where the events came another way.
    """

    txn: str
    records: int
    next_n: int
    at: str
    log: int = 0
    v: int = FORMAT


class Gone(msgspec.Struct, frozen=True, tag_field="kind", tag="gone"):
    """Segments that hold no longer, by their paths, since ``at_s`` (Unix time).

    ``why`` is merged, expired or damaged; of damaged ones ``what`` says what is wrong with each.
    """

    txn: str
    paths: list[str]
    why: str
    at_s: int
    what: list[str] = []
    v: int = FORMAT


MERGED: Final = "merged"
EXPIRED: Final = "expired"
DAMAGED: Final = "damaged"

Record = Segment | Tags | Gone | Commit
