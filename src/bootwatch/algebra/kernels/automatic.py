"""Fields of an event that is a JSON object, found without a command (KV_MODE and AUTO_KV_JSON in props.conf).

Names are those ``spath`` gives: ``a.b``, ``list{}.c``. Numbers keep the digits they were written with; null is absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.types import ELEMENTS

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_DECODER: Final = msgspec.json.Decoder(float_hook=str)
_TEXTS: Final = 4096
"""An engine asks for one field after another of the same two thousand texts; each is read once."""


@kernel("json_value")
def json_value(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The first value of a name in a text that is a JSON object: text, name; null where there is none."""
    found: list[str | None] = []
    for text, name in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        values = None if text is None or name is None else fields_of(text).get(name)
        found.append(values[0] if values else None)
    return found


@kernel("json_values")
def json_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every value of a name in a text that is a JSON object: text, name; null where there is none."""
    return [
        None if text is None or name is None else fields_of(text).get(name)
        for text, name in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


@kernel("json_names")
def json_names(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The names a text holds that is a JSON object; null where there is none."""
    return [None if text is None else list(fields_of(text)) or None for text in arrays[0].to_pylist()]


@lru_cache(maxsize=_TEXTS)
def fields_of(text: str) -> Mapping[str, list[str]]:
    """The values of a text that is a JSON object, by name; none of any other text."""
    found: dict[str, list[str]] = {}
    try:
        document = _DECODER.decode(text)
        if isinstance(document, dict):
            _collect("", document, found)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found


def _collect(path: str, value: Json, found: dict[str, list[str]]) -> None:
    match value:
        case dict():
            start = f"{path}." if path else ""
            for key, inner in value.items():
                _collect(start + key, inner, found)
        case list():
            for inner in value:
                _collect(path + ELEMENTS, inner, found)
        case None:
            pass
        case bool():
            found.setdefault(path, []).append("true" if value else "false")
        case _:
            found.setdefault(path, []).append(str(value))
