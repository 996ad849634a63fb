"""Values a path leads to in a text that holds JSON or XML (Search Reference, "spath")."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import json_paths, kernel, xml_paths
from bootwatch.algebra.kernels.json_documents import document_of, native


@kernel("spath")
def spath(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every value a path leads to: text, path; null where there is none, or the text is neither JSON nor XML."""
    return [
        None if text is None or path is None else values_at(text, path)
        for text, path in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


def values_at(text: str, path: str) -> list[str] | None:
    """Every value a path leads to; JSON's null is none, objects and arrays are JSON, None where there is nothing."""
    if text.lstrip()[:1] == "<":
        steps = xml_paths.parse(path)
        try:
            return None if steps is None else xml_paths.follow(xml_paths.read(text), steps) or None
        except xml_paths.NotXml:
            return None
    found = json_paths.parse(path)
    if not found:
        return None
    shown = (native(value) for value in json_paths.follow(document_of(text), found))
    return [value for value in shown if value is not None] or None
