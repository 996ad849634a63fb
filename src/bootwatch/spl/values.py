"""The value of an expression while it is planned: a scalar, what the parser can see of its kind, and its decimals.

Splunk shows a decimal result "no greater than the least precise input" (the rule behind ``8.250*0.2`` = 2). ``figures``
and ``decimals`` carry that: the significant figures and decimal places to show, null where the value is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Compare,
    Const,
    Fn,
    Group,
    IsNull,
    OnlyValue,
    Op,
    Or,
    Scalar,
    Substitute,
    ToNumber,
    ToText,
    null,
    number,
)
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import parse

_DECIMALS = parse(r"^[+-]?\d*\.(\d+)$")
_DIGITS = parse(r"^[+-]?(\d*\.\d+)$")
_LEADING = parse(r"^0*\.?0*|\.")


class Kind(Enum):
    """What the parser sees of an expression before any row: Splunk's static type checks go by it."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "boolean"
    NULL = "null"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Value:
    """A planned expression. ``literal``: written as a constant; ``decimals``/``figures``: see the module.

    ``computed``: arithmetic gave it, so an integral result shows no decimals, however precise it is.
    """

    scalar: Scalar
    kind: Kind = Kind.ANY
    literal: bool = False
    figures: Scalar | None = None
    decimals: Scalar | None = None
    computed: bool = False

    @property
    def type(self) -> FieldType:
        return self.scalar.type

    def number(self) -> Scalar:
        """As a number: null where it is not one, or holds several values."""
        return as_number(self.scalar)

    def text(self) -> Scalar:
        """As text: numbers as Splunk prints them; null where it holds several values."""
        return as_text(self.scalar, self.places())

    def stored(self) -> Scalar:
        """As a field keeps it: with its display decimals applied, which turns it into text."""
        places = self.places()
        return self.scalar if places is None else ToText(self.scalar, places)

    def places(self) -> Scalar | None:
        """Decimals to show: none for an integral result of arithmetic (``1.5+0.5`` is 2)."""
        if self.decimals is None or not self.computed:
            return self.decimals
        integral = Compare(Op.EQ, Call(Fn.FLOOR, (self.scalar,), FieldType.INTEGER), self.scalar)
        return Case(((integral, integer(0)),), self.decimals, FieldType.INTEGER)

    def precision(self) -> tuple[Scalar | None, Scalar | None]:
        """Figures and decimals, read from the value's own text where it was not computed here."""
        if self.figures is not None or self.decimals is not None or self.type is FieldType.INTEGER:
            return self.figures, self.decimals
        if isinstance(self.scalar, Const) or self.kind is Kind.NUMBER:
            return None, None
        shown = as_text(self.scalar)
        return _figures_of(shown), _decimals_of(shown)

    def exact(self) -> Value:
        return replace(self, figures=None, decimals=None)


def string(scalar: Scalar) -> Value:
    return Value(scalar, Kind.STRING)


def numeric(scalar: Scalar) -> Value:
    return Value(scalar, Kind.NUMBER)


def boolean(scalar: Scalar) -> Value:
    return Value(scalar, Kind.BOOL)


def anything(scalar: Scalar) -> Value:
    return Value(scalar, Kind.ANY)


def as_number(scalar: Scalar) -> Scalar:
    match scalar.type:
        case FieldType.NUMBER | FieldType.INTEGER:
            return scalar
        case FieldType.TEXT:
            if isinstance(scalar, Const) and scalar.value is None:
                return null(FieldType.NUMBER)
            return ToNumber(scalar)
        case FieldType.MULTI:
            return ToNumber(OnlyValue(scalar))
        case FieldType.BOOL:
            return Case(((scalar, number(1)), (IsNull(scalar), null(FieldType.INTEGER))), number(0), FieldType.INTEGER)


def as_text(scalar: Scalar, decimals: Scalar | None = None) -> Scalar:
    match scalar.type:
        case FieldType.TEXT:
            return scalar
        case FieldType.NUMBER | FieldType.INTEGER:
            return ToText(scalar, decimals)
        case FieldType.MULTI:
            return OnlyValue(scalar)
        case FieldType.BOOL:
            shown = Const("True", FieldType.TEXT), Const("False", FieldType.TEXT)
            return Case(((scalar, shown[0]), (IsNull(scalar), null())), shown[1], FieldType.TEXT)


def integer(value: int) -> Const:
    return Const(float(value), FieldType.INTEGER)


def literal_number(value: float, text: str) -> Value:
    """A number as written: ``0.20`` has two significant figures and two decimals, ``1111`` is exact."""
    kind = FieldType.INTEGER if value.is_integer() and "." not in text else FieldType.NUMBER
    scalar = Const(value, kind)
    body = text.lstrip("+-")
    if "." not in body or "e" in body.lower():
        return Value(scalar, Kind.NUMBER, literal=True)
    digits = body.replace(".", "").lstrip("0")
    return Value(scalar, Kind.NUMBER, True, integer(max(1, len(digits))), integer(len(body.partition(".")[2])))


def sum_precision(result: Scalar, left: Value, right: Value) -> Value:
    """``+``, ``-`` and ``%``: as many decimals as the operand with the fewest."""
    (_, left_decimals), (_, right_decimals) = left.precision(), right.precision()
    decimals = _least(left_decimals, right_decimals)
    if decimals is None:
        return numeric(result)
    magnitude = _digits_before_point(result)
    figures = Arithmetic(ArithmeticOp.ADD, magnitude, decimals, FieldType.INTEGER)
    return Value(result, Kind.NUMBER, figures=figures, decimals=decimals, computed=True)


def product_precision(result: Scalar, left: Value, right: Value) -> Value:
    """``*``, ``/`` and ``pow``: as many significant figures as the operand with the fewest, integers being exact.

    The integer part is never rounded.
    """
    figures = _least(left.precision()[0], right.precision()[0])
    if figures is None:
        return numeric(result)
    places = Arithmetic(ArithmeticOp.SUB, figures, _digits_before_point(result), FieldType.INTEGER)
    decimals = Call(Fn.GREATEST, (places, integer(0)), FieldType.INTEGER)
    unknown = Or((IsNull(figures), IsNull(result)))
    shown = Case(((unknown, null(FieldType.INTEGER)),), decimals, FieldType.INTEGER)
    return Value(result, Kind.NUMBER, figures=figures, decimals=shown, computed=True)


def _least(left: Scalar | None, right: Scalar | None) -> Scalar | None:
    if left is None or right is None:
        return left if right is None else right
    if isinstance(left, Const) and isinstance(right, Const) and left.value is not None and right.value is not None:
        return left if float(left.value) <= float(right.value) else right
    return Call(Fn.LEAST, (left, right), FieldType.INTEGER)


def _digits_before_point(value: Scalar) -> Scalar:
    """1 for 1 to 9.99, 2 for 10 to 99.9, 0 for 0.1 to 0.99, -1 for 0.01 …: one more than floor(log10 |x|)."""
    size = Call(Fn.ABS, (value,), FieldType.NUMBER)
    log = Call(Fn.FLOOR, (Call(Fn.LOG10, (size,), FieldType.NUMBER),), FieldType.INTEGER)
    counted = Arithmetic(ArithmeticOp.ADD, log, integer(1), FieldType.INTEGER)
    zero = Compare(Op.EQ, value, Const(0.0, FieldType.NUMBER))
    return Case(((zero, integer(1)),), counted, FieldType.INTEGER)


def _decimals_of(shown: Scalar) -> Scalar:
    return Call(Fn.LENGTH, (Group(shown, _DECIMALS, 1),), FieldType.INTEGER)


def _figures_of(shown: Scalar) -> Scalar:
    digits = Substitute(Group(shown, _DIGITS, 1), _LEADING, "")
    length = Call(Fn.LENGTH, (digits,), FieldType.INTEGER)
    least = Call(Fn.GREATEST, (length, integer(1)), FieldType.INTEGER)
    return Case(((IsNull(length), null(FieldType.INTEGER)),), least, FieldType.INTEGER)
