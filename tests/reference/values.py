"""What a value is in the reference evaluator, and how a number is read from text and shown again.

Follows the semantics page, B4 and C3: a row holds text or a list of texts, a missing key is null. Inside an expression
a value read from a field is ``Dual`` (text that counts as a number where it parses as one), a string written in the
search is a plain ``str`` and stays a string, and a number knows how precisely it was written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

Row = dict[str, str | list[str]]


class ReferenceError_(Exception):  # noqa: N801  # ReferenceError is a builtin
    """The search is refused; the text is what Splunk would say, without the 'Error in' prefix."""


class Dual(str):
    """Text read from a field: a number as well, where it parses as one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Num:
    """A number: ``decimals`` and ``figures`` say how precisely it is known, None where it is exact.

    ``text`` is set where the spelling is part of the result (a literal, ``round(10,2)``, ``strptime``).
    """

    value: float
    decimals: int | None = None
    figures: int | None = None
    text: str | None = None


Value = None | bool | Num | str | list[str]

_NUMBER = re.compile(r"[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?", re.ASCII)
_NAMED = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}


def parse_number(text: str) -> Num | None:
    """The number a text spells, None where it spells none; blanks around it make it text (C6)."""
    if text.lower() in _NAMED:
        return Num(_NAMED[text.lower()])
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, fraction, bare, exponent = found.groups()
    fraction = fraction or bare or ""
    if not fraction:
        return Num(float(text))
    figures = len(((whole or "") + fraction).lstrip("0")) or 1
    return Num(float(text), max(0, len(fraction) - int(exponent or 0)), figures)


def digits_before_point(value: float) -> int:
    """Position of the first significant digit: 2 for 12.5, 0 for 0.25, -1 for 0.025; 1 for zero."""
    return 1 if value == 0 else Decimal(repr(value)).adjusted() + 1


def round_half_up(value: float, decimals: int) -> str:
    """``value`` at ``decimals`` places, decided on the decimal spelling: 2.555 at two is 2.56 (G-C35)."""
    if not math.isfinite(value):
        return show_float(value)
    shown = format(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP), "f")
    return shown[1:] if shown.startswith("-") and not shown.strip("-0.") else shown


def show_float(value: float) -> str:
    """A number nothing limits: integral without decimals, else the shortest text that reads back the same."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def show_number(number: Num) -> str:
    """A number as a result row shows it (C3, G-C1 to G-C4)."""
    if number.text is not None:
        return number.text
    value = number.value
    if number.decimals is None or not math.isfinite(value) or value == int(value):
        return show_float(value)
    return round_half_up(value, number.decimals)


def as_text(value: Value) -> str:
    """The string form of a value that is neither null nor multivalue."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, Num):
        return show_number(value)
    if isinstance(value, str):
        return str(value)
    raise AssertionError(f"no text for {value!r}")


def as_number(value: Value) -> Num | None:
    """The number a value is: a number itself, or a field's text that parses as one; a written string never is."""
    if isinstance(value, Num):
        return value
    return parse_number(value) if isinstance(value, Dual) else None


def product(value: float, operands: Iterable[Num]) -> Num:
    """Result of ``* / pow``: as many significant figures as the least precise decimal operand; NaN stays (B4)."""
    known = [n.figures for n in operands if n.figures is not None]
    if not known or not math.isfinite(value):
        return Num(value)
    return Num(value, max(0, min(known) - digits_before_point(value)), min(known))


def total(value: float, operands: Iterable[Num]) -> Num:
    """Result of ``+ - %``: as many decimals as the least precise decimal operand; NaN stays (B4)."""
    known = [n.decimals for n in operands if n.decimals is not None]
    if not known or not math.isfinite(value):
        return Num(value)
    return Num(value, min(known), max(1, min(known) + digits_before_point(value)))


def values_of(row: Row, field: str) -> list[str]:
    """All values of a field in a row, none where it is absent."""
    held = row.get(field)
    return [] if held is None else [held] if isinstance(held, str) else held


def pack(values: list[str]) -> str | list[str] | None:
    """A list as a row stores it: nothing is absent, one is a scalar (B4)."""
    return None if not values else values[0] if len(values) == 1 else values


def stored(value: Value) -> str | list[str] | None:
    """A computed value as a row stores it; None removes the field."""
    if value is None:
        return None
    return pack([str(v) for v in value]) if isinstance(value, list) else as_text(value)


def put(row: Row, field: str, held: str | list[str] | None) -> None:
    """Set a field, or remove it where the value is null."""
    if held is None:
        row.pop(field, None)
    else:
        row[field] = held
