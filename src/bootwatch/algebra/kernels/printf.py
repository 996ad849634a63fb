"""``printf``: C's conversions as the Search Reference lists them, over values of any kind."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bootwatch.algebra.kernels import kernel

if TYPE_CHECKING:
    import pyarrow as pa

CONVERSIONS: Final = "aAcdieEfFgGopsuxXz%"
_DIRECTIVE: Final = re.compile(r"%([' \-0+#]*)(\*|[0-9]+)?(?:\.(\*|[0-9]*))?(.)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|[+-]?inf", re.IGNORECASE)
_WIDEST: Final = 4096
"""No conversion is made wider: a width comes from data where it is ``*``."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One conversion: ``width`` and ``precision`` None where not written, -1 where an argument gives them (``*``)."""

    flags: str
    width: int | None
    precision: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Argument:
    """A value to print: its text, and its number where it is one. Both null for an absent field."""

    text: str | None
    number: float | None


@lru_cache(maxsize=512)
def directives(form: str) -> tuple[str | Directive, ...]:
    """A format as texts and conversions, in order; a ``%`` that begins neither is text."""
    found: list[str | Directive] = []
    at = 0
    for match in _DIRECTIVE.finditer(form):
        flags, width, precision, kind = match.groups()
        if kind not in CONVERSIONS:
            continue
        found.append(form[at : match.start()])
        found.append("%" if kind == "%" else Directive(flags, _size(width), _size(precision), kind))
        at = match.end()
    found.append(form[at:])
    return tuple(part for part in found if part)


def unknown(form: str) -> str | None:
    """The first conversion of a format that printf does not know, None if it knows them all."""
    for match in _DIRECTIVE.finditer(form):
        if match[4] not in CONVERSIONS:
            return match[0]
    return "%" if form.rstrip("%") != form and (len(form) - len(form.rstrip("%"))) % 2 else None


def _size(written: str | None) -> int | None:
    if written is None:
        return None
    return -1 if written == "*" else min(int(written or "0"), _WIDEST)


@kernel("printf")
def printf(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A format and its arguments as text: null of a null format, ``Null`` for an absent argument of ``%s``.

    A conversion to a number prints 0 for what is none. Settings: ``text`` for each argument that is text even where it
    looks like a number, else ``any``.
    """
    forms, *columns = (array.to_pylist() for array in arrays)
    found: list[str | None] = []
    for row, form in enumerate(forms):
        if form is None:
            found.append(None)
            continue
        values = (_argument(column[row], kind) for column, kind in zip(columns, settings, strict=True))
        found.append("".join(_printed(part, values) for part in directives(form)))
    return found


def _argument(text: str | None, kind: str) -> Argument:
    if text is None or kind == "text" or not _NUMBER.fullmatch(text):
        return Argument(text, None)
    return Argument(text, float(text))


def _printed(part: str | Directive, values: Iterator[Argument]) -> str:
    if isinstance(part, str):
        return part
    flags, width, precision = part.flags, part.width, part.precision
    if width == -1:
        width = _star(values)
        if width < 0:
            flags, width = flags + "-", -width
    if precision == -1:
        precision = _star(values)
        precision = None if precision < 0 else precision
    value = next(values, Argument(None, None))
    if part.kind in "sz":
        shown = "Null" if value.text is None else value.text
        return _padded("", shown if precision is None else shown[:precision], flags, width, zeros=False)
    if part.kind == "c":
        return _padded("", _character(value), flags, width, zeros=False)
    number = _of(value)
    if not math.isfinite(number):
        sign = "-" if number < 0 else "+" if "+" in flags else ""
        return _padded(sign, "nan" if math.isnan(number) else "inf", flags, width, zeros=False)
    prefix, body = _number(flags, precision, part.kind, number)
    whole = part.kind in "diuoxXp" and precision is not None
    return _padded(prefix, body, flags, width, zeros="0" in flags and not whole)


def _of(value: Argument) -> float:
    """The number an argument is; text in quotes counts where it spells one, anything else is 0."""
    if value.number is not None:
        return value.number
    return float(value.text) if value.text is not None and _NUMBER.fullmatch(value.text) else 0.0


def _star(values: Iterator[Argument]) -> int:
    number = _of(next(values, Argument(None, None)))
    return max(-_WIDEST, min(int(number), _WIDEST)) if math.isfinite(number) else 0


def _character(value: Argument) -> str:
    if value.number is None:
        return "" if value.text is None else value.text[:1]
    code = int(value.number) if math.isfinite(value.number) else -1
    return chr(code) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _padded(prefix: str, body: str, flags: str, width: int | None, *, zeros: bool) -> str:
    missing = (width or 0) - len(prefix) - len(body)
    if missing <= 0:
        return prefix + body
    if "-" in flags:
        return prefix + body + " " * missing
    return prefix + "0" * missing + body if zeros else " " * missing + prefix + body


def _number(flags: str, precision: int | None, kind: str, number: float) -> tuple[str, str]:
    """Sign or prefix, and digits."""
    negative = math.copysign(1, number) < 0
    if kind in "di":
        whole = abs(int(number))
        sign = "-" if negative and whole else "+" if "+" in flags else " " if " " in flags else ""
        return sign, _digits(f"{whole:,}" if "'" in flags else str(whole), precision)
    if kind in "uoxXp":
        # A negative number reads as C's unsigned 64-bit integer.
        whole = int(number) % 2**64
        if kind == "u":
            return "", _digits(f"{whole:,}" if "'" in flags else str(whole), precision)
        alternate = kind == "p" or ("#" in flags and whole != 0)
        prefix = {"o": "0", "X": "0X"}.get(kind, "0x") if alternate else ""
        return prefix, _digits(format(whole, "x" if kind == "p" else kind), precision)
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if kind in "aA":
        body = _hexadecimal(abs(number), precision)
        return (sign + "0X", body.upper()) if kind == "A" else (sign + "0x", body)
    form = ("#" if "#" in flags else "") + ("," if "'" in flags and kind in "fFgG" else "")
    return sign, format(abs(number), f"{form}.{6 if precision is None else precision}{kind}")


def _digits(body: str, precision: int | None) -> str:
    return body.rjust(precision or 0, "0")


def _hexadecimal(number: float, precision: int | None) -> str:
    """C's ``%a`` without sign and ``0x``: as many digits as needed, or exactly ``precision``."""
    fraction, exponent = math.frexp(number)
    mantissa, exponent = (fraction * 2, exponent - 1) if number else (0.0, 0)
    places = 13 if precision is None else min(precision, 13)
    scaled = round(mantissa * 16**places)
    body = f"{scaled % 16**places:0{places}x}" if places else ""
    body = body.rstrip("0") if precision is None else body.ljust(precision, "0")
    return f"{scaled // 16**places}{'.' if body else ''}{body}p{exponent:+d}"
