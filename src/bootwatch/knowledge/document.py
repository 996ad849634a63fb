"""Reading the YAML of a knowledge file: plain values only, errors with their line."""

from __future__ import annotations

from pathlib import Path

from bootwatch.errors import ContentError
from bootwatch.knowledge.conf import read_text


def read_all(path: Path) -> list[object]:
    """The documents of a file. Raises ContentError."""
    from bootwatch.documents import text  # few searches name something that stands in YAML

    return text.values(read_text(path), str(path))


def read(path: Path) -> object:
    """The one document of a file, None where it is empty. Raises ContentError."""
    found = read_all(path)
    if len(found) > 1:
        raise ContentError("should hold one document", path=path)
    return found[0] if found else None
