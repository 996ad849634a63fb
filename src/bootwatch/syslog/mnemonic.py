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

from bootwatch.match import rowbits
from bootwatch.match.heads import (
    TAIL,
    TOKEN_ROOM,
    Codes,
    Heads,
    Offsets,
    distinct,
    keep,
    token_sizes,
    windows,
)
from bootwatch.match.rowbits import WORD, flagged

_TOKEN: Final = re.compile(
    r"%(?P<facility>[A-Za-z][A-Za-z0-9_./]*(?:-[A-Za-z0-9_./]+)*?)-+(?P<severity>[0-7])-(?P<mnemonic>[A-Za-z0-9_][\w.-]*)"
)
_UNIT: Final = re.compile(r"-(?:SPSTBY|STANDBY|STBY|SP|RP|SW\d*(?:_[A-Z0-9]+)*|DFC\d+|FEX\d+|NODE\d+|\d+)$")
_EMBLEM: Final = re.compile(r"(ASA|FTD|PIX|FWSM)-.*", re.IGNORECASE)

WRAPPING: Final = frozenset(("IOSXE", "PLATFORM"))
"""Facilities and mnemonics under which IOS-XE passes on the message of another of its processes."""

_FIELDS: Final = np.frombuffer(b'",\t|', np.uint8)
_PROMPT: Final = np.frombuffer(b"#>()", np.uint8)
_PROMPT_ROOM: Final = 160


@dataclass(frozen=True, slots=True)
class Mnemonics:
    """For each message its code in ``parts`` (-1: no mnemonic), and the offset behind the mnemonic and its colon.

    A message may hold another (``%IOSXE-5-PLATFORM: … %INSTALL-5-INSTALL_START_INFO: …``): the last counts behind one
    of ``WRAPPING``. Anywhere else it is what somebody typed or sent, and the message's own counts.
    """

    codes: Codes
    after: Offsets
    parts: tuple[tuple[str, str, str], ...]


@lru_cache(maxsize=1 << 16)
def split(token: bytes) -> tuple[str, str, str] | None:
    """Facility, severity and mnemonic of one token, with or without its colon; None where it is not of that form.

    A trailing part that names a unit (``SPANTREE-SP``, ``SEC_LOGIN-SW2``, ``SYSMGR-STANDBY``) and EMBLEM's message
    class are not part of the facility; IOS-XR's category and group (``MGBL-CONFIG``) are.
    """
    match = _TOKEN.fullmatch(token.decode("latin-1").removesuffix(":").removesuffix(" "))
    if match is None:
        return None
    facility = _UNIT.sub("", _EMBLEM.sub(r"\1", match["facility"]))
    return facility, match["severity"], match["mnemonic"]


def find(heads: Heads) -> Mnemonics:
    """The mnemonic of every message."""
    found = [split(text) if text.startswith(b"%") else None for text in heads.tails]
    known = np.array([parts is not None for parts in found] or [False])
    mine = known[heads.tail_codes] & (heads.token_sizes <= TAIL)
    codes = np.where(mine, heads.tail_codes, np.int32(-1))
    after = np.where(mine, heads.starts + heads.cuts - 1 + heads.token_sizes, -1)
    parts = [part or ("", "", "") for part in found]
    places, rows = _further(heads)
    if len(places):
        _last(heads, places, rows, codes, after, parts)
    return Mnemonics(codes, _behind_colon(heads, after), tuple(parts))


def _further(heads: Heads) -> tuple[Offsets, Offsets]:
    """Where a ``%`` before a letter stands beside the token of its message's tail, and in which message."""
    percent = heads.data == ord("%")
    whole = (heads.token_sizes > 0) & (heads.token_sizes <= TAIL)
    percent[(heads.starts + heads.cuts - 1)[whole]] = False
    places = flagged(percent)
    following = heads.data.take(places + 1, mode="clip") | 32
    places = places[(following - np.uint8(97)) < 26]
    rows = np.searchsorted(heads.starts, places, "right") - 1
    inside = places < heads.ends[rows]
    return places[inside], rows[inside]


def _last(
    heads: Heads, places: Offsets, rows: Offsets, codes: Codes, after: Offsets, parts: list[tuple[str, str, str]]
) -> None:
    """Let the last token that counts be its message's, in place; tokens not met yet join ``parts``.

    What follows a device's own mnemonic may be what somebody typed or sent. A token there counts only behind one of
    ``WRAPPING``. Without a mnemonic in the header it counts at the end of one: behind a process number, NX-OS's
    ``%$ VDC-1 %$``, or, where a prompt stands in front, the first colon.
    """
    first = heads.starts[rows] + heads.cuts[rows] - 1
    ending = heads.data.take(np.maximum(first, 0), mode="clip")
    near = windows(heads.data, np.maximum(places - 3, 0), 3)
    colon = (near[:, 1] == ord(":")) & (near[:, 2] == ord(" "))
    known = codes[rows] >= 0
    wrapped = np.array([part[2] in WRAPPING or part[0] in WRAPPING for part in parts] or [False])[codes[rows]] & known
    closing = rowbits.first(rowbits.of(windows(heads.data, np.maximum(first, 0), WORD) == ord("]")))
    process = ~known & ~np.isin(ending, _FIELDS) & colon & (closing == places - 3 - first)
    infix = ~known & (heads.token_sizes[rows] == 1)
    prompt = ~known & np.isin(ending, _PROMPT) & colon & (places - heads.starts[rows] < _PROMPT_ROOM)
    long = ~known & (places == first) & (heads.token_sizes[rows] > TAIL)
    earliest = np.r_[True, rows[1:] != rows[:-1]]
    counts = np.flatnonzero(wrapped | ((process | prompt) & earliest) | infix | long)
    if not len(counts):
        return
    places, rows = places[counts], rows[counts]
    sizes = token_sizes(heads.data, places, heads.ends[rows])
    table = windows(heads.data, places, TOKEN_ROOM)
    keep(table, np.minimum(sizes, TOKEN_ROOM))
    tokens, texts = distinct(table)
    found = [split(text) for text in texts]
    wanted = np.flatnonzero(np.array([part is not None for part in found])[tokens])
    codes[rows[wanted]], after[rows[wanted]] = tokens[wanted] + len(parts), (places + sizes)[wanted]
    parts.extend(part or ("", "", "") for part in found)


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
