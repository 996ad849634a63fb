"""``appendcols``: the fields of a subsearch's rows beside those there are, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Join, Plan, Select, Window, column
from bootwatch.algebra.scalars import Column, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import coalesced
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.commands.append import OPTIONS
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch

_ROW = "#row_number"


@command("appendcols", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Appendcols(Command):
    """``appendcols [override=f] [maxout=] [<subsearch>]``: the first row of the subsearch beside the first row, and on.

    A field both have keeps its value unless ``override=t``; internal fields of the subsearch are left out, and rows of
    it beyond the last row as well.
    """

    subsearch: Subsearch
    override: bool = False
    maxout: int | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("override", *OPTIONS)
        if args.next != "[":
            args.unexpected("a subsearch in brackets")
        found = parse_subsearch(args)
        args.options("override", *OPTIONS, given=options)
        override = "override" in options and args.as_bool(options["override"])
        return cls(found, override, args.as_integer(options["maxout"]) if "maxout" in options else None)

    def plan(self, source: Plan, context: Context) -> Plan:
        other = appended(self.subsearch, context, limit=self.maxout)
        names = [name for name in other.fields.known if not name.startswith(("_", "#"))]
        if source.fields.open:
            raise Undecided(discover=True)
        left = _numbered(source)
        hidden = {name: f"#right.{name}" for name in names}
        right = Select(_numbered(other), (("#right#", _ROW), *((hidden[name], name) for name in names)))
        paired = Join(left, right, ((_ROW, "#right#"),), outer=True)
        assignments: list[tuple[str, Scalar]] = []
        for name in names:
            old, new = column(source, name), Column(hidden[name], other.fields.known[name])
            if old is None:
                assignments.append((name, new))
            else:
                assignments.append((name, coalesced(new, old) if self.override else coalesced(old, new)))
        extended = Extend(paired, tuple(assignments)) if assignments else paired
        return Drop(extended, frozenset((_ROW, "#right#", *hidden.values())))


def _numbered(source: Plan) -> Plan:
    return Window(source, (), ((_ROW, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),), running=True)
