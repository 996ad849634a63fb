"""A scalar computed in Python over columns, for expressions that see one value of a multivalue at a time.

It answers as the engine does; the tests hold both to each other. Columns are lists, one cell for each row.
"""

from __future__ import annotations

import hashlib
import math
import operator
import random
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, assert_never

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import find
from bootwatch.algebra.kernels.fixed import fixed
from bootwatch.algebra.kernels.regular import matching
from bootwatch.algebra.scalars import (
    TRUE,
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
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import EngineError
from bootwatch.match import pcre

Cell = str | float | bool | list[str] | None
Cells = Sequence[Cell]

ARROW: Final = {
    FieldType.TEXT: pa.string(),
    FieldType.NUMBER: pa.float64(),
    FieldType.INTEGER: pa.float64(),
    FieldType.BOOL: pa.bool_(),
    FieldType.MULTI: pa.list_(pa.string()),
}
MAX_VALUES: Final = 2_000_000
"""Values of a batch of rows an expression is evaluated for; one inside another multiplies them."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:nan)")
_DIGITS: Final = Context(prec=640)
_EXACT: Final = 1e15
_COMPARE: Final[dict[Op, Callable[..., bool]]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


def evaluate(scalar: Scalar, columns: Mapping[str, Cells], count: int, notes: list[str]) -> Cells:
    """The cells of a scalar for ``count`` rows."""

    def down(inner: Scalar) -> Cells:
        return evaluate(inner, columns, count, notes)

    match scalar:
        case Const():
            return [scalar.value] * count
        case Column():
            return columns[scalar.name]
        case ToNumber():
            return [_number(cell) for cell in down(scalar.of)]
        case ToText():
            places = [None] * count if scalar.decimals is None else down(scalar.decimals)
            return [_shown(cell, digits) for cell, digits in zip(down(scalar.of), places, strict=True)]
        case ToMulti():
            return [[cell] if isinstance(cell, str) else None for cell in down(scalar.of)]
        case OnlyValue():
            return [cell[0] if isinstance(cell, list) and len(cell) == 1 else None for cell in down(scalar.of)]
        case Arithmetic():
            pairs = zip(down(scalar.left), down(scalar.right), strict=True)
            return [_arithmetic(scalar.op, left, right) for left, right in pairs]
        case Compare():
            pairs = zip(down(scalar.left), down(scalar.right), strict=True)
            return [_compare(scalar.op, left, right) for left, right in pairs]
        case And():
            return [_all(cells) for cells in zip(*map(down, scalar.terms), strict=True)]
        case Or():
            return [_not(_all([_not(cell) for cell in cells])) for cells in zip(*map(down, scalar.terms), strict=True)]
        case Not():
            return [_not(cell) for cell in down(scalar.of)]
        case IsNull():
            return [cell is None for cell in down(scalar.of)]
        case InSet():
            values = frozenset(scalar.values)
            return [None if cell is None else cell in values for cell in down(scalar.of)]
        case Case():
            return _case(scalar, columns, count, notes)
        case Call():
            return _call(scalar.fn, [down(arg) for arg in scalar.args], count)
        case Kernel():
            arrays = [pa.array(down(arg), ARROW[arg.type]) for arg in scalar.args]
            made: Cells = pa.array(
                find(scalar.name).run(arrays, scalar.settings, notes), ARROW[scalar.type]
            ).to_pylist()
            return made
        case Matches():
            return matching(_texts(down(scalar.of)), scalar.regex, notes)
        case Group():
            number = scalar.group
            return _regex(
                down(scalar.of), scalar.regex.source, lambda regex, text: pcre.first_group(regex, text, number), notes
            )
        case AllGroups():
            number, limit = scalar.group, scalar.limit
            return _regex(
                down(scalar.of),
                scalar.regex.source,
                lambda regex, text: pcre.all_groups(regex, text, number, limit),
                notes,
            )
        case Substitute():
            new, nth = scalar.replacement, scalar.nth
            return _regex(
                down(scalar.of), scalar.regex.source, lambda regex, text: pcre.substitute(regex, text, new, nth), notes
            )
        case AnyValue():
            return _any_value(scalar, columns, count, notes)
        case _:
            assert_never(scalar)


def each_value(
    lists: Sequence[list[str] | None], item: str, scalar: Scalar, columns: Mapping[str, Cells], notes: list[str]
) -> list[list[Cell]]:
    """A scalar for each value of each list, which it sees as the column ``item``; an absent list has none.

    Raises EngineError for more values than MAX_VALUES.
    """
    if sum(len(values or ()) for values in lists) > MAX_VALUES:
        raise EngineError(f"an expression over more than {MAX_VALUES:,} values of multivalue fields at once")
    rows = [row for row, values in enumerate(lists) for _ in values or ()]
    spread: dict[str, Cells] = {name: [cells[row] for row in rows] for name, cells in columns.items()}
    spread[item] = [value for values in lists for value in values or ()]
    cells = iter(evaluate(scalar, spread, len(rows), notes))
    return [[next(cells) for _ in values or ()] for values in lists]


def _any_value(node: AnyValue, columns: Mapping[str, Cells], count: int, notes: list[str]) -> Cells:
    lists = [cell if isinstance(cell, list) else None for cell in evaluate(node.of, columns, count, notes)]
    hits = each_value(lists, node.item, node.predicate, columns, notes)
    return [None if values is None else True in found for values, found in zip(lists, hits, strict=True)]


def _case(node: Case, columns: Mapping[str, Cells], count: int, notes: list[str]) -> Cells:
    """Only the rows that come to a branch compute it."""
    found: list[Cell] = [None] * count
    left = list(range(count))
    for condition, value in (*node.branches, (TRUE, node.default)):
        if not left:
            break
        here = {name: [cells[row] for row in left] for name, cells in columns.items()}
        hits = evaluate(condition, here, len(left), notes)
        taken = [row for row, hit in zip(left, hits, strict=True) if hit is True]
        inside = {name: [cells[row] for row in taken] for name, cells in columns.items()}
        for row, cell in zip(taken, evaluate(value, inside, len(taken), notes), strict=True):
            found[row] = cell
        left = [row for row, hit in zip(left, hits, strict=True) if hit is not True]
    return found


def _number(cell: Cell) -> float | None:
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell) is None:
        return None
    return float(cell)


def _shown(cell: Cell, places: Cell) -> str | None:
    if not isinstance(cell, float):
        return None
    return fixed(cell, places if isinstance(places, float) else None)


def _arithmetic(op: ArithmeticOp, left: Cell, right: Cell) -> float | None:
    if not isinstance(left, float) or not isinstance(right, float):
        return None
    match op:
        case ArithmeticOp.ADD:
            return left + right
        case ArithmeticOp.SUB:
            return left - right
        case ArithmeticOp.MUL:
            return left * right
        case ArithmeticOp.DIV:
            return left / right if right else None
        case ArithmeticOp.MOD:
            if not right:
                return None
            return math.fmod(left, right) if math.isfinite(left) else math.nan
        case _:
            assert_never(op)


def _compare(op: Op, left: Cell, right: Cell) -> bool | None:
    if left is None or right is None:
        return None
    return _COMPARE[op](_ordered(left), _ordered(right))


def _ordered(cell: Cell) -> object:
    """NaN equals itself and is above every number."""
    return (math.isnan(cell), 0.0 if math.isnan(cell) else cell) if isinstance(cell, float) else cell


def _all(cells: Sequence[Cell]) -> bool | None:
    if any(cell is False for cell in cells):
        return False
    return None if any(cell is None for cell in cells) else True


def _not(cell: Cell) -> bool | None:
    return None if cell is None else not cell


def _regex(cells: Cells, source: str, give: Callable[[pcre.Compiled, str], Cell], notes: list[str]) -> Cells:
    return pcre.over(_texts(cells), source, give, notes)


def _texts(cells: Cells) -> list[str | None]:
    return [cell if isinstance(cell, str) else None for cell in cells]


def _call(fn: Fn, args: Sequence[Cells], count: int) -> Cells:
    match fn:
        case Fn.RANDOM:
            return [float(random.randrange(2**31)) for _ in range(count)]  # noqa: S311  # SPL's random() is no secret
        case Fn.LOWER | Fn.UPPER:  # as the engine maps letters, which is not Python's way
            change = pc.utf8_lower if fn is Fn.LOWER else pc.utf8_upper
            found: Cells = change(pa.array(args[0], pa.string())).to_pylist()
            return found
        case Fn.COALESCE | Fn.LEAST | Fn.GREATEST | Fn.LIST_APPEND:
            return [_LENIENT[fn]([cell for cell in cells if cell is not None]) for cells in zip(*args, strict=True)]
        case _:
            return [None if None in cells else _strict(fn, cells) for cells in zip(*args, strict=True)]


def _strict(fn: Fn, cells: tuple[Cell, ...]) -> Cell:
    try:
        return _STRICT[fn](*cells)
    except OverflowError:
        return math.inf
    except ValueError:  # outside the domain
        return None


_LENIENT: Final[dict[Fn, Callable[[list[Cell]], Cell]]] = {
    Fn.COALESCE: lambda cells: cells[0] if cells else None,
    Fn.LEAST: lambda cells: min(cells, key=_order, default=None),
    Fn.GREATEST: lambda cells: max(cells, key=_order, default=None),
    Fn.LIST_APPEND: lambda cells: [text for cell in cells if isinstance(cell, list) for text in cell] or None,
}


def _order(cell: Cell) -> tuple[bool, float, str]:
    if isinstance(cell, float):
        return (math.isnan(cell), 0.0 if math.isnan(cell) else cell, "")
    return (False, 0.0, str(cell))


def _digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _whole(change: Callable[[float], int]) -> Callable[[float], float]:
    return lambda number: float(change(number)) if math.isfinite(number) else number


def _pow(base: float, exponent: float) -> float | None:
    """A pole and a root of a negative number raise ValueError; beyond all doubles is an infinity with its sign."""
    try:
        found = math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    return None if math.isnan(found) else found


def _within_one(function: Callable[[float], float]) -> Callable[[float], float | None]:
    """NaN is beyond one, as it is above every number."""
    return lambda number: None if math.isnan(number) else function(number)


def _sinh(number: float) -> float:
    try:
        return math.sinh(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _round(number: float, places: float) -> float:
    if not abs(number) < _EXACT:
        return number
    step = Decimal(1).scaleb(-int(places))
    return float(Decimal(repr(number)).quantize(step, rounding=ROUND_HALF_UP, context=_DIGITS))


def _bits(change: Callable[[int, int], int]) -> Callable[[float, float], float]:
    return lambda left, right: float(change(int(left), int(right)))


def _item(values: list[str], position: float) -> str | None:
    return values[int(position) - 1] if 1 <= position <= len(values) else None


def _sum(values: list[str]) -> float | None:
    numbers = [number for value in values if (number := _number(value)) is not None]
    return sum(numbers) if numbers else None


_STRICT: Final[dict[Fn, Callable[..., Cell]]] = {
    Fn.CONCAT: lambda *texts: "".join(texts),
    Fn.LENGTH: lambda text: float(len(text)),
    Fn.SUBSTRING: lambda text, start, length: text[int(start) - 1 : int(start) - 1 + int(length)],
    Fn.TRIM: str.strip,
    Fn.LTRIM: str.lstrip,
    Fn.RTRIM: str.rstrip,
    Fn.CONTAINS: lambda text, part: part in text,
    Fn.STARTS_WITH: str.startswith,
    Fn.MD5: _digest("md5"),
    Fn.SHA1: _digest("sha1"),
    Fn.SHA256: _digest("sha256"),
    Fn.ABS: abs,
    Fn.CEIL: _whole(math.ceil),
    Fn.FLOOR: _whole(math.floor),
    Fn.SQRT: math.sqrt,
    Fn.EXP: math.exp,
    Fn.LN: math.log,
    Fn.LOG10: math.log10,
    Fn.POW: _pow,
    Fn.ROUND: _round,
    Fn.SIN: math.sin,
    Fn.COS: math.cos,
    Fn.TAN: math.tan,
    Fn.ASIN: _within_one(math.asin),
    Fn.ACOS: _within_one(math.acos),
    Fn.ATAN: math.atan,
    Fn.ATAN2: math.atan2,
    Fn.SINH: _sinh,
    Fn.COSH: math.cosh,
    Fn.TANH: math.tanh,
    Fn.ASINH: math.asinh,
    Fn.ACOSH: math.acosh,
    Fn.ATANH: _within_one(math.atanh),
    Fn.BIT_AND: _bits(operator.and_),
    Fn.BIT_OR: _bits(operator.or_),
    Fn.BIT_XOR: _bits(operator.xor),
    Fn.SHIFT_LEFT: _bits(operator.lshift),
    Fn.SHIFT_RIGHT: _bits(operator.rshift),
    Fn.LIST_COUNT: lambda values: float(len(values)),
    Fn.LIST_SUM: _sum,
    Fn.LIST_ITEM: _item,
    Fn.LIST_JOIN: lambda values, delimiter: delimiter.join(values),
    Fn.SPLIT: lambda text, delimiter: text.split(delimiter) if delimiter else list(text) or [""],
}
