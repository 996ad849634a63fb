"""Many phrases looked for in one text are found in one pass, and the predicate asks which there were.

An engine reads a text once for every ``contains``; an automaton reads it once for all of them. A filter with at least
:data:`WORTH_IT` constant phrases of one text gets a hidden column whose bits say which occur.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bootwatch.algebra.plans import Drop, Extend, Filter, Plan, mapped
from bootwatch.algebra.scalars import (
    Call,
    Column,
    Compare,
    Const,
    Fn,
    Kernel,
    Op,
    Scalar,
    children,
    map_children,
    number,
)
from bootwatch.algebra.types import FieldType

WORTH_IT: Final = 8
BITS: Final = 50
"""A column of numbers holds so many bits exactly."""

_WHOLE: Final = FieldType.INTEGER


def mark_phrases(plan: Plan) -> Plan:
    """The plan with such columns below its filters."""
    plan = mapped(plan, mark_phrases)
    return _marked(plan) if isinstance(plan, Filter) else plan


def _marked(plan: Filter) -> Plan:
    asked = {of: phrases for of, phrases in _asked(plan.predicate).items() if len(phrases) >= WORTH_IT}
    if not asked:
        return plan
    places: dict[tuple[Scalar, str], tuple[Column, int]] = {}
    columns: list[tuple[str, Scalar]] = []
    for of, phrases in asked.items():
        for start in range(0, len(phrases), BITS):
            some = tuple(phrases[start : start + BITS])
            column = Column(f"#found{len(columns)}", _WHOLE)
            columns.append((column.name, Kernel("occurring", (of,), some, _WHOLE)))
            places.update(((of, phrase), (column, bit)) for bit, phrase in enumerate(some))

    def change(scalar: Scalar) -> Scalar:
        match scalar:
            case Call(fn=Fn.CONTAINS, args=(of, Const(value=str(phrase)))) if (of, phrase) in places:
                column, bit = places[of, phrase]
                return Compare(Op.NE, Call(Fn.BIT_AND, (column, number(2**bit)), _WHOLE), number(0))
            case _:
                return map_children(scalar, change)

    below = Extend(plan.source, tuple(columns))
    filtered = replace(plan, source=below, predicate=change(plan.predicate))
    return Drop(filtered, frozenset(name for name, _ in columns))


def _asked(predicate: Scalar) -> dict[Scalar, list[str]]:
    """The phrases looked for in each text, each once."""
    found: dict[Scalar, dict[str, None]] = {}
    stack = [predicate]
    while stack:
        node = stack.pop()
        match node:
            case Call(fn=Fn.CONTAINS, args=(of, Const(value=str(phrase)))) if phrase:
                found.setdefault(of, {})[phrase] = None
            case _:
                stack.extend(children(node))
    return {of: list(phrases) for of, phrases in found.items()}
