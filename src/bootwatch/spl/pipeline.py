"""A whole search: text to stages to commands to a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import NoReturn

from bootwatch.algebra.plans import Deferred, Plan, Rows, Stored
from bootwatch.errors import Span, SplError, SplNameError, SplSyntaxError, SplUnsupported
from bootwatch.knowledge.objects import Knowledge
from bootwatch.spl.command import GeneratingCommand, Step, Undecided, commands, find
from bootwatch.spl.commands.search import Search
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, suggest
from bootwatch.spl.macros import Expansion, expand
from bootwatch.spl.refused import REFUSED
from bootwatch.spl.rendering import with_rendering
from bootwatch.spl.searchrange import search_range
from bootwatch.spl.text import Stage, blank_comments, split_stages

_NOTHING = Rows((), ())


@dataclass(frozen=True, slots=True)
class ParsedSearch:
    """A parsed search: its stages and their commands, and the text they came from.

    ``text`` has its comments blanked and its macros expanded; ``expansion`` leads back to what the user wrote.
    """

    text: str
    stages: tuple[Stage, ...]
    commands: tuple[Step, ...]
    expansion: Expansion


@dataclass(frozen=True, slots=True)
class Rest:
    """The commands after a point where only data decides the columns.

    With a ``key`` the rows found are those of a subsearch, and the commands go on over ``source``.
    """

    commands: tuple[Step, ...]
    context: Context
    expansion: Expansion | None = None
    source: Plan | None = None
    key: object = None
    spans: tuple[Span, ...] = ()

    def __call__(self, source: Stored) -> Plan:
        context, over = self.context, self.source
        if over is None:
            over = source
        else:
            context = replace(context, results={**context.results, self.key: source})
        try:
            return plan_commands(self.commands, over, context, self.expansion, self.spans)
        except SplError as exc:
            if self.expansion is not None:
                self.expansion.point(exc)
            raise

    def describe(self) -> str:
        return " | ".join(command.name for command in self.commands)


def parse(text: str, knowledge: Knowledge | None = None) -> ParsedSearch:
    """Read a search. Raises SplError, located, for what is not understood, ContentError for a wrong macro file.

    Without ``knowledge`` a search may name what is built in.
    """
    expansion = Expansion(text, "")
    try:
        blanked = blank_comments(text)
        expansion = Expansion(text, blanked)
        expansion = replace(expand(blanked, knowledge or Knowledge()), original=text)
        whole = expansion.text
        stages = split_stages(whole)
        found = tuple(parse_command(whole, stage, position) for position, stage in enumerate(stages))
        return ParsedSearch(whole, stages, found, expansion)
    except SplError as exc:
        expansion.point(exc)
        raise
    except RecursionError:
        raise SplSyntaxError("the search nests too deeply", text=text) from None


def parse_command(text: str, stage: Stage, position: int) -> Step:
    """One command. Raises SplError, located, for what it does not understand."""
    name = stage.name.lower()
    cls = find(name)
    if cls is None:
        if name in REFUSED:
            message = f"the command '{stage.name}' is not supported"
            raise SplUnsupported(message, text=text, span=stage.name_span, hint=REFUSED[name])
        raise SplNameError(
            f"unknown command '{stage.name}'",
            text=text,
            span=stage.name_span,
            hint=suggest(name, commands()) or suggest(name, REFUSED),
        )
    misplaced = issubclass(cls, GeneratingCommand) and position > 0
    if misplaced and not (issubclass(cls, GeneratingCommand) and cls.appendable):
        _refuse_place(text, stage, f"begin the search with '| {name}'")
    cursor = Cursor(text, stage.start, stage.end)
    try:
        found = Search.read(cursor, implied=stage.implied) if cls is Search else cls.parse(cursor)
        cursor.finish()
    except SplSyntaxError as exc:
        if exc.span is None or exc.text != text or text[exc.span.start : exc.span.start + 1] != "[":
            raise
        from bootwatch.spl.substituted import Substituted

        return Substituted.of(cls, text, stage)
    if misplaced and isinstance(found, GeneratingCommand) and not found.append:
        _refuse_place(text, stage, f"begin the search with '| {name}', or say append=t")
    return found


def _refuse_place(text: str, stage: Stage, hint: str) -> NoReturn:
    raise SplSyntaxError(
        f"'{stage.name}' must be the first command of a search", text=text, span=stage.name_span, hint=hint
    )


def plan(search: ParsedSearch, context: Context) -> Plan:
    """The plan of a parsed search over the context's events."""
    context = replace(context, text=search.text, picker=context.picker or (context.earliest, context.latest))
    context.warnings.extend(warning for warning in search.expansion.warnings if warning not in context.warnings)
    try:
        source = first_source(search.stages[0], search.commands[0], context)
        spans = tuple(stage.name_span for stage in search.stages)
        return plan_commands(with_rendering(search.commands), source, context, search.expansion, spans)
    except SplError as exc:
        search.expansion.point(exc)
        raise
    except RecursionError:
        raise SplSyntaxError("the search nests too deeply", text=search.expansion.original) from None


def reads_events(search: ParsedSearch) -> bool:
    """Whether a search, or one in brackets inside it, reads events rather than making rows itself."""
    return _reads(search.commands)


def _reads(pipeline: Sequence[Step]) -> bool:
    if issubclass(_class_of(pipeline[0]), Search) or any(command.reads_events() for command in pipeline):
        return True
    return any(_reads(found) for command in pipeline for found in inside(command))


def inside(value: object) -> Iterator[Sequence[Step]]:
    """The searches in brackets among the arguments of a command."""
    from bootwatch.spl.subsearch import Subsearch  # it reads commands with this module

    if isinstance(value, Subsearch):
        yield value.commands
    elif isinstance(value, tuple):
        for item in value:
            yield from inside(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from inside(getattr(value, field.name))


def _class_of(command: Step) -> type[Step]:
    """What a command is, whether or not its arguments wait for a subsearch."""
    found: type[Step] = getattr(command, "of_class", type(command))
    return found


def first_source(stage: Stage, first: Step, context: Context) -> Plan:
    """What the first command of a search stands on: events, or nothing where it makes rows itself."""
    if issubclass(_class_of(first), GeneratingCommand):
        return _NOTHING
    if not stage.implied and not issubclass(_class_of(first), Search):  # Splunk runs it, over nothing
        warning = f"the search begins with '{stage.name}', which has no results to work on"
        if warning not in context.warnings:
            context.warnings.append(warning)
        return _NOTHING
    return context.scan()


def plan_commands(
    pipeline: Sequence[Step],
    source: Plan,
    context: Context,
    expansion: Expansion | None = None,
    spans: tuple[Span, ...] = (),
) -> Plan:
    """Plan commands one on another; where one has to know every field, defer it and the rest.

    ``spans``: where the commands stand, for what a command refuses without saying where.
    """
    for position, command in enumerate(pipeline):
        try:
            source = command.plan(source, context)
        except Undecided as undecided:
            waiting = (undecided.again or command, *pipeline[position + 1 :])
            left = spans[position:]
            if undecided.key is not None and undecided.source is not None:
                rest = Rest(waiting, context, expansion, source, undecided.key, left)
                return Deferred(undecided.source, rest, undecided.discover, rows=undecided.rows, batch=undecided.batch)
            if undecided.source is None and isinstance(command, GeneratingCommand) and not command.append:
                message = f"'{command.name}' stands on nothing whose fields could be found first"
                raise SplUnsupported(message, text=context.text, span=_at(spans, position)) from None
            earliest, latest = search_range(source, context)
            scope = replace(context, earliest=earliest, latest=latest)
            rest = Rest(waiting, scope, expansion, spans=left)
            return Deferred(undecided.source or source, rest, undecided.discover, undecided.distinct)
        except SplError as exc:
            if exc.span is None:
                exc.text, exc.span = context.text, _at(spans, position)
            raise
    return source


def _at(spans: tuple[Span, ...], position: int) -> Span | None:
    return spans[position] if position < len(spans) else None
