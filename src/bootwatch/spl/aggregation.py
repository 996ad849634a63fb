"""The aggregate terms of stats and its relatives: ``func(field) AS name``, read, expanded and planned.

Follows the Search Reference (stats): terms are separated by commas or blanks, an unnamed result is called what was
written, ``*`` in an argument stands for every matching field, and an argument may be ``eval(expression)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from bootwatch.algebra.plans import AggFn, Aggregate, Explode, Extend, Plan, column
from bootwatch.algebra.scalars import Case, Column, Compare, Kernel, Op, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplNameError, SplSyntaxError
from bootwatch.events.fields import TIME
from bootwatch.spl.aggregates.registry import AggregateFunction, Call, Calls, aggregates, find
from bootwatch.spl.command import lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word, suggest
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.values import Kind, as_number
from bootwatch.spl.wildcards import expand, pattern


@dataclass(frozen=True, slots=True)
class Term:
    """One aggregate as written. ``field`` may hold wildcards; ``expression`` is the inside of ``eval()``.

    ``output`` is the result's name: the alias, or what was written.
    """

    function: AggregateFunction
    name: str
    span: Span
    output: str
    parameter: float | None = None
    field: Word | None = None
    expression: Expression | None = None
    alias: Word | None = None


def parse_terms(args: Cursor, *until: str) -> tuple[Term, ...]:
    """Aggregates up to one of the keywords, an option, or the end; at least one."""
    terms: list[Term] = []
    while not args.done and not args.at_keyword(*until) and args.option_name() is None:
        terms.append(parse_term(args))
        args.mark(",")
    if not terms:
        args.unexpected("an aggregate function such as count or sum(x)")
    return tuple(terms)


def parse_term(args: Cursor) -> Term:
    """One aggregate: ``count``, ``func(field)``, ``func(eval(expression))``, each perhaps with ``AS name``."""
    word = args.bare()
    if word is None:
        args.unexpected("an aggregate function such as count or sum(x)")
    function, parameter = _function(args, word)
    field: Word | None = None
    expression: Expression | None = None
    output = word.value
    if args.mark("(") is not None:
        expression = parse_eval(args)
        if expression is None and (args.next != ")" or not function.bare):
            field = args.field(wild=True, made=True, what=f"the field of {word.value}")
        close = args.expect(")")
        if expression is not None:
            output = args.text[word.span.start : close.end]
        elif field is not None:
            output = f"{word.value}({field.value})"
    span = Span(word.span.start, args.at)
    if field is None and expression is None and not function.bare:
        field = Word("*", word.span)
        output = f"{word.value}(*)"
    alias = _alias(args) if args.keyword("as") is not None else None
    if alias is not None:
        output = alias.value
    wildcards = 0 if field is None else field.value.count("*")
    if alias is not None and output.count("*") != wildcards:
        args.fail(f"the wildcards of '{args.text[span.start : span.end]}' and '{output}' do not pair", alias.span)
    return Term(function, word.value, span, output, parameter, field, expression, alias)


def _alias(args: Cursor) -> Word:
    """The name of a result; parentheses right behind a bare one belong to it (``values(x) AS x(all)``)."""
    name = args.field(wild=True, what="the name of the result")
    if name.quote or args.text[args.at : args.at + 1] != "(":
        return name
    stop = args.text.find(")", args.at, args.end)
    if stop < 0:
        args.fail("'(' is never closed", Span(args.at, args.at + 1))
    args.at = stop + 1
    return Word(args.text[name.span.start : args.at], Span(name.span.start, args.at))


def _function(args: Cursor, word: Word) -> tuple[AggregateFunction, float | None]:
    if word.value.lower() == "sparkline":
        args.unsupported("the function 'sparkline' is not supported", word.span)
    found = find(word.value)
    if found is None:
        names = [f"{name}95" if known.parametric else name for name, known in aggregates().items()]
        raise SplNameError(
            f"unknown function '{word.value}'", text=args.text, span=word.span, hint=suggest(word.value, names)
        )
    if found[1] is not None and found[1] > 100:
        args.fail(f"'{word.value}' is no percentile", word.span, hint="percentiles go from 0 to 100")
    return found


def parse_eval(args: Cursor) -> Expression | None:
    """``eval(expression)``, or None with nothing consumed."""
    before = args.at
    if args.keyword("eval") is not None and args.mark("(") is not None:
        expression = parse_expression(args)
        args.expect(")")
        return expression
    args.at = before
    return None


# --- planning


def concrete(terms: Sequence[Term], source: Plan, by: Sequence[str], context: Context) -> list[Term]:
    """The terms with wildcards replaced by the fields they stand for, grouping fields left out.

    Refused: two results of one name, one field renamed twice for one function, a result named like a grouping field.
    """
    found: list[Term] = []
    for term in terms:
        if term.field is None or "*" not in term.field.value:
            found.append(term)
            continue
        wild = pattern(term.field.value)
        for name in expand((term.field.value,), source):
            match = wild.fullmatch(name)
            if name in by or match is None:
                continue
            output = f"{term.name}({name})" if term.alias is None else _substituted(term.output, match.groups())
            found.append(replace(term, field=replace(term.field, value=name), output=output))
    return _checked(found, by, context)


def _substituted(output: str, runs: Sequence[str]) -> str:
    parts = output.split("*")
    return parts[0] + "".join(run + part for run, part in zip(runs, parts[1:], strict=True))


def _checked(terms: Sequence[Term], by: Sequence[str], context: Context) -> list[Term]:
    kept: dict[str, Term] = {}
    aliased: dict[tuple[str, float | None, str], Term] = {}
    for term in terms:
        if term.output in by:
            _fail(f"The output field '{term.output}' cannot have the same name as a group-by field.", term, context)
        if term.alias is not None and term.field is not None:
            key = (term.function.name, term.parameter, term.field.value)
            if key in aliased:
                _fail(f"the field '{term.field.value}' is renamed twice for '{term.name}'", term, context)
            aliased[key] = term
        before = kept.get(term.output)
        if before is not None and (before.alias is not None or term.alias is not None):
            _fail(f"two results are named '{term.output}'", term, context)
        kept.setdefault(term.output, term)
    return list(kept.values())


def _fail(message: str, term: Term, context: Context) -> NoReturn:
    span = term.span if term.alias is None else term.span | term.alias.span
    raise SplSyntaxError(message, text=context.text, span=span)


def plan_terms(
    terms: Sequence[Term], source: Plan, context: Context, calls: Calls, *, allnum: bool = False
) -> list[tuple[str, Scalar]]:
    """The results of concrete terms, as scalars over the hidden columns that ``calls`` will fill.

    With ``allnum`` a numeric function writes nothing where some value of its field is no number.
    """
    when = column(source, TIME)
    time = None if when is None else as_number(when)
    found: list[tuple[str, Scalar]] = []
    for term in terms:
        arg = _argument(term, source, context)
        call = Call(term.function.name, arg, term.parameter, time, context, calls)
        result = term.function.build(call)
        if allnum and term.function.numeric and arg is not None and not arg.type.numeric:
            result = _all_numeric(call, result)
        found.append((term.output, result))
    return found


def _argument(term: Term, source: Plan, context: Context) -> Scalar | None:
    if term.expression is not None:
        planner = lowerer(source.fields, context)
        if planner.value(term.expression).kind is Kind.BOOL:
            condition = planner.condition(term.expression)
            return condition if term.function.bare else as_number(condition)  # 1 or 0, as published searches sum it
        return planner.stored(term.expression)
    if term.field is None:
        return None
    return column(source, term.field.value) or null()


def _all_numeric(call: Call, result: Scalar) -> Scalar:
    every = call.aggregate(AggFn.COUNT, call.value, kind=FieldType.INTEGER)
    if call.value.type is FieldType.MULTI:
        numeric: Scalar = call.gathered("count", FieldType.NUMBER)
    else:
        numeric = call.aggregate(AggFn.COUNT, as_number(call.value), kind=FieldType.INTEGER)
    return Case(((Compare(Op.EQ, every, numeric), result),), null(result.type), result.type)


def split_values(source: Plan, by: Sequence[str], *, distinct: bool = False) -> Plan:
    """A row for each value of the multivalue grouping fields; ``distinct`` drops repeated values of one row first."""
    for name in by:
        if source.fields.type_of(name) is FieldType.MULTI:
            if distinct:
                of = Kernel("distinct_values", (Column(name, FieldType.MULTI),), (), FieldType.MULTI)
                source = Extend(source, ((name, of),))
            source = Explode(source, name)
    return source


def grouped(source: Plan, by: Sequence[str], calls: Calls, results: Sequence[tuple[str, Scalar]]) -> Plan:
    """The aggregation with its results computed: grouping fields, then results, hidden columns still there."""
    return Extend(Aggregate(source, tuple(by), tuple(calls.found)), tuple(results))
