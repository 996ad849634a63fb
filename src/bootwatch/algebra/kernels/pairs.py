"""Pairs of a key and a value found in a text: what JSON, XML and ``key=value`` texts hold, each pair in its order.

A list of pairs is one multivalue: key, value, key, value. A text is read once however many fields come out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel, xml_paths
from bootwatch.algebra.kernels.json_documents import Json, NotJson, native, read
from bootwatch.algebra.repeated import SEVERAL

_AUTOMATIC: Final = re.compile(
    r"""(?<![\w.])([A-Za-z_][\w.\-]*)\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s,;|&"'<>(){}\[\]]+))""", re.ASCII
)
_TAG: Final = re.compile(r"<([A-Za-z_][\w:.\-]*)(?:\s[^<>]*)?>([^<>]*)</\1\s*>")
_UNCLEAN: Final = re.compile(r"[^A-Za-z0-9]")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


@kernel("pair_keys")
def pair_keys(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The distinct keys of the pairs; one that occurs several times is marked so."""
    found: list[object] = []
    for pairs in arrays[0].to_pylist():
        if pairs is None:
            found.append(None)
            continue
        counts: dict[str, int] = {}
        for key in pairs[::2]:
            counts[key] = counts.get(key, 0) + 1
        found.append([key if count == 1 else key + SEVERAL for key, count in counts.items()])
    return found


@kernel("pair_values")
def pair_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """The values of one key in the pairs, in order; null of none. Settings: key."""
    lists = arrays[0]
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = lists.flatten()
    keys, values = flat.take(pa.array(np.arange(0, len(flat), 2))), flat.take(pa.array(np.arange(1, len(flat), 2)))
    hit = pc.equal(keys, settings[0])
    rows = np.repeat(np.arange(len(lists)), lengths // 2)[hit.to_numpy(zero_copy_only=False)]
    counts = np.bincount(rows, minlength=len(lists))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values.filter(hit), mask=pa.array(counts == 0))


@kernel("document_pairs")
def document_pairs(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every value of a JSON or XML text under its path, as ``spath`` names it: ``a.b``, ``list{}.c``, ``e{@id}``."""
    return [_pairs(text) for text in arrays[0].to_pylist()]


def _pairs(text: str | None) -> list[str] | None:
    if text is None:
        return None
    found: list[str] = []
    try:
        if text.lstrip()[:1] == "<":
            found = [part for pair in _elements(xml_paths.read(text)) for part in pair]
        else:
            _collect("", read(text), found)
    except (xml_paths.NotXml, NotJson, RecursionError):
        return None
    return found or None


def _collect(path: str, value: Json, found: list[str]) -> None:
    """Scalars of a document with their paths, in the document's order."""
    if isinstance(value, str):
        if path:
            found += (path, value)
    elif isinstance(value, dict):
        start = f"{path}." if path else ""
        for key, inner in value.items():
            _collect(start + key, inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(f"{path}{{}}", inner, found)
    elif path and (shown := native(value)) is not None:
        found += (path, shown)


def _elements(root: xml_paths.Element) -> Iterator[tuple[str, str]]:
    """Texts and attributes of a document with their paths, in the document's order."""
    stack = [(root.name, root)]
    while stack:
        path, element = stack.pop()
        for name, value in element.attributes.items():
            yield f"{path}{{@{name}}}", value
        if element.children:
            stack.extend((f"{path}.{child.name}", child) for child in reversed(element.children))
        elif shown := "".join(element.text).strip():
            yield path, shown


@kernel("object_pairs")
def object_pairs(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The members of a JSON object: of an array each element, of an object its JSON. Settings: prefix of the keys."""
    return [_top(text, settings[0]) for text in arrays[0].to_pylist()]


def _top(text: str | None, prefix: str) -> list[str] | None:
    try:
        document = None if text is None else read(text)
    except NotJson:
        return None
    if not isinstance(document, dict):
        return None
    found: list[str] = []
    for key, value in document.items():
        for item in value if isinstance(value, list) else [value]:
            if (shown := native(item)) is not None:
                found += [prefix + key, shown]
    return found or None


@kernel("tag_pairs")
def tag_pairs(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``<key>value</key>`` wherever it stands in a text, well-formed or not; empty values are left out."""
    return [None if text is None else _tags(text) for text in arrays[0].to_pylist()]


def _tags(text: str) -> list[str] | None:
    found: list[str] = []
    for tag in _TAG.finditer(text):
        value = tag[2].strip()
        for entity, character in _ENTITIES if "&" in value else ():
            value = value.replace(entity, character)
        if value:
            found += [tag[1], value]
    return found or None


@kernel("text_pairs")
def text_pairs(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``key=value`` pairs of a text.

    Settings: characters between pairs, characters between key and value (both '': the automatic extraction), how many
    characters are read, how many pairs are kept (0: all), 'clean' to turn other characters of keys into ``_``,
    'all' to keep every value of a repeated key and not only the first.
    """
    between, inside, most, limit = settings[0], settings[1], int(settings[2]), int(settings[3])
    clean, every = settings[4] == "clean", settings[5] == "all"
    scanner = _AUTOMATIC if not between and not inside else _scanner(between or " \t\r\n", inside or "=")
    found: list[object] = []
    for text in arrays[0].to_pylist():
        pairs: list[str] = []
        seen: set[str] = set()
        for match in () if text is None else scanner.finditer(text[:most]):
            key = _cleaned(match[1].strip()) if clean else match[1].strip()
            value = next((group for group in match.groups()[1:] if group is not None), "").strip()
            if not key or not value or (key in seen and not every):
                continue
            seen.add(key)
            pairs += [key, value]
            if len(pairs) == 2 * limit:
                break
        found.append(pairs or None)
    return found


def _scanner(between: str, inside: str) -> re.Pattern[str]:
    pair, key = re.escape(between), re.escape(inside)
    return re.compile(rf"""([^{pair}{key}]+)[{key}]+(?:"((?:[^"\\]|\\.)*)"|([^{pair}]*))""", re.DOTALL)


def _cleaned(key: str) -> str:
    """Other characters become ``_``, leading underscores and digits go."""
    return _UNCLEAN.sub("_", key).lstrip("_0123456789")
