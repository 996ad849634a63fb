"""Text functions of ``eval`` (semantics C5)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import unquote

from .calls import Env, function
from .text import regex
from .values import Dual, Num, Value, as_number, as_text


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, list):
        return [change(v) for v in value]
    return change(as_text(value))


@function("lower", 1, 1, "s", "str", multi=True)
def _lower(env: Env, args: list[Value]) -> Value:
    return _mapped(args[0], str.lower)


@function("upper", 1, 1, "s", "str", multi=True)
def _upper(env: Env, args: list[Value]) -> Value:
    return _mapped(args[0], str.upper)


@function("len", 1, 1, "s", "num")
def _len(env: Env, args: list[Value]) -> Value:
    return Num(float(len(as_text(args[0]))))


@function("substr", 2, 3, "tnn", "str")
def _substr(env: Env, args: list[Value]) -> Value:
    """One-based, a negative start counts from the end and may begin before it (SQLite); a start of 0 is 1 (U24)."""
    text = as_text(args[0])
    bounds = [as_number(arg) for arg in args[1:]]
    if None in bounds:
        return None
    start, *rest = [int(b.value) for b in bounds if b is not None]
    first = start if start > 0 else 1 if start == 0 else len(text) + start + 1
    end = first + max(0, rest[0]) if rest else len(text) + 1
    return text[max(0, first - 1) : max(0, end - 1)]


@function("ltrim", 1, 2, "t", "str")
def _ltrim(env: Env, args: list[Value]) -> Value:
    return as_text(args[0]).lstrip(_set(args))


@function("rtrim", 1, 2, "t", "str")
def _rtrim(env: Env, args: list[Value]) -> Value:
    return as_text(args[0]).rstrip(_set(args))


@function("trim", 1, 2, "t", "str")
def _trim(env: Env, args: list[Value]) -> Value:
    return as_text(args[0]).strip(_set(args))


def _set(args: list[Value]) -> str:
    return as_text(args[1]) if len(args) == 2 else " \t"


@function("replace", 3, 3, "t", "str")
def _replace(env: Env, args: list[Value]) -> Value:
    return replace_all(as_text(args[0]), as_text(args[1]), as_text(args[2]))


def replace_all(text: str, pattern: str, replacement: str, *, only: int = 0) -> str:
    """Every match (or match number ``only``) replaced; ``\\1`` to ``\\9`` are groups, ``\\0`` the match."""
    out, at = "", 0
    for number, found in enumerate(regex(pattern).finditer(text), 1):
        if only and number != only:
            continue
        groups = (found.group(), *found.groups(""))

        def group(ref: re.Match[str], groups: tuple[str, ...] = groups) -> str:
            index = int(ref.group(1))
            return groups[index] if index < len(groups) else ""

        out += text[at : found.start()] + re.sub(r"\\(\d)", group, replacement)
        at = found.end()
    return out + text[at:]


@function("split", 2, 2, "t", "any")
def _split(env: Env, args: list[Value]) -> Value:
    """A literal delimiter of any length, empty pieces kept (U12); an empty one cuts between characters."""
    text, delimiter = as_text(args[0]), as_text(args[1])
    pieces = text.split(delimiter) if delimiter else list(text)
    return Dual(pieces[0]) if len(pieces) == 1 else pieces or Dual("")


@function("urldecode", 1, 1, "s", "str")
def _urldecode(env: Env, args: list[Value]) -> Value:
    return unquote(as_text(args[0]))


def _hash(name: str) -> None:
    @function(name, 1, 1, "s", "str")
    def digest(env: Env, args: list[Value]) -> Value:
        return hashlib.new(name, as_text(args[0]).encode()).hexdigest()


for _name in ("md5", "sha1", "sha256", "sha512"):
    _hash(_name)
