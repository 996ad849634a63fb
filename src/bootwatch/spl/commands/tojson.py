"""``tojson``: the fields of a row as a JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.algebra.scalars import Column, Kernel, text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.wildcards import expand

_TYPES: Final = ("auto", "bool", "json", "none", "num", "str")
_OPTIONS: Final = ("default_type", "fill_null", "include_internal", "output_field")


@dataclass(frozen=True, slots=True)
class Typed:
    """``type(field)``; the name may hold ``*``."""

    type: str
    field: Word


@command("tojson", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class ToJson(Command):
    """``tojson [<type>(<fields>) …] [default_type=none] [fill_null=f] [include_internal=f] [output_field=_raw]``.

    The fields of a row as a JSON object, in ``_raw`` unless said: those named with a type, or all of them as ``auto``
    where none is. Types are ``auto`` (what a value looks like), ``bool``, ``json``, ``num``, ``str`` and ``none``,
    which leaves a field out; a value its type has no place for is left out. ``default_type`` takes in the fields not
    named. ``fill_null=t`` writes absent fields as null.
    """

    typed: tuple[Typed, ...] = ()
    default: str | None = None
    fill_null: bool = False
    internal: bool = False
    output: str = RAW

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        typed: list[Typed] = []
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
                continue
            typed += _typed(args)
            args.mark(",")
        default = options.get("default_type")
        return cls(
            tuple(typed),
            None if default is None else _type(args, default),
            "fill_null" in options and args.as_bool(options["fill_null"]),
            "include_internal" in options and args.as_bool(options["include_internal"]),
            options["output_field"].value if "output_field" in options else RAW,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        chosen: dict[str, str] = {}
        default = self.default or ("none" if self.typed else "auto")
        if default != "none":
            chosen = dict.fromkeys(expand(["*"], source, internal=self.internal), default)
        for typed in self.typed:
            chosen |= dict.fromkeys(expand([typed.field.value], source), typed.type)
        names = sorted(n for n, kind in chosen.items() if kind != "none" and source.fields.type_of(n) is not None)
        if not names:
            return Extend(source, ((self.output, text("{}")),))
        columns = tuple(Column(name, source.fields.type_of(name) or FieldType.TEXT) for name in names)
        settings = ["null" if self.fill_null else ""]
        for name in names:
            settings += [name, chosen[name]]
        return Extend(source, ((self.output, Kernel("row_json", columns, tuple(settings), FieldType.TEXT)),))


def _typed(args: Cursor) -> list[Typed]:
    name = args.bare()
    if name is None:
        args.unexpected("a type and fields, such as num(count)")
    if args.mark("(") is None:  # a field alone is typed by what its values look like
        return [Typed("auto", name)]
    kind = _type(args, name)
    found: list[Typed] = []
    while args.mark(")") is None:
        found.append(Typed(kind, args.field(wild=True)))
        args.mark(",")
    if not found:
        args.fail(f"{name.value}() names no field", name.span)
    return found


def _type(args: Cursor, word: Word) -> str:
    return args.one_of(word, _TYPES, "type")
