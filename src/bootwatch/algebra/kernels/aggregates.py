"""Statistics over the values of multivalue fields, where a row brings several numbers at once."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.fixed import shown

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:nan)")


@kernel("list_statistic")
def list_statistic(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A statistic of each list; null of none. Settings: its name, its parameter ('' for none)."""
    name, parameter = settings
    lists: list[list[str] | None] = arrays[0].to_pylist()
    if name in _TEXTS:
        return [_TEXTS[name](values) if values else None for values in lists]
    found: list[float | None] = []
    for values in lists:
        numbers = [float(value) for value in values or () if _NUMBER.fullmatch(value)]
        if not numbers:
            found.append(None)
        elif name == "percentile":
            found.append(_percentile(numbers, float(parameter)))
        else:
            found.append(_NUMBERS[name](numbers))
    return found


@kernel("distinct_values")
def distinct_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Each list with repeated values left out, in the order they first come."""
    return [None if values is None else list(dict.fromkeys(values)) for values in arrays[0].to_pylist()]


def _percentile(numbers: list[float], percent: float) -> float:
    ordered = sorted(numbers, key=_order)
    rank = percent / 100 * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    if ordered[low] == ordered[high] or rank == low:
        return ordered[low]
    found = ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
    return float(f"{found:.15g}")


def _median(numbers: list[float]) -> float:
    """An exact .5 of the middle pair's mean is rounded up."""
    found = _percentile(numbers, 50)
    half = len(numbers) % 2 == 0 and math.isfinite(found) and found - math.floor(found) == 0.5
    return math.ceil(found) if half else found


def _order(number: float) -> tuple[bool, float]:
    """NaN is above every number."""
    return (True, 0.0) if math.isnan(number) else (False, number)


def _sum(numbers: Iterable[float]) -> float:
    found = list(numbers)
    try:
        return math.fsum(found)
    except (OverflowError, ValueError):  # beyond all doubles, or infinities of both signs
        return sum(found)


def _spread(of: Callable[[list[float]], float], alone: float | None = None) -> Callable[[list[float]], float]:
    """A measure of spread; ``alone`` is that of a single number, for samples."""

    def measured(numbers: list[float]) -> float:
        if alone is not None and len(numbers) == 1:
            return alone
        if not all(map(math.isfinite, numbers)):
            return math.nan
        try:
            return of(numbers)
        except OverflowError:
            return math.inf

    return measured


def _mode(values: list[str]) -> str:
    counts = Counter(values)
    most = max(counts.values())
    return min(value for value, count in counts.items() if count == most)


def _extreme(choose: Callable[..., float], *, text_first: bool) -> Callable[[list[str]], str]:
    def of(values: list[str]) -> str:
        words = [value for value in values if not _NUMBER.fullmatch(value)]
        numbers = [value for value in values if _NUMBER.fullmatch(value)]
        pick: Callable[..., str] = max if choose is max else min
        if words and (text_first or not numbers):
            return pick(words)
        return shown(choose((float(value) for value in numbers), key=_order))

    return of


_NUMBERS: Final[dict[str, Callable[[list[float]], float]]] = {
    "count": len,
    "sum": _sum,
    "sumsq": lambda numbers: _sum(number * number for number in numbers),
    "avg": lambda numbers: _sum(numbers) / len(numbers),
    "min": lambda numbers: min(numbers, key=_order),
    "max": lambda numbers: max(numbers, key=_order),
    "var_sample": _spread(statistics.variance, alone=0.0),
    "var_population": _spread(statistics.pvariance),
    "stdev_sample": _spread(statistics.stdev, alone=0.0),
    "stdev_population": _spread(statistics.pstdev),
    "median": _median,
}
_TEXTS: Final[dict[str, Callable[[list[str]], str]]] = {
    "mode": _mode,
    "min_number_first": _extreme(min, text_first=False),
    "max_number_first": _extreme(max, text_first=False),
    "max_text_first": _extreme(max, text_first=True),
}
