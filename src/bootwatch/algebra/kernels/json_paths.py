"""Paths into JSON documents, as ``spath`` and the ``json_`` functions read them: ``cities{0}.bridges{}.name``.

A dot goes down into an object, ``{n}`` takes the nth element of an array from 0, ``{}`` all of them. Where a path does
not fit the document it leads nowhere; nothing is an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.algebra.kernels.json_documents import Json, document_of, member, native, write

_STEP: Final = re.compile(r"\.?([^.{}]+)|\{(\d*)\}")
LONGEST_PATH: Final = 1024
"""Parsed paths are kept, and a path may come from data."""
_MAX_INDEX: Final = 9

Step = str | int | None
"""A key, a position, or None for every element."""


def parse(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None for what is none, or is longer than LONGEST_PATH."""
    return _parsed(path) if len(path) <= LONGEST_PATH else None


@lru_cache(maxsize=1024)
def _parsed(path: str) -> tuple[Step, ...] | None:
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (at == 0 and path[0] == "."):
            return None
        name, index = found.groups()
        if name is not None and at and path[at] != ".":
            return None
        if name is None and len(index) > _MAX_INDEX:
            return None
        steps.append(name if name is not None else int(index) if index else None)
        at = found.end()
    return tuple(steps)


def follow(document: Json, steps: Sequence[Step]) -> list[Json]:
    """Every value a path leads to, in the order of the document."""
    reached = [document]
    for step in steps:
        following: list[Json] = []
        for value in reached:
            match step:
                case str():
                    if isinstance(value, dict) and step in value:
                        following.append(value[step])
                case int():
                    if isinstance(value, list) and step < len(value):
                        following.append(value[step])
                case None:
                    if isinstance(value, list):
                        following.extend(value)
        reached = following
    return reached


@kernel("json_extract")
def json_extract(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """What paths lead to: text, paths; null where the text is no JSON. Settings: path, or exact for keys at the top.

    No path: the document itself. One: the value, an array where it has ``{}``. Several: an array of all of them.
    """
    exact = settings[0] == "exact"
    found: list[str | None] = []
    for text, *paths in rows(arrays):
        document = document_of(text if isinstance(text, str) else None)
        if document is None:
            found.append(None)
        elif len(paths) > 1:
            found.append(write([_one(document, path, exact=exact) for path in paths]))
        else:
            found.append(native(_one(document, paths[0], exact=exact) if paths else document))
    return found


def _one(document: Json, path: object, *, exact: bool) -> Json:
    if not isinstance(path, str):
        return None
    if exact:
        return document.get(path) if isinstance(document, dict) else None
    steps = parse(path)
    if steps is None:
        return None
    if steps == (None,):  # by the reference the whole of a document, an object too
        return document if isinstance(document, list | dict) else None
    values = follow(document, steps)
    if None in steps:
        return values or None
    return values[0] if values else None


@kernel("json_change")
def json_change(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A document with changes, one after another: text, path, value, path, value …; null where it is no
    object and no array.

    Settings: set, append or extend; path, or exact for keys at the top; then a kind for each value. A path that does
    not fit is passed over. ``set`` makes missing keys; ``append`` and ``extend`` put a value that is no array into one
    first.
    """
    verb, exact, kinds = settings[0], settings[1] == "exact", settings[2:]
    found: list[str | None] = []
    for text, *pairs in rows(arrays):
        document = document_of(text if isinstance(text, str) else None)
        if not isinstance(document, dict | list):
            found.append(None)
            continue
        holder: list[Json] = [document]
        for path, cell, kind in zip(pairs[::2], pairs[1::2], kinds, strict=True):
            steps: Sequence[Step] | None = None
            if isinstance(path, str):
                steps = (path,) if exact else parse(path)
            if steps:
                _change(holder, steps, member(cell, kind), verb)
        found.append(write(holder[0]))
    return found


def _change(holder: list[Json], steps: Sequence[Step], value: Json, verb: str) -> None:
    """Change what the steps lead to in ``holder[0]``."""
    reached: list[tuple[Json, Step]] = [(holder, 0)]
    for number, step in enumerate(steps):
        following: list[tuple[Json, Step]] = []
        for container, key in reached:
            if isinstance(container, dict) and key not in container:
                if verb == "set":
                    _make(container, key, steps[number:], value)
                continue
            inner = _at(container, key)
            if isinstance(inner, dict) and isinstance(step, str):
                following.append((inner, step))
            elif isinstance(inner, list) and step is None:
                following.extend((inner, position) for position in range(len(inner)))
            elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
                following.append((inner, step))
        reached = following
    for container, key in reached:
        if verb == "set":
            _put(container, key, value)
        elif not isinstance(container, dict) or key in container:
            old = _at(container, key)
            base = old if isinstance(old, list) else [old]
            if verb == "append":
                _put(container, key, [*base, value])
            elif isinstance(value, list):
                _put(container, key, [*base, *value])


def _make(container: dict[str, Json], key: Step, steps: Sequence[Step], value: Json) -> None:
    """A missing key with the objects the rest of its path names; nothing where the path needs an array."""
    if not isinstance(key, str):
        return
    made = value
    for step in reversed(steps):
        if not isinstance(step, str):
            return
        made = {step: made}
    container[key] = made


def _at(container: Json, key: Step) -> Json:
    if isinstance(container, dict) and isinstance(key, str):
        return container[key]
    if isinstance(container, list) and isinstance(key, int):
        return container[key]
    raise TypeError(f"{key!r} leads into no object and no array")


def _put(container: Json, key: Step, value: Json) -> None:
    match container, key:
        case dict(), str():
            container[key] = value
        case list(), int():
            container[key] = value


@kernel("json_delete")
def json_delete(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """An object without some keys: text, keys, each a path of keys or an array of such; null of what is no object."""
    found: list[str | None] = []
    for text, *keys in rows(arrays):
        document = document_of(text if isinstance(text, str) else None)
        if not isinstance(document, dict):
            found.append(None)
            continue
        for path in (path for key in keys if isinstance(key, str) for path in _paths(key)):
            *parents, last = path.split(".")
            for inner in follow(document, parents):
                if isinstance(inner, dict):
                    inner.pop(last, None)
        found.append(write(document))
    return found


def _paths(key: str) -> list[str]:
    listed = document_of(key) if key.startswith("[") else None
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else [key]
