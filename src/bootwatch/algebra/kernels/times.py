"""Moments as text, relative to another, and the wall clock."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.events.relative import RelativeTimeError, relative_time

_VARIABLE: Final = re.compile(r"%(\d?)([NQ])|%(Ez|.)", re.DOTALL)
_PLAIN: Final = frozenset("AaBbdHIjMmpSUuVwYyGgZz")
_SHORT: Final = {
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "F": "%Y-%m-%d",
    "x": "%m/%d/%y",
    "D": "%m/%d/%y",
    "h": "%b",
    "c": "%a %b %e %H:%M:%S %Y",
    "+": "%a %b %e %H:%M:%S %Z %Y",
}


@kernel("relative_time")
def relative(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A moment moved by a relative time; null where either is none. Settings: zone."""
    zone = ZoneInfo(settings[0])
    return [_relative(moment, spec, zone) for moment, spec in rows(arrays)]


def _relative(moment: object, spec: object, zone: tzinfo) -> float | None:
    if not isinstance(moment, float) or not isinstance(spec, str):
        return None
    try:
        return relative_time(moment, spec, zone)
    except RelativeTimeError:
        return None


@kernel("format_time")
def format_time(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Epoch seconds by a format; null of null and outside the calendar. Settings: zone."""
    zone = ZoneInfo(settings[0])
    return [_format(moment, form, zone) for moment, form in rows(arrays)]


def _format(moment: object, form: object, zone: tzinfo) -> str | None:
    if not isinstance(moment, float) or not isinstance(form, str) or not math.isfinite(moment):
        return None
    micros = round(moment * 1_000_000)
    try:
        local = datetime.fromtimestamp(micros // 1_000_000, zone)
    except (OverflowError, ValueError, OSError):
        return None
    return _expand(form, local, micros)


def _expand(form: str, local: datetime, micros: int) -> str:
    return _VARIABLE.sub(lambda found: _variable(found, local, micros), form)


def _variable(found: re.Match[str], local: datetime, micros: int) -> str:
    width, fraction, name = found.groups()
    if fraction:
        digits = int(width) if width else 9 if fraction == "N" else 3
        return f"{micros % 1_000_000:06d}000"[:digits]
    if name in _SHORT:
        return _expand(_SHORT[name], local, micros)
    if name in _PLAIN:
        return local.strftime(f"%{name}")
    hour, offset = local.hour, local.strftime("%z")
    other = {
        "k": f"{hour:2d}",
        "l": f"{(hour + 11) % 12 + 1:2d}",
        "e": f"{local.day:2d}",
        "s": str(micros // 1_000_000),
        "f": f"{micros % 1_000_000:06d}",
        "C": f"{local.year // 100:02d}",
        "Ez": f"{offset[:3]}:{offset[3:5]}",
        "%": "%",
    }
    return other.get(name, found[0])
