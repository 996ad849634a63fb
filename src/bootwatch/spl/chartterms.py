"""What ``chart`` and ``timechart`` are written with: aggregates, expressions of aggregates, options of the series.

Follows the Search Reference (chart, timechart): ``limit`` keeps the series with the highest sums, the rest is merged
into OTHER; rows without the column field are NULL; ``eval()`` computes with aggregates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bootwatch.algebra.plans import Plan
from bootwatch.algebra.scalars import Column, Scalar, map_children
from bootwatch.algebra.types import FieldSet
from bootwatch.errors import Span
from bootwatch.spl.aggregates.registry import Calls, find
from bootwatch.spl.aggregation import Term, concrete, parse_eval, parse_term, plan_terms
from bootwatch.spl.command import lowerer
from bootwatch.spl.commands.bin import DEFAULT_BINS, Bin
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.expressions import Binary, Expression, FieldName, FunctionCall, Unary, parse_expression
from bootwatch.spl.spans import parse_span

DEFAULT_LIMIT: Final = 10
BIN_OPTIONS: Final = ("span", "bins", "minspan", "start", "end", "aligntime")
SERIES_OPTIONS: Final = ("limit", "useother", "usenull", "otherstr", "nullstr", "sep", "format", "cont")
_COUNTING: Final = frozenset({"count", "c", "dc", "distinct_count", "estdc"})
_LIMIT: Final = re.compile(r"(top|bottom)?\s*(\d{1,9})", re.IGNORECASE)
_RATE: Final = re.compile(r"per_(second|minute|hour|day)\b", re.IGNORECASE)
_RATE_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
SCORES: Final = ("sum", "count", "avg", "mean", "max", "min")


@dataclass(frozen=True, slots=True)
class Entry:
    """One column of a chart before it is split: an aggregate, or an expression of several.

    ``rate``: seconds of the unit a sum is counted by (``per_hour``); ``zero``: an empty cell is a count of nothing.
    """

    output: str
    terms: tuple[Term, ...]
    expression: Expression | None = None
    rate: int | None = None

    @property
    def zero(self) -> bool:
        return self.expression is None and self.terms[0].function.name in _COUNTING


@dataclass(frozen=True, slots=True)
class Series:
    """Which series there are and what they are called.

    ``limit`` 0: all; ``lowest``: those with the lowest scores. ``score`` is the aggregate that decides; with ``below``
    or ``above`` it decides by itself, ``excluded``: the chosen ones are the ones merged.
    """

    limit: int = DEFAULT_LIMIT
    lowest: bool = False
    score: str = "sum"
    above: float | None = None
    below: float | None = None
    excluded: bool = False
    useother: bool = True
    usenull: bool = True
    otherstr: str = "OTHER"
    nullstr: str = "NULL"
    sep: str = ": "
    format: str | None = None

    def name(self, entry: Entry, value: str, *, alone: bool) -> str:
        """The name of a column."""
        if self.format is not None:
            return self.format.replace("$AGG$", entry.output).replace("$VAL$", value)
        return value if alone else f"{entry.output}{self.sep}{value}"


def parse_entries(args: Cursor, *until: str) -> tuple[Entry, ...]:
    """Aggregates and ``eval(...)`` expressions up to one of the keywords, an option, or the end; at least one."""
    found: list[Entry] = []
    while not args.done and not args.at_keyword(*until) and args.option_name() is None:
        found.append(_entry(args))
        args.mark(",")
    if not found:
        args.unexpected("an aggregate function such as count or sum(x)")
    return tuple(found)


def _entry(args: Cursor) -> Entry:
    args.skip()
    rate = _RATE.match(args.text, args.at, args.end)
    if rate is not None:
        return _rate(args, rate[1].lower())
    start = args.at
    if args.next != "(" and args.keyword("eval") is None:
        term = parse_term(args)
        return Entry(term.output, (term,))
    args.expect("(")
    written = args.at
    expression = parse_expression(args)
    close = args.expect(")")
    terms: list[Term] = []
    computed = _aggregates_in(expression, terms)
    if not terms:
        args.fail("the expression has no aggregate function", Span(written, close.start))
    output = args.text[start : close.end]
    if args.keyword("as") is not None:
        output = args.field(what="the name of the result").value
    return Entry(output, tuple(terms), computed)


def _rate(args: Cursor, unit: str) -> Entry:
    start = args.at
    args.at += len("per_") + len(unit)
    args.expect("(")
    expression = parse_eval(args)
    field = None if expression is not None else args.field(what=f"the field of per_{unit}")
    close = args.expect(")")
    output = args.text[start : close.end] if field is None else f"per_{unit}({field.value})"
    if args.keyword("as") is not None:
        output = args.field(what="the name of the result").value
    found = find("sum")
    if found is None:
        raise LookupError("sum")
    term = Term(found[0], "sum", Span(start, close.end), output, field=field, expression=expression, alias=field)
    return Entry(output, (term,), rate=_RATE_SECONDS[unit])


def _aggregates_in(node: Expression, terms: list[Term]) -> Expression:
    """The expression with every aggregate in it read from a hidden field."""
    match node:
        case FunctionCall(args=(FieldName() as of,)) if (found := find(node.name)) is not None:
            terms.append(
                Term(
                    found[0],
                    node.name,
                    node.span,
                    f"#term{len(terms)}",
                    found[1],
                    Word(of.name, of.span),
                    alias=Word(f"#term{len(terms)}", node.span),
                )
            )
            return FieldName(terms[-1].output, node.span)
        case FieldName(name="count") | FunctionCall(name="count", args=()):
            counted = find("count")
            if counted is not None:
                terms.append(Term(counted[0], "count", node.span, f"#term{len(terms)}"))
            return FieldName(terms[-1].output, node.span)
        case FunctionCall():
            return replace(node, args=tuple(_aggregates_in(arg, terms) for arg in node.args))
        case Binary():
            return replace(node, left=_aggregates_in(node.left, terms), right=_aggregates_in(node.right, terms))
        case Unary():
            return replace(node, operand=_aggregates_in(node.operand, terms))
        case _:
            return node


def expanded(entries: Sequence[Entry], source: Plan, by: Sequence[str], context: Context) -> list[Entry]:
    """The entries with wildcards replaced by the fields they stand for. Refused: two results of one name."""
    plain = [entry.terms[0] for entry in entries if entry.expression is None and entry.rate is None]
    concrete_terms = concrete(plain, source, by, context)
    found: list[Entry] = []
    for entry in entries:
        if entry.expression is not None or entry.rate is not None:
            found.append(entry)
            continue
        found += [Entry(term.output, (term,)) for term in concrete_terms if term.span == entry.terms[0].span]
    return found


def plan_entries(entries: Sequence[Entry], source: Plan, context: Context, calls: Calls) -> list[tuple[Entry, Scalar]]:
    """Each entry's result, as a scalar over the hidden columns that ``calls`` will fill."""
    found: list[tuple[Entry, Scalar]] = []
    for entry in entries:
        results = plan_terms(entry.terms, source, context, calls)
        if entry.expression is None:
            found.append((entry, results[0][1]))
            continue
        known = FieldSet({name: scalar.type for name, scalar in results})
        computed = lowerer(known, context).stored(entry.expression)
        found.append((entry, _with(computed, dict(results))))
    return found


def _with(scalar: Scalar, values: dict[str, Scalar]) -> Scalar:
    if isinstance(scalar, Column):
        return values.get(scalar.name, scalar)
    return map_children(scalar, lambda inner: _with(inner, values))


def series_of(args: Cursor, given: dict[str, Word], where: Series | None) -> Series:
    """The series the options ask for; a where clause decides which there are."""
    found = where or Series()
    if "limit" in given and where is None:
        limit = _LIMIT.fullmatch(given["limit"].value)
        if limit is None:
            args.fail(f"{given['limit'].value!r} is no limit", given["limit"].span, hint="write limit=10 or limit=top5")
        found = replace(found, limit=int(limit[2]), lowest=(limit[1] or "").lower() == "bottom")
    flags = {key: args.as_bool(given[key]) for key in ("useother", "usenull", "cont") if key in given}
    names = {key: given[key].value for key in ("otherstr", "nullstr", "sep", "format") if key in given}
    return replace(
        found,
        useother=flags.get("useother", True),
        usenull=flags.get("usenull", True),
        otherstr=names.get("otherstr", "OTHER"),
        nullstr=names.get("nullstr", "NULL"),
        sep=names.get("sep", ": "),
        format=names.get("format"),
    )


def parse_where(args: Cursor) -> Series | None:
    """``WHERE <aggregate> in|notin top|bottom<n>``, or ``WHERE <aggregate> > <number>``, if it stands next."""
    if args.keyword("where") is None:
        return None
    score = args.keyword(*SCORES)
    if score is None:
        args.unexpected(f"one of {', '.join(SCORES)}")
    name = {"mean": "avg"}.get(score.value.lower(), score.value.lower())
    chosen = args.keyword("in", "notin")
    if chosen is not None:
        word = args.bare() or args.unexpected("top or bottom and a count, such as top5")
        limit = _LIMIT.fullmatch(word.value)
        if limit is None or limit[1] is None:
            args.fail(f"{word.value!r} is no choice of series", word.span, hint="write top5 or bottom5")
        lowest, excluded = limit[1].lower() == "bottom", chosen.value.lower() == "notin"
        return Series(int(limit[2]), lowest=lowest, score=name, excluded=excluded)
    sign = args.mark("<") or args.mark(">") or args.unexpected("in, notin, < or >")
    word = args.bare() or args.unexpected("a number")
    try:
        bound = float(word.value)
    except ValueError:
        args.fail(f"{word.value!r} is not a number", word.span)
    if args.text[sign.start] == "<":
        return Series(0, score=name, below=bound)
    return Series(0, score=name, above=bound)


# --- options


def bin_of(args: Cursor, field: str, target: str, given: dict[str, Word]) -> Bin | None:
    """The binning the options ask for, None where they ask for none."""
    if not given:
        return None
    bounds = {key: _number(args, given[key]) for key in ("start", "end") if key in given}
    return Bin(
        field,
        target,
        parse_span(args, given["span"]) if "span" in given else None,
        given.get("span"),
        args.as_integer(given["bins"], least=2) if "bins" in given else DEFAULT_BINS,
        parse_span(args, given["minspan"]) if "minspan" in given else None,
        bounds.get("start"),
        bounds.get("end"),
        given.get("aligntime"),
    )


def _number(args: Cursor, word: Word) -> float:
    try:
        return float(word.value)
    except ValueError:
        args.fail(f"{word.value!r} is not a number", word.span)
