"""Event types and tags: names for searches, and names for what those searches find.

Follows Splunk's eventtypes.conf and tags.conf: an event has every event type whose search it satisfies, and every tag
of those types. A file maps a name to its search, or to ``{search, tags}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from bootwatch.errors import ContentError
from bootwatch.knowledge import document as documents

SHIPPED: Final = Path(__file__).resolve().parents[1] / "content" / "eventtypes.yaml"


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type: the search language of its events, and the tags they carry."""

    name: str
    search: str
    tags: frozenset[str] = frozenset()


@cache
def shipped() -> Mapping[str, EventType]:
    """The built-in event types by name."""
    return read(SHIPPED)


def read(path: Path) -> Mapping[str, EventType]:
    """The event types of a file by name. Raises ContentError."""
    document = documents.read(path)
    if not isinstance(document, dict):
        raise ContentError("should map event types to their searches", path=path)
    found: dict[str, EventType] = {}
    for name, value in document.items():
        entry = value if isinstance(value, dict) else {"search": value}
        search, tags = entry.get("search"), entry.get("tags", "")
        if not isinstance(search, str) or not isinstance(tags, str) or not entry.keys() <= {"search", "tags"}:
            raise ContentError(f"'{name}' should have a 'search', and perhaps 'tags' separated by blanks", path=path)
        found[str(name)] = EventType(str(name), search, frozenset(tags.split()))
    return found
