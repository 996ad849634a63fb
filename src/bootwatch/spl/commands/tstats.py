"""``tstats``: statistics over indexed fields, or over the fields of a data model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from bootwatch.algebra.plans import Extend, Filter, Plan, Rows, Select, column
from bootwatch.algebra.scalars import Call, Column, Fn, IsNull, Not, Or, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplUnsupported
from bootwatch.events.fields import TIME
from bootwatch.spl import datamodels
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregation import Term, concrete, grouped, parse_terms, plan_terms, split_values
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word, suggest
from bootwatch.spl.datamodels import NODE, Selected, is_event_field
from bootwatch.spl.expressions import Binary, Expression, FieldName, FunctionCall, Unary
from bootwatch.spl.lower_terms import TermLowerer, all_of
from bootwatch.spl.names import grouping_field
from bootwatch.spl.spans import Calendar, Fixed, parse_span, time_bucket
from bootwatch.spl.spans import Span as Width
from bootwatch.spl.subsearch import warn
from bootwatch.spl.terms import (
    Comparison,
    Conjunction,
    Disjunction,
    Embedded,
    Keyword,
    Membership,
    Negation,
    SearchExpression,
)
from bootwatch.spl.terms import parse_terms as parse_search
from bootwatch.spl.timerange import TimeBound, bound_predicate, is_time_modifier, scoped, time_bound
from bootwatch.spl.values import as_number, as_text
from bootwatch.spl.wildcards import pattern

_FLAGS: Final = (
    "prestats",
    "local",
    "append",
    "summariesonly",
    "allow_old_summaries",
    "include_reduced_buckets",
    "use_summary_index_values",
)
_OPTIONS: Final = (*_FLAGS, "chunk_size", "fillnull_value")
_OWN: Final = (NODE, "eventtype", "tag", "splunk_server")
_UNTIL: Final = ("from", "where", "by", "groupby")


@command("tstats", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Tstats(GeneratingCommand):
    """``tstats [options] func(field) [AS name] … [FROM datamodel=M[.D]] [WHERE <search>] [BY fields [span=]]``.

    Statistics over the events of a data model's dataset, whose fields are called ``Dataset.field``, or without FROM
    over all events. WHERE is search language; ``nodename=`` chooses datasets inside a model. Rows lacking a BY field
    are left out unless ``fillnull_value`` gives it one; ``_time span=1h`` groups by bucket. ``prestats=t`` hands the
    rows to the reporting command that follows, with ``append=t`` behind those there are. There are no summaries:
    ``summariesonly`` and ``allow_old_summaries`` are accepted and change nothing.
    """

    appendable: ClassVar[bool] = True

    terms: tuple[Term, ...]
    model: str = ""
    dataset: str = ""
    model_span: Span | None = None
    where: SearchExpression | None = None
    by: tuple[Word, ...] = ()
    span: Width | None = None
    fill: str | None = None
    prestats: bool = False
    append: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        terms = parse_terms(args, *_UNTIL)
        args.options(*_OPTIONS, given=options)
        while not args.done and not args.at_keyword(*_UNTIL):  # options may stand between the aggregates
            terms = (*terms, *parse_terms(args, *_UNTIL))
            args.options(*_OPTIONS, given=options)
        model, model_span = _model(args)
        where = _where(args)
        by: list[Word] = []
        span: Width | None = None
        if args.keyword("by", "groupby") is not None:
            while not args.done:
                if args.option_name() is not None:
                    args.options(*_OPTIONS, "span", given=options)
                    continue
                word = grouping_field(args)
                if args.next == "(" and word.value.upper() == "PREFIX":
                    args.unsupported("PREFIX() is not supported", word.span, "group by a field instead")
                by.append(word)
                args.mark(",")
            if not by:
                args.unexpected("a field to group by")
            if "span" in options:
                span = _span(args, options["span"])
        flags = {name: args.as_bool(options[name]) for name in _FLAGS if name in options}
        append = flags.get("append", False)
        if append and not flags.get("prestats"):
            args.fail("append=t needs prestats=t", options["append"].span)
        fill = options.get("fillnull_value")
        dot = model.partition(".")
        return cls(
            terms,
            dot[0],
            dot[2],
            model_span,
            where,
            tuple({word.value: word for word in by}.values()),
            span,
            None if fill is None else fill.value,
            flags.get("prestats", False),
            append,
        )

    def reads_events(self) -> bool:
        return True

    def plan(self, source: Plan, context: Context) -> Plan:
        found = self.generate(context)
        return one_after_the_other((source, found)) if self.append else found

    def generate(self, context: Context) -> Plan:
        if self.span is not None and all(word.value != TIME for word in self.by):
            warn(context, "span= divides _time, which is not among the fields to group by; it changes nothing")
        parts, bounds, early = self._where_parts()
        times = [time_bound(part, context) for part in bounds]
        source = self._events(context, times, early, parts)
        if parts:
            wanted = Conjunction(tuple(parts), parts[0].span)
            source = Filter(source, TermLowerer(source.fields, context, aliases=True).predicate(wanted))
        if self.model:  # wildcards reach the model's fields and the event's own, and no others
            source = Select(source, tuple((name, name) for name in source.fields.known if not name.startswith("#")))
        by = tuple(word.value for word in self.by)
        source = self._bucketed(self._filled(source, by), context)
        if self.prestats:
            kept = [Not(IsNull(found)) for found in (column(source, name) for name in by) if found is not None]
            return Filter(source, all_of(kept)) if kept else source
        terms = concrete(self.terms, source, by, context)
        source = split_values(source, by)
        calls = Calls()
        results = plan_terms(terms, source, context, calls)
        if any(source.fields.type_of(name) is None for name in by):
            kinds = [(name, source.fields.type_of(name) or FieldType.TEXT) for name in by]
            return Rows((*kinds, *((name, scalar.type) for name, scalar in results)), ())
        columns = tuple((name, name) for name in (*by, *(name for name, _ in results)))
        found: Plan = Select(grouped(source, by, calls, results), columns)
        if by or not results:
            return found
        return Filter(found, Or(tuple(Not(IsNull(Column(name, scalar.type))) for name, scalar in results)))

    # --- the events

    def _events(
        self, context: Context, times: list[TimeBound], early: list[SearchExpression], parts: list[SearchExpression]
    ) -> Plan:
        if not self.model:
            scan = context.scan()
            bounds = [bound_predicate(bound) for bound in scoped(times, context)]
            wanted = TermLowerer(scan.fields, context, aliases=True)
            wild = next((t.field for t in self.terms if t.field is not None and "*" in t.field.value), None)
            if wild is not None:
                message = "wildcards need a data model, whose fields are known"
                raise SplUnsupported(message, text=context.text, span=wild.span)
            predicates = [*bounds, *(wanted.predicate(part) for part in (*early, *parts))]
            parts.clear()
            return Filter(scan, all_of(predicates))
        selected = datamodels.select(self.model, self.dataset, self.model_span or Span(0, 1), context.text)
        words = list(self._words(parts))
        names = list(self._known(selected, words, context))
        others = self._others(selected, words)
        if not self.dataset:
            selected = selected.narrowed(names)
        scan = context.scan()
        finder = TermLowerer(scan.fields, context, aliases=True)
        source = datamodels.events(selected, context, times, *(finder.predicate(part) for part in early))
        source = datamodels.with_fields(source, selected, names, context)
        own: list[tuple[str, Scalar]] = [(name, of) for name in others if (of := column(source, name)) is not None]
        for name in others:
            warn(context, f"{name!r} is no field of the data model {self.model}; it is read from the events")
        return Extend(source, tuple(own)) if own else source

    def _known(self, selected: Selected, words: list[Word], context: Context) -> Iterator[str]:
        """The names the search uses, wildcards replaced. One a dataset should have and has not is refused."""
        for word in words:
            if "*" in word.value:
                wild = pattern(word.value)
                yield from (name for name in selected.names() if wild.fullmatch(name))
            elif word.value == NODE or selected.find(word.value) is not None:
                yield word.value
            elif self._place(selected, word.value) and not is_event_field(word.value):
                where = f"{self.model}.{self.dataset}" if self.dataset else self.model
                raise SplUnsupported(
                    f"the data model {where} has no field '{word.value}'",
                    text=context.text,
                    span=word.span,
                    hint=suggest(word.value, selected.names()),
                )

    def _others(self, selected: Selected, words: list[Word]) -> tuple[str, ...]:
        """Names that stand under no dataset, as fields of the index do, and are not the event's own."""
        found = (word.value for word in words if "*" not in word.value and word.value not in _OWN)
        return tuple(
            dict.fromkeys(
                name
                for name in found
                if not is_event_field(name) and selected.find(name) is None and not self._place(selected, name)
            )
        )

    def _place(self, selected: Selected, name: str) -> bool:
        """Whether a name stands under a dataset of the model, so that it has to be one of its fields."""
        head = name.rpartition(".")[0].lower()
        places = {place.lower() for dataset in selected.datasets for place in (dataset.name, dataset.lineage)}
        return bool(head) and any(head == place or head.startswith(f"{place}.") for place in places)

    def _words(self, parts: list[SearchExpression]) -> Iterator[Word]:
        """Every field name the search writes."""
        for part in parts:
            yield from _fields_of(part)
        for term in self.terms:
            if term.field is not None:
                yield term.field
            if term.expression is not None:
                yield from _names_of(term.expression)
        yield from self.by

    def _where_parts(self) -> tuple[list[SearchExpression], list[Comparison], list[SearchExpression]]:
        """WHERE apart: conditions on the model's fields, time bounds, conditions the events alone decide."""
        if self.where is None:
            return [], [], []
        parts = self.where.parts if isinstance(self.where, Conjunction) else (self.where,)
        bounds = [part for part in parts if isinstance(part, Comparison) and is_time_modifier(part)]
        rest = [part for part in parts if part not in bounds]
        early = [part for part in rest if all(_is_own(word.value) for word in _fields_of(part))]
        return [part for part in rest if part not in early], bounds, early

    # --- the groups

    def _filled(self, source: Plan, by: tuple[str, ...]) -> Plan:
        if self.fill is None:
            return source
        filled: list[tuple[str, Call]] = []
        for name in by:
            found = column(source, name)
            if found is not None and name != TIME and found.type is not FieldType.MULTI:
                filled.append((name, Call(Fn.COALESCE, (as_text(found), text(self.fill)), FieldType.TEXT)))
        return Extend(source, tuple(filled)) if filled else source

    def _bucketed(self, source: Plan, context: Context) -> Plan:
        when = column(source, TIME)
        if when is None or not isinstance(self.span, Fixed | Calendar):
            return source
        return Extend(source, ((TIME, time_bucket(as_number(when), self.span, context.clock.zone)),))


def _model(args: Cursor) -> tuple[str, Span | None]:
    """``FROM datamodel=Model.Dataset``; the dataset may be quoted or follow after a dot of its own."""
    if args.keyword("from") is None:
        return "", None
    start = args.here()
    if args.keyword("sid") is not None:
        args.unsupported("statistics over a search's results are not supported", start)
    if args.keyword("datamodel") is None:
        args.unexpected("datamodel=…")
    if args.mark("=") is None:
        args.mark(":")
    name = args.word()
    if name is None:
        args.unexpected("the name of a data model")
    value, span = name.value, name.span
    while args.text.startswith(".", args.at) and args.at < args.end:
        args.at += 1
        more = args.word()
        if more is None:
            args.unexpected("the name of a dataset")
        value, span = f"{value}.{more.value}", span | more.span
    return value, span


def _where(args: Cursor) -> SearchExpression | None:
    """``WHERE`` up to ``BY`` outside quotes and brackets."""
    if args.keyword("where") is None:
        return None
    scan = Cursor(args.text, args.at, args.end)
    depth = 0
    while not scan.done:
        if not depth and scan.at_keyword("by", "groupby"):
            break
        if scan.quoted() is not None:
            continue
        depth += (scan.next in "([") - (scan.next in ")]")
        if scan.bare() is None:
            scan.at += 1
    stop = scan.at
    if args.done or stop == args.at:
        args.unexpected("a condition")
    found = parse_search(Cursor(args.text, args.at, stop))
    args.at = stop
    return found


def _span(args: Cursor, word: Word) -> Width:
    span = parse_span(args, word)
    if not isinstance(span, Fixed | Calendar):
        args.fail("a log span does not divide time", word.span)
    return span


def _fields_of(node: SearchExpression) -> Iterator[Word]:
    match node:
        case Comparison() | Membership():
            yield node.field
        case Negation():
            yield from _fields_of(node.of)
        case Conjunction() | Disjunction():
            for part in node.parts:
                yield from _fields_of(part)
        case Keyword() | Embedded():
            return


def _names_of(node: Expression) -> Iterator[Word]:
    match node:
        case FieldName():
            yield Word(node.name, node.span)
        case Unary():
            yield from _names_of(node.operand)
        case Binary():
            yield from _names_of(node.left)
            yield from _names_of(node.right)
        case FunctionCall():
            for arg in node.args:
                yield from _names_of(arg)
        case _:
            return


def _is_own(name: str) -> bool:
    return is_event_field(name) or name in ("eventtype", "tag")
