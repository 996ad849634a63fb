"""``makeresults``: rows out of nothing, or out of data written in the search."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.kernels.spelling import WHOLE
from bootwatch.algebra.plans import Generate, Plan, Rows
from bootwatch.algebra.scalars import Const, null
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import HOST, RAW, SOURCE, SOURCETYPE, TIME
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.commands.head import count_of
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor

MAX_COUNT: Final = 10_000_000
"""Most rows one makeresults may ask for."""
_SERVERS: Final = ("splunk_server", "splunk_server_group")


@command("makeresults", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class MakeResults(GeneratingCommand):
    """``makeresults [count=1 | 1] [annotate=f] [splunk_server=]``, or ``makeresults format=csv|json data="…"``.

    Rows with only ``_time``, the search's time in whole seconds; ``annotate`` adds the fields an event has, mostly
    absent; ``splunk_server`` and ``splunk_server_group`` change nothing. CSV data has a header line and no ``_time``;
    an empty cell is an absent field, cells beyond the header are dropped. JSON data is an array of objects: ``_raw`` is
    the object's text, nested values stay JSON text; text that is no JSON array gives no rows.
    """

    count: int = 1
    annotate: bool = False
    format: str | None = None
    data: str = ""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        start = None if args.done else args.here()
        bare = count_of(args)
        options = args.options("count", "annotate", "format", "data", *_SERVERS)
        for name in _SERVERS:  # there is one server, and it makes the rows
            options.pop(name, None)
        args.finish("an option such as count=5")
        if bare is not None and (given := next((key for key in options if key != "annotate"), None)) is not None:
            args.fail(f"a count cannot be used together with '{given}'", start)
        if "format" in options or "data" in options:
            for needed, given in (("format", "data"), ("data", "format")):
                if needed not in options:
                    args.fail(f"'{given}' needs the option '{needed}' as well", options[given].span)
            for other in ("count", "annotate"):
                if other in options:
                    args.fail(f"'{other}' cannot be used together with 'format'", options[other].span)
            kind = options["format"]
            if kind.value.lower() not in ("csv", "json"):
                args.fail(f"unknown format {kind.value!r}", kind.span, hint="the formats are csv and json")
            return cls(format=kind.value.lower(), data=options["data"].value)
        count = args.as_integer(options["count"]) if "count" in options else 1 if bare is None else bare
        if count > MAX_COUNT:
            at = options["count"].span if "count" in options else start
            args.fail(f"{count} is too large", at, hint=f"the most is {MAX_COUNT:,}")
        return cls(count, "annotate" in options and args.as_bool(options["annotate"]))

    def generate(self, context: Context) -> Plan:
        now = float(math.floor(context.clock.now.timestamp()))
        if self.format == "csv":
            return _csv(self.data)
        if self.format == "json":
            return _json(self.data, now)
        columns: list[tuple[str, Const]] = [(TIME, Const(now, FieldType.INTEGER))]
        if self.annotate:
            columns += [(name, null()) for name in (RAW, HOST, SOURCE, SOURCETYPE)]
            columns += [("splunk_server", Const("local", FieldType.TEXT)), ("splunk_server_group", null())]
        return Generate(self.count, tuple(columns))


def _csv(data: str) -> Plan:
    lines = [line for line in csv.reader(io.StringIO(data.strip("\n"))) if line]
    if not lines:
        return Rows((), ())
    names = [name.strip() for name in lines[0]]
    kept = [position for position, name in enumerate(names) if name and name not in names[:position]]
    cells = [[line[position] or None if position < len(line) else None for position in kept] for line in lines[1:]]
    return _rows([names[position] for position in kept], cells)


def _json(data: str, now: float) -> Plan:
    objects = list(_objects(data))
    names = list(dict.fromkeys(name for _, found in objects for name in found))
    names = [TIME, RAW, *(name for name in names if name not in (TIME, RAW))]
    cells = [
        [found.get(name, now if name == TIME else raw if name == RAW else None) for name in names]
        for raw, found in objects
    ]
    return _rows(names, cells)


def _objects(data: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The objects of a JSON array: their text, and their fields as text; nothing where the text is no JSON array."""
    try:
        if not isinstance(json.loads(data), list):
            return
    except (ValueError, RecursionError):
        return
    decoder = json.JSONDecoder()
    at = data.index("[") + 1
    while True:
        while data[at] in " \t\r\n,":
            at += 1
        if data[at] == "]":
            return
        value, end = decoder.raw_decode(data, at)
        if isinstance(value, dict):
            yield data[at:end], {name: _text(cell) for name, cell in value.items() if cell is not None}
        at = end


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rows(names: Sequence[str], cells: Sequence[Sequence[str | float | None]]) -> Plan:
    """Rows of text; ``_time`` is a number where every row's is one."""
    kinds = [FieldType.TEXT] * len(names)
    table = [list(row) for row in cells]
    if TIME in names:
        at = names.index(TIME)
        times = [_number(row[at]) for row in table]
        if None not in times:
            kinds[at] = FieldType.NUMBER
            for row, when in zip(table, times, strict=True):
                row[at] = when
        else:
            for row in table:
                row[at] = None if row[at] is None else str(row[at])
    return Rows(tuple(zip(names, kinds, strict=True)), tuple(tuple(row) for row in table))


def _number(cell: str | float | None) -> float | None:
    try:
        return None if cell is None else float(cell)
    except ValueError:
        return None
