"""Messages of devices behind structured data that a relay put in front of them (RFC 5424, 6.3).

syslog-ng, rsyslog and journald write ``[meta sequenceId="1"]``, ``[origin ip="…"]`` or ``[timeQuality …]`` before the
text they pass on. What device wrote it stands behind that, as it would behind ``-``. Structured data of a device itself
(Junos, ``[junos@2636.…]``) is its message and stays.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.match.heads import Heads
from bootwatch.syslog import shape

_STRUCTURED: Final = shape.COLUMNS.index("structured")
ELEMENT: Final = r'\[(?:[^"\]]|"(?:[^"\\]|\\[\x00-\x{10FFFF}])*")*\]'
"""One element of structured data; a quoted value may hold brackets, and quotes behind a backslash."""

_INNER: Final = r"(?:(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?|\d{4}-\d\d-\d\d[T ])[\d:.]{8,}\S* )?(?:\S+ )?"
"""A header of the device's own: a stamp and a name at most, so that words of a text are none."""
_FOLLOWS: Final = (
    r'[^%"\[\n]{0,100}%[A-Za-z][\w.-]*-[0-7]-',
    r"(?:\S+ )?date=",
    rf"{_INNER}\d,\d{{4}}/",
    rf"{_INNER}CISE_",
)
"""How messages of Cisco devices, FortiOS, PAN-OS and Cisco ISE begin, perhaps behind a header of their own."""
_HEADER: Final = r"(?:<\d{1,3}>)?(?:\d{1,2} )?(?:\S+ ){5}"
_WRAPPED: Final = rf"^({_HEADER})(?:{ELEMENT})+ \x{{FEFF}}?((?:<\d{{1,3}}>)?(?:{'|'.join(_FOLLOWS)}))"
_OWN: Final = rf'^{_HEADER}(?:{ELEMENT})*\[[^\]" ]*@2636\b'
"""Structured data under Juniper's number among enterprises; in the text behind, anybody can write it."""


def without_outer_data(raw: pa.StringArray, heads: Heads) -> pa.StringArray:
    """The messages with ``-`` for a relay's structured data, where a device's message follows it."""
    structured = np.frombuffer(b"".join(map(shape.row_of, heads.shapes or (b"",))), np.int32).reshape(
        -1, len(shape.COLUMNS)
    )
    rows = np.flatnonzero(structured[:, _STRUCTURED][heads.codes])
    if not len(rows):
        return raw
    places = pa.array(rows)
    texts = raw.take(places)
    bare = pc.replace_substring_regex(texts, _WRAPPED, r"\1- \2")
    changed = pc.and_(pc.not_equal(bare, texts), pc.invert(pc.match_substring_regex(texts, _OWN)))
    if not pc.any(changed).as_py():
        return raw
    mask = np.zeros(len(raw), np.bool_)
    mask[rows[np.asarray(changed)]] = True
    return pc.replace_with_mask(raw, pa.array(mask), bare.filter(changed))
