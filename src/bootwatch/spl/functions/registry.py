"""How an eval function is declared and found.

A function is one decorated Python function in its family's file: it gets its planned arguments and returns a planned
value. Which row-level errors are static (Splunk's type checks) is decided here, once, from the declared signature.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from bootwatch.algebra.scalars import Const, Scalar
from bootwatch.errors import Span, SplError, SplSyntaxError, SplUnsupported
from bootwatch.spl.context import Context
from bootwatch.spl.expressions import Expression
from bootwatch.spl.values import Kind, Value, boolean

if TYPE_CHECKING:
    from bootwatch.spl.lower import Lowerer


@dataclass(frozen=True, slots=True)
class Call:
    """One call while it is planned: the arguments as written and as planned, and how to refuse them."""

    name: str
    args: tuple[Value, ...]
    written: tuple[Expression, ...]
    span: Span
    name_span: Span
    context: Context
    lowerer: Lowerer

    def condition(self, arg: int) -> Scalar:
        """An argument as a predicate."""
        return self.lowerer.condition_of(self.args[arg], self.written[arg])

    def constant(self, arg: int, what: str = "a string written in the search") -> str:
        """An argument that must be a string literal."""
        value = self.args[arg]
        if not (value.literal and isinstance(value.scalar, Const) and isinstance(value.scalar.value, str)):
            self.fail(f"argument {arg + 1} of {self.name} must be {what}", arg=arg)
        return value.scalar.value

    def matches(self, of: int, pattern: int) -> Value:
        """Whether the regular expression in one argument matches the text in another."""
        regex = self.lowerer.pattern(self.constant(pattern), self.written[pattern].span)
        return boolean(self.lowerer.matches(self.args[of], regex))

    def fail(self, message: str, *, arg: int | None = None, hint: str | None = None) -> NoReturn:
        span = self.span if arg is None else self.written[arg].span
        raise SplSyntaxError(message, text=self.context.text, span=span, hint=hint)

    def invalid(self, arg: int | None = None) -> NoReturn:
        """Splunk's own words for arguments of a wrong kind."""
        self.fail(f"The arguments to the '{self.name}' function are invalid.", arg=arg)

    def unsupported(self, message: str, *, hint: str | None = None) -> NoReturn:
        raise SplUnsupported(message, text=self.context.text, span=self.name_span, hint=hint)

    def error(self, message: str) -> SplError:
        return SplSyntaxError(message, text=self.context.text, span=self.span)


Build = Callable[[Call], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A declared function: its family (file), how many arguments it takes (``most`` None: any number), how it plans.

    ``kinds`` are the accepted static kinds for each argument (the last one repeats): a literal of another kind is
    Splunk's "The arguments to the 'x' function are invalid.".
    """

    name: str
    family: str
    least: int
    most: int | None
    kinds: tuple[frozenset[Kind], ...]
    build: Build
    doc: str

    def accepts(self, position: int, kind: Kind) -> bool:
        if not self.kinds:
            return True
        return kind in self.kinds[min(position, len(self.kinds) - 1)]


TEXT = frozenset({Kind.STRING, Kind.ANY})
NUMBER = frozenset({Kind.NUMBER, Kind.ANY})
SCALAR = frozenset({Kind.STRING, Kind.NUMBER, Kind.ANY})
CONDITION = frozenset({Kind.BOOL, Kind.ANY})
VALUE = frozenset(Kind)

_REGISTRY: dict[str, Function] = {}


def function(
    *names: str, least: int, most: int | None = -1, kinds: tuple[frozenset[Kind], ...] = ()
) -> Callable[[Build], Build]:
    """Declare an eval function under one or more names; ``most`` defaults to ``least``, None means no upper bound."""

    def declare(build: Build) -> Build:
        family = build.__module__.rpartition(".")[2]
        for name in names:
            top = least if most == -1 else most
            _REGISTRY[name] = Function(name, family, least, top, kinds, build, build.__doc__ or "")
        return build

    return declare


def find(name: str) -> Function | None:
    """The function of a lower-case name; families are loaded one by one until one of them declares it."""
    for family in _families():
        if name in _REGISTRY:
            break
        importlib.import_module(f"bootwatch.spl.functions.{family}")
    return _REGISTRY.get(name)


@cache
def functions() -> Mapping[str, Function]:
    """Every eval function, by lower-case name."""
    for family in _families():
        importlib.import_module(f"bootwatch.spl.functions.{family}")
    return _REGISTRY


@cache
def _families() -> tuple[str, ...]:
    """The files of this folder, those most searches use first."""
    package = importlib.import_module("bootwatch.spl.functions")
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(found, key=lambda name: name not in ("conditional", "text")))
