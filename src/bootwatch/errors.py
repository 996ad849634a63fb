"""What can go wrong, as classes a caller can act on.

A class exists where somebody acts differently on it; the message carries the rest. Offsets are character offsets into
the text the user wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range ``[start, end)`` of character offsets in a text."""

    start: int
    end: int

    def __or__(self, other: Span) -> Span:
        return Span(min(self.start, other.start), max(self.end, other.end))


class Error(Exception):
    """Root of everything bootwatch raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        return _made_again, (type(self), self.args, vars(self))  # a worker's error travels to who asked


def _made_again(kind: type[Error], args: tuple[object, ...], state: dict[str, object]) -> Error:
    found = kind.__new__(kind, *args)
    found.args = args
    vars(found).update(state)
    return found


class SplError(Error):
    """A search that cannot be accepted: what is wrong, where in its text, and what would be right.

    ``text`` is the whole search as written; ``hint`` is one more line such as ``did you mean rex?``.
    """

    def __init__(self, message: str, *, text: str = "", span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.span = span
        self.hint = hint

    @property
    def line(self) -> int:
        """One-based line of the span's start."""
        return self.text.count("\n", 0, self.span.start) + 1 if self.span else 1

    @property
    def column(self) -> int:
        """One-based column of the span's start."""
        return self.span.start - (self.text.rfind("\n", 0, self.span.start) + 1) + 1 if self.span else 1

    def __str__(self) -> str:
        if self.span is None or not self.text:
            return self.message if self.hint is None else f"{self.message}\n  {self.hint}"
        begin = self.text.rfind("\n", 0, self.span.start) + 1
        end = self.text.find("\n", begin)
        source = self.text[begin:] if end < 0 else self.text[begin:end]
        width = max(1, min(self.span.end, begin + len(source)) - self.span.start)
        first, source, offset = "", source.replace("\t", " "), self.span.start - begin
        if len(source) > _SOURCE_WIDTH:  # a query may be one line of 200,000 characters
            cut = max(0, offset - _SOURCE_WIDTH // 2)
            first, source, offset = ("…" if cut else ""), source[cut : cut + _SOURCE_WIDTH], offset - cut
        width = min(width, _SOURCE_WIDTH - offset) if offset < _SOURCE_WIDTH else 1
        lines = [
            self.message,
            f"  line {self.line}, column {self.column}",
            f"    {first}{source}",
            "    " + " " * (offset + len(first)) + "^" * max(1, width),
        ]
        if self.hint is not None:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


_SOURCE_WIDTH = 160


class SplSyntaxError(SplError):
    """The text is not SPL."""


class SplNameError(SplError):
    """A command, function, option or field name that nothing answers to."""


class SplUnsupported(SplError):
    """Valid SPL that bootwatch does not run; refused by name."""


class UnsupportedOnEngine(SplError):
    """A plan that one engine cannot spell, though another might."""


class EngineError(Error):
    """The engine failed while running a plan it had accepted."""


class ContentError(Error):
    """A content pack, lookup or context file that is wrong: which file, which line, what would be accepted."""

    def __init__(self, message: str, *, path: Path | str, line: int | None = None) -> None:
        where = f"{path}" if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")
        self.message = message
        self.path = path
        self.line = line


class SettingsError(Error):
    """A setting with a wrong value: which key, what it accepts."""

    def __init__(self, message: str, *, key: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


class InputError(Error):
    """An input that cannot be read at all: a missing file, a directory without logs, a damaged archive."""

    def __init__(self, message: str, *, path: Path | str) -> None:
        super().__init__(f"{path}: {message}")
        self.message = message
        self.path = path


class StoreError(Error):
    """A store that is held by another process, damaged, or of an unknown format version."""
