"""Splunk's ``.conf`` files: stanzas of ``key = value`` lines.

Follows the spec files of Splunk Enterprise: ``#`` begins a comment line, a backslash at the end of a line continues it,
keys before the first stanza belong to ``default``, whose settings every stanza inherits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bootwatch.errors import ContentError

_WHOLE: Final = re.compile(r"-?[0-9]{1,17}")


@dataclass(slots=True)
class Stanza:
    """One ``[name]`` with its settings; ``line`` is the one-based line of its head."""

    name: str
    line: int
    settings: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Stanza]:
    """The stanzas of a file, in order. Raises ContentError."""
    return parse(read_text(path), path)


def parse(text: str, path: Path | str) -> list[Stanza]:
    """As :func:`read`, from text in hand."""
    default = Stanza("default", 0)
    found: dict[str, Stanza] = {}
    current = default
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("["):
            if not stripped.endswith("]"):
                raise ContentError("a stanza's '[' is never closed", path=path, line=number)
            name = stripped[1:-1]
            current = default if name == "default" else found.setdefault(name, Stanza(name, number))
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ContentError(f"expected 'key = value' or '[stanza]', found {stripped[:60]!r}", path=path, line=number)
        while value.endswith("\\"):
            _, more = next(lines, (number, ""))
            value = f"{value[:-1]}\n{more}"
        current.settings[key.strip()] = value.strip()
    for stanza in found.values():
        stanza.settings = {**default.settings, **stanza.settings}
    return list(found.values())


def read_text(path: Path) -> str:
    """The UTF-8 text of a knowledge file. Raises ContentError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror or exc}", path=path) from exc
    except UnicodeDecodeError as exc:
        raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=path) from exc


def boolean(stanza: Stanza, key: str, path: Path | str, *, otherwise: bool) -> bool:
    """A setting that is true or false. Raises ContentError for another word."""
    value = stanza.settings.get(key, "").lower()
    if not value:
        return otherwise
    if value in ("true", "t", "yes", "1"):
        return True
    if value in ("false", "f", "no", "0"):
        return False
    raise ContentError(f"'{key}' is {value!r}; accepted: true, false", path=path, line=stanza.line)


def integer(stanza: Stanza, key: str, path: Path | str, *, otherwise: int) -> int:
    """A setting that is a whole number. Raises ContentError for anything else."""
    value = stanza.settings.get(key, "")
    if not value:
        return otherwise
    if _WHOLE.fullmatch(value) is None:
        raise ContentError(f"'{key}' is {value!r}; accepted: a whole number", path=path, line=stanza.line)
    return int(value)
