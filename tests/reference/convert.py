"""Conversion functions of ``eval`` (semantics C6)."""

from __future__ import annotations

import math
import re
from ipaddress import IPv4Address

from .calls import MANY, Env, function
from .values import Num, Value, as_number, as_text, parse_number, round_half_up, show_float


@function("tonumber", 1, 2, "tn", "num")
def _tonumber(env: Env, args: list[Value]) -> Value:
    """A number, or null for text that is none; with a base the text is a whole number in it."""
    if len(args) == 1:
        return args[0] if isinstance(args[0], Num) else parse_number(as_text(args[0]))
    base = as_number(args[1])
    if base is None or not 2 <= base.value <= 36:
        return None
    if base.value == 10:
        return parse_number(as_text(args[0]))
    if re.fullmatch(r"[+-]?[0-9A-Za-z]+", as_text(args[0])) is None:
        return None
    try:
        return Num(float(int(as_text(args[0]), int(base.value))))
    except ValueError:
        return None


@function("toint", 1, 1, "t", "num")
def _toint(env: Env, args: list[Value]) -> Value:
    number = parse_number(as_text(args[0]))
    return None if number is None else Num(float(math.floor(number.value)))


@function("todouble", 1, 1, "t", "num")
def _todouble(env: Env, args: list[Value]) -> Value:
    return parse_number(as_text(args[0]))


@function("tostring", 1, 2, "a", "str", nulls=True)
def _tostring(env: Env, args: list[Value]) -> Value:
    """Null is the text Null, a boolean True or False; a style applies to numbers and leaves other text alone."""
    value = args[0]
    if value is None:
        return "Null"
    number = as_number(value)
    if len(args) == 1 or number is None:
        return as_text(value)
    match as_text(args[1]):
        case "hex":
            return ("-" if number.value < 0 else "") + f"0x{abs(int(number.value)):X}"
        case "binary":
            return f"{int(number.value):b}"
        case "commas":
            return commas(number.value)
        case "duration":
            return duration(number.value)
        case _:
            return None


def commas(value: float) -> str:
    """Thousands set off; two decimals where the number has any (C6)."""
    if value == int(value):
        return f"{int(value):,}"
    whole, fraction = round_half_up(value, 2).split(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}.{fraction}"


def duration(value: float) -> str:
    """Whole seconds as ``HH:MM:SS``, days before a plus: ``1+02:03:04``."""
    seconds = int(abs(value))
    days, rest = divmod(seconds, 86_400)
    shown = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return ("-" if value < 0 else "") + (f"{days}+{shown}" if days else shown)


_DIRECTIVE = re.compile(r"%(?P<flags>['\-0+ #]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?P<kind>[a-zA-Z%])")


@function("printf", 1, MANY, "a", "str", nulls=True)
def _printf(env: Env, args: list[Value]) -> Value:
    if args[0] is None:
        return None
    given = list(args[1:])

    def taken() -> Value:
        return given.pop(0) if given else None

    def whole(written: str | None) -> int | None:
        if written != "*":
            return None if written is None else int(written or "0")
        star = as_number(taken())
        return 0 if star is None else int(star.value)

    def one(found: re.Match[str]) -> str:
        if found["kind"] == "%":
            return "%"
        width, precision = whole(found["width"]), whole(found["precision"])
        return _formatted(found["flags"], width, precision, found["kind"], taken())

    return _DIRECTIVE.sub(one, as_text(args[0]))


def _formatted(flags: str, width: int | None, precision: int | None, kind: str, value: Value) -> str:
    text = "Null" if value is None else as_text(value)
    number = as_number(value)
    if kind in "sz":
        shown = text if precision is None else text[:precision]
        flags = flags.replace("0", "")
    elif kind == "c":
        shown = chr(int(number.value)) if number is not None else text[:1]
    else:
        amount = number.value if number is not None else 0.0
        shown = _number(flags, precision, kind, amount)
    if width is not None and width < 0:
        flags, width = flags + "-", -width
    if width is None or len(shown) >= width:
        return shown
    if "-" in flags:
        return shown.ljust(width)
    if "0" in flags:
        sign = shown[:1] if shown[:1] in "+- " else ""
        return sign + shown[len(sign) :].rjust(width - len(sign), "0")
    return shown.rjust(width)


def _number(flags: str, precision: int | None, kind: str, amount: float) -> str:
    sign = "-" if amount < 0 else "+" if "+" in flags else " " if " " in flags else ""
    if kind in "diu":
        digits = str(abs(int(amount))).rjust(precision or 0, "0")
        return sign + (f"{int(digits):,}" if "'" in flags else digits)
    if kind in "xXop":
        prefix = {"x": "0x", "X": "0X", "o": "0", "p": "0x"}[kind] if "#" in flags or kind == "p" else ""
        return ("-" if amount < 0 else "") + prefix + format(abs(int(amount)), kind.replace("p", "x"))
    if kind in "eEfFgG":
        places = 6 if precision is None else precision
        group = "," if "'" in flags else ""
        return sign + format(abs(amount), f"{'#' if '#' in flags else ''}{group}.{places}{kind}")
    return sign + abs(amount).hex() if kind in "aA" else show_float(amount)


@function("ipmask", 2, 2, "t", "str")
def _ipmask(env: Env, args: list[Value]) -> Value:
    try:
        mask, address = (int(IPv4Address(as_text(arg))) for arg in args)
    except ValueError:
        return None
    return str(IPv4Address(mask & address))
