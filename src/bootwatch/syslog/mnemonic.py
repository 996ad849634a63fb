"""``%FACILITY-SEVERITY-MNEMONIC`` anywhere in a message, for a whole batch.

Cisco IOS, NX-OS, IOS-XR (``%CATEGORY-GROUP-SEVERITY-MNEMONIC :``), ASA and FTD (also EMBLEM's ``%ASA-config-5-111010``
and a lower-case ``%ftd``) and Junos with ``explicit-priority`` (``%INTERACT-6-UI_CMDLINE_READ_LINE``) write one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from bootwatch.match.heads import Bytes, Codes, Flags, Heads, Offsets, distinct, keep, windows

_LONGEST: Final = 80
_CHUNK: Final = 2048
_TOKEN: Final = re.compile(
    r"%(?P<facility>[A-Za-z][A-Za-z0-9_./]*(?:-[A-Za-z0-9_./]+)*?)-+(?P<severity>[0-7])-(?P<mnemonic>[A-Za-z0-9_][\w.-]*)"
)
_UNIT: Final = re.compile(r"-(?:SPSTBY|STANDBY|STBY|SP|RP|SW\d*(?:_[A-Z0-9]+)*|DFC\d+|FEX\d+|NODE\d+|\d+)$")
_EMBLEM: Final = re.compile(r"(ASA|FTD|PIX|FWSM)-.*", re.IGNORECASE)

QUOTING: Final = frozenset(
    (
        *("CFGLOG_LOGGEDCMD", "LOG", "ACCTLOCAL", "AAA_ACCOUNTING_MESSAGE", "VSHD_SYSLOG_CMD_EXEC", "CMD"),
        *("111008", "111009", "111010", "UI_CMDLINE_READ_LINE", "SYSTEM_MSG"),
    )
)
"""Mnemonics whose text repeats what somebody typed: a ``%`` in it is that person's, not the device's."""


@dataclass(frozen=True, slots=True)
class Mnemonics:
    """For each message its code in ``parts`` (-1: no mnemonic), and the offset behind the mnemonic and its colon.

    A message may hold several (``%IOSXE-5-PLATFORM: … %INSTALL-5-INSTALL_START_INFO: …``, two messages glued together):
    the last counts, except behind one of ``QUOTING``, whose own counts.
    """

    codes: Codes
    after: Offsets
    parts: tuple[tuple[str, str, str], ...]


@lru_cache(maxsize=1 << 16)
def split(token: bytes) -> tuple[str, str, str] | None:
    """Facility, severity and mnemonic of one token; None where it is not of that form.

    A trailing part that names a unit (``SPANTREE-SP``, ``SEC_LOGIN-SW2``, ``SYSMGR-STANDBY``) and EMBLEM's message
    class are not part of the facility; IOS-XR's category and group (``MGBL-CONFIG``) are.
    """
    match = _TOKEN.fullmatch(token.decode("latin-1"))
    if match is None:
        return None
    facility = _UNIT.sub("", _EMBLEM.sub(r"\1", match["facility"]))
    return facility, match["severity"], match["mnemonic"]


def find(heads: Heads) -> Mnemonics:
    """The mnemonic of every message."""
    count = len(heads)
    codes, after = np.full(count, -1, np.int32), np.full(count, -1, np.int64)
    places = np.flatnonzero(heads.data == ord("%"))
    following = heads.data.take(places + 1, mode="clip") | 32
    places = places[(following - np.uint8(97)) < 26]
    rows = np.searchsorted(heads.starts, places, "right") - 1
    inside = places < heads.ends[rows]
    places, rows = places[inside], rows[inside]
    if not len(places):
        return Mnemonics(codes, after, ())
    table, size = _tokens(heads, places, heads.ends[rows])
    tokens, texts = distinct(table)
    found = [split(text) for text in texts]
    known = np.array([parts is not None for parts in found])[tokens]
    places, rows, tokens, size = places[known], rows[known], tokens[known], size[known]
    quoting = np.array([parts is not None and parts[2] in QUOTING for parts in found])[tokens]
    if quoting.any():
        wanted = ~_behind(quoting, rows)
        places, rows, tokens, size = places[wanted], rows[wanted], tokens[wanted], size[wanted]
    codes[rows], after[rows] = tokens, places + size
    return Mnemonics(codes, _behind_colon(heads, after), tuple(parts or ("", "", "") for parts in found))


def _tokens(heads: Heads, places: Offsets, ends: Offsets) -> tuple[Bytes, Offsets]:
    """The token at each place, up to a blank, a colon, or anything else no mnemonic contains; and its length."""
    table, sizes = np.empty((len(places), _LONGEST), np.uint8), np.empty(len(places), np.int64)
    for low in range(0, len(places), _CHUNK):
        part = slice(low, low + _CHUNK)
        found = windows(heads.data, places[part], _LONGEST)
        stop = (found < 0x2D) | (found == ord(":")) | (found > ord("z")) | ((found - np.uint8(0x5B)) < 4)
        stop[:, 0], stop[:, -1] = False, True
        sizes[part] = np.minimum(stop.argmax(1), ends[part] - places[part])
        keep(found, sizes[part])
        table[part] = found
    return table, sizes


def _behind(quoting: Flags, rows: Offsets) -> Flags:
    """Which places follow a quoting one in the same message."""
    total = np.cumsum(quoting)
    first = np.searchsorted(rows, rows, "left")
    before = np.where(first > 0, total[first - 1], 0)
    behind: Flags = (total - quoting - before) > 0
    return behind


def _behind_colon(heads: Heads, after: Offsets) -> Offsets:
    """Past the colon behind a mnemonic (IOS-XR and NX-OS put a blank before it) and the blanks behind that."""
    rows = np.flatnonzero(after >= 0)
    at, ends = after[rows], heads.ends[rows]

    def skip(byte: int, times: int) -> None:
        for _ in range(times):
            here = (at < ends) & (heads.data.take(at, mode="clip") == byte)
            if not here.any():
                return
            at[here] += 1

    skip(ord(" "), 1)
    skip(ord(":"), 1)
    skip(ord(" "), 4)
    moved = after.copy()
    moved[rows] = at
    return moved
