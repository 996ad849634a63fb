"""``autoregress``: values of earlier rows beside those of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Plan, Window, column
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.accum import renamed_field
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word

MOST_BACK: Final = 1_000


@command("autoregress", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Autoregress(Command):
    """``autoregress <field> [AS <name>] [p=<n>|<n>-<m>]``: the field's value ``n`` rows earlier, as ``<field>_p<n>``.

    A range of rows gives a field for each, up to 1,000 rows back; it takes no name.
    """

    field: str
    targets: tuple[tuple[str, int], ...]

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("p")
        field, target = renamed_field(args)
        args.options("p", given=options)
        first, last = _range(args, options["p"]) if "p" in options else (1, 1)
        if target is not None and first != last:
            args.fail("a range of rows takes no name", options["p"].span, hint="leave AS out, or give one p")
        if target is not None:
            return cls(field, ((target, first),))
        return cls(field, tuple((f"{field}_p{back}", back) for back in range(first, last + 1)))

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        if of is None:
            return source
        calls = tuple((name, AggCall(AggFn.LAG, (of,), of.type, back)) for name, back in self.targets)
        return Window(source, (), calls, running=True)


def _range(args: Cursor, word: Word) -> tuple[int, int]:
    start, dash, stop = word.value.partition("-")
    if not start.isdecimal() or (dash and not stop.isdecimal()) or len(word.value) > 12:
        args.fail(f"{word.value!r} is no count of rows", word.span, hint="write p=2 or p=1-5")
    first = int(start)
    last = int(stop) if dash else first
    if not 1 <= first <= last <= MOST_BACK:
        args.fail(f"{word.value!r} is no count of rows", word.span, hint=f"it goes from 1 to {MOST_BACK:,}")
    return first, last
