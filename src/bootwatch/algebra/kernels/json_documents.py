"""JSON read from and written to the text of fields (Search Reference, "JSON functions"): documents and their members.

Numbers keep their value, not their spelling: 1.00 is written as 1. Written documents are compact. A text that is no
JSON, or nests deeper than the decoder goes, is no document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.algebra.kernels.spelling import WHOLE

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class NotJson(ValueError):
    """A text that is no JSON document."""


def _number(text: str) -> int | float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is out of range")
    return int(value) if value.is_integer() and abs(value) < WHOLE else value


_DECODER: Final = msgspec.json.Decoder(float_hook=_number)


def read(text: str) -> Json:
    """The document a text spells. Raises NotJson."""
    try:
        found: Json = _DECODER.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise NotJson(text) from exc
    return found


def write(value: Json) -> str | None:
    """A document as compact text; None where it nests deeper than the encoder goes."""
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return None


def native(value: Json) -> str | None:
    """A value as a field holds it: texts without quotes, true and false, objects and arrays as JSON, null as absent."""
    if value is None or isinstance(value, str):
        return value
    return write(value)


def member(cell: object, kind: str) -> Json:
    """A field's value as a part of a document.

    ``kind`` is ``text`` (text even where it looks like something else), ``bool`` (True or False), or ``any``: what
    spells a number is one, what spells an object or array is one, all else is text. Several values are an array of
    texts.
    """
    if isinstance(cell, list):
        return list(cell) if len(cell) != 1 else member(cell[0], kind)
    if not isinstance(cell, str) or kind == "text":
        return cell if isinstance(cell, str) else None
    if kind == "bool":
        return cell == "True"
    if cell.startswith(("{", "[")) or _NUMBER.fullmatch(cell):
        try:
            return read(cell)
        except NotJson:
            return cell
    return cell


@kernel("json_valid")
def json_valid(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether a text is JSON; null of null. Settings: any, or the kind of document asked for, array or object."""
    return [None if text is None else _is(text, settings[0]) for text in arrays[0].to_pylist()]


def _is(text: str, kind: str) -> bool:
    try:
        found = read(text)
    except NotJson:
        return False
    return kind == "any" or isinstance(found, list if kind == "array" else dict)


@kernel("json_build")
def json_build(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """An object of keys and values in turn, or an array of values. Settings: object or array, then a kind for each.

    Null where a key is absent; an absent value is JSON's null.
    """
    shape, kinds = settings[0], settings[1:]
    found: list[str | None] = []
    for row in rows(arrays):
        parts = [member(cell, kind) for cell, kind in zip(row, kinds, strict=True)]
        if shape == "array":
            found.append(write(parts))
        else:
            keys = [key for key in row[::2] if isinstance(key, str)]
            whole = len(keys) * 2 == len(row)
            found.append(write(dict(zip(keys, parts[1::2], strict=True))) if whole else None)
    return found


@kernel("json_keys")
def json_keys(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The keys of an object as an array, in their order; null of anything else. Settings: keys or entries.

    Entries are objects of ``key`` and ``value``.
    """
    found: list[str | None] = []
    for text in arrays[0].to_pylist():
        document = _object(text)
        if document is None:
            found.append(None)
        elif settings[0] == "keys":
            found.append(write(list(document)))
        else:
            found.append(write([{"key": key, "value": value} for key, value in document.items()]))
    return found


@kernel("json_has_key")
def json_has_key(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether an object has a key at its top; false where the text is no object, null of null."""
    return [
        None if text is None or key is None else key in (_object(text) or {})
        for text, key in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


def _object(text: str | None) -> dict[str, Json] | None:
    document = document_of(text)
    return document if isinstance(document, dict) else None


def document_of(text: str | None) -> Json:
    """The document a text spells; None where it is absent, no JSON or null."""
    try:
        return None if text is None else read(text)
    except NotJson:
        return None


@kernel("json_array_values")
def json_array_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The elements of an array as a multivalue: text, whether texts keep their quotes; null of anything else.

    A null element is the text null, as a multivalue has no place for an absent one.
    """
    return [
        _elements(text, keep=bool(keep))
        for text, keep in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


def _elements(text: str | None, *, keep: bool) -> list[str] | None:
    document = document_of(text)
    if not isinstance(document, list):
        return None
    shown = (write(item) if keep or item is None else native(item) for item in document)
    return [item for item in shown if item is not None] or None


@kernel("values_json_array")
def values_json_array(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A multivalue as an array of texts, or with the flag of what each value spells, null where it is no JSON."""
    return [
        None if values is None else write([document_of(value) for value in values] if infer else list(values))
        for values, infer in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


@kernel("json_convert")
def json_convert(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A multivalue or text as a document. Settings: array or object.

    One text has to spell such a document; several values become an array of what each spells. Null otherwise.
    """
    found: list[str | None] = []
    for cell in arrays[0].to_pylist():
        values = cell if isinstance(cell, list) else [cell]
        if len(values) > 1 and settings[0] == "array":
            found.append(write([document_of(value) for value in values]))
            continue
        document = document_of(values[0]) if len(values) == 1 else None
        found.append(write(document) if isinstance(document, list if settings[0] == "array" else dict) else None)
    return found
