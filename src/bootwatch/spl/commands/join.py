"""``join``: the fields of a subsearch's rows beside the rows they share values with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import (
    AggCall,
    AggFn,
    Aggregate,
    Drop,
    Extend,
    Filter,
    Plan,
    Select,
    Window,
    column,
)
from bootwatch.algebra.plans import Join as Joined
from bootwatch.algebra.scalars import (
    Call,
    Column,
    Compare,
    Const,
    Fn,
    IsNull,
    Kernel,
    Not,
    Op,
    Or,
    Scalar,
    null,
    number,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplUnsupported
from bootwatch.events.fields import TIME
from bootwatch.spl.before import coalesced
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower_terms import all_of
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch
from bootwatch.spl.values import as_number, as_text

_OPTIONS: Final = ("type", "usetime", "earlier", "overwrite", "max")
_TYPES: Final = {"inner": False, "left": True, "outer": True}
_PLACE = "#right.place"


@dataclass(frozen=True, slots=True)
class Key:
    """A field of the rows and the field of the subsearch it has to equal."""

    left: str
    right: str


@command("join", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Join(Command):
    """``join [type=inner|left|outer] [max=1] [overwrite=t] [usetime=f] [earlier=t] [<fields>] [<subsearch>]``.

    Rows with the fields of the subsearch's rows that have the same values in the named fields (none: in all both have).
    ``inner`` keeps only rows with a partner, ``left`` and ``outer`` all; ``max`` partners are taken, 0 means all.
    Values compare as text and by case, an absent one equals nothing. What the subsearch has replaces what the row had
    unless ``overwrite=f``. ``usetime=t`` takes only partners before the row (after it with ``earlier=f``).
    ``left=L right=R where L.a=R.b`` names keys apart; the fields keep their names.
    """

    subsearch: Subsearch
    keys: tuple[Key, ...] = ()
    outer: bool = False
    most: int = 1
    overwrite: bool = True
    usetime: bool = False
    earlier: bool = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS, "left", "right")
        keys: list[Key] = []
        if "left" in options or "right" in options:
            keys = _aliased(args, options)
        else:
            while not args.done and args.next != "[":
                if args.option_name() is not None:
                    args.options(*_OPTIONS, given=options)
                    continue
                word = args.field_or_slip(_OPTIONS)
                keys.append(Key(word.value, word.value))
                args.mark(",")
        if args.next != "[":
            args.unexpected("a subsearch in brackets")
        found = parse_subsearch(args)
        args.options(*_OPTIONS, given=options)
        kind = options.get("type")
        if kind is not None and kind.value.lower() not in _TYPES:
            args.fail(f"{kind.value!r} is no type of join", kind.span, hint="types are: inner, left, outer")
        return cls(
            found,
            tuple(keys),
            kind is not None and _TYPES[kind.value.lower()],
            args.as_integer(options["max"]) if "max" in options else 1,
            "overwrite" not in options or args.as_bool(options["overwrite"]),
            "usetime" in options and args.as_bool(options["usetime"]),
            "earlier" not in options or args.as_bool(options["earlier"]),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        other = appended(self.subsearch, context)
        keys = self.keys
        if not keys:
            if source.fields.open:
                raise Undecided(discover=True)
            shared = [name for name in source.fields.known if name in other.fields.known and not name.startswith("_")]
            keys = tuple(Key(name, name) for name in shared)
            if not keys:
                message = "the rows and the subsearch have no field in common"
                raise SplUnsupported(
                    message, text=context.text, span=self.subsearch.span, hint="name a field to join by"
                )
        return self._joined(source, other, keys, context)

    def _joined(self, source: Plan, other: Plan, keys: tuple[Key, ...], context: Context) -> Plan:
        mine = [(f"#key{n}", _text(source, key.left)) for n, key in enumerate(keys)]
        theirs = [(f"#key{n}", _text(other, key.right)) for n, key in enumerate(keys)]
        right: Plan = Extend(other, tuple(theirs))
        right = Filter(right, all_of([Not(IsNull(Column(name, FieldType.TEXT))) for name, _ in theirs]))
        timed = self.usetime and column(source, TIME) is not None and column(other, TIME) is not None
        if self.most and not timed:
            right = _first_of_each(right, tuple(name for name, _ in theirs), self.most)
        names = [name for name in other.fields.known if not name.startswith("#")]
        hidden = {name: f"#right.{name}" for name in names}
        pairs = [(hidden[name], name) for name in names] + [(f"#right{name}", name) for name, _ in theirs]
        left: Plan = Extend(source, tuple(mine))
        if timed or self.most != 1:
            left = _bounded(left, right, tuple(name for name, _ in theirs), context.limits.max_joined_rows)
        if timed:
            left = Window(left, (), ((_PLACE, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),), running=True)
        on = tuple((name, f"#right{name}") for name, _ in mine)
        paired: Plan = Joined(left, Select(right, tuple(pairs)), on, outer=self.outer)
        if timed:
            paired = self._in_time(paired, hidden[TIME])
        assignments: list[tuple[str, Scalar]] = []
        for name in names:
            if name.startswith("_") or any(key.right == name == key.left for key in keys):
                continue
            old, new = column(source, name), Column(hidden[name], other.fields.known[name])
            if old is None:
                assignments.append((name, new))
            else:
                assignments.append((name, coalesced(new, old) if self.overwrite else coalesced(old, new)))
        extended = Extend(paired, tuple(assignments)) if assignments else paired
        gone = (*(name for name, _ in mine), *(new for new, _ in pairs), *((_PLACE,) if timed else ()))
        return Drop(extended, frozenset(gone))

    def _in_time(self, paired: Plan, when: str) -> Plan:
        """Only partners on the right side of the row in time, ``max`` of them."""
        left, right = column(paired, TIME), column(paired, when)
        if left is None or right is None:
            return paired
        fits = Compare(Op.LE if self.earlier else Op.GE, as_number(right), as_number(left))
        kept: Plan = Filter(paired, Or((fits, IsNull(right))) if self.outer else fits)
        return _first_of_each(kept, (_PLACE,), self.most) if self.most else kept


def _bounded(left: Plan, right: Plan, keys: tuple[str, ...], most: int) -> Plan:
    """The first rows that together have at most so many partners, with a message where there are more."""
    count = AggCall(AggFn.COUNT_ROWS, (), FieldType.INTEGER)
    counted = Aggregate(right, keys, (("#partners", count),))
    renamed = Select(counted, (("#partners", "#partners"), *((f"#counted{name}", name) for name in keys)))
    paired: Plan = Joined(left, renamed, tuple((name, f"#counted{name}") for name in keys), outer=True)
    total = AggCall(AggFn.SUM, (Column("#partners", FieldType.INTEGER),), FieldType.NUMBER)
    summed = Window(paired, (), (("#together", total),), running=True)
    message = f"join: more than {most:,} rows (max_joined_rows); only the first are joined"
    so_far = Call(Fn.COALESCE, (Column("#together", FieldType.NUMBER), number(0)), FieldType.NUMBER)
    kept = Filter(summed, Kernel("within", (so_far,), (str(most), message), FieldType.BOOL))
    return Drop(kept, frozenset(("#partners", "#together", *(f"#counted{name}" for name in keys))))


def _text(source: Plan, name: str) -> Scalar:
    found = column(source, name)
    return null() if found is None else as_text(found)


def _first_of_each(source: Plan, by: tuple[str, ...], count: int) -> Plan:
    number = AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)
    counted = Window(source, by, (("#place", number),), running=True)
    place = Column("#place", FieldType.INTEGER)
    return Drop(Filter(counted, Compare(Op.LE, place, Const(float(count), FieldType.INTEGER))), frozenset(("#place",)))


def _aliased(args: Cursor, options: dict[str, Word]) -> list[Key]:
    """``left=L right=R where L.a=R.b [L.c=R.d …]``."""
    left, right = options.get("left"), options.get("right")
    if left is None or right is None:
        args.unexpected("both left= and right=")
    if args.keyword("where") is None:
        args.unexpected("where L.field=R.field")
    keys: list[Key] = []
    while not args.done and args.next != "[":
        first = args.field(what=f"{left.value}.field")
        args.expect("=")
        second = args.field(what=f"{right.value}.field")
        sides = {first.value.partition(".")[0]: first, second.value.partition(".")[0]: second}
        if sides.keys() != {left.value, right.value}:
            wanted = f"{left.value}.field={right.value}.field"
            args.fail(f"a key compares {wanted}", first.span | second.span)
        if not all(word.value.partition(".")[2] for word in (first, second)):
            args.fail("a field name cannot be empty", first.span | second.span)
        keys.append(Key(sides[left.value].value.partition(".")[2], sides[right.value].value.partition(".")[2]))
        args.keyword("and")
    return keys
