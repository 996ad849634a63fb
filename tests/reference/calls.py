"""The table of eval functions: arity, argument kinds, result type, and the plain Python that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .clock import Clock
from .values import Row, Value


@dataclass(frozen=True, slots=True)
class Env:
    """What a function may know besides its arguments: the row, and the clock."""

    row: Row
    clock: Clock


Body = Callable[[Env, list[Value]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """One eval function.

    ``kinds`` has a letter per argument, the last repeated: s string, t string or number, n number, p predicate,
    m anything but null, a anything. ``nulls`` and ``multi`` say whether the body sees null and multivalue arguments;
    otherwise either makes the result null.
    """

    body: Body
    least: int
    most: int
    kinds: str
    result: str
    nulls: bool
    multi: bool


FUNCTIONS: dict[str, Function] = {}
MANY = 10_000


def function(
    names: str, least: int, most: int, kinds: str, result: str, *, nulls: bool = False, multi: bool = False
) -> Callable[[Body], Body]:
    """Register a body under each of its names."""

    def register(body: Body) -> Body:
        for name in names.split():
            FUNCTIONS[name] = Function(body, least, most, kinds, result, nulls, multi)
        return body

    return register
