"""Scalar operators: what an expression of a search becomes once its meaning is settled.

Every node has a static type. Null is an absent field; logic is three-valued; coercions are nodes of their own, so an
engine spells exactly what it reads and decides nothing. One file above 400 lines on purpose: the set is closed, and
whoever adds a node sees every function that takes all of them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum

from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import Regex


class Op(StrEnum):
    """Comparison operators."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class ArithmeticOp(StrEnum):
    """Arithmetic on doubles; division and modulo by zero are null."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"


class Fn(Enum):
    """Primitive functions an engine has to know. A null argument gives null unless said otherwise.

    The value names the shape: argument types, then the result. ``kernel`` functions beyond these are
    :class:`Kernel` calls.
    """

    COALESCE = "coalesce"  # first non-null argument; all of one type
    CONCAT = "concat"  # text, text, ... -> text
    LOWER = "lower"  # text -> text
    UPPER = "upper"  # text -> text
    LENGTH = "length"  # text -> integer, code points
    SUBSTRING = "substring"  # text, start, length -> text; one-based, negative start counts from the end
    TRIM = "trim"  # text, set of characters -> text
    LTRIM = "ltrim"
    RTRIM = "rtrim"
    CONTAINS = "contains"  # text, constant text -> bool
    STARTS_WITH = "starts_with"  # text, constant text -> bool
    MD5 = "md5"  # text -> text, lower-case hex of the UTF-8 bytes
    SHA1 = "sha1"
    SHA256 = "sha256"
    ABS = "abs"  # number -> number
    CEIL = "ceil"  # number -> integer
    FLOOR = "floor"  # number -> integer
    SQRT = "sqrt"  # number -> number; null outside the domain, as for all below
    EXP = "exp"
    LN = "ln"
    LOG10 = "log10"
    POW = "pow"
    ROUND = "round"  # number, constant integer -> number; half away from zero in decimal, so 2.555 to 2 places is 2.56
    SIN = "sin"
    COS = "cos"
    TAN = "tan"
    ASIN = "asin"
    ACOS = "acos"
    ATAN = "atan"
    ATAN2 = "atan2"
    SINH = "sinh"
    COSH = "cosh"
    TANH = "tanh"
    ASINH = "asinh"
    ACOSH = "acosh"
    ATANH = "atanh"
    BIT_AND = "bit_and"  # number, number -> integer
    BIT_OR = "bit_or"
    BIT_XOR = "bit_xor"
    SHIFT_LEFT = "shift_left"
    SHIFT_RIGHT = "shift_right"
    LEAST = "least"  # numbers or texts of one type, nulls ignored
    GREATEST = "greatest"
    RANDOM = "random"  # -> integer, 0 to 2^31-1, a fresh one for each row
    LIST_COUNT = "list_count"  # multi -> integer
    LIST_SUM = "list_sum"  # multi -> number, numeric values only, null if none
    LIST_APPEND = "list_append"  # multi or null, ... -> multi; nulls skipped, null if nothing is left
    LIST_ITEM = "list_item"  # multi, integer (one-based) -> text
    LIST_JOIN = "list_join"  # multi, constant text -> text
    SPLIT = "split"  # text, constant text -> multi; empty pieces kept, '' splits into characters
    KEY_VALUE = "key_value"  # raw text, constant field name -> text: automatic key=value extraction


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; ``value`` None is null of ``type``. Numbers are floats, texts str, booleans bool."""

    value: str | float | bool | None
    type: FieldType


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source stage, or the item of an enclosing :class:`AnyValue`."""

    name: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class ToNumber:
    """TEXT to NUMBER: null where the text is not a decimal number (no surrounding blanks, no hexadecimal)."""

    of: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.NUMBER


@dataclass(frozen=True, slots=True)
class ToText:
    """NUMBER to TEXT: integral values without decimals, others in the shortest form that reads back the same.

    With ``decimals`` (an INTEGER scalar, null: as above) the value is rounded half away from zero in decimal and
    printed with exactly that many places.
    """

    of: Scalar
    decimals: Scalar | None = None

    @property
    def type(self) -> FieldType:
        return FieldType.TEXT


@dataclass(frozen=True, slots=True)
class ToMulti:
    """TEXT to MULTI: a list of one; null stays null."""

    of: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.MULTI


@dataclass(frozen=True, slots=True)
class OnlyValue:
    """MULTI to TEXT: the value where there is exactly one, else null."""

    of: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.TEXT


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Arithmetic of two numbers; null in, null out; x/0 and x%0 are null."""

    op: ArithmeticOp
    left: Scalar
    right: Scalar
    type: FieldType = FieldType.NUMBER


@dataclass(frozen=True, slots=True)
class Compare:
    """Comparison of two values of one kind: numbers by value, texts by bytes, booleans. Null in, null out."""

    op: Op
    left: Scalar
    right: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class And:
    """Three-valued conjunction."""

    terms: tuple[Scalar, ...]

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class Or:
    """Three-valued disjunction."""

    terms: tuple[Scalar, ...]

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """Three-valued negation."""

    of: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether the field is absent; never null itself."""

    of: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class InSet:
    """Whether a text is one of constant texts; null where the text is null."""

    of: Scalar
    values: tuple[str, ...]

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true (not null), else the default."""

    branches: tuple[tuple[Scalar, Scalar], ...]
    default: Scalar
    type: FieldType


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive function."""

    fn: Fn
    args: tuple[Scalar, ...]
    type: FieldType


@dataclass(frozen=True, slots=True)
class Kernel:
    """A function over Arrow arrays in Python (``algebra.kernels``), for what no engine spells as Splunk means it.

    ``settings`` are constant arguments (formats, zones). Nulls are passed to the kernel, which decides.
    """

    name: str
    args: tuple[Scalar, ...]
    settings: tuple[str, ...]
    type: FieldType


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether a regular expression matches anywhere in a text; null where the text is null."""

    of: Scalar
    regex: Regex

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


@dataclass(frozen=True, slots=True)
class Group:
    """A capture group of the first match; null where nothing matched or the group took no part."""

    of: Scalar
    regex: Regex
    group: int

    @property
    def type(self) -> FieldType:
        return FieldType.TEXT


@dataclass(frozen=True, slots=True)
class AllGroups:
    """A capture group of every match, in match order, at most ``limit`` (0: all); null where nothing matched."""

    of: Scalar
    regex: Regex
    group: int
    limit: int

    @property
    def type(self) -> FieldType:
        return FieldType.MULTI


@dataclass(frozen=True, slots=True)
class Substitute:
    """Matches replaced; ``replacement`` uses ``\\1`` references. ``nth`` 0: all matches, else only the nth."""

    of: Scalar
    regex: Regex
    replacement: str
    nth: int = 0

    @property
    def type(self) -> FieldType:
        return FieldType.TEXT


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Whether any value of a MULTI satisfies ``predicate``, which sees it as ``Column(item, TEXT)``.

    Null where the field is absent; a null predicate counts as false.
    """

    of: Scalar
    item: str
    predicate: Scalar

    @property
    def type(self) -> FieldType:
        return FieldType.BOOL


Scalar = (
    Const
    | Column
    | ToNumber
    | ToText
    | ToMulti
    | OnlyValue
    | Arithmetic
    | Compare
    | And
    | Or
    | Not
    | IsNull
    | InSet
    | Case
    | Call
    | Kernel
    | Matches
    | Group
    | AllGroups
    | Substitute
    | AnyValue
)

TRUE = Const(True, FieldType.BOOL)
FALSE = Const(False, FieldType.BOOL)


def null(type_: FieldType = FieldType.TEXT) -> Const:
    """An absent value of a type."""
    return Const(None, type_)


def text(value: str) -> Const:
    return Const(value, FieldType.TEXT)


def number(value: float) -> Const:
    return Const(float(value), FieldType.INTEGER if float(value).is_integer() else FieldType.NUMBER)


def children(scalar: Scalar) -> tuple[Scalar, ...]:
    """The scalars directly inside one."""
    match scalar:
        case Const() | Column():
            return ()
        case ToText():
            return (scalar.of,) if scalar.decimals is None else (scalar.of, scalar.decimals)
        case (
            ToNumber()
            | ToMulti()
            | OnlyValue()
            | Not()
            | IsNull()
            | InSet()
            | Matches()
            | Group()
            | AllGroups()
            | Substitute()
        ):
            return (scalar.of,)
        case AnyValue():
            return (scalar.of, scalar.predicate)
        case Arithmetic() | Compare():
            return (scalar.left, scalar.right)
        case And() | Or():
            return scalar.terms
        case Case():
            return (*(part for branch in scalar.branches for part in branch), scalar.default)
        case Call() | Kernel():
            return scalar.args


def map_children(scalar: Scalar, change: Callable[[Scalar], Scalar]) -> Scalar:
    """The same node with ``change`` applied to each scalar directly inside it."""
    match scalar:
        case Const() | Column():
            return scalar
        case ToText():
            decimals = None if scalar.decimals is None else change(scalar.decimals)
            return ToText(change(scalar.of), decimals)
        case ToNumber():
            return ToNumber(change(scalar.of))
        case ToMulti():
            return ToMulti(change(scalar.of))
        case OnlyValue():
            return OnlyValue(change(scalar.of))
        case Not():
            return Not(change(scalar.of))
        case IsNull():
            return IsNull(change(scalar.of))
        case InSet():
            return InSet(change(scalar.of), scalar.values)
        case Matches():
            return Matches(change(scalar.of), scalar.regex)
        case Group():
            return Group(change(scalar.of), scalar.regex, scalar.group)
        case AllGroups():
            return AllGroups(change(scalar.of), scalar.regex, scalar.group, scalar.limit)
        case Substitute():
            return Substitute(change(scalar.of), scalar.regex, scalar.replacement, scalar.nth)
        case AnyValue():
            return AnyValue(change(scalar.of), scalar.item, change(scalar.predicate))
        case Arithmetic():
            return Arithmetic(scalar.op, change(scalar.left), change(scalar.right), scalar.type)
        case Compare():
            return Compare(scalar.op, change(scalar.left), change(scalar.right))
        case And():
            return And(tuple(change(term) for term in scalar.terms))
        case Or():
            return Or(tuple(change(term) for term in scalar.terms))
        case Case():
            branches = tuple((change(condition), change(value)) for condition, value in scalar.branches)
            return Case(branches, change(scalar.default), scalar.type)
        case Call():
            return Call(scalar.fn, tuple(change(arg) for arg in scalar.args), scalar.type)
        case Kernel():
            return Kernel(scalar.name, tuple(change(arg) for arg in scalar.args), scalar.settings, scalar.type)


def columns_of(scalar: Scalar) -> frozenset[str]:
    """Names of the columns a scalar reads, items of an AnyValue excluded."""
    names: set[str] = set()
    stack: list[Scalar] = [scalar]
    while stack:
        node = stack.pop()
        if isinstance(node, Column):
            names.add(node.name)
        elif isinstance(node, AnyValue):
            names |= columns_of(node.of) | (columns_of(node.predicate) - {node.item})
        else:
            stack.extend(children(node))
    return frozenset(names)
