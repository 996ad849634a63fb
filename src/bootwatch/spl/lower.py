"""Expressions of ``eval`` and ``where`` to scalars: Splunk's typing and null rules, settled before the algebra.

Follows the Search Reference on evaluation and the measured behaviour of its type checker: literals are strictly typed,
fields are what their value looks like, ``+`` concatenates where a string is visible, null propagates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, assert_never

from bootwatch.algebra.scalars import (
    FALSE,
    And,
    AnyValue,
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Const,
    Fn,
    IsNull,
    Kernel,
    Matches,
    Not,
    OnlyValue,
    Op,
    Or,
    Scalar,
    ToNumber,
    null,
    text,
)
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.errors import Span, SplNameError, SplSyntaxError
from bootwatch.match.like import like_source
from bootwatch.match.regex import Regex, RegexError, parse
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import suggest
from bootwatch.spl.expressions import (
    Binary,
    Expression,
    FieldName,
    FunctionCall,
    NumberLiteral,
    StringLiteral,
    Unary,
)
from bootwatch.spl.functions import registry
from bootwatch.spl.values import (
    Kind,
    Value,
    anything,
    boolean,
    literal_number,
    numeric,
    product_precision,
    string,
    sum_precision,
)

_COMPARE = {"=": Op.EQ, "!=": Op.NE, "<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_ARITHMETIC = {"-": ArithmeticOp.SUB, "*": ArithmeticOp.MUL, "/": ArithmeticOp.DIV, "%": ArithmeticOp.MOD}
_MIRROR = {Op.EQ: Op.EQ, Op.NE: Op.NE, Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE}


@dataclass(frozen=True, slots=True)
class Lowerer:
    """Plans expressions over the fields of one stage. ``search`` plans the other language, for ``searchmatch``."""

    fields: FieldSet
    context: Context
    search: Callable[[str, Span], Value]

    def value(self, node: Expression) -> Value:
        """Plan any expression."""
        match node:
            case NumberLiteral():
                return literal_number(node.value, node.text)
            case StringLiteral():
                return Value(text(node.value), Kind.STRING, literal=True)
            case FieldName():
                return self._field(node.name)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case FunctionCall():
                return self._call(node)
            case _:
                assert_never(node)

    def condition(self, node: Expression) -> Scalar:
        """Plan an expression used as a predicate: a boolean, or a field that is never true by itself."""
        return self.condition_of(self.value(node), node)

    def condition_of(self, value: Value, node: Expression) -> Scalar:
        """As :meth:`condition`, of an expression that is planned already."""
        if value.kind is Kind.BOOL:
            return value.scalar
        if value.kind in (Kind.ANY, Kind.NULL):
            if isinstance(node, FieldName) or value.kind is Kind.NULL:
                return null(FieldType.BOOL)
            return null(FieldType.BOOL) if value.type is not FieldType.BOOL else value.scalar
        self.fail("a condition is needed here, such as a comparison", node.span)

    def stored(self, node: Expression) -> Scalar:
        """Plan an expression whose result a field will keep; booleans cannot be stored."""
        value = self.value(node)
        if value.kind is Kind.BOOL:
            self.fail(
                "Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], [expr]).", node.span
            )
        return value.stored()

    def fail(self, message: str, span: Span, hint: str | None = None) -> NoReturn:
        raise SplSyntaxError(message, text=self.context.text, span=span, hint=hint)

    # --- names and operators

    def _field(self, name: str) -> Value:
        kind = self.fields.type_of(name)
        return anything(null() if kind is None else Column(name, kind))

    def _unary(self, node: Unary) -> Value:
        if node.op == "NOT":
            inner = self.condition(node.operand)
            if not self.context.switches.null_through_not:
                inner = Call(Fn.COALESCE, (inner, FALSE), FieldType.BOOL)
            return boolean(Not(inner))
        operand = self.value(node.operand)
        if operand.kind in (Kind.STRING, Kind.BOOL):
            self.fail("Type checking failed. '-' only takes numbers.", node.span)
        zero = Const(0.0, FieldType.INTEGER)
        kind = FieldType.INTEGER if operand.type is FieldType.INTEGER else FieldType.NUMBER
        result = Arithmetic(ArithmeticOp.SUB, zero, operand.number(), kind)
        return sum_precision(result, numeric(zero), operand)

    def _binary(self, node: Binary) -> Value:
        if node.op in ("AND", "OR", "XOR"):
            return self._logic(node)
        left, right = self.value(node.left), self.value(node.right)
        if node.op in _COMPARE:
            return self._compare(_COMPARE[node.op], left, right, node)
        if node.op == "LIKE":
            return boolean(self.like(left, right))
        if node.op == "+":
            return self._plus(left, right, node)
        if node.op == ".":
            return self._concatenate(left, right, node)
        for side, operand in ((left, node.left), (right, node.right)):
            if side.kind in (Kind.STRING, Kind.BOOL) or (side.kind is Kind.NULL and side.literal):
                self.fail(f"Type checking failed. '{node.op}' only takes numbers.", operand.span)
        op = _ARITHMETIC[node.op]
        whole = left.type is FieldType.INTEGER and right.type is FieldType.INTEGER and op is not ArithmeticOp.DIV
        result = Arithmetic(op, left.number(), right.number(), FieldType.INTEGER if whole else FieldType.NUMBER)
        shown = sum_precision if op in (ArithmeticOp.SUB, ArithmeticOp.MOD) else product_precision
        return shown(result, left, right)

    def _plus(self, left: Value, right: Value, node: Binary) -> Value:
        kinds = {left.kind, right.kind}
        if Kind.BOOL in kinds or (Kind.STRING in kinds and kinds & {Kind.NUMBER, Kind.NULL}) or (Kind.NULL in kinds):
            self.fail("Type checking failed. '+' only takes two strings or two numbers.", node.span)
        if Kind.STRING in kinds:
            return string(_concat(left, right))
        whole = left.type is FieldType.INTEGER and right.type is FieldType.INTEGER
        kind = FieldType.INTEGER if whole else FieldType.NUMBER
        return sum_precision(Arithmetic(ArithmeticOp.ADD, left.number(), right.number(), kind), left, right)

    def _concatenate(self, left: Value, right: Value, node: Binary) -> Value:
        if {left.kind, right.kind} & {Kind.BOOL, Kind.NULL}:
            self.fail("Type checking failed. The '.' operator only takes strings and numbers.", node.span)
        return string(_concat(left, right))

    def _logic(self, node: Binary) -> Value:
        """AND and OR chains of any length become one flat node; XOR is spelled with them."""
        if node.op == "XOR":
            left, right = self.condition(node.left), self.condition(node.right)
            return boolean(Or((And((left, Not(right))), And((Not(left), right)))))
        operands: list[Expression] = []
        current: Expression = node
        while isinstance(current, Binary) and current.op == node.op:
            operands.append(current.right)
            current = current.left
        operands.append(current)
        terms = tuple(self.condition(operand) for operand in reversed(operands))
        return boolean(And(terms) if node.op == "AND" else Or(terms))

    # --- comparisons

    def _compare(self, op: Op, left: Value, right: Value, node: Binary) -> Value:
        kinds = {left.kind, right.kind}
        differ = len(kinds) == 2 and (Kind.BOOL in kinds or (left.literal and right.literal and Kind.ANY not in kinds))
        if differ:
            shown = "==" if node.op == "=" else node.op
            self.fail(f"Type checking failed. The '{shown}' operator received different types.", node.span)
        if kinds == {Kind.BOOL}:
            return boolean(Compare(op, left.scalar, right.scalar))
        return boolean(self.compare(op, left, right))

    def compare(self, op: Op, left: Value, right: Value) -> Scalar:
        """Compare two planned values: numerically where both are numbers, else as text, byte order, case-sensitive.

        Null with an absent one. Of several values any may satisfy it (U8).
        """
        for one, other, mirrored, name in ((left, right, op, "#item"), (right, left, _MIRROR[op], "#other")):
            if one.type is FieldType.MULTI:
                if not self.context.switches.any_value:
                    return self.compare(mirrored, Value(OnlyValue(one.scalar)), other)
                item = Value(Column(name, FieldType.TEXT))
                found = AnyValue(one.scalar, name, self.compare(mirrored, item, other))
                if isinstance(other.scalar, Const) and other.scalar.value is not None:
                    return found
                return Case(((IsNull(other.scalar), null(FieldType.BOOL)),), found, FieldType.BOOL)
        if left.type.numeric and right.type.numeric:
            return Compare(op, left.scalar, right.scalar)
        texts = Compare(op, left.text(), right.text())
        numbers = _number_of(left), _number_of(right)
        if op not in (Op.EQ, Op.NE):
            return _ordered(op, *numbers, texts)
        if numbers[0] is None or numbers[1] is None:
            return texts
        return Call(Fn.COALESCE, (Compare(op, numbers[0], numbers[1]), texts), FieldType.BOOL)

    def like(self, value: Value, pattern: Value) -> Scalar:
        """``%`` any run, ``_`` one character, the whole text, case-sensitive; on multivalue, any value."""
        if isinstance(pattern.scalar, Const) and isinstance(pattern.scalar.value, str):
            return self.matches(value, parse(like_source(pattern.scalar.value)))
        texts = value.scalar if value.type is FieldType.MULTI else value.text()
        return Kernel("matches_each", (texts, pattern.text()), ("like",), FieldType.BOOL)

    def matches(self, value: Value, regex: Regex) -> Scalar:
        """Whether a regular expression matches; on multivalue, whether it matches any value."""
        if value.type is FieldType.MULTI:
            return AnyValue(value.scalar, "#item", Matches(Column("#item", FieldType.TEXT), regex))
        return Matches(value.text(), regex)

    def pattern(self, written: str, span: Span) -> Regex:
        """A user's regular expression, refused at its place if PCRE refuses it."""
        return pattern_of(written, self.context, span)

    # --- functions

    def _call(self, node: FunctionCall) -> Value:
        found = registry.find(node.name)
        if found is None:
            raise SplNameError(
                f"The '{node.name}' function is unsupported or undefined.",
                text=self.context.text,
                span=node.name_span,
                hint=suggest(node.name, registry.functions()),
            )
        self._check_count(node, found)
        args = tuple(self.value(arg) for arg in node.args)
        for position, (arg, written) in enumerate(zip(args, node.args, strict=True)):
            if not found.accepts(position, arg.kind):
                self.fail(f"The arguments to the '{node.name}' function are invalid.", written.span)
        return found.build(registry.Call(node.name, args, node.args, node.span, node.name_span, self.context, self))

    def _check_count(self, node: FunctionCall, found: registry.Function) -> None:
        count = len(node.args)
        if count < found.least or (found.most is not None and count > found.most):
            if found.most is None:
                wanted = f"at least {found.least}"
            elif found.least == found.most:
                wanted = str(found.least)
            else:
                wanted = f"{found.least} to {found.most}"
            self.fail(
                f"The arguments to the '{node.name}' function are invalid.",
                node.span,
                hint=f"it takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}",
            )


def _number_of(value: Value) -> Scalar | None:
    """The value as a number, null where it is none; None for a string, which stays one (C3)."""
    return None if value.kind is Kind.STRING else value.number()


def _ordered(op: Op, left: Scalar | None, right: Scalar | None, texts: Compare) -> Scalar:
    """Greater or less: by number where both are numbers, by text where neither is one, false between the two (U9)."""
    if left is None and right is None:
        return texts
    known = [side for side in (left, right) if side is not None]
    absent = Or((IsNull(texts.left), IsNull(texts.right))), null(FieldType.BOOL)
    if all(isinstance(side, ToNumber) for side in known):  # texts that may be numbers
        mixed = Or(tuple(Not(IsNull(side)) for side in known)), FALSE
        settled = Case((absent, mixed), texts, FieldType.BOOL)
    else:
        settled = Case((absent,), FALSE, FieldType.BOOL)
    if left is None or right is None:
        return settled
    return Call(Fn.COALESCE, (Compare(op, left, right), settled), FieldType.BOOL)


def _concat(left: Value, right: Value) -> Scalar:
    return Call(Fn.CONCAT, (left.text(), right.text()), FieldType.TEXT)


def pattern_of(pattern: str, context: Context, span: Span) -> Regex:
    """A user's pattern, or SplSyntaxError at its place in the search."""
    try:
        return parse(pattern)
    except RegexError as exc:
        raise SplSyntaxError(
            f"the regular expression is not valid: {exc.message}", text=context.text, span=span
        ) from exc
