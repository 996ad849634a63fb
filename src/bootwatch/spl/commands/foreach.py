"""``foreach``: the same commands for several fields, or for the values of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from bootwatch.algebra.plans import Drop, Extend, Plan, column, sources
from bootwatch.algebra.scalars import FALSE, Call, Case, Column, Compare, Fn, Kernel, Op, Scalar, columns_of, null
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplError, SplSyntaxError, SplUnsupported
from bootwatch.spl.before import as_multi
from bootwatch.spl.command import Command, CommandKind, Step, Undecided, command, lowerer
from bootwatch.spl.commands.eval import Eval
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.functions.conditional import unify
from bootwatch.spl.names import result_fields
from bootwatch.spl.pipeline import parse_command
from bootwatch.spl.templates import blanked, filled, safe, with_item
from bootwatch.spl.text import quote_end, split_stages
from bootwatch.spl.values import anything, as_text, integer
from bootwatch.spl.wildcards import expand, pattern

_MODES: Final = ("multifield", "multivalue", "json_array", "auto_collections")
_TOKENS: Final = {
    "fieldstr": "<<FIELD>>",
    "matchstr": "<<MATCHSTR>>",
    "matchseg1": "<<MATCHSEG1>>",
    "matchseg2": "<<MATCHSEG2>>",
    "matchseg3": "<<MATCHSEG3>>",
    "itemstr": "<<ITEM>>",
    "iterstr": "<<ITER>>",
}
_STREAMING: Final = (CommandKind.DISTRIBUTABLE_STREAMING, CommandKind.CENTRALIZED_STREAMING)
_DEEP: Final = 60
"""Operators that may stand on one another before the rows so far are made, so that no plan nests without end."""
_ITEM, _VALUES, _COUNT = "#item", "#values", "#count"


@command("foreach", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class ForEach(Command):
    """``foreach [mode=multifield] <fields> [<commands>]``: the commands in brackets, once for each field.

    ``<<FIELD>>`` stands for its name, ``<<MATCHSTR>>`` for what the ``*`` of the list matched, ``<<MATCHSEG1>>`` to 3
    for the parts of several; only fields that are there count. A name that is no plain word gets single quotes where it
    stands alone. ``mode=multivalue`` runs one eval for each value of a field, ``mode=json_array`` for each element of a
    JSON array, ``auto_collections`` for whichever it is: ``<<ITEM>>`` is the value, ``<<ITER>>`` its place from 0.
    ``fieldstr``, ``matchstr``, ``itemstr`` and so on give the tokens other names.
    """

    fields: tuple[Word, ...]
    body: str
    span: Span
    tokens: Mapping[str, str]
    mode: str = "multifield"
    left: tuple[tuple[str, Mapping[str, str]], ...] | None = None
    place: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given: dict[str, Word] = {}
        fields: list[Word] = []
        while not args.done and args.next != "[":
            if args.option_name() is not None:
                args.options("mode", *_TOKENS, given=given)
            else:
                found = result_fields(args, wild=True)
                if not found:
                    args.unexpected("a field name")
                fields += found
        mode = given["mode"].value.lower() if "mode" in given else "multifield"
        if mode not in _MODES:
            args.fail(f"unknown mode {mode!r}", given["mode"].span, hint=f"modes are: {', '.join(_MODES)}")
        if not fields:
            args.unexpected("a field name")
        if mode != "multifield" and (len(fields) > 1 or fields[0].wild):
            args.fail(f"mode={mode} takes one field", fields[-1].span)
        tokens = {key: given[key].value if key in given else token for key, token in _TOKENS.items()}
        start = args.expect("[")
        stop = _closing(args.text, start.end, args.end)
        if stop < 0:
            args.fail("'[' is never closed", start)
        args.at = stop + 1
        _check(args.text, start.start, stop, tokens, mode)
        return cls(tuple(fields), args.text[start.end : stop], Span(start.start, stop + 1), tokens, mode)

    def plan(self, source: Plan, context: Context) -> Plan:
        if self.mode != "multifield":
            return self._values(source, context)
        matches = tuple(self._matches(source)) if self.left is None else self.left
        for position, (name, others) in enumerate(matches):
            if position and _depth(source) > _DEEP:
                raise Undecided(source=source, again=replace(self, left=matches[position:]))
            if not safe(name):
                context.warnings.append(f"foreach: the field {name!r} is left out for the characters in its name")
                continue
            body = filled(self.body, self.tokens["fieldstr"], name, others)
            source = _flat(self._run(body, source, context))
        return source

    def _matches(self, source: Plan) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Each field of the list that is there, with what stands for the other tokens."""
        seen: set[str] = set()
        for word in self.fields:
            matcher = pattern(word.value)
            for name in expand([word.value], source):
                found = matcher.fullmatch(name)
                if name in seen or found is None or source.fields.type_of(name) is None:
                    continue
                seen.add(name)
                parts = found.groups()
                others = {self.tokens["matchstr"]: "".join(parts)}
                others |= {self.tokens[f"matchseg{n}"]: part for n, part in enumerate(parts[:3], 1)}
                yield name, {token: value for token, value in others.items() if safe(value)}

    def _values(self, source: Plan, context: Context) -> Plan:
        """The eval once for each place a value stands at in any row, in rows that have one there."""
        of = column(source, self.fields[0].value)
        if of is None:
            return source
        counts = distinct_values(source, _COUNT)
        if counts is None:
            values = self._listed(of)
            count = Call(Fn.LIST_COUNT, (values,), FieldType.INTEGER)
            raise Undecided(distinct=(_COUNT,), source=Extend(source, ((_VALUES, values), (_COUNT, count))))
        most = max((round(float(count)) for count in counts), default=0)
        limit = context.limits.max_foreach_items
        if most > limit and not self.place:
            context.warnings.append(f"foreach: only the first {limit:,} of {most:,} values count (max_foreach_items)")
        item = with_item(self.body, self.tokens["itemstr"], _ITEM)
        for place in range(self.place, min(most, limit)):
            if place > self.place and _depth(source) > _DEEP:
                raise Undecided(distinct=(_COUNT,), source=source, again=replace(self, place=place))
            value = Call(Fn.LIST_ITEM, (Column(_VALUES, FieldType.MULTI), integer(place + 1)), FieldType.TEXT)
            there = Compare(Op.GT, Column(_COUNT, FieldType.INTEGER), integer(place))
            body = item.replace(self.tokens["iterstr"], str(place))
            source = self._assigned(body, Extend(source, ((_ITEM, value),)), there, context)
        return Drop(source, frozenset((_ITEM, _VALUES, _COUNT)))

    def _assigned(self, body: str, source: Plan, there: Scalar, context: Context) -> Plan:
        """The assignments of one eval in the rows that have a value there, other rows as they are."""
        with self._told(body, context) as (commands, inside):
            for assignment in (a for found in commands if isinstance(found, Eval) for a in found.assignments):
                if assignment.indirect:
                    raise SplUnsupported(
                        "a field named by a value is not supported in foreach", text=inside.text, span=assignment.span
                    )
                new = lowerer(source.fields, inside).stored(assignment.expression)
                old = column(source, assignment.name)
                chosen: Scalar = Case(((there, new),), null(new.type), new.type)
                if old is not None:
                    chosen = _either(there, new, old)
                source = Extend(source, ((assignment.name, chosen),))
        return source

    def _listed(self, of: Column) -> Scalar:
        if self.mode == "multivalue" or (self.mode == "auto_collections" and of.type is FieldType.MULTI):
            return as_multi(of)
        return Kernel("json_array_values", (as_text(of), FALSE), (), FieldType.MULTI)

    def _run(self, body: str, source: Plan, context: Context) -> Plan:
        with self._told(body, context) as (commands, inside):
            for found in commands:
                source = found.plan(source, inside)
        return source

    @contextmanager
    def _told(self, body: str, context: Context) -> Iterator[tuple[list[Step], Context]]:
        """The commands of a body; what is wrong with them is said at the brackets, with the text they came to."""
        text = f"| {body}"
        try:
            commands = [parse_command(text, stage, position) for position, stage in enumerate(split_stages(text))]
            yield commands, replace(context, text=text)
        except Undecided:
            message = "a command in foreach needs to see data before it is planned"
            raise SplUnsupported(message, text=context.text, span=self.span) from None
        except SplError as exc:
            if exc.text != text:
                raise
            hint = f"it runs: {body.strip()}"
            raise SplSyntaxError(exc.message, text=context.text, span=self.span, hint=hint) from exc


def _either(condition: Scalar, new: Scalar, old: Scalar) -> Scalar:
    """One value or the other, in a type that can hold both."""
    (first, second), kind, _ = unify([anything(new), anything(old)])
    return Case(((condition, first),), second, kind)


def _flat(plan: Plan) -> Plan:
    """Two Extends as one where the later reads and writes nothing the earlier wrote."""
    if not isinstance(plan, Extend) or not isinstance(plan.source, Extend):
        return plan
    made = {name for name, _ in plan.source.assignments}
    touched = frozenset().union(*(columns_of(scalar) | {name} for name, scalar in plan.assignments))
    return plan if made & touched else Extend(plan.source.source, (*plan.source.assignments, *plan.assignments))


def _depth(plan: Plan) -> int:
    """How many operators stand on one another."""
    depth = 0
    while below := sources(plan):
        depth, plan = depth + 1, below[0]
    return depth


def _closing(text: str, start: int, end: int) -> int:
    """Offset of the bracket that closes one opened before ``start``; -1 where none does."""
    depth, at = 1, start
    while at < end:
        if text[at] == '"' and (stop := quote_end(text, at, end)) > 0:
            at = stop
            continue
        depth += (text[at] == "[") - (text[at] == "]")
        if depth == 0:
            return at
        at += 1
    return -1


def _check(text: str, start: int, stop: int, tokens: Mapping[str, str], mode: str) -> None:
    """Read the commands with a name in place of each token, so that what is wrong is said where it stands."""
    read = blanked(text[:start] + "|" + text[start + 1 :], start, stop, dict.fromkeys(tokens.values(), ""))
    try:
        stages = split_stages(read, start, stop)
        found = [parse_command(read, stage, position) for position, stage in enumerate(stages)]
    except SplError as exc:
        exc.text = text if exc.text == read else exc.text
        raise
    for stage, known in zip(stages, found, strict=True):
        if isinstance(known, ForEach):
            raise SplUnsupported("a foreach inside another is not supported", text=text, span=stage.name_span)
        if known.kind not in _STREAMING:
            message = f"foreach takes streaming commands, and '{stage.name}' is {known.kind.value}"
            raise SplSyntaxError(message, text=text, span=stage.name_span)
    if mode != "multifield" and [stage.name.lower() for stage in stages] != ["eval"]:
        raise SplSyntaxError(f"mode={mode} takes a single eval", text=text, span=stages[-1].name_span)
