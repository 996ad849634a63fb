"""Numbers printed with a fixed count of decimals, rounded half away from zero in decimal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.spelling import number_text

_MAX_DECIMALS: Final = 308
_DIGITS: Final = Context(prec=640)
"""Room for any double with any number of decimals asked for."""


@kernel("fixed_decimals")
def fixed_decimals(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A number as text with so many decimals; with null decimals as Splunk prints it anyway. Null of null."""
    numbers, decimals = arrays[0].to_pylist(), arrays[1].to_pylist()
    return [None if number is None else fixed(number, places) for number, places in zip(numbers, decimals, strict=True)]


def fixed(number: float, places: float | None) -> str:
    if not math.isfinite(number):
        return repr(number)
    if places is None:
        return shown(number)
    step = Decimal(1).scaleb(-min(int(places), _MAX_DECIMALS))
    rounded = f"{Decimal(repr(number)).quantize(step, rounding=ROUND_HALF_UP, context=_DIGITS):f}"
    return rounded.removeprefix("-") if not rounded.strip("-0.") else rounded


shown = number_text
