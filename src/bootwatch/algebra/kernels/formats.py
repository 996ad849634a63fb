"""Numbers as text in other notations, and text in another base as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows

_DIGITS: Final = Context(prec=640)
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


@kernel("number_of_base")
def number_of_base(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A text read in base 2 to 36; null of null, of blanks around it, and of what is no number. Settings: base."""
    return [_read(text, int(settings[0])) for (text,) in rows(arrays)]


def _read(text: object, base: int) -> float | None:
    if not isinstance(text, str) or text != text.strip() or "_" in text:
        return None
    try:
        return float(int(text, base))
    except (ValueError, OverflowError):
        return None


@kernel("notation")
def notation(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A number in a notation; null of null and of what is not finite. Settings: hex, commas, duration or binary."""
    return [_notation(value, settings[0]) for (value,) in rows(arrays)]


def _notation(value: object, name: str) -> str | None:
    if not isinstance(value, float) or not math.isfinite(value):
        return None
    whole = int(value)
    sign, size = "-" if whole < 0 else "", abs(whole)
    if name == "hex":
        return f"{sign}0x{size:X}"
    if name == "binary":
        return f"{sign}{size:b}"
    if name == "commas":
        if value.is_integer():
            return f"{whole:,}"
        return f"{Decimal(repr(value)).quantize(Decimal('0.01'), ROUND_HALF_UP, _DIGITS):,f}"
    days, rest = divmod(size, _DAY)
    shown = f"{rest // _HOUR:02d}:{rest % _HOUR // _MINUTE:02d}:{rest % _MINUTE:02d}"
    return f"{sign}{days}+{shown}" if days else f"{sign}{shown}"
