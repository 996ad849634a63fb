"""``multikv``: rows out of tables written as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Explode, Extend, Filter, Plan, Select, Window, column
from bootwatch.algebra.repeated import BETWEEN
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Fn, Group, Kernel, Op, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import EVENT_FIELDS, RAW
from bootwatch.match.regex import parse
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import extracted
from bootwatch.spl.values import as_text, integer

_OPTIONS: Final = ("conf", "copyattrs", "forceheader", "multitable", "noheader", "rmorig")
_FLAGS: Final = ("copyattrs", "multitable", "noheader", "rmorig")
_TABLE, _COUNT = "#table", "#rows"


@command("multikv", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class MultiKv(Command):
    """``multikv [forceheader=<line>] [noheader=f] [copyattrs=t] [rmorig=t] [fields <fields>] [filter <words>]``.

    A row for each line of a table in ``_raw``: its names stand in the first line with several words, or in the line
    that is forced; ``noheader=t`` calls the columns ``Column_1`` and so on. Words are columns, the last name gets the
    rest of a line, and the table ends at an empty one. The new row's ``_raw`` is its line. ``copyattrs=f`` leaves the
    other fields of the event out, ``rmorig=f`` keeps the event as well, ``fields`` takes only some columns, ``filter``
    only lines that hold one of the words. An event without a table stays. ``multitable`` changes nothing.
    """

    forceheader: int = 0
    noheader: bool = False
    copyattrs: bool = True
    rmorig: bool = True
    fields: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options(*_OPTIONS)
        if "conf" in options:
            args.unsupported(
                "the tables of a multikv.conf are not known here",
                options["conf"].span,
                "name the line of the column names with forceheader",
            )
        lists: dict[str, list[str]] = {}
        while (word := args.keyword("fields", "filter")) is not None:
            key = word.value.lower()
            if key in lists:
                args.fail(f"'{key}' is given twice", word.span)
            lists[key] = []
            while not args.done and not args.at_keyword("fields", "filter") and args.option_name() is None:
                found = args.word() or args.unexpected("a word")
                lists[key].append(found.value)
                args.mark(",")
            if not lists[key]:
                args.unexpected(f"a word after '{key}'")
            args.options(*_OPTIONS, given=options)
        flags = {key: args.as_bool(options[key]) for key in _FLAGS if key in options}
        return cls(
            args.as_integer(options["forceheader"], least=1) if "forceheader" in options else 0,
            flags.get("noheader", False),
            flags.get("copyattrs", True),
            flags.get("rmorig", True),
            tuple(lists.get("fields", ())),
            tuple(lists.get("filter", ())),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, RAW)
        if of is None:
            return source
        row = Column(_TABLE, FieldType.TEXT)
        cells = Kernel("table_cells", (row,), (), FieldType.MULTI)
        if _TABLE in source.fields.known:  # the lines are rows already, what they hold is known by now
            return Drop(extracted(source, cells, context, what="multikv"), frozenset((_TABLE,)))
        settings = (
            str(self.forceheader),
            "none" if self.noheader else "",
            " ".join(self.fields),
            " ".join(self.filter),
        )
        table: Scalar = Kernel("table_rows", (as_text(of),), settings, FieldType.MULTI)
        if not self.rmorig:
            event = Kernel("constant_values", (integer(0),), ("",), FieldType.MULTI)
            table = Call(Fn.LIST_APPEND, (event, table), FieldType.MULTI)
        lines: Plan = Explode(self._bounded(Extend(source, ((_TABLE, table),)), context), _TABLE)
        of_table = Compare(Op.NE, row, text(""))
        line = Case(((of_table, Group(row, parse(f"^([^{BETWEEN}]*)"), 1)),), as_text(of), FieldType.TEXT)
        lines = Extend(lines, ((RAW, line),))
        if not self.copyattrs:
            kept = [name for name in (*EVENT_FIELDS, _TABLE) if lines.fields.type_of(name) is not None]
            lines = Select(lines, tuple((name, name) for name in kept))
        return extracted(lines, cells, context, what="multikv")

    def _bounded(self, source: Plan, context: Context) -> Plan:
        most = context.limits.max_expanded_rows
        count: Scalar = Call(Fn.LIST_COUNT, (Column(_TABLE, FieldType.MULTI),), FieldType.INTEGER)
        count = Call(Fn.COALESCE, (count, integer(1)), FieldType.INTEGER)
        counted = Window(source, (), ((_COUNT, AggCall(AggFn.SUM, (count,), FieldType.INTEGER)),), running=True)
        message = f"multikv: the rows end where they would be more than {most:,} (max_expanded_rows)"
        within = Kernel("within", (Column(_COUNT, FieldType.INTEGER),), (str(most), message), FieldType.BOOL)
        return Drop(Filter(counted, within), frozenset((_COUNT,)))
