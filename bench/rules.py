"""The two readings of the page's base search, in plain Python, and its score: what every contender's count is held to.

*Substring rule*: a phrase matches where its text occurs, ignoring case (grep, ripgrep, SQL).
*Term rule* (Splunk): a phrase matches where every term of it is a whole term of the event, and its text occurs.
Nothing here is shared with the product: it is the second opinion, slow and written from the documented rules.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PHRASES = (
    "copy tftp",
    "copy ftp",
    "copy scp",
    "copy http",
    "archive download-sw",
    "archive copy-sw",
    "install add file",
    "install activate",
    "boot system flash",
    "boot system tftp",
    "boot system ftp",
    "no boot system",
    "ROMMON_CONFIG",
    "confreg 0x",
    "INTEGRITY_FAILED",
    "SIGNATURE_FAILED",
    "hash mismatch",
    "image verification failed",
    "FLASH-4-WRITE_FAILED",
    "FLASH-5-SIGNIFICANT_FLASH_ERASE",
)
STORES = ("flash:", "disk0:", "bootflash:")
SUFFIXES = (".bin", ".img", ".tar", ".pkg", ".tgz")

SCORES = (
    r"copy (tftp|ftp|scp|http|rcp):|archive (download-sw|copy-sw)|install add file|install activate",
    r"boot system (flash|tftp|ftp|http)|no boot system|ROMMON_CONFIG|confreg 0x[0-9a-fA-F]",
    (
        r"INTEGRITY_FAILED|SIGNATURE_FAILED|hash mismatch|image verification failed"
        r"|FLASH-4-WRITE_FAILED|FLASH-5-SIGNIFICANT_FLASH_ERASE"
    ),
    r"(flash:|disk0:|bootflash:).*\.(bin|img|tar|pkg|tgz)",
)
EXTRACTIONS = (
    ("ExtractedUser", r"[Uu]ser[:\s]+([\w\\@\.\-]+)"),
    ("ExtractedCommand", r"logged command[:\s]+(.+?)$"),
    ("SourceTransferIP", r"(?:tftp|ftp|scp|http)://([\d\.]+|[\w\-\.]+)/"),
    ("SyslogMnemonic", r"%([A-Z0-9_\-]+-\d-[A-Z0-9_]+):"),
)

_MAJOR = re.compile(r"""[ \t\n\r\[\]<>(){}|!;,'"*&?+]|--|%(?:21|26|2526|3b|7c|20|2b|3d|2520|5d|5b|3a|0a|2c|28|29)""")
_BLOCK = 1 << 24
_MINOR = re.compile(r"[/:=@.\-$#%\\_]")
_SCORES = tuple(re.compile(pattern) for pattern in SCORES)


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines that pass the base search, and those of them whose score is above 0."""

    base: int
    final: int


def substring_pattern() -> str:
    """The base search under the substring rule as one regular expression, without a case flag (Rust and RE2 syntax)."""
    stores = "|".join(STORES)
    suffixes = "|".join(suffix[1:] for suffix in SUFFIXES)
    phrases = "|".join(PHRASES)
    return rf"{phrases}|({stores}).*\.({suffixes})|\.({suffixes}).*({stores})"


def terms(raw: str) -> set[str]:
    """The index terms of an event, folded: its major segments and the pieces between minor breakers."""
    found: set[str] = set()
    for segment in _MAJOR.split(raw.lower()):
        found.add(segment)
        found.update(_MINOR.split(segment))
    found.discard("")
    return found


def passes_terms(raw: str) -> bool:
    """Whether one event passes the base search as Splunk reads it."""
    text = raw.lower()
    known = terms(raw)

    def has(literal: str) -> bool:
        folded = literal.lower()
        return folded in text and _pieces(folded) <= known

    return _base(has)


def passes_substring(raw: str) -> bool:
    """Whether one event passes the base search read as case-insensitive substrings."""
    text = raw.lower()
    return _base(lambda literal: literal.lower() in text)


def score(raw: str) -> int:
    """The page's SuspicionScore: how many of its four case-sensitive expressions match."""
    return sum(1 for pattern in _SCORES if pattern.search(raw))


def count(lines: Iterable[str]) -> tuple[Counts, Counts]:
    """Counts under the substring rule and under the term rule, over lines without their newline."""
    base = [0, 0]
    final = [0, 0]
    for raw in lines:
        if not passes_substring(raw):
            continue
        scored = int(score(raw) > 0)
        base[0] += 1
        final[0] += scored
        if passes_terms(raw):
            base[1] += 1
            final[1] += scored
    return Counts(base[0], final[0]), Counts(base[1], final[1])


def candidates(path: Path) -> Iterator[str]:
    """Lines of a file that hold any literal of the base search, found with ``bytes.find``: a few seconds a gigabyte."""
    literals = [text.lower().encode() for text in (*PHRASES, *STORES)]
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            complete, newline, rest = (rest + block).rpartition(b"\n")
            yield from _lines_with(complete + newline, literals)
    yield from _lines_with(rest, literals)


def _lines_with(block: bytes, literals: list[bytes]) -> Iterator[str]:
    folded = block.lower()
    starts: set[int] = set()
    for literal in literals:
        position = folded.find(literal)
        while position >= 0:
            starts.add(folded.rfind(b"\n", 0, position) + 1)
            position = folded.find(literal, position + 1)
    for start in sorted(starts):
        stop = block.find(b"\n", start)
        yield block[start : stop if stop >= 0 else len(block)].decode(errors="replace")


def _pieces(literal: str) -> set[str]:
    return {piece for segment in _MAJOR.split(literal) for piece in _MINOR.split(segment)} - {""}


def _base(has: Callable[[str], bool]) -> bool:
    if any(has(phrase) for phrase in PHRASES):
        return True
    return any(has(store) for store in STORES) and any(has(suffix) for suffix in SUFFIXES)
