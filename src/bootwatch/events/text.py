"""Bytes as text that Arrow and DuckDB accept, and back to the very same bytes.

A byte that is not part of valid UTF-8 becomes one private-use character: byte ``0x80 + n`` is ``U+10FF80 + n``, the
last 128 code points of plane 16. A sender's own characters from that block are taken byte by byte in the same way, so
that the way back is unambiguous. Everything that is valid UTF-8, NUL included, stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

FIRST_ESCAPE: Final = 0x10FF80
"""The character for byte 0x80; U+10FFFF is byte 0xFF."""

_Bytes = npt.NDArray[np.uint8]
_Flags = npt.NDArray[np.bool_]


def decode_lossless(values: pa.BinaryArray) -> pa.StringArray:
    """The values as text, nulls kept. Without a copy where all of it is valid UTF-8."""
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    low, high = int(offsets[0]), int(offsets[-1])
    if data_buffer is None or low == high:
        return values.view(pa.string())
    data = np.frombuffer(data_buffer, dtype=np.uint8, count=high - low, offset=low)
    if int(data.max()) < 0x80:
        return values.view(pa.string())
    bad = _undecodable(data, offsets - low)
    if not bad.any():
        return values.view(pa.string())
    text, placed = _escaped(data, bad)
    edges = placed[offsets - low].astype(np.int32)
    mask = pc.is_null(values) if values.null_count else None
    validity = pc.invert(mask).buffers()[1] if mask is not None else None
    return pa.Array.from_buffers(pa.string(), len(values), [validity, pa.py_buffer(edges), pa.py_buffer(text)])


def text_of(value: bytes) -> str:
    """One value as text, by the same rule."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _ESCAPE.search(text):
            return text
    data = np.frombuffer(value, dtype=np.uint8)
    escaped, _ = _escaped(data, _undecodable(data, np.array([0, len(data)], dtype=np.int32)))
    return escaped.tobytes().decode("utf-8")


def encode_lossless(text: str) -> bytes:
    """The bytes that ``text`` was made from. A lone surrogate, which no text of ours holds, is written as WTF-8."""
    encoded = text.encode("utf-8", "surrogatepass")
    if _ESCAPE_LEAD not in encoded:
        return encoded
    return _ESCAPED.sub(lambda found: _RESTORED[found[0]], encoded)


def has_escapes(values: pa.StringArray) -> bool:
    """Whether any value stands for bytes that are not UTF-8, so that writing them plainly would change them."""
    data = values.buffers()[2]
    return data is not None and _ESCAPED.search(memoryview(data)) is not None


_ESCAPE: Final = re.compile("[\U0010ff80-\U0010ffff]")
_ESCAPE_LEAD: Final = b"\xf4\x8f"
_RESTORED: Final = {chr(FIRST_ESCAPE + n).encode(): bytes([0x80 + n]) for n in range(0x80)}
_ESCAPED: Final = re.compile(rb"\xf4\x8f[\xbe\xbf][\x80-\xbf]")


def _undecodable(data: _Bytes, offsets: npt.NDArray[np.int32]) -> _Flags:
    """Which bytes belong to no well-formed sequence (Unicode 3.9, table 3-7) that lies within one value."""
    bad = data >= 0x80
    lead = np.flatnonzero(data >= 0xC2)
    if len(lead) == 0:
        return bad
    padded = np.concatenate((data, np.zeros(3, dtype=np.uint8)))
    b0, b1, b2, b3 = (padded[lead + step] for step in range(4))
    c1, c2, c3 = ((b & 0xC0) == 0x80 for b in (b1, b2, b3))
    two = (b0 < 0xE0) & c1
    three = (b0 >= 0xE0) & (b0 < 0xF0) & c1 & c2
    three &= ~((b0 == 0xE0) & (b1 < 0xA0)) & ~((b0 == 0xED) & (b1 >= 0xA0))
    four = (b0 >= 0xF0) & (b0 <= 0xF4) & c1 & c2 & c3
    four &= ~((b0 == 0xF0) & (b1 < 0x90)) & ~((b0 == 0xF4) & (b1 >= 0x90))
    four &= ~((b0 == 0xF4) & (b1 == 0x8F) & (b2 >= 0xBE))  # the escapes themselves
    length = np.where(two, 2, np.where(three, 3, np.where(four, 4, 0)))
    good = length > 0
    lead, length = lead[good], length[good]
    first = np.searchsorted(offsets, lead, side="right")
    within = first == np.searchsorted(offsets, lead + length - 1, side="right")
    lead, length = lead[within], length[within]
    for step in range(4):
        bad[(lead + step)[length > step]] = False
    return bad


def _escaped(data: _Bytes, bad: _Flags) -> tuple[_Bytes, npt.NDArray[np.int64]]:
    """``data`` with every bad byte as its four-byte character, and the new place of each old offset (one more)."""
    placed = np.zeros(len(data) + 1, dtype=np.int64)
    np.cumsum(np.where(bad, 4, 1), out=placed[1:])
    text = np.empty(int(placed[-1]), dtype=np.uint8)
    at = placed[:-1]
    text[at[~bad]] = data[~bad]
    where, values = at[bad], data[bad]
    high = values >= 0xC0
    text[where] = 0xF4
    text[where + 1] = 0x8F
    text[where + 2] = np.where(high, 0xBF, 0xBE)
    text[where + 3] = np.where(high, values - 0x40, values)
    return text, placed
