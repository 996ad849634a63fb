"""Moments as text and relative to another, and the wall clock (Search Reference, "Date and time format variables")."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.events.relative import RelativeTimeError, relative_time

_VARIABLE: Final = re.compile(r"%(?:([1-9]?)([NQf])|(Ez|:z|::z|.))", re.DOTALL)
COMPOSED: Final = {
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "R": "%H:%M",
    "F": "%Y-%m-%d",
    "x": "%m/%d/%Y",
    "D": "%m/%d/%y",
    "c": "%a %b %e %H:%M:%S %Y",
    "+": "%a %b %e %H:%M:%S %Z %Y",
    "h": "%b",
}
"""Variables that stand for several; dates in the order of US English."""
FRACTION_DIGITS: Final = {"N": 9, "Q": 3, "f": 6}
Piece = str | Callable[[datetime], str] | int
"""Of a format: text, what a moment shows there, or how many digits of the second's fraction."""


@kernel("relative_time")
def relative(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A moment moved by a relative time; null where either is none. Settings: zone."""
    zone = ZoneInfo(settings[0])
    return [_relative(moment, spec, zone) for moment, spec in rows(arrays)]


def _relative(moment: object, spec: object, zone: tzinfo) -> float | None:
    if not isinstance(moment, float) or not isinstance(spec, str) or not math.isfinite(moment):
        return None
    try:
        return relative_time(moment, spec, zone)
    except RelativeTimeError:
        return None


@kernel("wall_clock", volatile=True)
def wall_clock(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Epoch seconds of the moment each row is made, to the microsecond; the argument only counts the rows."""
    return [time.time_ns() // 1000 / 1_000_000 for _ in range(len(arrays[0]))]


@kernel("format_time")
def format_time(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Epoch seconds by a format; null of null and outside the calendar. Settings: zone."""
    zone = ZoneInfo(settings[0])
    known: dict[tuple[str, int], tuple[str | int, ...] | None] = {}
    found: list[str | None] = []
    for moment, form in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        if moment is None or form is None or not math.isfinite(moment):
            found.append(None)
            continue
        key = (form, math.floor(moment))
        if key not in known:
            known[key] = _shown(form, key[1], zone)
        found.append(_joined(known[key], moment))
    return found


def _shown(form: str, second: int, zone: tzinfo) -> tuple[str | int, ...] | None:
    """A format filled for a second, the digits of the fraction left open; None outside the calendar."""
    try:
        local = datetime.fromtimestamp(second, zone)
    except (OverflowError, ValueError, OSError):
        return None
    pieces = [piece(local) if callable(piece) else piece for piece in compiled(form)]
    if all(isinstance(piece, str) for piece in pieces):
        return ("".join(str(piece) for piece in pieces),)
    return tuple(pieces)


def _joined(pieces: tuple[str | int, ...] | None, moment: float) -> str | None:
    if pieces is None:
        return None
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    exact = Decimal(repr(moment))
    fraction = f"{exact - exact.to_integral_value(ROUND_FLOOR):.9f}"[2:]
    return "".join(piece if isinstance(piece, str) else fraction[:piece] for piece in pieces)


@lru_cache(maxsize=512)
def compiled(form: str) -> tuple[Piece, ...]:
    """A format in pieces; a variable nobody knows stays as it is written."""
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(form):
        pieces.append(form[at : found.start()])
        at = found.end()
        width, fraction, name = found.groups()
        if fraction:
            pieces.append(int(width) if width else FRACTION_DIGITS[fraction])
        elif name in COMPOSED:
            pieces.extend(compiled(COMPOSED[name]))
        else:
            pieces.append(_PRINT.get(name, found[0]))
    pieces.append(form[at:])
    return tuple(piece for piece in pieces if piece != "")


def _offset(local: datetime, *, colons: int) -> str:
    total = round((local.utcoffset() or local - local).total_seconds())
    sign, size = "-" if total < 0 else "+", abs(total)
    parts = [f"{size // 3600:02d}", f"{size // 60 % 60:02d}", f"{size % 60:02d}"]
    return sign + (":".join(parts[: colons + 1]) if colons else "".join(parts[:2]))


def _plain(name: str) -> Callable[[datetime], str]:
    return lambda local: local.strftime(f"%{name}")


_PRINT: Final[dict[str, Callable[[datetime], str] | str]] = {
    **{name: _plain(name) for name in "AaBbIjpUuVWwyGZ"},
    # The six of nearly every format, spelled out: strftime takes several times as long.
    "Y": lambda local: f"{local.year:04d}",
    "m": lambda local: f"{local.month:02d}",
    "d": lambda local: f"{local.day:02d}",
    "H": lambda local: f"{local.hour:02d}",
    "M": lambda local: f"{local.minute:02d}",
    "S": lambda local: f"{local.second:02d}",
    "C": lambda local: f"{local.year // 100:02d}",
    "g": lambda local: f"{local.isocalendar().year % 100:02d}",
    "e": lambda local: f"{local.day:2d}",
    "k": lambda local: f"{local.hour:2d}",
    "l": lambda local: f"{(local.hour + 11) % 12 + 1:2d}",
    "s": lambda local: str(round(local.replace(microsecond=0).timestamp())),
    "z": lambda local: _offset(local, colons=0),
    ":z": lambda local: _offset(local, colons=1),
    "::z": lambda local: _offset(local, colons=2),
    "Ez": lambda local: _offset(local, colons=1),
    "n": "\n",
    "t": "\t",
    "%": "%",
}
