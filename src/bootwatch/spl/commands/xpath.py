"""``xpath``: a field out of XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Call, Fn, Kernel, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.algebra.xpath import NoPath, parse
from bootwatch.events.fields import RAW
from bootwatch.spl.before import as_multi, or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_text

_OPTIONS: Final = ("field", "outfield", "default")


@command("xpath", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class XPath(Command):
    """``xpath "<path>" [field=_raw] [outfield=xpath] [default=<value>]``: the values an XPath leads to in XML.

    Paths have steps (``/a/b``, ``//b``, ``*``), attributes (``@id``), ``text()``, and in brackets a position or an
    attribute or child with a value or without. The text is read as if it stood inside ``<data>``. Where the path leads
    nowhere the field gets the default, or keeps what it has.
    """

    path: str
    field: str = RAW
    outfield: str = "xpath"
    default: str | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        path: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif path is None:
                path = args.quoted() or args.bare(frozenset(" \t\r\n|"))
            else:
                args.finish("an option such as outfield=name")
        if path is None:
            args.unexpected('a path such as "//user"')
        try:
            parse(path.value)
        except NoPath as exc:
            args.unsupported(
                f"the path is not supported: {exc}", path.span, "a path is written as \"//a/b[@id='1']/@name\""
            )
        return cls(
            path.value,
            options["field"].value if "field" in options else RAW,
            options["outfield"].value if "outfield" in options else "xpath",
            options["default"].value if "default" in options else None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        if of is None:
            return source
        found: Scalar = Kernel("xpath", (as_text(of),), (self.path,), FieldType.MULTI)
        if self.default is None:
            return Extend(source, ((self.outfield, or_before(source, self.outfield, found)),))
        found = Call(Fn.COALESCE, (found, as_multi(text(self.default))), FieldType.MULTI)
        return Extend(source, ((self.outfield, found),))
