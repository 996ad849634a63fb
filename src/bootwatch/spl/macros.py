"""Macro calls in a search replaced by their definitions, every character of the result traceable to what was written.

Follows Splunk's macros.conf specification: `` `name` `` or `` `name(a, b)` ``, expanded before anything is parsed and
not inside double quotes; ``$argument$`` is replaced everywhere in the definition, inside quotes as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bootwatch.errors import Span, SplError, SplNameError, SplSyntaxError, SplUnsupported
from bootwatch.knowledge.objects import Knowledge
from bootwatch.spl.cursor import suggest
from bootwatch.spl.text import MAX_TEXT, blank_comments, quote_end, unescape

if TYPE_CHECKING:
    from bootwatch.knowledge.macros import Macro

MAX_DEPTH: Final = 100
"""Deepest nesting of macros in each other, as in Splunk's limits."""

ANY_EVENT: Final = "search *"
"""What a missing ``…_filter`` macro means: published detections end in one, for a user to fill."""

_CALL: Final = re.compile(r"\s*([\w.:-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_TOKEN: Final = re.compile(r'\\.|["`]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """``text[start:end]`` of an expansion stands for ``[at:stop]`` of the original; ``macro`` '': it is a copy."""

    start: int
    end: int
    at: int
    stop: int
    macro: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A search with its macros expanded, and where each part of it came from."""

    original: str
    text: str
    pieces: tuple[Piece, ...] = ()
    warnings: tuple[str, ...] = ()

    def locate(self, span: Span) -> tuple[Span, str]:
        """What the user wrote for a span of the expanded text, and the macro it fell into ('' for none)."""
        if not self.pieces:
            return span, ""
        first, last = self._piece(span.start), self._piece(max(span.start, span.end - 1))
        start = first.at if first.macro else min(first.at + span.start - first.start, first.stop)
        end = last.stop if last.macro else min(last.at + span.end - last.start, last.stop)
        return Span(start, max(end, start + 1)), first.macro

    def _piece(self, offset: int) -> Piece:
        return self.pieces[max(0, bisect_right(self.pieces, offset, key=lambda piece: piece.start) - 1)]

    def point(self, error: SplError) -> None:
        """Make an error about the expanded text one about the text the user wrote."""
        if error.text != self.text:
            return
        error.text = self.original
        if error.span is None:
            return
        wrong = self.text[error.span.start : error.span.end]
        error.span, macro = self.locate(error.span)
        if macro:
            inside = f"in the expansion of `{macro}`, at {wrong[:60]!r}"
            error.hint = inside if error.hint is None else f"{inside}; {error.hint}"


def expand(text: str, knowledge: Knowledge) -> Expansion:
    """A search (comments blanked) with every macro call replaced. Raises SplError at the call that cannot be."""
    if "`" not in text:
        return Expansion(text, text)
    out: list[str] = []
    pieces: list[Piece] = []
    warnings: dict[str, None] = {}
    length = at = 0
    for call in _calls(text):
        definition = _Expander(text, call, knowledge, warnings).text()
        for part, piece in (
            (text[at : call.start], Piece(length, length + call.start - at, at, call.start)),
            (definition, None),
        ):
            if piece is None:
                piece = Piece(length, length + len(part), call.start, call.end, text[call.start + 1 : call.end - 1])
            if part:
                pieces.append(piece)
            out.append(part)
            length += len(part)
        at = call.end
        if length > MAX_TEXT:
            raise SplSyntaxError(
                f"the search has more than {MAX_TEXT:,} characters once its macros are expanded", text=text, span=call
            )
    pieces.append(Piece(length, length + len(text) - at, at, len(text)))
    out.append(text[at:])
    return Expansion(text, "".join(out), tuple(pieces), tuple(warnings))


def _calls(text: str) -> Iterator[Span]:
    """The macro calls of a text, backticks included; none inside double quotes."""
    at = 0
    while (found := _TOKEN.search(text, at)) is not None:
        at = found.end()
        if found[0] == '"':
            stop = quote_end(text, found.start(), len(text))
            if stop < 0:  # whoever splits the search into commands says so
                return
            at = stop
        elif found[0] == "`":
            yield Span(found.start(), at := _call_end(text, found.start()))


def _call_end(text: str, start: int) -> int:
    at = start + 1
    while (found := _TOKEN.search(text, at)) is not None:
        if found[0] == "`":
            return found.end()
        at = found.end()
        if found[0] == '"':
            stop = quote_end(text, found.start(), len(text))
            if stop < 0:
                break
            at = stop
    raise SplSyntaxError(
        "a backtick is never closed", text=text, span=Span(start, start + 1), hint="a macro call is written `name`"
    )


@dataclass(frozen=True, slots=True)
class _Expander:
    """One call in the user's text, and the macros its definition calls in turn."""

    source: str
    call: Span
    knowledge: Knowledge
    warnings: dict[str, None]

    def text(self) -> str:
        return self._expanded(self.source[self.call.start + 1 : self.call.end - 1], 1)

    def _expanded(self, body: str, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise SplSyntaxError(
                f"macros nest more than {MAX_DEPTH} levels deep", text=self.source, span=self.call,
                hint="a macro that calls itself never ends",
            )  # fmt: skip
        parts = _CALL.fullmatch(body)
        if parts is None:
            raise SplSyntaxError(
                f"`{body}` is no macro call", text=self.source, span=self.call,
                hint="a macro call is written `name` or `name(argument, argument)`",
            )  # fmt: skip
        name = parts[1]
        arguments = _arguments(parts[2] or "")
        macro = self._find(name, len(arguments))
        if macro is None:
            self.warnings[f"the macro `{name}` is not defined; it stands for '{ANY_EVENT}'"] = None
            return ANY_EVENT
        if macro.is_eval:
            raise SplUnsupported(
                f"the macro `{name}` is defined by an eval expression, which is not supported",
                text=self.source, span=self.call, hint="define it with the text it should stand for",
            )  # fmt: skip
        text = blank_comments(macro.definition)
        for position, (argument, default) in enumerate(macro.arguments):
            value = arguments[position] if position < len(arguments) else default or ""
            text = text.replace(f"${argument}$", value)
        return self._inner(text, depth)

    def _inner(self, text: str, depth: int) -> str:
        if "`" not in text:
            return text
        out: list[str] = []
        at = 0
        length = 0
        for call in _calls(text):
            part = text[at : call.start] + self._expanded(text[call.start + 1 : call.end - 1], depth + 1)
            out.append(part)
            at = call.end
            length += len(part)
            if length > MAX_TEXT:
                raise SplSyntaxError(
                    f"the search has more than {MAX_TEXT:,} characters once its macros are expanded",
                    text=self.source,
                    span=self.call,
                )
        return "".join(out) + text[at:]

    def _find(self, name: str, count: int) -> Macro | None:
        """The macro of a name that takes so many arguments; None for a filter nobody has written."""
        known = self.knowledge.macros(name)
        for macro in known:
            if macro.least <= count <= macro.most:
                return macro
        if known:
            takes = " or ".join(str(most) for most in sorted({macro.most for macro in known}))
            raise SplNameError(
                f"the macro `{name}` takes {takes} argument{'' if takes == '1' else 's'}, not {count}",
                text=self.source,
                span=self.call,
            )
        if name.endswith("_filter") and not count:
            return None
        raise SplUnsupported(
            f"the macro `{name}` is not defined",
            text=self.source,
            span=self.call,
            hint=suggest(name, self.knowledge.macro_names()) or "--macros FILE defines macros",
        )


def _arguments(text: str) -> list[str]:
    """Arguments apart at commas outside quotes and parentheses, quotes around a whole argument taken off."""
    if not text.strip():
        return []
    found: list[str] = []
    depth = start = at = 0
    while at < len(text):
        char = text[at]
        if char == '"' and (stop := quote_end(text, at, len(text))) > 0:
            at = stop
            continue
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(text[start:at])
            start = at + 1
        at += 1
    found.append(text[start:])
    return [_unquoted(argument.strip()) for argument in found]


def _unquoted(argument: str) -> str:
    if len(argument) > 1 and argument[0] == '"' and quote_end(argument, 0, len(argument)) == len(argument):
        return unescape(argument[1:-1])
    return argument
