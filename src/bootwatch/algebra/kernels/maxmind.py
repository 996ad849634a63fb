"""MaxMind database files: the record of a network, found by an address in it.

Follows the MaxMind DB file format specification, version 2.0: a binary tree over the bits of an address, then a data
section of typed values, then metadata behind a marker.
"""

from __future__ import annotations

import ipaddress
import mmap
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from bootwatch.errors import ContentError

Record = str | float | int | bool | bytes | list["Record"] | dict[str, "Record"]

_MARKER: Final = b"\xab\xcd\xefMaxMind.com"
_METADATA_BYTES: Final = 128 * 1024
_GAP: Final = 16
_MAX_DEPTH: Final = 64


class _Broken(ValueError):
    """Bytes that are no such file."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open file: ``nodes`` in the tree, ``record_bits`` for each of a node's two records, 4 or 6 for ``version``."""

    data: mmap.mmap
    nodes: int
    record_bits: int
    version: int

    def find(self, address: str) -> Record | None:
        """The record of an address; None for one there is none for, and for a text that is no address."""
        try:
            found = ipaddress.ip_address(address)
            return self._walk(int(found), found.max_prefixlen)
        except (ValueError, struct.error, IndexError):
            return None

    def _walk(self, number: int, bits: int) -> Record | None:
        if bits > 32 and self.version == 4:
            return None
        width = 128 if self.version == 6 else 32  # an IPv4 address stands below 96 zero bits
        node = 0
        for bit in range(width - 1, -1, -1):
            if node >= self.nodes:
                break
            node = self._child(node, (number >> bit) & 1)
        if node <= self.nodes:
            return None
        base = self.nodes * self.record_bits // 4 + _GAP
        return _Section(self.data, base).value(node - self.nodes - _GAP + base)[0]

    def _child(self, node: int, side: int) -> int:
        width = self.record_bits // 4
        record = self.data[node * width : (node + 1) * width]
        if self.record_bits == 28:
            middle = record[3] >> 4 if side == 0 else record[3] & 15
            return middle << 24 | int.from_bytes(record[side * 4 : side * 4 + 3], "big")
        half = width // 2
        return int.from_bytes(record[side * half : side * half + half], "big")


@lru_cache(maxsize=4)
def open_database(path: str) -> Database:
    """The database of a file. Raises ContentError for a file that cannot be read or is none."""
    try:
        with Path(path).open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        start = data.rfind(_MARKER, max(0, len(data) - _METADATA_BYTES))
        if start < 0:
            raise _Broken("it has no metadata")
        start += len(_MARKER)
        metadata, _ = _Section(data, start).value(start)
        if not isinstance(metadata, dict):
            raise _Broken("its metadata is no map")
        nodes, bits, version = (metadata.get(key) for key in ("node_count", "record_size", "ip_version"))
        if not isinstance(nodes, int) or bits not in (24, 28, 32) or version not in (4, 6):
            raise _Broken("its metadata names no tree that is known")
        return Database(data, nodes, int(bits), int(version))
    except (OSError, ValueError, struct.error, IndexError) as exc:
        raise ContentError(f"the MaxMind file cannot be read: {exc}", path=Path(path)) from exc


@dataclass(frozen=True, slots=True)
class _Section:
    """Typed values in the file; pointers count from ``base``."""

    data: mmap.mmap
    base: int

    def value(self, at: int, depth: int = 0) -> tuple[Record, int]:
        """The value at an offset, and the offset behind it."""
        if depth > _MAX_DEPTH:
            raise _Broken("its values nest too deeply")
        control = self.data[at]
        at += 1
        kind = control >> 5
        if kind == 1:
            return self._pointer(control, at, depth)
        if kind == 0:
            kind = 7 + self.data[at]
            at += 1
        size = control & 31
        if size >= 29:
            extra = size - 28
            size = (0, 29, 285, 65_821)[extra] + int.from_bytes(self.data[at : at + extra], "big")
            at += extra
        if kind in (7, 11):
            return self._container(kind, size, at, depth)
        if kind == 14:
            return bool(size), at
        raw = self.data[at : at + size]
        return _scalar(kind, raw), at + size

    def _pointer(self, control: int, at: int, depth: int) -> tuple[Record, int]:
        size = (control >> 3) & 3
        raw = int.from_bytes(self.data[at : at + size + 1], "big")
        target = raw if size == 3 else ((control & 7) << 8 * (size + 1)) + raw + (0, 2_048, 526_336)[size]
        return self.value(self.base + target, depth + 1)[0], at + size + 1

    def _container(self, kind: int, size: int, at: int, depth: int) -> tuple[Record, int]:
        if kind == 11:
            items: list[Record] = []
            for _ in range(size):
                item, at = self.value(at, depth + 1)
                items.append(item)
            return items, at
        found: dict[str, Record] = {}
        for _ in range(size):
            key, at = self.value(at, depth + 1)
            found[str(key)], at = self.value(at, depth + 1)
        return found, at


def _scalar(kind: int, raw: bytes) -> Record:
    match kind:
        case 2:
            return raw.decode("utf-8", "replace")
        case 3:
            return float(struct.unpack(">d", raw)[0])
        case 4:
            return raw
        case 5 | 6 | 9 | 10:
            return int.from_bytes(raw, "big")
        case 8:
            return int.from_bytes(raw, "big", signed=len(raw) == 4)
        case 15:
            return float(struct.unpack(">f", raw)[0])
        case _:
            raise _Broken(f"it has a value of the unknown type {kind}")
