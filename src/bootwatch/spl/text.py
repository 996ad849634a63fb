"""The text of a search: comments blanked, stages split at pipes, every offset kept.

Follows Splunk's Search Manual on quotes, pipes and comments: a pipe inside double quotes or inside ``[...]`` does not
split; text between triple backticks is a space; ``\\"``, ``\\\\`` and ``\\|`` are the only escapes inside quotes.
"""

from __future__ import annotations

from dataclasses import dataclass

from bootwatch.errors import Span, SplSyntaxError

MAX_TEXT = 1_048_576
"""Longest accepted search, in characters."""

_SINGLE_QUOTE_COMMANDS = frozenset({"eval", "where", "stats", "eventstats", "rename", "fields", "table", "fieldformat"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One command of a pipeline: its name as written, and where its arguments stand in the text."""

    name: str
    name_span: Span
    start: int
    end: int
    implied: bool = False

    @property
    def span(self) -> Span:
        return Span(min(self.name_span.start, self.start), self.end)


def unescape(quoted: str) -> str:
    """The inside of a double-quoted string with SPL's three escapes resolved; any other backslash stays."""
    if "\\" not in quoted:
        return quoted
    out: list[str] = []
    at = 0
    while at < len(quoted):
        if quoted[at] == "\\" and quoted[at + 1 : at + 2] in ('"', "\\", "|"):
            out.append(quoted[at + 1])
            at += 2
        else:
            out.append(quoted[at])
            at += 1
    return "".join(out)


def quote_end(text: str, start: int, end: int) -> int:
    """Offset just past the string whose opening double quote stands at ``start``; -1 if it is never closed."""
    at = start + 1
    while at < end:
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at + 1
        else:
            at += 1
    return -1


def blank_comments(text: str) -> str:
    """The text with every triple-backtick comment turned into as many blanks, so that offsets hold.

    A comment is white space, and any run of white space outside quotes means the same.
    """
    if len(text) > MAX_TEXT:
        raise SplSyntaxError(f"the search has {len(text):,} characters; the limit is {MAX_TEXT:,}")
    if "```" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            stop = quote_end(text, at, len(text))
            stop = len(text) if stop < 0 else stop
            out.append(text[at:stop])
            at = stop
        elif text.startswith("```", at):
            stop = text.find("```", at + 3)
            if stop < 0:
                raise SplSyntaxError(
                    "a comment is never closed", text=text, span=Span(at, at + 3), hint="add ``` after it"
                )
            out.append("".join("\n" if char == "\n" else " " for char in text[at : stop + 3]))
            at = stop + 3
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def split_stages(text: str, start: int = 0, end: int | None = None, *, named: bool = False) -> tuple[Stage, ...]:
    """The stages of a pipeline in ``text[start:end]`` (comments already blanked).

    A search that does not begin with a pipe begins with an implied ``search``; with ``named`` (as in brackets) with a
    command's name all the same.
    """
    end = len(text) if end is None else end
    if not text[start:end].strip():
        raise SplSyntaxError("the search is empty", text=text, span=Span(start, max(end, start + 1)))
    stages: list[Stage] = []
    at = begin = start
    while at < end and text[at].isspace():
        at += 1
    implied = text[at] != "|" and not named
    at = begin = at + 1 if text[at] == "|" else at
    depth: list[int] = []
    single = False
    while True:
        if at >= end or (text[at] == "|" and not depth):
            if depth:
                raise SplSyntaxError("'[' is never closed", text=text, span=Span(depth[-1], depth[-1] + 1))
            stages.append(_stage(text, begin, at, implied=implied and not stages))
            if at >= end:
                return tuple(stages)
            at = begin = at + 1
            single = _single_quotes(text, begin, end)
            continue
        char = text[at]
        if char == '"':
            stop = quote_end(text, at, end)
            if stop < 0:
                raise SplSyntaxError(
                    "a double quote is never closed",
                    text=text,
                    span=Span(at, at + 1),
                    hint='add the closing ", or write \\" for a quote inside quotes',
                )
            at = stop
        elif char == "'" and single:
            stop = text.find("'", at + 1, end)
            at = at + 1 if stop < 0 else stop + 1
        elif char == "[":
            depth.append(at)
            at += 1
        elif char == "]":
            if not depth:
                raise SplSyntaxError("']' without '['", text=text, span=Span(at, at + 1))
            depth.pop()
            at += 1
        elif char == "\\":
            at = min(at + 2, end)
        else:
            at += 1


def _single_quotes(text: str, start: int, end: int) -> bool:
    word = text[start : min(end, start + 40)].split(maxsplit=1)
    return bool(word) and word[0].lower() in _SINGLE_QUOTE_COMMANDS


def _stage(text: str, start: int, end: int, *, implied: bool) -> Stage:
    at = start
    while at < end and text[at].isspace():
        at += 1
    stop = at
    while stop < end and (text[stop].isalnum() or text[stop] in "_-"):
        stop += 1
    name = text[at:stop]
    if implied:
        if name.lower() == "search" and (stop == end or text[stop].isspace() or text[stop] in '("['):
            return Stage(name, Span(at, stop), stop, end, implied=True)
        return Stage("search", Span(at, at), at, end, implied=True)
    if not name:
        at = min(at, len(text) - 1)
        raise SplSyntaxError(
            "a command is missing here" if at >= end or text[at] == "|" else f"{text[at]!r} cannot start a command",
            text=text,
            span=Span(at, at + 1),
            hint="a command name follows each '|', such as '| stats count by host'",
        )
    return Stage(name, Span(at, stop), stop, end)
