"""``iplocation``: where an address is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bootwatch.algebra.plans import Drop, Extend, Plan, column
from bootwatch.algebra.scalars import Call, Column, Fn, Kernel, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.values import as_text, integer

_FIELDS: Final = ("City", "Country", "Region", "lat", "lon")
_MORE: Final = ("Continent", "MetroCode", "Timezone")
_PAIRS: Final = "#place"


@command("iplocation", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class IpLocation(Command):
    """``iplocation [prefix=<text>] [allfields=f] [lang=en] <field>``: City, Country, Region, lat and lon of an address.

    ``allfields=t`` adds Continent, MetroCode and Timezone. The places come out of a MaxMind file (``*.mmdb``,
    GeoLite2 City or one like it) in the folder of the lookups; without one the fields stay empty and a message on the
    result says so. An address the file does not know, a private one above all, gets nothing.
    """

    field: str
    prefix: str = ""
    allfields: bool = False
    lang: str = "en"

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        field: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options("prefix", "allfields", "lang", given=options)
            elif field is None:
                field = result_field(args)
            else:
                args.finish("an option such as allfields=true")
        if field is None:
            args.unexpected("the field of an address")
        return cls(
            field.value,
            options["prefix"].value if "prefix" in options else "",
            "allfields" in options and args.as_bool(options["allfields"]),
            options["lang"].value if "lang" in options else "en",
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        names = (*_FIELDS, *_MORE) if self.allfields else _FIELDS
        of = column(source, self.field)
        places = _file(context)
        if places is None or of is None:
            message = "iplocation: no MaxMind file (*.mmdb) is in the lookups folder, so no address has a place"
            if places is None and message not in context.warnings:
                context.warnings.append(message)
            empty = tuple((self.prefix + name, or_before(source, self.prefix + name, null())) for name in names)
            return Extend(source, empty)
        several = of.type is FieldType.MULTI
        address: Scalar = Kernel("first_value", (of,), (), FieldType.TEXT) if several else as_text(of)
        settings = (str(places), self.lang)
        placed = Extend(source, ((_PAIRS, Kernel("place_pairs", (address,), settings, FieldType.MULTI)),))
        found: list[tuple[str, Scalar]] = []
        for name in names:
            values = Kernel("pair_values", (Column(_PAIRS, FieldType.MULTI),), (name,), FieldType.MULTI)
            value = Call(Fn.LIST_ITEM, (values, integer(1)), FieldType.TEXT)
            found.append((self.prefix + name, or_before(source, self.prefix + name, value)))
        return Drop(Extend(placed, tuple(found)), frozenset((_PAIRS,)))


def _file(context: Context) -> Path | None:
    """The MaxMind file in the user's folder of lookups, the first by name of several."""
    folder = context.knowledge.lookups_folder
    found = [] if folder is None else sorted(folder.glob("*.mmdb"))
    return found[0] if found else None
