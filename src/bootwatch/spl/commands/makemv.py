"""``makemv``: one value into several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Call, Fn, Kernel, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.spl.before import as_multi
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower import pattern_of

_OPTIONS = ("delim", "tokenizer", "allowempty", "setsv")


@command("makemv", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class MakeMv(Command):
    """``makemv [delim=" "|tokenizer="<regex>"] [allowempty=f] [setsv=f] <field>``: splits a value into several.

    ``delim`` is taken literally, and several in a row count as one unless ``allowempty=t``. ``tokenizer`` takes the
    first group of every match; where nothing matches the value stays. With ``setsv=t`` the parts are put together
    again by the delimiter, as a single value.
    """

    field: str
    delim: str = " "
    tokenizer: Word | None = None
    allowempty: bool = False
    setsv: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        field: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif field is None:
                field = args.field(made=True)
            else:
                args.finish('an option such as delim=","')
        if field is None:
            args.unexpected("a field name")
        if "delim" in options and "tokenizer" in options:
            args.fail("delim and tokenizer exclude each other", options["tokenizer"].span)
        if "delim" in options and not options["delim"].value:
            args.fail("the delimiter is empty", options["delim"].span)
        return cls(
            field.value,
            options["delim"].value if "delim" in options else " ",
            options.get("tokenizer"),
            allowempty="allowempty" in options and args.as_bool(options["allowempty"]),
            setsv="setsv" in options and args.as_bool(options["setsv"]),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None:
            return source
        empty = "empty" if self.allowempty else ""
        if self.tokenizer is None:
            parts: Scalar = Kernel("split_values", (as_multi(of),), (self.delim, empty), FieldType.MULTI)
        else:
            regex = pattern_of(self.tokenizer.value, context, self.tokenizer.span)
            if not regex.groups:
                raise SplSyntaxError(
                    "the tokenizer has no group",
                    text=context.text,
                    span=self.tokenizer.span,
                    hint="put what a value is into parentheses: ([^,]+)",
                )
            parts = Kernel("token_values", (as_multi(of),), (regex.source, empty), FieldType.MULTI)
        if self.setsv:
            parts = Call(Fn.LIST_JOIN, (parts, text(self.delim)), FieldType.TEXT)
        return Extend(source, ((self.field, parts),))
