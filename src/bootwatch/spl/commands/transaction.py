"""``transaction``: events that belong together, as one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.batches.transactions import ENDS, STARTS, Transactions
from bootwatch.algebra.plans import Drop, Extend, Plan, Rows, Select, Sort, SortKey, column
from bootwatch.algebra.scalars import FALSE, Column, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplSyntaxError
from bootwatch.events.fields import RAW, TIME
from bootwatch.spl.before import as_multi
from bootwatch.spl.command import Command, CommandKind, Undecided, command, lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.lower_terms import TermLowerer, settled
from bootwatch.spl.spans import Calendar, Fixed, parse_span
from bootwatch.spl.subsearch import warn
from bootwatch.spl.terms import SearchExpression, parse_terms
from bootwatch.spl.values import as_number

_CONDITIONS: Final = ("startswith", "endswith")
_OPTIONS: Final = (
    "name",
    "maxspan",
    "maxpause",
    "maxevents",
    "connected",
    "unifyends",
    "keeporphans",
    "keepevicted",
    "mvlist",
    "mvraw",
    "delim",
    "nullstr",
    "maxopentxn",
    "maxopenevents",
    *_CONDITIONS,
)
_UNITS: Final = {"d": 86_400.0, "w": 604_800.0, "mon": 2_592_000.0}
_ORPHAN: Final = "_txn_orphan"


@dataclass(frozen=True, slots=True)
class Condition:
    """What an event that starts or ends a transaction satisfies: search language in ``text``, or an expression."""

    span: Span
    text: str = ""
    search: SearchExpression | None = None
    expression: Expression | None = None


@command("transaction", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Transaction(Command):
    """``transaction [<fields>] [maxspan=] [maxpause=] [maxevents=1000] [startswith=] [endswith=] [options]``.

    Events that share values of the fields, linked one by one, become a row: ``_time`` of the earliest, ``_raw`` of all,
    ``duration``, ``eventcount``, and of every other field the distinct values (all of them in order with ``mvlist=t``).
    A span or pause that would grow too long, ``maxevents``, or an event that satisfies ``startswith`` closes a
    transaction (``closed_txn`` is 1); one whose start or end never came is left out unless ``keepevicted=t``, events
    that belong to none unless ``keeporphans=t``. ``startswith`` and ``endswith`` are a search in quotes or parentheses,
    or ``eval(expression)``. Rows come newest first.
    """

    fields: tuple[str, ...]
    rule: Transactions
    start: Condition | None = None
    end: Condition | None = None
    at: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        fields: dict[str, None] = {}
        options: dict[str, Word] = {}
        conditions: dict[str, Condition] = {}
        while not args.done:
            name = args.option_name()
            if name is None:
                fields[args.field_or_slip(_OPTIONS).value] = None
                args.mark(",")
            elif name.value.lower() in _CONDITIONS:
                if name.value.lower() in conditions:
                    args.fail(f"the option '{name.value}' is given twice", name.span)
                args.at = name.span.end
                args.expect("=")
                conditions[name.value.lower()] = _condition(args)
            else:
                _one_option(args, options)
        if "name" in options:
            args.unsupported("transaction types are not supported", options["name"].span, "write the options instead")
        start, end = (conditions.get(key) for key in _CONDITIONS)
        return cls(tuple(fields), _rule(args, options, tuple(fields), start, end), start, end, at)

    def plan(self, source: Plan, context: Context) -> Plan:
        if source.fields.open:
            raise Undecided(discover=True)
        if column(source, TIME) is None:
            warn(context, "transaction needs events with _time, and there are none")
            return Rows(tuple(self.rule.fields(source.fields).known.items()), ())
        key = (context.text, self.at, "transaction")
        if key not in context.results:
            raise Undecided(source=self._prepared(source, context), key=key, batch=self.rule)
        found = context.results[key]
        return found if self.rule.keep_orphans else Drop(found, frozenset((_ORPHAN,)))

    def _prepared(self, source: Plan, context: Context) -> Plan:
        """The events newest first, with the columns the grouping reads."""
        when = Column(TIME, source.fields.known[TIME])
        changed: list[tuple[str, Scalar]] = []
        for name, kind in source.fields.known.items():
            if name == TIME:
                changed.append((name, as_number(when)))
            elif kind is not FieldType.MULTI and not name.startswith("#"):
                found = column(source, name)
                if found is not None:
                    changed.append((name, as_multi(found)))
        changed += [
            (name, _holds(condition, source, context))
            for name, condition in ((STARTS, self.start), (ENDS, self.end))
            if condition is not None
        ]
        newest = Sort(source, (SortKey(as_number(when), descending=True),))
        names = [name for name in source.fields.known if not name.startswith("#")]
        names += [name for name, _ in changed if name.startswith("#")]
        return Select(Extend(newest, tuple(changed)), tuple((name, name) for name in names))


def _one_option(args: Cursor, options: dict[str, Word]) -> None:
    """One option, so that fields may stand between options."""
    name = args.option_name()
    if name is None:
        return
    before = dict(options)
    stop = args.end
    value_at = args.text.index("=", name.span.end) + 1
    probe = Cursor(args.text, value_at, args.end)
    probe.word()
    args.end = probe.at
    try:
        args.options(*_OPTIONS, given=options)
    finally:
        args.end = stop
    del before
    args.mark(",")


def _condition(args: Cursor) -> Condition:
    start = args.here()
    before = args.at
    if args.keyword("eval") is not None and args.mark("(") is not None:
        expression = parse_expression(args)
        close = args.expect(")")
        return Condition(Span(start.start, close.end), expression=expression)
    args.at = before
    if args.mark("(") is not None:
        stop = _closing(args)
        text = args.text[args.at : stop].strip()
        args.at = stop + 1
        span = Span(start.start, stop + 1)
        if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2:
            text = text[1:-1]
    else:
        word = args.word()
        if word is None:
            args.unexpected('a search such as "login"')
        text, span = word.value, word.span
    if not text.strip():
        args.fail("the search is empty", span)
    try:
        return Condition(span, text, parse_terms(Cursor(text, 0, len(text))))
    except SplSyntaxError as exc:
        args.fail(exc.message, span, exc.hint)


def _closing(args: Cursor) -> int:
    """Offset of the parenthesis that closes the one just read."""
    probe = Cursor(args.text, args.at, args.end)
    depth = 1
    while not probe.done:
        if probe.quoted() is not None:
            continue
        depth += (probe.next == "(") - (probe.next == ")")
        if depth == 0:
            return probe.at
        probe.at += 1
    args.fail("'(' is never closed", Span(args.at - 1, args.at))


def _rule(
    args: Cursor, options: dict[str, Word], fields: tuple[str, ...], start: Condition | None, end: Condition | None
) -> Transactions:
    lists: tuple[str, ...] = ()
    every = False
    if "mvlist" in options:
        value = options["mvlist"].value
        every = value.lower() in ("t", "true", "yes", "1")
        lists = () if every or value.lower() in ("f", "false", "no", "0") else tuple(value.replace(",", " ").split())

    def flag(name: str, *, otherwise: bool = False) -> bool:
        return args.as_bool(options[name]) if name in options else otherwise

    return Transactions(
        fields,
        _seconds(args, options.get("maxspan")),
        _seconds(args, options.get("maxpause")),
        args.as_integer(options["maxevents"], least=-1) if "maxevents" in options else 1000,
        start is not None,
        end is not None,
        flag("connected", otherwise=True),
        flag("keeporphans"),
        flag("keepevicted"),
        every,
        lists,
        flag("mvraw"),
        options["nullstr"].value if "nullstr" in options else "NULL",
        args.as_integer(options["maxopentxn"], least=1) if "maxopentxn" in options else 5_000,
    )


def _seconds(args: Cursor, word: Word | None) -> float:
    if word is None or word.value.startswith("-"):
        return -1.0
    span = parse_span(args, word)
    if isinstance(span, Fixed):
        return span.width
    if isinstance(span, Calendar):
        return span.count * _UNITS[span.unit]
    args.fail(f"{word.value!r} is no span of time", word.span)


def _holds(condition: Condition, source: Plan, context: Context) -> Scalar:
    """Whether an event satisfies a condition, never null."""
    if condition.expression is not None:
        return settled(lowerer(source.fields, context).condition(condition.expression))
    if condition.search is None or (RAW not in source.fields.known and not source.fields.known):
        return FALSE
    finder = TermLowerer(source.fields, context)
    return settled(finder.elsewhere(condition.text).predicate(condition.search))
