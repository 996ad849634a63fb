"""What ``convert`` makes of single values: durations, sizes, numbers out of texts (Search Reference, "convert")."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import find, kernel
from bootwatch.algebra.kernels.fixed import shown

_DURATION: Final = re.compile(r"(?:(\d{1,9})\+)?(\d{1,9}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_MINUTES: Final = re.compile(r"(?:(\d{1,9}):)?(\d{1,9}(?:\.\d+)?)")
_SIZE: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*([kmg])?b?", re.IGNORECASE)
_LEADING: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED: Final = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
_FACTOR: Final = {"k": 1.0, "m": 1024.0, "g": 1024.0**2}


def _seconds(text: str) -> str | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return text if _NUMBER.fullmatch(text) else None
    days, hours, minutes, seconds = found.groups()
    return shown(float(days or 0) * 86_400 + float(hours) * 3_600 + float(minutes) * 60 + float(seconds))


def _clock(text: str) -> str | None:
    found = _MINUTES.fullmatch(text)
    return None if found is None else shown(float(found[1] or 0) * 60 + float(found[2]))


def _kilobytes(text: str) -> str | None:
    found = _SIZE.fullmatch(text.strip())
    return None if found is None else shown(float(found[1]) * _FACTOR[(found[2] or "k").lower()])


def _leading(text: str) -> str | None:
    found = _LEADING.match(text)
    return None if found is None else found[1]


def _ungrouped(text: str) -> str | None:
    return text.replace(",", "") if _GROUPED.fullmatch(text) else None


def _numeric(text: str) -> str | None:
    return text if _NUMBER.fullmatch(text) else None


_CONVERSIONS: Final[dict[str, Callable[[str], str | None]]] = {
    "dur2sec": _seconds,
    "mstime": _clock,
    "memk": _kilobytes,
    "rmunit": _leading,
    "rmcomma": _ungrouped,
    "num": _numeric,
}


@kernel("conversion")
def conversion(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Each text, or each value of a list, converted; null of what cannot be. Settings: the conversion's name."""
    convert = _CONVERSIONS[settings[0]]
    if pa.types.is_list(arrays[0].type):
        return [None if values is None else _kept([convert(v) for v in values]) for values in arrays[0].to_pylist()]
    return [None if text is None else convert(text) for text in arrays[0].to_pylist()]


def _kept(values: list[str | None]) -> list[str] | None:
    return [value for value in values if value is not None] or None


@kernel("each_time")
def each_time(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Each value of a list formatted as a time or read as one; what is none stays.

    Settings: ``format_time`` or ``parse_time``, the format, then what that kernel is set to.
    """
    name, form, *rest = settings
    lists: list[list[str] | None] = arrays[0].to_pylist()
    flat = [value for values in lists for value in values or ()]
    given: pa.Array = pa.array(flat, pa.string())
    if name == "format_time":
        given = pa.array([float(v) if _NUMBER.fullmatch(v) else None for v in flat], pa.float64())
    forms = pa.array([form] * len(flat), pa.string())
    made = pa.array(find(name).run([given, forms], tuple(rest), notes)).to_pylist()
    values = iter(
        old if new is None else new if isinstance(new, str) else shown(new) for old, new in zip(flat, made, strict=True)
    )
    return [None if found is None else [next(values) for _ in found] for found in lists]
