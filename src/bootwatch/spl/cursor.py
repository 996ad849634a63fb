"""Reading the arguments of one command: words, strings, numbers, options, field names, always with their span."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from bootwatch.errors import Span, SplNameError, SplSyntaxError, SplUnsupported
from bootwatch.spl.text import quote_end, unescape

_MADE = re.compile(r"""\((?:[^\s()|\[\]"']|\([^\s()|\[\]"']*\))+\)""")
"""What follows the function in the name of a statistic's result, one call in another at most."""
_WHOLE = re.compile(r"-?[0-9]{1,17}")
_VALUE = re.compile(r'"|[0-9]+[a-z]*(?![\w.])|(?:t|f|true|false|inner|left|outer)(?![\w.])', re.IGNORECASE)
"""What stands behind an option rather than behind a field in a list of them."""
_STOP = frozenset(' \t\r\n,()[]|"=')
_TRUE, _FALSE = frozenset({"true", "t", "yes", "1"}), frozenset({"false", "f", "no", "0"})


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word or a quoted string as read: its value, where it stands, and how it was quoted ('', '"' or \"'\")."""

    value: str
    span: Span
    quote: str = ""

    @property
    def wild(self) -> bool:
        return "*" in self.value


def suggest(name: str, known: Iterable[str]) -> str | None:
    """``did you mean x?`` for the nearest known name, None where nothing is near."""
    near = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else None


class Cursor:
    """A place in ``text``, bounded by ``end``. Methods named after a thing consume it or return None."""

    def __init__(self, text: str, at: int, end: int) -> None:
        self.text, self.at, self.end = text, at, end

    # --- where we are

    def skip(self) -> None:
        while self.at < self.end and self.text[self.at].isspace():
            self.at += 1

    @property
    def done(self) -> bool:
        self.skip()
        return self.at >= self.end

    @property
    def next(self) -> str:
        """The next character after white space, '' at the end."""
        self.skip()
        return self.text[self.at] if self.at < self.end else ""

    def rest(self) -> str:
        self.skip()
        return self.text[self.at : self.end].rstrip()

    def here(self) -> Span:
        """The span of what stands next: a word, a quoted string, or one character."""
        self.skip()
        if self.at >= self.end:
            last = self.end
            while last > 0 and self.text[last - 1].isspace():
                last -= 1
            return Span(max(0, last - 1), max(1, last))
        stop = self.at
        if self.text[stop] == '"':
            stop = quote_end(self.text, stop, self.end)
            return Span(self.at, stop if stop > 0 else self.at + 1)
        while stop < self.end and self.text[stop] not in _STOP:
            stop += 1
        return Span(self.at, max(stop, self.at + 1))

    # --- refusing

    def fail(self, message: str, span: Span | None = None, hint: str | None = None) -> NoReturn:
        raise SplSyntaxError(message, text=self.text, span=span or self.here(), hint=hint)

    def unsupported(self, message: str, span: Span, hint: str | None = None) -> NoReturn:
        raise SplUnsupported(message, text=self.text, span=span, hint=hint)

    def unexpected(self, wanted: str) -> NoReturn:
        """Refuse what stands next because something else should."""
        if self.done:
            self.fail(f"{wanted} is missing at the end")
        span = self.here()
        self.fail(f"unexpected {self.text[span.start : span.end]!r}", span, hint=f"expected {wanted}")

    def finish(self, wanted: str = "nothing more") -> None:
        """Refuse anything left over."""
        if not self.done:
            span = self.here()
            hint = None if wanted == "nothing more" else f"expected {wanted}"
            self.fail(f"unexpected {self.text[span.start : span.end]!r}", span, hint=hint)

    # --- reading

    def mark(self, mark: str) -> Span | None:
        """Consume a punctuation mark if it stands next."""
        self.skip()
        if self.text.startswith(mark, self.at) and self.at + len(mark) <= self.end:
            self.at += len(mark)
            return Span(self.at - len(mark), self.at)
        return None

    def expect(self, mark: str) -> Span:
        return self.mark(mark) or self.unexpected(f"'{mark}'")

    def keyword(self, *words: str) -> Word | None:
        """Consume one of these words, whatever its case."""
        span = self.here() if not self.done else None
        if span is None or self.text[span.start] == '"':
            return None
        found = self.text[span.start : span.end]
        if found.lower() not in {word.lower() for word in words}:
            return None
        self.at = span.end
        return Word(found, span)

    def quoted(self) -> Word | None:
        """A double-quoted string, unescaped."""
        if self.next != '"':
            return None
        start = self.at
        stop = quote_end(self.text, start, self.end)
        if stop < 0:
            self.fail("a double quote is never closed", Span(start, start + 1))
        self.at = stop
        return Word(unescape(self.text[start + 1 : stop - 1]), Span(start, stop), '"')

    def bare(self, stop_at: frozenset[str] = _STOP) -> Word | None:
        """A run of characters up to white space or punctuation."""
        self.skip()
        start = self.at
        while self.at < self.end and self.text[self.at] not in stop_at:
            self.at += 1
        return Word(self.text[start : self.at], Span(start, self.at)) if self.at > start else None

    def word(self) -> Word | None:
        return self.quoted() or self.bare()

    def integer(self) -> int | None:
        """A whole number, perhaps signed, if one stands next."""
        span = self.here() if not self.done else None
        if span is None:
            return None
        digits = self.text[span.start : span.end]
        if not digits.isascii() or not digits.lstrip("+-").isdigit() or digits[1:].startswith(("+", "-")):
            return None
        if len(digits) > 18:
            self.fail(f"{digits} is too large a number", span)
        self.at = span.end
        return int(digits)

    def field(self, *, wild: bool = False, made: bool = False, what: str = "a field name") -> Word:
        """A field name: bare, double-quoted, or single-quoted.

        With ``wild``, ``*`` may stand in it; with ``made`` it may be one that statistics make, such as ``sum(bytes)``.
        """
        found = self.single_quoted() or self.quoted() or self.bare()
        if found is None:
            self.unexpected(what)
        if made and not found.quote and (more := _MADE.match(self.text, self.at, self.end)) is not None:
            self.at = more.end()
            found = Word(found.value + more[0], Span(found.span.start, self.at))
        if not found.value:
            self.fail("a field name cannot be empty", found.span)
        if not found.quote and found.value.count("{") != found.value.count("}"):
            self.fail(
                f"the braces of {found.value!r} do not pair", found.span, hint="a name like this stands in quotes"
            )
        if not wild and found.wild:
            self.fail(f"wildcards are not allowed in {found.value!r} here", found.span)
        return found

    def single_quoted(self) -> Word | None:
        if self.next != "'":
            return None
        start = self.at
        stop = self.text.find("'", start + 1, self.end)
        if stop < 0:
            self.fail("a single quote is never closed", Span(start, start + 1))
        self.at = stop + 1
        return Word(self.text[start + 1 : stop], Span(start, stop + 1), "'")

    def fields(
        self, *, wild: bool = False, made: bool = False, until: tuple[str, ...] = (), what: str = "a field name"
    ) -> tuple[Word, ...]:
        """Field names separated by commas or blanks, up to the end or one of the keywords."""
        found: list[Word] = []
        while not self.done and self.next not in ")|]" and not self.at_keyword(*until):
            found.append(self.field(wild=wild, made=made, what=what))
            self.mark(",")
        return tuple(found)

    def at_keyword(self, *words: str) -> bool:
        """Whether one of these words stands next (not consumed)."""
        before = self.at
        found = self.keyword(*words)
        self.at = before
        return found is not None

    # --- options

    def option_name(self) -> Word | None:
        """The name of a ``name=value`` option standing next, not consumed; None if none does."""
        before = self.at
        found = self.bare()
        self.skip()
        is_option = found is not None and self.text.startswith("=", self.at) and not self.text.startswith("==", self.at)
        self.at = before
        return found if is_option and found is not None and found.value.replace("_", "").isalnum() else None

    def field_or_slip(self, known: Iterable[str], *, made: bool = False) -> Word:
        """A field name. An option's name with a value behind it and no ``=`` between them is refused as that."""
        found = self.field(made=made)
        if not found.quote and found.value.lower() in known and _VALUE.match(self.text, self._behind(), self.end):
            self.fail(f"'=' is missing after '{found.value}'", found.span, hint=f"write {found.value}=…")
        return found

    def _behind(self) -> int:
        """Where what comes after white space starts."""
        self.skip()
        return self.at

    def options(self, *known: str, given: dict[str, Word] | None = None) -> dict[str, Word]:
        """Every ``name=value`` standing next, by lower-case name. Unknown and repeated names are refused.

        ``given`` are options read earlier in the same command, so that a repeat is seen.
        """
        found = {} if given is None else given
        into = dict.fromkeys(known, found)
        while self.option_name() is not None:
            self.option(into)
        return found

    def option(self, into: Mapping[str, dict[str, Word]]) -> None:
        """The one option standing next, into the dictionary of its name. Unknown and repeated names are refused."""
        name = self.option_name()
        if name is None:
            self.unexpected("an option")
        key = self.one_of(name, into, "option")
        if key in into[key]:
            self.fail(f"the option '{name.value}' is given twice", name.span)
        self.at = name.span.end
        self.expect("=")
        value = self.word()
        if value is None:
            self.unexpected(f"a value for '{name.value}'")
        into[key][key] = value
        self.mark(",")

    def one_of(self, word: Word, known: Iterable[str], what: str) -> str:
        """A word as one of the ``known`` lower-case names of a ``what``; any other is refused with a suggestion."""
        key = word.value.lower()
        names = sorted(known)
        if key not in names:
            raise SplNameError(
                f"unknown {what} '{word.value}'",
                text=self.text,
                span=word.span,
                hint=suggest(key, names) or f"{what}s are: {', '.join(names)}",
            )
        return key

    def as_bool(self, word: Word) -> bool:
        value = word.value.lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        self.fail(f"{word.value!r} is neither true nor false", word.span, hint="use true, t, yes, 1 or false, f, no, 0")

    def as_integer(self, word: Word, *, least: int = 0) -> int:
        if _WHOLE.fullmatch(word.value) is None:
            self.fail(f"{word.value!r} is not a whole number", word.span)
        number = int(word.value)
        if number < least:
            self.fail(f"{number} is too small", word.span, hint=f"the least is {least}")
        return number
