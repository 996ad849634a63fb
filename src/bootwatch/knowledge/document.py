"""Reading the YAML of a knowledge file: plain values only, errors with their line."""

from __future__ import annotations

from pathlib import Path

from bootwatch.errors import ContentError
from bootwatch.knowledge.conf import read_text


def read_all(path: Path) -> list[object]:
    """The documents of a file. Raises ContentError."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast where it is there
    try:
        return list(yaml.load_all(read_text(path), Loader=loader))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or str(exc)
        raise ContentError(f"not YAML: {problem}", path=path, line=mark.line + 1 if mark else None) from exc


def read(path: Path) -> object:
    """The one document of a file, None where it is empty. Raises ContentError."""
    found = read_all(path)
    if len(found) > 1:
        raise ContentError("should hold one document", path=path)
    return found[0] if found else None
