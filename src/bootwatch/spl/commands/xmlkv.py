"""``xmlkv``: fields out of XML tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan, column
from bootwatch.algebra.scalars import Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import extracted
from bootwatch.spl.values import as_text


@command("xmlkv", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class XmlKv(Command):
    """``xmlkv [<field>] [maxinputs=<n>]``: a field for every ``<key>value</key>`` in ``_raw`` or another field.

    The text need not be well-formed; tags around other tags give nothing. A repeated tag gives several values.
    ``maxinputs`` is Splunk's own business and changes nothing.
    """

    field: str = RAW

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("maxinputs")
        field = None if args.done else args.field()
        args.options("maxinputs", given=options)
        if "maxinputs" in options:
            args.as_integer(options["maxinputs"], least=1)
        return cls(RAW if field is None else field.value)

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None:
            return source
        return extracted(source, Kernel("tag_pairs", (as_text(of),), (), FieldType.MULTI), context, what="xmlkv")
