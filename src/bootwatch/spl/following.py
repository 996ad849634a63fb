"""Which searches have an answer while events keep coming: those in which each event gives its own rows."""

from __future__ import annotations

from typing import Final

from bootwatch.errors import SplUnsupported
from bootwatch.spl.command import CommandKind
from bootwatch.spl.commands.search import Search
from bootwatch.spl.pipeline import ParsedSearch

_ROW_BY_ROW: Final = frozenset({"table"})
"""Of the transforming commands those that look at one row at a time."""


def refuse_what_waits(parsed: ParsedSearch) -> None:
    """Refuse a command whose rows depend on other rows. Raises SplUnsupported, naming the command."""
    for number, (stage, step) in enumerate(zip(parsed.stages, parsed.commands, strict=True)):
        kind = getattr(step, "kind", CommandKind.DISTRIBUTABLE_STREAMING)
        begins = number == 0 and isinstance(step, Search)
        alone = kind is CommandKind.DISTRIBUTABLE_STREAMING or stage.name.lower() in _ROW_BY_ROW
        if not alone and not begins:
            raise SplUnsupported(
                f"'{stage.name}' waits for the last event",
                text=parsed.text,
                span=stage.name_span,
                hint="followed are searches in which each event gives its own rows",
            )
