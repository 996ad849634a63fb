"""``eval``: compute fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.algebra.scalars import Case, Column, Compare, IsNull, Op, Scalar, null, text
from bootwatch.errors import Span, SplSyntaxError
from bootwatch.spl.command import Command, CommandKind, Undecided, command, lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.pivoting import bounded
from bootwatch.spl.values import as_text


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name = expression``; ``indirect`` for ``{field} = …``, where the field's value is the name."""

    name: str
    span: Span
    expression: Expression
    indirect: bool = False


def parse_assignment(args: Cursor) -> Assignment:
    """One ``field=expression``."""
    start = args.here()
    if args.mark("{") is not None:
        stop = args.text.find("}", args.at, args.end)
        if stop < 0:
            args.fail("'{' is never closed", start)
        name, args.at = args.text[args.at : stop].strip(), stop + 1
        span = Span(start.start, args.at)
        args.expect("=")
        return Assignment(name, span, parse_expression(args), indirect=True)
    word = args.field(what="a field to assign, such as in x=1")
    if not word.quote and word.value.endswith(":"):
        args.fail("':=' is no operator", Span(word.span.end - 1, word.span.end), hint="eval assigns: field=expression")
    if args.mark("=") is None:
        args.fail(f"'=' is missing after '{word.value}'", word.span, hint="eval assigns: field=expression")
    return Assignment(word.value, word.span, parse_expression(args))


@command("eval", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Eval(Command):
    """``eval f=expression [, f2=expression2 …]``: assignments left to right, later ones see earlier ones.

    An existing field is overwritten; a null result removes it. Booleans cannot be assigned. ``{field}=`` on the left
    assigns to the field named by that field's value.
    """

    assignments: tuple[Assignment, ...]

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found = [parse_assignment(args)]
        while args.mark(",") is not None:
            found.append(parse_assignment(args))
        args.finish("',' or an operator")
        return cls(tuple(found))

    def plan(self, source: Plan, context: Context) -> Plan:
        for assignment in self.assignments:
            scalar = lowerer(source.fields, context).stored(assignment.expression)
            if assignment.indirect:
                source = _assign_by_value(source, assignment, scalar, context)
            else:
                source = Extend(source, ((assignment.name, scalar),))
        return source


def _assign_by_value(source: Plan, assignment: Assignment, scalar: Scalar, context: Context) -> Plan:
    """``{field}=x``: a column for each value the field has, set in the rows with that value."""
    kind = source.fields.type_of(assignment.name)
    if kind is None:
        return source
    names = dict(getattr(source, "distinct", ())).get(assignment.name)
    if names is None:
        raise Undecided(distinct=(assignment.name,))
    if any(not name for name in names):
        raise SplSyntaxError("a field cannot have an empty name", text=context.text, span=assignment.span)
    chosen = as_text(Column(assignment.name, kind))
    names = tuple(bounded(names, context, "eval"))
    columns: list[tuple[str, Scalar]] = []
    for name in names:
        before = source.fields.type_of(name)
        old: Scalar = null(scalar.type) if before is None else Column(name, before)
        value = scalar
        if old.type is not scalar.type:
            value, old = as_text(scalar), as_text(old)
        hit = Compare(Op.EQ, chosen, text(name))
        columns.append((name, Case(((IsNull(chosen), old), (hit, value)), old, value.type)))
    return Extend(source, tuple(columns))
