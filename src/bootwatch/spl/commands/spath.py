"""``spath``: fields out of JSON and XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Kernel, text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import extracted
from bootwatch.spl.values import as_text

_OPTIONS: Final = ("input", "output", "path")
_PATH: Final = re.compile(r"(?:[^.{}]+|\{\d*\})(?:\.[^.{}]+|\{\d*\})*(?:\{@[^{}]+\})?")


@command("spath", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class SPath(Command):
    """``spath [input=_raw] [output=<field>] [[path=]<path>]``: fields out of a text that is JSON or XML.

    With a path the values it leads to go to ``output``, or to a field called like the path; without one every value of
    the text becomes a field called by its path: ``a.b``, ``list{}.c``, ``element{@attribute}``. JSON counts ``{n}``
    from 0, XML from 1. A text that is neither gives nothing, and where there is nothing a field keeps what it has.
    Texts are read as a whole, where Splunk stops at 5,000 characters.
    """

    input: str = RAW
    output: str | None = None
    path: str | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        path: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif path is None:
                path = args.single_quoted() or args.quoted() or args.bare(frozenset(" \t\r\n,|"))
                args.mark(",")
            else:
                args.finish("an option such as output=name")
        if path is not None and "path" in options:
            args.fail("the path is given twice", options["path"].span)
        path = options.get("path", path)
        if path is None and "output" in options:
            args.fail("output needs a path", options["output"].span, hint="name the path: path=a.b{}.c")
        if path is not None and _PATH.fullmatch(path.value) is None:
            args.fail(f"{path.value!r} is no path", path.span, hint="a path is written as a.b{}.c or a.b{@attribute}")
        output = options.get("output")
        return cls(
            options["input"].value if "input" in options else RAW,
            None if output is None else output.value,
            None if path is None else path.value,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.input)
        if of is None:
            return source
        if self.path is None:
            return extracted(
                source, Kernel("document_pairs", (as_text(of),), (), FieldType.MULTI), context, what="spath"
            )
        found = Kernel("spath", (as_text(of), text(self.path)), (), FieldType.MULTI)
        output = self.output or self.path
        return Extend(source, ((output, or_before(source, output, found)),))
