"""Field lists with ``*``: which fields of a stage they name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Undecided


def expand(names: Iterable[str], source: Plan, *, internal: bool = False) -> list[str]:
    """The fields a list names, in list order, each once; a wildcard's fields in the order the stage has them.

    ``*`` does not reach internal fields (leading ``_``) unless the pattern names the underscore or ``internal``. Raises
    Undecided where a wildcard meets events whose fields are not known yet.
    """
    found: dict[str, None] = {}
    for name in names:
        if "*" not in name:
            found[name] = None
            continue
        if source.fields.open and not name.startswith("_"):  # internal fields are always known
            raise Undecided(discover=True)
        matcher = pattern(name)
        for known in source.fields.known:
            if matcher.fullmatch(known) and (internal or not known.startswith("_") or name.startswith("_")):
                found[known] = None
    return list(found)


def pattern(name: str) -> re.Pattern[str]:
    """A field pattern as an expression with a group for each ``*``."""
    return re.compile("(.*)".join(re.escape(part) for part in name.split("*")), re.DOTALL)
