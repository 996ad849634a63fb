"""``fieldformat``: how a field is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.algebra.scalars import Case, Column, IsNull, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command, lowerer
from bootwatch.spl.commands.eval import Assignment, parse_assignment
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.expressions import Binary, Expression, FieldName, FunctionCall, Unary


@command("fieldformat", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class FieldFormat(Command):
    """``fieldformat <field>=<expression>``: the results show the expression's value in place of the field's.

    Commands after it still see the field's own value. A command that makes new rows (stats, chart and the like) ends
    it, and so does a field of the expression that is no longer there.
    """

    assignment: Assignment

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found = parse_assignment(args)
        if found.indirect:
            args.fail("a field named by a value cannot be formatted", found.span)
        args.finish("an operator")
        return cls(found)

    def plan(self, source: Plan, context: Context) -> Plan:
        lowerer(source.fields, context).stored(self.assignment.expression)  # what is wrong with it is said
        return source

    def rendered(self, source: Plan, context: Context) -> Plan:
        """The results with the field as it is shown."""
        names = {self.assignment.name, *_fields(self.assignment.expression)}
        if any(source.fields.type_of(name) is None for name in names):
            return source
        shown = lowerer(source.fields, context).stored(self.assignment.expression)
        absent = IsNull(Column(self.assignment.name, source.fields.type_of(self.assignment.name) or FieldType.TEXT))
        shown = Case(((absent, null(shown.type)),), shown, shown.type)
        return Extend(source, ((self.assignment.name, shown),))


def _fields(node: Expression) -> set[str]:
    match node:
        case FieldName():
            return {node.name}
        case Unary():
            return _fields(node.operand)
        case Binary():
            return _fields(node.left) | _fields(node.right)
        case FunctionCall():
            return {name for arg in node.args for name in _fields(arg)}
        case _:
            return set()
