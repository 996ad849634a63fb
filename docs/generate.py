"""Writes ``docs/reference`` from the registries' docstrings: ``make docs``. The same code gives the same bytes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bootwatch.settings import described
from bootwatch.spl.aggregates.registry import aggregates
from bootwatch.spl.command import commands
from bootwatch.spl.functions.registry import functions
from bootwatch.spl.refused import REFUSED

REFERENCE: Final = Path(__file__).parent / "reference"
BY_HAND: Final = frozenset({"knowledge.md", "packs.md", "uncertain.md"})
"""Pages of the folder that nothing here writes."""

_NOTE: Final = "Written by `make docs` from the docstrings in the code; change those instead."


def pages() -> dict[str, str]:
    """The text of each page by its file name. Raises LookupError for an entry without a docstring."""
    return {
        "commands.md": _commands(),
        "refused.md": _refused(),
        "functions.md": _functions(),
        "aggregates.md": _aggregates(),
        "settings.md": _settings(),
    }


def write(folder: Path = REFERENCE) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _commands() -> str:
    found = {cls.name: cls for cls in commands().values()}
    entries = [
        _entry(cls.names, f"*{cls.kind.value}*\n\n{_markdown(name, cls.__doc__)}")
        for name, cls in sorted(found.items())
    ]
    return _page("Commands", entries)


def _refused() -> str:
    """The commands that are not run, each with what to do instead."""
    entries = [f"- `{name}`: {advice}" for name, advice in sorted(REFUSED.items())]
    return _page("Commands that are refused by name", [*entries, ""])


def _functions() -> str:
    families = _families((f.family, f.name, f.doc, id(f.build)) for f in functions().values())
    return _page("Functions of eval and where", families)


def _aggregates() -> str:
    families = _families((f.family, f.name, f.doc, id(f.build)) for f in aggregates().values())
    return _page("Aggregate functions of stats, eventstats, top and the like", families)


def _settings() -> str:
    """Every key of the settings file, as a table."""
    rows = [f"| `{key}` | `{name}` | {default} | {doc} |" for key, name, default, doc in described()]
    head = ["| key | environment | default | meaning |", "|---|---|---|---|"]
    return _page("Settings of serve", [*head, *rows, ""])


def _families(found: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """A section for each family, an entry for each function; spellings of one function share an entry."""
    names: dict[tuple[str, int], list[str]] = {}
    docs: dict[tuple[str, int], str] = {}
    for family, name, doc, build in found:
        names.setdefault((family, build), []).append(name)
        docs[family, build] = doc
    parts = []
    for family in sorted({key[0] for key in names}):
        parts.append(f"## {family.rstrip('_').replace('_', ' ').capitalize()}\n")
        for key in sorted((key for key in names if key[0] == family), key=lambda key: names[key][0]):
            parts.append(_entry(tuple(names[key]), _markdown(names[key][0], docs[key]), level=3))
    return parts


def _entry(names: tuple[str, ...], body: str, level: int = 2) -> str:
    return f"{'#' * level} {', '.join(names)}\n\n{body}\n"


def _markdown(name: str, doc: str | None) -> str:
    if not doc:
        raise LookupError(f"{name} has no docstring")
    return inspect.cleandoc(doc).replace("``", "`")


def _page(title: str, entries: list[str]) -> str:
    return "\n".join((f"# {title}\n", f"{_NOTE}\n", *entries))


if __name__ == "__main__":
    write()
