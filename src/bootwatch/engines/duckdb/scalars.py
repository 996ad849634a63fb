"""Scalars spelled as DuckDB expressions: one entry for each operator of the algebra, no opinions of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol, assert_never

from bootwatch.algebra.scalars import (
    AllGroups,
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
    Group,
    InSet,
    IsNull,
    Kernel,
    Matches,
    Not,
    OnlyValue,
    Op,
    Or,
    Scalar,
    Substitute,
    ToMulti,
    ToNumber,
    ToText,
    children,
)
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.sql import (
    FALSE,
    TRUE,
    Operator,
    Sql,
    all_of,
    any_of,
    binary,
    call,
    case,
    cast,
    cast_whole,
    column,
    concat,
    in_,
    is_null,
    lambda_,
    not_,
    null,
    number,
    string,
    whole,
)
from bootwatch.errors import EngineError
from bootwatch.match.regex import Regex, literal


class Names(Protocol):
    """How the lowering finds things outside the expression."""

    def column(self, name: str) -> Sql:
        """The SQL column of an SPL column."""

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        """The name of a registered function for a kernel."""


def lower(scalar: Scalar, names: Names) -> Sql:
    """The DuckDB expression of a scalar."""

    def down(inner: Scalar) -> Sql:
        return lower(inner, names)

    match scalar:
        case Const():
            return _const(scalar)
        case Column():
            return names.column(scalar.name)
        case ToNumber():
            return call("spl_number", down(scalar.of))
        case ToText():
            if scalar.decimals is None:
                return call("spl_text_once" if _differs(scalar.of) else "spl_text", down(scalar.of))
            fixed = names.kernel("fixed_decimals", (), (FieldType.NUMBER, FieldType.NUMBER), FieldType.TEXT)
            return call(fixed, down(scalar.of), cast(down(scalar.decimals), FieldType.NUMBER))
        case ToMulti():
            of = down(scalar.of)
            return case([(is_null(of), null(FieldType.MULTI))], call("list_value", of))
        case OnlyValue():
            of = down(scalar.of)
            return case([(binary("=", call("len", of), whole(1)), call("list_extract", of, whole(1)))], None)
        case Arithmetic():
            return _arithmetic(scalar.op, down(scalar.left), down(scalar.right))
        case Compare():
            return _compare(scalar.op, down(scalar.left), down(scalar.right))
        case And():
            return all_of([down(term) for term in scalar.terms])
        case Or():
            return any_of([down(term) for term in scalar.terms])
        case Not():
            return not_(down(scalar.of))
        case IsNull():
            return is_null(down(scalar.of))
        case InSet():
            if len(scalar.values) > _FEW_VALUES:
                name = names.kernel("one_of", scalar.values, (FieldType.TEXT,), FieldType.BOOL)
                return call(name, down(scalar.of))
            return in_(down(scalar.of), map(string, scalar.values))
        case Case():
            branches = [(down(condition), down(value)) for condition, value in scalar.branches]
            return cast(case(branches, down(scalar.default)), scalar.type)
        case Call():
            return FUNCTIONS[scalar.fn](scalar, [down(arg) for arg in scalar.args])
        case Kernel():
            kinds = tuple(arg.type for arg in scalar.args)
            name = names.kernel(scalar.name, scalar.settings, kinds, scalar.type)
            return call(name, *(down(arg) for arg in scalar.args))
        case Matches():
            return _matches(down(scalar.of), scalar.regex, names)
        case Group():
            return _group(down(scalar.of), scalar, names)
        case AllGroups():
            settings = (scalar.regex.source, str(scalar.group), str(scalar.limit))
            name = names.kernel("regex_all", settings, (FieldType.TEXT,), FieldType.MULTI)
            return call(name, down(scalar.of))
        case Substitute():
            return _substitute(down(scalar.of), scalar, names)
        case AnyValue():
            return _any_value(scalar, names)
        case _:
            assert_never(scalar)


def _differs(scalar: Scalar) -> bool:
    """Whether a scalar may be another value whenever it is looked at."""
    match scalar:
        case Call(fn=Fn.RANDOM) | Kernel(name="wall_clock"):
            return True
    return any(map(_differs, children(scalar)))


def _const(scalar: Const) -> Sql:
    match scalar.value:
        case None:
            return null(scalar.type)
        case bool():
            return TRUE if scalar.value else FALSE
        case str():
            return string(scalar.value)
        case float():
            return number(scalar.value)


_FEW_VALUES: Final = 64
"""More are looked up in a hash table, fewer compared one after the other."""
_COMPARE: Final[dict[Op, Operator]] = {
    Op.EQ: "=",
    Op.NE: "<>",
    Op.LT: "<",
    Op.LE: "<=",
    Op.GT: ">",
    Op.GE: ">=",
}
_ARITHMETIC: Final[dict[ArithmeticOp, Operator]] = {
    ArithmeticOp.ADD: "+",
    ArithmeticOp.SUB: "-",
    ArithmeticOp.MUL: "*",
}


def _compare(op: Op, left: Sql, right: Sql) -> Sql:
    return binary(_COMPARE[op], left, right)


def _arithmetic(op: ArithmeticOp, left: Sql, right: Sql) -> Sql:
    if op in (ArithmeticOp.DIV, ArithmeticOp.MOD):
        # DuckDB answers inf or nan; SPL has no value there.
        divisor = call("nullif", right, number(0.0))
        name = "divide_doubles" if op is ArithmeticOp.DIV else "mod_doubles"
        return call(f"spl_{name}", left, divisor)
    return binary(_ARITHMETIC[op], left, right)


def _matches(of: Sql, regex: Regex, names: Names) -> Sql:
    if regex.re2 is None:
        name = names.kernel("regex_matches", (regex.source,), (FieldType.TEXT,), FieldType.BOOL)
        return call(name, of)
    return call("regexp_matches", of, string(regex.re2))


def _group(of: Sql, node: Group, names: Names) -> Sql:
    regex = node.regex
    if regex.re2 is None or node.group in regex.optional or node.group > 9:
        # RE2 through DuckDB cannot tell a group that took no part from an empty one, and counts to nine.
        name = names.kernel("regex_group", (regex.source, str(node.group)), (FieldType.TEXT,), FieldType.TEXT)
        return call(name, of)
    pattern = string(regex.re2)
    extracted = call("regexp_extract", of, pattern, whole(node.group))
    # regexp_extract answers '' where nothing matched; an absent field is null.
    return case([(call("regexp_matches", of, pattern), extracted)], None)


def _substitute(of: Sql, node: Substitute, names: Names) -> Sql:
    regex = node.regex
    # RE2 refuses references to groups there are not and backslashes that refer to nothing; PCRE2's side takes them.
    references = re.fullmatch(rf"(?:[^\\]|\\[0-{min(regex.groups, 9)}])*", node.replacement, re.DOTALL)
    plain = regex.re2 is not None and not regex.consumes_newline and not regex.optional
    plain = plain and node.nth == 0 and references is not None
    if not plain or regex.re2 is None:
        settings = (regex.source, node.replacement, str(node.nth))
        name = names.kernel("regex_replace", settings, (FieldType.TEXT,), FieldType.TEXT)
        return call(name, of)
    return call("regexp_replace", of, string(regex.re2), string(node.replacement), string("g"))


def _any_value(node: AnyValue, names: Names) -> Sql:
    inner = _Item(names, node.item)
    predicate = lower(node.predicate, inner)
    of = lower(node.of, names)
    return binary(">", call("len", call("list_filter", of, lambda_(inner.parameter, predicate))), whole(0))


class _Item:
    """Names inside the predicate of an AnyValue: the item, and everything of the row around it."""

    def __init__(self, outer: Names, item: str) -> None:
        self._outer, self._item = outer, item
        self.parameter = f"spl_{item.strip('#')}"
        self.kernel = outer.kernel

    def column(self, name: str) -> Sql:
        return column(self.parameter) if name == self._item else self._outer.column(name)


Spell = Callable[[Call, list[Sql]], Sql]


def _named(name: str) -> Spell:
    return lambda node, args: call(name, *args)


def _domain(name: str, outside: Callable[[Sql], Sql]) -> Spell:
    """A function that is null where its first argument lies outside the domain."""
    return lambda node, args: case([(outside(args[0]), null(FieldType.NUMBER))], call(name, *args))


def _below(limit: float, *, inclusive: bool = False) -> Callable[[Sql], Sql]:
    return lambda of: binary("<=" if inclusive else "<", of, number(limit))


def _beyond_one(of: Sql) -> Sql:
    return binary(">", call("abs", of), number(1.0))


def _at_least_one(of: Sql) -> Sql:
    return binary(">=", call("abs", of), number(1.0))


def _bits(operator: Operator) -> Spell:
    return lambda node, args: cast(binary(operator, cast_whole(args[0]), cast_whole(args[1])), FieldType.INTEGER)


def _xor(node: Call, args: list[Sql]) -> Sql:
    return cast(call("xor", *map(cast_whole, args)), FieldType.INTEGER)


def _concat(node: Call, args: list[Sql]) -> Sql:
    return concat(args)


def _pow(node: Call, args: list[Sql]) -> Sql:
    """Null where no real number is the power (a root of -1, nought to a negative power); beyond all doubles inf."""
    base, power = args
    found = call("pow", base, power)
    pole = all_of([binary("=", base, number(0.0)), binary("<", power, number(0.0))])
    return case([(any_of([pole, call("isnan", found)]), null(FieldType.NUMBER))], found)


def _round(node: Call, args: list[Sql]) -> Sql:
    return call("spl_round", args[0], cast_whole(args[1], "INTEGER"))


def _length(node: Call, args: list[Sql]) -> Sql:
    return cast(call("length", args[0]), FieldType.INTEGER)


def _whole(node: Call, args: list[Sql]) -> list[Sql]:
    return [args[0], *map(cast_whole, args[1:])]


def _list_append(node: Call, args: list[Sql]) -> Sql:
    nonempty = [call("coalesce", arg, cast(call("list_value"), FieldType.MULTI)) for arg in args]
    found = nonempty[0]
    for arg in nonempty[1:]:
        found = call("list_concat", found, arg)
    return call("spl_nonempty", found)


def _split(node: Call, args: list[Sql]) -> Sql:
    return call("string_split", *args)


def _key_value(node: Call, args: list[Sql]) -> Sql:
    """Automatic extraction: ``key=value``, ``key="value"`` or ``key='value'``, the first in the text.

    A character of a key outside a-z, 0-9 and ``_`` reads as ``_`` in a field name.
    """
    raw, name_node = args[0], node.args[1]
    if not isinstance(name_node, Const) or not isinstance(name_node.value, str):
        raise EngineError("the name of an extracted field must be constant")
    key = "".join(r"[_.\-]" if char == "_" else literal(char) for char in name_node.value)
    # One pattern with one group: DuckDB reads the text again, and compiles again, for every group asked for.
    pattern = rf"""(?:^|[^\w.])(?:{key})\s?=\s?("[^"]*"|'[^']*'|[^\s,;|&"'<>(){{}}\[\]]+)"""
    return call("spl_unquoted", call("regexp_extract", raw, string(pattern), whole(1)))


FUNCTIONS: Final[dict[Fn, Spell]] = {
    Fn.COALESCE: _named("coalesce"),
    Fn.CONCAT: _concat,
    Fn.LOWER: _named("lower"),
    Fn.UPPER: _named("upper"),
    Fn.LENGTH: _length,
    Fn.SUBSTRING: lambda node, args: call("substring", *_whole(node, args)),
    Fn.TRIM: _named("trim"),
    Fn.LTRIM: _named("ltrim"),
    Fn.RTRIM: _named("rtrim"),
    Fn.CONTAINS: _named("contains"),
    Fn.STARTS_WITH: _named("starts_with"),
    Fn.MD5: _named("md5"),
    Fn.SHA1: _named("sha1"),
    Fn.SHA256: _named("sha256"),
    Fn.ABS: _named("abs"),
    Fn.CEIL: _named("ceil"),
    Fn.FLOOR: _named("floor"),
    Fn.SQRT: _domain("sqrt", _below(0.0)),
    Fn.EXP: _named("exp"),
    Fn.LN: _domain("ln", _below(0.0, inclusive=True)),
    Fn.LOG10: _domain("log10", _below(0.0, inclusive=True)),
    Fn.POW: _pow,
    Fn.ROUND: _round,
    Fn.SIN: _named("sin"),
    Fn.COS: _named("cos"),
    Fn.TAN: _named("tan"),
    Fn.ASIN: _domain("asin", _beyond_one),
    Fn.ACOS: _domain("acos", _beyond_one),
    Fn.ATAN: _named("atan"),
    Fn.ATAN2: _named("atan2"),
    Fn.SINH: _named("sinh"),
    Fn.COSH: _named("cosh"),
    Fn.TANH: _named("tanh"),
    Fn.ASINH: _named("asinh"),
    Fn.ACOSH: _domain("acosh", _below(1.0)),
    Fn.ATANH: _domain("atanh", _at_least_one),
    Fn.BIT_AND: _bits("&"),
    Fn.BIT_OR: _bits("|"),
    Fn.BIT_XOR: _xor,
    Fn.SHIFT_LEFT: _bits("<<"),
    Fn.SHIFT_RIGHT: _bits(">>"),
    Fn.LEAST: _named("least"),
    Fn.GREATEST: _named("greatest"),
    Fn.RANDOM: lambda node, args: call("spl_random"),
    Fn.LIST_COUNT: lambda node, args: cast(call("len", args[0]), FieldType.INTEGER),
    Fn.LIST_SUM: _named("spl_list_sum"),
    Fn.LIST_APPEND: _list_append,
    Fn.LIST_ITEM: lambda node, args: call("list_extract", *_whole(node, args)),
    Fn.LIST_JOIN: _named("array_to_string"),
    Fn.SPLIT: _split,
    Fn.KEY_VALUE: _key_value,
}
