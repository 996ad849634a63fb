"""Numbers as text in other notations, and text in another base as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows

_DIGITS: Final = Context(prec=640)
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?[0-9A-Za-z]+", re.ASCII)


@kernel("number_of_base")
def number_of_base(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A text read in a base from 2 to 36; null of null, of blanks around it, and of what is no number in that base."""
    return [_read(text, base) for text, base in rows(arrays)]


def _read(text: object, base: object) -> float | None:
    if not isinstance(text, str) or not isinstance(base, float) or not base.is_integer() or not 2 <= base <= 36:
        return None
    if _WHOLE.fullmatch(text) is None:
        return float(text) if base == 10 and _NUMBER.fullmatch(text) else None
    try:
        return float(int(text, int(base)))
    except (ValueError, OverflowError):
        return None


@kernel("notation")
def notation(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A number, given as text, in a notation; other text as it is. Settings: hex, commas, duration or binary."""
    return [_notation(text, settings[0]) for text in arrays[0].to_pylist()]


def _notation(text: str | None, name: str) -> str | None:
    if text is None or _NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
        return text
    value = Decimal(text)
    decimals = value != value.to_integral_value() or "." in text
    if name == "commas":
        return f"{value.quantize(Decimal('0.01') if decimals else Decimal(1), ROUND_HALF_UP, _DIGITS):,f}"
    sign, size = "-" if value < 0 else "", int(abs(value))
    if name == "hex":
        return f"{sign}0x{size:X}"
    if name == "binary":
        return f"{sign}{size:b}"
    days, rest = divmod(size, _DAY)
    shown = f"{rest // _HOUR:02d}:{rest % _HOUR // _MINUTE:02d}:{rest % _MINUTE:02d}"
    if value != value.to_integral_value():
        shown += f"{abs(value) % 1:.6f}"[1:]
    return f"{sign}{days}+{shown}" if days else f"{sign}{shown}"
