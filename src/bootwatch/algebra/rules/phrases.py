"""Many phrases and terms looked for in one text are found in one pass, and the predicate asks which there were.

An engine reads a text once for every ``contains`` and every pattern, and has to compile the patterns; an automaton
reads it once for all of them. A filter that asks one text at least :data:`WORTH_IT` such questions gets a hidden column
whose bits are the answers.
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
    Matches,
    Op,
    Scalar,
    children,
    map_children,
    number,
)
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import Regex

WORTH_IT: Final = 8
BITS: Final = 50
"""A column of numbers holds so many bits exactly."""

_WHOLE: Final = FieldType.INTEGER


def mark_phrases(plan: Plan) -> Plan:
    """The plan with such columns below its filters."""
    plan = mapped(plan, mark_phrases)
    return _marked(plan) if isinstance(plan, Filter) else plan


def _marked(plan: Filter) -> Plan:
    asked = {of: questions for of, questions in _asked(plan.predicate).items() if len(questions) >= WORTH_IT}
    if not asked:
        return plan
    places: dict[tuple[Scalar, str], tuple[Column, int]] = {}
    columns: list[tuple[str, Scalar]] = []
    for of, questions in asked.items():
        for start in range(0, len(questions), BITS):
            some = tuple(questions[start : start + BITS])
            column = Column(f"#found{len(columns)}", _WHOLE)
            columns.append((column.name, Kernel("occurring", (of,), some, _WHOLE)))
            places.update(((of, question), (column, bit)) for bit, question in enumerate(some))

    def change(scalar: Scalar) -> Scalar:
        question = _question(scalar)
        if question is None or question not in places:
            return map_children(scalar, change)
        column, bit = places[question]
        return Compare(Op.NE, Call(Fn.BIT_AND, (column, number(2**bit)), _WHOLE), number(0))

    below = Extend(plan.source, tuple(columns))
    filtered = replace(plan, source=below, predicate=change(plan.predicate))
    return Drop(filtered, frozenset(name for name, _ in columns))


def _asked(predicate: Scalar) -> dict[Scalar, list[str]]:
    """The questions about each text, each once."""
    found: dict[Scalar, dict[str, None]] = {}
    stack = [predicate]
    while stack:
        node = stack.pop()
        question = _question(node)
        if question is None:
            stack.extend(children(node))
        else:
            found.setdefault(question[0], {})[question[1]] = None
    return {of: list(questions) for of, questions in found.items()}


def _question(scalar: Scalar) -> tuple[Scalar, str] | None:
    """What is asked about which text, as the kernel ``occurring`` reads it: ``=`` and a phrase, ``|`` and a term."""
    match scalar:
        case Call(fn=Fn.CONTAINS, args=(of, Const(value=str(phrase)))) if phrase:
            return of, f"={phrase}"
        case Matches(of=of, regex=Regex(whole_term=str(term))):
            return of, f"|{term}"
        case _:
            return None
