"""How an aggregate function is declared and found: one file for each family, its cases beside it.

Follows the Search Reference, "Statistical and charting functions". A function plans onto engine aggregates under hidden
names and answers with a scalar over them, so that ``range`` is a maximum less a minimum and no engine hears of it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NoReturn

from bootwatch.algebra.plans import AggCall, AggFn
from bootwatch.algebra.scalars import Column, Kernel, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplUnsupported
from bootwatch.spl.context import Context
from bootwatch.spl.values import as_number, as_text

_PARAMETER: Final = re.compile(r"([a-z]+)(\d+(?:\.\d+)?)$")


@dataclass(slots=True)
class Calls:
    """The engine aggregates one command needs, each once, under hidden names."""

    found: list[tuple[str, AggCall]] = field(default_factory=list)

    def column(self, call: AggCall) -> Column:
        """The column that will hold an aggregate's result."""
        for name, known in self.found:
            if known == call:
                return Column(name, call.type)
        name = f"#agg{len(self.found)}"
        self.found.append((name, call))
        return Column(name, call.type)


@dataclass(frozen=True, slots=True)
class Call:
    """One call while it is planned.

    ``arg`` is the field or eval expression (None: a bare ``count``); BOOL only reaches ``count``. ``parameter`` is the
    number in ``perc95``. ``time`` is ``_time`` as a number, None where rows have none.
    """

    name: str
    arg: Scalar | None
    parameter: float | None
    time: Scalar | None
    context: Context
    calls: Calls

    @property
    def value(self) -> Scalar:
        """The argument of a function that needs one."""
        if self.arg is None:
            raise TypeError(f"{self.name} was declared to need no argument, and reads one")
        return self.arg

    def aggregate(
        self, fn: AggFn, *args: Scalar, kind: FieldType = FieldType.NUMBER, parameter: float | None = None
    ) -> Column:
        """An engine aggregate as a column."""
        return self.calls.column(AggCall(fn, args, kind, parameter))

    def strings(self) -> Scalar:
        """The argument as TEXT, or MULTI where it is one."""
        return self.value if self.value.type is FieldType.MULTI else as_text(self.value)

    def gathered(self, statistic: str, result: FieldType, parameter: float | None = None) -> Scalar:
        """A statistic over every value of a multivalue argument in all rows."""
        values = self.aggregate(AggFn.LIST, self.value, kind=FieldType.MULTI)
        settings = (statistic, "" if parameter is None else repr(parameter))
        return Kernel("list_statistic", (values,), settings, result)

    def numbers(self, fn: AggFn, parameter: float | None = None) -> Scalar:
        """An aggregate over the numeric values of the argument, others ignored; null if there are none."""
        if self.value.type is FieldType.MULTI:
            return self.gathered(fn.value, FieldType.NUMBER, parameter)
        whole = self.value.type is FieldType.INTEGER and fn in (AggFn.SUM, AggFn.MIN, AggFn.MAX)
        kind = FieldType.INTEGER if whole else FieldType.NUMBER
        return self.aggregate(fn, as_number(self.value), kind=kind, parameter=parameter)

    def unsupported(self, hint: str) -> NoReturn:
        """Refuse the function by name, at the first place it is called."""
        found = re.search(rf"(?<![\w.]){self.name}(?=\s*\()", self.context.text, re.IGNORECASE)
        span = None if found is None else Span(found.start(), found.end())
        message = f"the function '{self.name}' is not supported here"
        raise SplUnsupported(message, text=self.context.text, span=span, hint=hint)


Build = Callable[[Call], Scalar]


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """A declared function: its family (file), and how it reads its argument.

    ``bare``: means something without an argument. ``numeric``: computes with numbers, so ``allnum`` concerns it.
    ``parametric``: its name ends in a number from 0 to 100.
    """

    name: str
    family: str
    build: Build
    doc: str
    bare: bool = False
    numeric: bool = False
    parametric: bool = False


_REGISTRY: dict[str, AggregateFunction] = {}


def aggregate(
    *names: str, bare: bool = False, numeric: bool = False, parametric: bool = False
) -> Callable[[Build], Build]:
    """Declare an aggregate function under one or more names."""

    def declare(build: Build) -> Build:
        family = build.__module__.rpartition(".")[2]
        for name in names:
            _REGISTRY[name] = AggregateFunction(name, family, build, build.__doc__ or "", bare, numeric, parametric)
        return build

    return declare


@cache
def aggregates() -> Mapping[str, AggregateFunction]:
    """Every aggregate function, by lower-case name; parametric ones without their number."""
    package = importlib.import_module("bootwatch.spl.aggregates")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"bootwatch.spl.aggregates.{module.name}")
    return _REGISTRY


def find(name: str) -> tuple[AggregateFunction, float | None] | None:
    """The function of a written name and the number in it; None for a name nothing answers to."""
    known = aggregates()
    found = known.get(name.lower())
    if found is not None:
        return None if found.parametric else (found, None)
    parts = _PARAMETER.fullmatch(name.lower())
    if parts is None:
        return None
    found = known.get(parts[1])
    return None if found is None or not found.parametric else (found, float(parts[2]))
