"""Text functions whose pattern, network or position is a value of the row, and digests and decodings engines lack."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.match import pcre
from bootwatch.match.like import like_source
from bootwatch.match.regex import RegexError, parse

_FAR: Final = 2.0**53
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@kernel("change_case")
def change_case(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every value of each multivalue in lower or upper case. Settings: lower or upper."""
    change = pc.utf8_lower if settings[0] == "lower" else pc.utf8_upper
    values: Iterator[str] = iter(change(arrays[0].flatten()).to_pylist())
    counts = pc.list_value_length(arrays[0]).to_pylist()
    return [None if count is None else [next(values) for _ in range(count)] for count in counts]


@kernel("one_of")
def one_of(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """Whether each text is one of the settings; null of null."""
    found = pc.is_in(arrays[0], value_set=_set_of(settings))
    return found if arrays[0].null_count == 0 else pc.if_else(pc.is_valid(arrays[0]), found, None)


@lru_cache(maxsize=32)
def _set_of(values: tuple[str, ...]) -> pa.Array:
    return pa.array(values, pa.string())


@kernel("substring")
def substring(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Part of a text: text, one-based start, optional length; null of null.

    A start of 0 is 1, a negative one counts from the end and may lie before the beginning; fractions are cut off; a
    negative length takes nothing.
    """
    return [None if None in row else _substring(*row) for row in rows(arrays)]


def _substring(text: object, start: object, length: object = math.inf) -> str:
    if not isinstance(text, str) or not isinstance(start, float) or not isinstance(length, float):
        raise TypeError("substring takes a text and numbers")
    size = len(text)
    begin = _position(start)
    first = begin - 1 if begin > 0 else 0 if begin == 0 else size + begin
    end = first + max(0, _position(length))
    return text[max(0, first) : max(0, end)]


def _position(number: float) -> int:
    """A position as an integer, infinity being further out than any text reaches; what is no number is 0."""
    return 0 if math.isnan(number) else int(max(-_FAR, min(number, _FAR)))


@kernel("sha512")
def sha512(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Lower-case hex digest of the UTF-8 bytes."""
    return [None if text is None else hashlib.sha512(text.encode()).hexdigest() for text in arrays[0].to_pylist()]


@kernel("url_decode")
def url_decode(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``%xx`` sequences as the UTF-8 characters they spell; what is none stays, and so does ``+``."""
    return [None if text is None else unquote(text) for text in arrays[0].to_pylist()]


@kernel("cidr_match_each")
def cidr_match_each(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether an address, or any of several, lies in a network: network, address.

    False where either is malformed, null of null.
    """
    found: list[bool | None] = []
    for network, address in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        if network is None or address is None:
            found.append(None)
            continue
        every: list[str] = address if isinstance(address, list) else [address]
        found.append(any(_inside(one, _network(network)) for one in every))
    return found


@lru_cache(maxsize=4096)
def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _inside(text: str, network: _Network | None) -> bool:
    try:
        return network is not None and ipaddress.ip_address(text) in network
    except ValueError:
        return False


@kernel("split_each")
def split_each(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A text cut at a delimiter of its row, empty pieces kept; an empty delimiter cuts between characters."""
    texts, delimiters = arrays[0].to_pylist(), arrays[1].to_pylist()
    return [
        None if text is None or delimiter is None else text.split(delimiter) if delimiter else list(text) or [""]
        for text, delimiter in zip(texts, delimiters, strict=True)
    ]


@kernel("matches_each")
def matches_each(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether a pattern of the row matches a text, or any value of a multivalue. Settings: regex or like.

    Null of null, and where the pattern is not valid or a match limit was reached, which ``notes`` tells.
    """
    known: dict[tuple[object, str | None], bool | None] = {}  # a batch repeats its values
    found: list[bool | None] = []
    for value, pattern in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        key = (tuple(value) if isinstance(value, list) else value, pattern)
        if key not in known:
            known[key] = _matches(value, pattern, settings[0], notes)
        found.append(known[key])
    return found


def _matches(value: str | list[str] | None, pattern: str | None, kind: str, notes: list[str]) -> bool | None:
    source = like_source(pattern) if kind == "like" and pattern is not None else pattern
    if value is None or source is None or not valid(source, notes):
        return None
    texts = value if isinstance(value, list) else [value]
    hits = pcre.over(texts, source, lambda regex, text: regex.search(text) is not None, notes)
    return None if None in hits and True not in hits else True in hits


@kernel("replace_each")
def replace_each(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every match replaced: text, pattern, replacement; null of null and where the pattern is not valid."""
    found: list[str | None] = []
    for text, pattern, replacement in zip(*(array.to_pylist() for array in arrays), strict=True):
        if text is None or replacement is None or not valid(pattern, notes):
            found.append(None)
            continue
        found += pcre.over([text], pattern, partial(_replaced, replacement), notes)
    return found


def _replaced(replacement: str, regex: pcre.Compiled, text: str) -> str:
    return pcre.substitute(regex, text, replacement, 0)


def valid(pattern: str | None, notes: list[str]) -> bool:
    """Whether PCRE takes a pattern that came from data; a refused one is told once."""
    if pattern is None:
        return False
    try:
        parse(pattern)
    except RegexError as exc:
        note = f"the regular expression {pattern!r} is not valid: {exc.message}"
        if note not in notes:
            notes.append(note)
        return False
    return True
