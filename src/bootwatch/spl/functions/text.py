"""Text functions (Search Reference, "Text functions") and digests."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import Call, Const, Fn, Kernel, Scalar, Substitute, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, SCALAR, TEXT, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, anything, integer, numeric, string

_BLANKS: Final = Const(" \t", FieldType.TEXT)
_FAR: Final = 2**31
_ALL: Final = integer(_FAR - 1)


def _text(value: Value) -> Scalar:
    return null() if value.kind is Kind.NULL else value.text()


@function("len", least=1, kinds=(TEXT,))
def len_(call: Written) -> Value:
    """``len(text)``: how many characters (code points) the text has."""
    return numeric(Call(Fn.LENGTH, (_text(call.args[0]),), FieldType.INTEGER))


def _case(call: Written, fn: Fn) -> Value:
    value = call.args[0]
    if value.type is FieldType.MULTI:
        return anything(Kernel("change_case", (value.scalar,), (fn.value,), FieldType.MULTI))
    return string(Call(fn, (_text(value),), FieldType.TEXT))


@function("lower", least=1, kinds=(TEXT,))
def lower(call: Written) -> Value:
    """``lower(text)``: in lower case; every value of a multivalue field."""
    return _case(call, Fn.LOWER)


@function("upper", least=1, kinds=(TEXT,))
def upper(call: Written) -> Value:
    """``upper(text)``: in upper case; every value of a multivalue field."""
    return _case(call, Fn.UPPER)


@function("substr", least=2, most=3, kinds=(SCALAR, NUMBER, NUMBER))
def substr(call: Written) -> Value:
    """``substr(text, start[, length])``: one-based; a negative start counts from the end, 0 is 1."""
    of, start = _text(call.args[0]), call.args[1]
    length = call.args[2] if len(call.args) == 3 else None
    given = (start.scalar, _ALL if length is None else length.scalar)
    if all(isinstance(arg, Const) and isinstance(arg.value, float) and 1 <= arg.value < _FAR for arg in given):
        return string(Call(Fn.SUBSTRING, (of, *given), FieldType.TEXT))
    args = (of, start.number()) if length is None else (of, start.number(), length.number())
    return string(Kernel("substring", args, (), FieldType.TEXT))


def _trim(call: Written, fn: Fn) -> Value:
    characters = call.args[1].text() if len(call.args) == 2 else _BLANKS
    return string(Call(fn, (_text(call.args[0]), characters), FieldType.TEXT))


@function("trim", least=1, most=2, kinds=(SCALAR, TEXT))
def trim(call: Written) -> Value:
    """``trim(text[, characters])``: without these characters at both ends; spaces and tabs unless said."""
    return _trim(call, Fn.TRIM)


@function("ltrim", least=1, most=2, kinds=(SCALAR, TEXT))
def ltrim(call: Written) -> Value:
    """``ltrim(text[, characters])``: without these characters at the beginning."""
    return _trim(call, Fn.LTRIM)


@function("rtrim", least=1, most=2, kinds=(SCALAR, TEXT))
def rtrim(call: Written) -> Value:
    """``rtrim(text[, characters])``: without these characters at the end."""
    return _trim(call, Fn.RTRIM)


@function("replace", least=3, kinds=(SCALAR, TEXT, SCALAR))
def replace(call: Written) -> Value:
    """``replace(text, "regex", "replacement")``: every match replaced; ``\\\\1`` is the first group."""
    of, pattern, new = call.args
    if pattern.literal and new.literal and isinstance(new.scalar, Const) and isinstance(new.scalar.value, str):
        regex = call.lowerer.pattern(call.constant(1), call.written[1].span)
        return string(Substitute(_text(of), regex, new.scalar.value))
    return string(Kernel("replace_each", (_text(of), pattern.text(), new.text()), (), FieldType.TEXT))


@function("split", least=2, kinds=(SCALAR, TEXT))
def split(call: Written) -> Value:
    """``split(text, "delimiter")``: a multivalue field; empty pieces are kept, "" splits into characters."""
    of = _text(call.args[0])
    delimiter = call.args[1].text()
    if isinstance(delimiter, Const):
        return anything(Call(Fn.SPLIT, (of, delimiter), FieldType.MULTI))
    return anything(Kernel("split_each", (of, delimiter), (), FieldType.MULTI))


@function("urldecode", least=1, kinds=(TEXT,))
def urldecode(call: Written) -> Value:
    """``urldecode(text)``: with ``%xx`` sequences as the characters they stand for."""
    return string(Kernel("url_decode", (_text(call.args[0]),), (), FieldType.TEXT))


@function("md5", least=1, kinds=(TEXT,))
def md5(call: Written) -> Value:
    """``md5(text)``: lower-case hex digest of the UTF-8 bytes."""
    return string(Call(Fn.MD5, (_text(call.args[0]),), FieldType.TEXT))


@function("sha1", least=1, kinds=(TEXT,))
def sha1(call: Written) -> Value:
    """``sha1(text)``: lower-case hex digest of the UTF-8 bytes."""
    return string(Call(Fn.SHA1, (_text(call.args[0]),), FieldType.TEXT))


@function("sha256", least=1, kinds=(TEXT,))
def sha256(call: Written) -> Value:
    """``sha256(text)``: lower-case hex digest of the UTF-8 bytes."""
    return string(Call(Fn.SHA256, (_text(call.args[0]),), FieldType.TEXT))


@function("sha512", least=1, kinds=(TEXT,))
def sha512(call: Written) -> Value:
    """``sha512(text)``: lower-case hex digest of the UTF-8 bytes."""
    return string(Kernel("sha512", (_text(call.args[0]),), (), FieldType.TEXT))


@function("spath", least=2, kinds=(SCALAR, TEXT))
def spath(call: Written) -> Value:
    """``spath(text, "path")``: every value a path leads to in JSON or XML; null where there is none.

    In JSON ``{0}`` is the first element of an array and ``{}`` all; in XML ``{1}`` is the first element of a name and
    ``{@name}`` an attribute. JSON's null is no value.
    """
    return anything(Kernel("spath", (_text(call.args[0]), call.args[1].text()), (), FieldType.MULTI))
