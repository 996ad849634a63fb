"""The functions of ``stats`` (semantics D): one aggregate over the rows of one group."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .calls import Env
from .clock import Clock
from .evaluate import check, evaluate
from .grammar import Node
from .values import Num, Row, pack, parse_number, put, show_float, show_number, stored, values_of

Held = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``function(field)`` or ``function(eval(expression))`` under its output name; no field is ``count``."""

    function: str
    field: str | None
    node: Node | None
    output: str

    def compute(self, rows: list[Row], clock: Clock, *, all_numeric: bool = False) -> Held:
        """The value for a group, None where no field is to be written."""
        if self.function == "count" and self.field is None and self.node is None:
            return str(len(rows))
        found: list[tuple[Row, list[str]]] = []
        for row in rows:
            values = self._values(row, clock)
            if values:
                found.append((row, values))
        texts = [value for _, values in found for value in values]
        if not rows and self.function != "count":
            return None
        if self.function in _TIMED:
            return _TIMED[self.function](found)
        if self.function in _TEXT:
            if all_numeric and self.function in ("min", "max") and not all(map(parse_number, texts)):
                return None  # any text in the field, and allnum leaves it out (D stats)
            return _TEXT[self.function](texts)
        numbers = [n.value for n in map(parse_number, texts) if n is not None and math.isfinite(n.value)]
        if not numbers or (all_numeric and len(numbers) < len(texts)):
            return None
        percent = _PERCENT.fullmatch(self.function)
        value = percentile(numbers, float(percent[1])) if percent else _NUMERIC[self.function](numbers)
        return show_number(Num(value))

    def _values(self, row: Row, clock: Clock) -> list[str]:
        if self.node is None:
            return values_of(row, self.field or "")
        value = evaluate(self.node, Env(row, clock))
        if self.function == "count" and check(self.node) == "bool":
            return ["True"] if value is True else []
        held = stored(value)
        return [] if held is None else [held] if isinstance(held, str) else held


def known(function: str) -> bool:
    """Whether a name is an aggregate of this evaluator."""
    percent = _PERCENT.fullmatch(function)
    if percent is not None:
        return float(percent[1]) <= 100
    return function in _TEXT or function in _TIMED or function in _NUMERIC


_PERCENT = re.compile(r"(?:perc|p|exactperc|upperperc)(\d+(?:\.\d+)?)")


def percentile(numbers: list[float], percent: float) -> float:
    """Linear interpolation between the ranks around (N/100)(n-1), on the decimal spellings: 9.55, not 9.549999."""
    ordered = [_exact(n) for n in sorted(numbers)]
    rank = _exact(percent) / 100 * (len(ordered) - 1)
    low, high = math.floor(rank), math.ceil(rank)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (rank - low))


def _exact(number: float) -> Fraction:
    return Fraction(repr(number))


def _median(numbers: list[float]) -> float:
    """The middle value; of a pair the mean, an exact half of it rounded up."""
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    mean = (_exact(ordered[middle - 1]) + _exact(ordered[middle])) / 2
    return float(math.ceil(mean) if mean - math.floor(mean) == Fraction(1, 2) else mean)


def _spread(numbers: list[float]) -> float:
    """Sum of squared distances from the mean."""
    mean = sum(numbers) / len(numbers)
    return sum((n - mean) ** 2 for n in numbers)


def _var(numbers: list[float]) -> float:
    return _spread(numbers) / (len(numbers) - 1) if len(numbers) > 1 else 0.0


def _varp(numbers: list[float]) -> float:
    return _spread(numbers) / len(numbers)


_NUMERIC: dict[str, Callable[[list[float]], float]] = {
    "sum": lambda numbers: sum(numbers),
    "avg": lambda numbers: sum(numbers) / len(numbers),
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "sumsq": lambda numbers: sum(n * n for n in numbers),
    "range": lambda numbers: max(numbers) - min(numbers),
    "var": _var,
    "varp": _varp,
    "stdev": lambda numbers: math.sqrt(_var(numbers)),
    "stdevp": lambda numbers: math.sqrt(_varp(numbers)),
    "median": _median,
}


def _rank(text: str) -> tuple[int, float, str]:
    """Numbers below text; text by bytes."""
    number = parse_number(text)
    return (1, 0.0, text) if number is None else (0, number.value, "")


def natural(text: str) -> tuple[int, float, str]:
    """The order of BY values: numbers numerically and first, then text; equal numbers by their spelling."""
    kind, value, _ = _rank(text)
    return (kind, value, text)


def _mode(texts: list[str]) -> Held:
    """The most frequent string; among equals the lexicographically first (U15)."""
    return min(Counter(texts).items(), key=lambda item: (-item[1], item[0]))[0] if texts else None


def _shown(text: str | None) -> Held:
    """A number among the extremes as a number prints (min and max are numeric where they can be), a text as it is."""
    number = None if text is None else parse_number(text)
    return text if number is None else show_float(number.value)


_TEXT: dict[str, Callable[[list[str]], Held]] = {
    "count": lambda texts: str(len(texts)),
    "dc": lambda texts: str(len(set(texts))),
    "mode": _mode,
    "min": lambda texts: _shown(min(texts, key=_rank, default=None)),
    "max": lambda texts: _shown(max(texts, key=_rank, default=None)),
    "list": lambda texts: pack(texts[:100]),
    "values": lambda texts: pack(sorted(set(texts))),
}
_TEXT["c"] = _TEXT["count"]
_TEXT["distinct_count"] = _TEXT["estdc"] = _TEXT["dc"]

_Found = list[tuple[Row, list[str]]]


def _at(found: _Found, *, newest: bool) -> tuple[Row, list[str]] | None:
    """The row with the last (or first) ``_time``; of equals the one that arrived last (or first)."""
    timed = [
        (float(str(row["_time"])), -position, row, values)
        for position, (row, values) in enumerate(found)
        if "_time" in row
    ]
    if not timed:
        return None
    best = (max if newest else min)(timed, key=lambda item: item[:2])
    return best[2], best[3]


def _chosen(found: _Found, *, newest: bool) -> Held:
    one = _at(found, newest=newest)
    return None if one is None else pack(one[1])


def _time_of(found: _Found, *, newest: bool) -> Held:
    one = _at(found, newest=newest)
    return None if one is None else one[0]["_time"]


def _rate(found: _Found) -> Held:
    first, last = _at(found, newest=False), _at(found, newest=True)
    if first is None or last is None:
        return None
    ends = [parse_number(text) for text in (first[1][0], last[1][0], str(first[0]["_time"]), str(last[0]["_time"]))]
    amounts = [n.value for n in ends if n is not None]
    if len(amounts) < 4 or amounts[2] == amounts[3]:
        return None
    return show_number(Num((amounts[1] - amounts[0]) / (amounts[3] - amounts[2])))


_TIMED: dict[str, Callable[[_Found], Held]] = {
    "first": lambda found: pack(found[0][1]) if found else None,
    "last": lambda found: pack(found[-1][1]) if found else None,
    "earliest": lambda found: _chosen(found, newest=False),
    "latest": lambda found: _chosen(found, newest=True),
    "earliest_time": lambda found: _time_of(found, newest=False),
    "latest_time": lambda found: _time_of(found, newest=True),
    "rate": _rate,
}


def write(aggregates: list[Aggregate], rows: list[Row], row: Row, clock: Clock, *, all_numeric: bool = False) -> None:
    """The aggregates of a group into a row, in the order written; one that is null writes nothing."""
    for aggregate in aggregates:
        held = aggregate.compute(rows, clock, all_numeric=all_numeric)
        if held is not None:
            put(row, aggregate.output, held)
