"""Searches in brackets: read, planned, and turned into rows or into terms of the search around them.

Follows the Search Manual on subsearches: one runs before what is around it, sees the time range of the whole search and
not the outer text's, and becomes terms as ``format`` writes them: a row is the conjunction of its fields, rows are
alternatives, no rows match nothing; fields that begin with ``_`` are left out, one called ``search`` or ``query`` is
text of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bootwatch.algebra.kernels.spelling import number_text
from bootwatch.algebra.plans import AggCall, AggFn, Cell, Deferred, Drop, Filter, Limit, Plan, Stored, Window
from bootwatch.algebra.scalars import Column, Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplSyntaxError
from bootwatch.spl.command import Step, Undecided
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.pipeline import first_source, parse_command, plan_commands
from bootwatch.spl.terms import (
    Comparison,
    Conjunction,
    Disjunction,
    Literal,
    Membership,
    Negation,
    SearchExpression,
    parse_terms,
)
from bootwatch.spl.text import Stage, quote_end, split_stages

TEXT_FIELDS = ("search", "query")
_ROWS = "#subsearch_rows"


@dataclass(frozen=True, slots=True)
class Subsearch:
    """A search in brackets; ``span`` is that of the brackets."""

    stages: tuple[Stage, ...]
    commands: tuple[Step, ...]
    span: Span


def parse_subsearch(args: Cursor) -> Subsearch:
    """The brackets standing next. Its first word is a command, with a pipe before it or without."""
    start = args.expect("[")
    stop = closing(args.text, start.start, args.end)
    if stop < 0:
        args.fail("'[' is never closed", start)
    if not args.text[start.end : stop].strip():
        args.fail("a search is missing between '[' and ']'", Span(start.start, stop + 1))
    stages = split_stages(args.text, start.end, stop, named=True)
    args.at = stop + 1
    commands = tuple(parse_command(args.text, stage, position) for position, stage in enumerate(stages))
    return Subsearch(stages, commands, Span(start.start, stop + 1))


def closing(text: str, start: int, end: int) -> int:
    """Offset of the ``]`` that closes the ``[`` at ``start``, -1 where none does."""
    depth = 0
    at = start
    while at < end:
        if text[at] == '"':
            stop = quote_end(text, at, end)
            if stop < 0:
                return -1
            at = stop
            continue
        if text[at] == "\\":
            at += 2
            continue
        depth += (text[at] == "[") - (text[at] == "]")
        if depth == 0:
            return at
        at += 1
    return -1


def planned(sub: Subsearch, context: Context, *, over: Plan | None = None) -> Plan:
    """The plan of a subsearch over the events of the whole search, or ``over`` rows at hand."""
    inside = inner(sub.span, context)
    source = first_source(sub.stages[0], sub.commands[0], inside) if over is None else over
    spans = tuple(stage.name_span for stage in sub.stages)
    return plan_commands(sub.commands, source, inside, spans=spans)


def inner(span: Span, context: Context) -> Context:
    """The context of a search inside another. Refused where they nest too deeply."""
    limit = context.limits.max_subsearch_depth
    if context.depth >= limit:
        message = f"subsearches nest more than {limit} levels deep"
        raise SplSyntaxError(message, text=context.text, span=span)
    context.spent.subsearches += 1
    if context.spent.subsearches > context.limits.max_subsearches:
        message = f"the search has more than {context.limits.max_subsearches:,} subsearches"
        raise SplSyntaxError(message, text=context.text, span=span)
    earliest, latest = context.picker or (context.earliest, context.latest)
    return replace(context, earliest=earliest, latest=latest, picker=(earliest, latest), depth=context.depth + 1)


def appended(sub: Subsearch, context: Context, *, limit: int | None = None, closed: bool = True) -> Plan:
    """The rows of a subsearch as a plan, run first where only data can tell its fields.

    ``limit`` 0: all rows, None: as many as the limits allow, with a message where there were more. ``closed``: its
    fields have to be known; otherwise events may keep theirs to be extracted when they are needed.
    """
    key = (context.text, sub.span)
    if key not in context.results:
        found = planned(sub, context)
        if not isinstance(found, Deferred) and not (closed and found.fields.open):
            return _limited(found, limit, context)
        raise Undecided(source=found, key=key, discover=not isinstance(found, Deferred))
    return _limited(context.results[key], limit, context)


def _limited(found: Plan, limit: int | None, context: Context) -> Plan:
    if limit is not None:
        return Limit(found, limit) if limit else found
    most = context.limits.max_appended_rows
    number = AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)
    counted = Window(Limit(found, most + 1), (), ((_ROWS, number),), running=True)
    message = f"a subsearch found more than {most:,} rows; the first {most:,} are used"
    within = Kernel("within", (Column(_ROWS, FieldType.INTEGER),), (str(most), message), FieldType.BOOL)
    return Drop(Filter(counted, within), frozenset((_ROWS,)))


def rows(sub: Subsearch, context: Context, *, limit: int | None = None) -> Stored:
    """The first rows of a subsearch, which has run by then."""
    most = context.limits.max_subsearch_rows if limit is None else limit
    key = (context.text, sub.span, "rows")
    if key not in context.results:
        found = planned(sub, context)
        opened = not isinstance(found, Deferred) and found.fields.open
        raise Undecided(source=found, key=key, discover=opened, rows=most + 1)
    found = context.results[key]
    if len(found.rows) > most:
        warn(context, f"a subsearch found more than {most:,} rows; the first {most:,} are used")
    return replace(found, rows=found.rows[:most])


def warn(context: Context, message: str) -> None:
    if message not in context.warnings:
        context.warnings.append(message)


# --- as terms


def terms(sub: Subsearch, context: Context) -> SearchExpression:
    """What a subsearch stands for in the search around it."""
    alternatives = [_row(row, sub.span, context) for row in rows(sub, context).rows]
    found = [row for row in alternatives if row is not None]
    one = [row for row in found if isinstance(row, Comparison)]
    if one and len(one) == len(found) and len({row.field.value for row in one}) == 1:
        return Membership(one[0].field, tuple(row.literal for row in one), sub.span)  # thousands are one question
    return Disjunction(tuple(found), sub.span)


def _row(row: Mapping[str, Cell], span: Span, context: Context) -> SearchExpression | None:
    """One row as a condition, None for one without fields to say anything about."""
    parts: list[SearchExpression] = []
    for name, cell in row.items():
        if name.startswith("_"):
            continue
        values = cell if isinstance(cell, tuple) else (shown(cell),)
        if name in TEXT_FIELDS:
            parts += [_written(value, span, context) for value in values]
            continue
        field = Word(name, span, '"')
        compared = [Comparison(field, "=", Literal(value, span, quoted=True), span) for value in values]
        parts.append(compared[0] if len(compared) == 1 else Disjunction(tuple(compared), span))
    return None if not parts else parts[0] if len(parts) == 1 else Conjunction(tuple(parts), span)


def _written(value: str, span: Span, context: Context) -> SearchExpression:
    """Text of the search language a subsearch answered with; its errors stand at the brackets."""
    if value.strip() in ("", "NOT ()", "NOT()"):
        nothing = Disjunction((), span)
        return Negation(Conjunction((), span), span) if value.strip() else nothing
    try:
        return parse_terms(Cursor(value, 0, len(value)))
    except SplSyntaxError as exc:
        message = f"the subsearch gave {value[:80]!r}: {exc.message}"
        raise SplSyntaxError(message, text=context.text, span=span) from exc


def shown(cell: Cell) -> str:
    """A cell as Splunk prints it."""
    if isinstance(cell, tuple):
        return "\n".join(cell)
    if isinstance(cell, float):
        return number_text(cell)
    return cell


MARKS = ("(", "(", "AND", ")", "OR", ")")
"""What format writes: around everything, around a row, between its fields, and between rows."""


def formatted(found: Iterable[Mapping[str, Cell]], marks: tuple[str, ...] = MARKS, separator: str = "OR") -> str:
    """Rows as text: ``marks`` are those of the command format, ``separator`` stands between the values of one field."""
    start, row_start, and_, row_end, or_, end = marks
    written: list[str] = []
    for row in found:
        parts: list[str] = []
        for name, cell in row.items():
            if name.startswith("_"):
                continue
            values = cell if isinstance(cell, tuple) else (shown(cell),)
            if name in TEXT_FIELDS:
                parts += values
            elif len(values) == 1:
                parts.append(compared(name, values[0]))
            else:
                inner_ = f" {separator} ".join(compared(name, value) for value in values)
                parts.append(f"( {inner_} )")
        if parts:
            written.append(f"{row_start} {f' {and_} '.join(parts)} {row_end}".strip())
    return f"{start} {f' {or_} '.join(written)} {end}".strip() if written else "NOT ()"


def compared(name: str, value: str) -> str:
    """``name="value"``, quotes and backslashes of the value kept from ending it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name if name.replace("_", "").isalnum() else quoted(name)}="{escaped}"'


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
