"""Compressed input, read as a stream in bounded memory: gzip, Zstandard, bzip2 and xz, of several members each.

Recognised by their first bytes, not by their names. What could be read before a damage or an early end is handed over
first; then :class:`~bootwatch.errors.InputError` says what is wrong.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import zstandard

from bootwatch.errors import InputError


class Reader(Protocol):
    """A stream of bytes."""

    def read(self, limit: int) -> bytes:
        """At most ``limit`` bytes, at least one; empty only at the end."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One compression format: its name, its first bytes, and how a member is unpacked."""

    name: str
    magic: bytes
    member: Callable[[], _Member]


_FEED_BYTES: Final = 1 << 16


def codec_of(head: bytes) -> Codec | None:
    """The compression a file that begins with ``head`` is in."""
    return next((codec for codec in CODECS if head.startswith(codec.magic)), None)


class Unpacked:
    """The content of a compressed stream."""

    def __init__(self, packed: Reader, codec: Codec, path: str) -> None:
        self._packed = packed
        self._codec = codec
        self._path = path
        self._member: _Member | None = None
        self._input = b""
        self._over = False

    def read(self, limit: int) -> bytes:
        while not self._over:
            if self._member is None and not self._begin():
                break
            member = self._member
            if member is None:
                break
            if not self._input and member.wants_input:
                self._input = self._packed.read(_FEED_BYTES)
                if not self._input:
                    self._over = True
                    raise InputError(
                        f"the {self._codec.name} data ends too early; what came before the break is used",
                        path=self._path,
                    )
            try:
                out, self._input = member.feed(self._input, limit)
            except (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError) as exc:
                self._over = True
                raise InputError(f"damaged {self._codec.name} data: {exc}", path=self._path) from exc
            if member.is_over:
                self._member = None
            if out:
                return out
        return b""

    def _begin(self) -> bool:
        """Start the next member; False at the end. Zero bytes may pad the end, as tape and block devices leave them."""
        magic = self._codec.magic
        while len(self._input) < len(magic):
            more = self._packed.read(_FEED_BYTES)
            if not more:
                break
            self._input = (self._input + more).lstrip(b"\0")
        if self._input.startswith(magic):
            self._member = self._codec.member()
            return True
        self._over = True
        if self._input.strip(b"\0"):
            raise InputError(f"something that is not {self._codec.name} data follows its end", path=self._path)
        return False


class _Member(Protocol):
    is_over: bool

    @property
    def wants_input(self) -> bool: ...

    def feed(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        """Unpacked bytes, and what of ``data`` was not taken."""


class _Gzip:
    wants_input = True

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._broken: zlib.error | None = None
        self.is_over = False

    def feed(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        if self._broken is not None:
            raise self._broken
        before = self._inner.copy()
        try:
            out = self._inner.decompress(data, limit)
        except zlib.error as exc:
            # What this call had unpacked before it met the damage is lost with it: unpack again, in small steps.
            self._broken = exc
            return _until_damage(before, data), data
        self.is_over = self._inner.eof
        return out, self._inner.unused_data if self.is_over else self._inner.unconsumed_tail


def _until_damage(inner: zlib._Decompress, data: bytes) -> bytes:
    """All that can be unpacked, by ever smaller steps; each goes on from the last state before the error."""
    out = bytearray()
    for step in (1 << 14, 1 << 7, 1):
        while data and not inner.eof:
            before = inner.copy()
            try:
                out += inner.decompress(data, step)
            except zlib.error:
                inner = before
                break
            data = inner.unconsumed_tail
    return bytes(out)


class _Buffering:
    """bzip2 and xz keep untaken input themselves."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner
        self.is_over = False

    @property
    def wants_input(self) -> bool:
        return self._inner.needs_input

    def feed(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        out = self._inner.decompress(data, limit)
        self.is_over = self._inner.eof
        return out, self._inner.unused_data if self.is_over else b""


class _Zstd:
    """No output limit here: input goes in by slices so small that even a bomb stays in bounds."""

    wants_input = True

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self.is_over = False

    def feed(self, data: bytes, limit: int) -> tuple[bytes, bytes]:
        out: list[bytes] = []
        size = at = 0
        while at < len(data) and size < limit and not self.is_over:
            try:
                out.append(self._inner.decompress(data[at : at + _ZSTD_SLICE]))
            except zstandard.ZstdError:
                if not size:
                    raise
                break  # what came before is handed over first; the next call meets the damage again
            at += _ZSTD_SLICE
            size += len(out[-1])
            self.is_over = self._inner.eof
        rest = data[at:]
        return b"".join(out), self._inner.unused_data + rest if self.is_over else rest


_ZSTD_SLICE: Final = 1 << 12


CODECS: Final = (
    Codec("gzip", b"\x1f\x8b", _Gzip),
    Codec("Zstandard", b"\x28\xb5\x2f\xfd", _Zstd),
    Codec("bzip2", b"BZh", lambda: _Buffering(bz2.BZ2Decompressor())),
    Codec("xz", b"\xfd7zXZ\x00", lambda: _Buffering(lzma.LZMADecompressor(memlimit=1 << 28))),
)
