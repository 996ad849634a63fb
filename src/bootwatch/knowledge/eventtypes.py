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
from bootwatch.knowledge import conf
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


def with_folder(folder: Path) -> Mapping[str, EventType]:
    """The built-in event types with those of ``eventtypes.conf`` and the tags of ``tags.conf``. Raises ContentError.

    Tags of anything but event types (``[host=r1]``) are refused: nothing else carries any here.
    """
    found = dict(shipped())
    path = folder / "eventtypes.conf"
    if path.is_file():
        for stanza in conf.read(path):
            if "search" not in stanza.settings:
                raise ContentError(f"the event type '{stanza.name}' has no search", path=path, line=stanza.line)
            disabled = conf.boolean(stanza, "disabled", path, otherwise=False)
            if not disabled:
                tags = frozenset(stanza.settings.get("tags", "").replace(",", " ").split())
                found[stanza.name] = EventType(stanza.name, stanza.settings["search"], tags)
    path = folder / "tags.conf"
    if path.is_file():
        for stanza in conf.read(path):
            field, _, name = stanza.name.partition("=")
            kind = found.get(name)
            if field != "eventtype" or kind is None:
                message = f"'{stanza.name}' is no known event type; a stanza is [eventtype=<name>]"
                raise ContentError(message, path=path, line=stanza.line)
            enabled = {tag for tag, state in stanza.settings.items() if state.lower() == "enabled"}
            disabled_tags = {tag for tag, state in stanza.settings.items() if state.lower() == "disabled"}
            found[name] = EventType(name, kind.search, (kind.tags | enabled) - disabled_tags)
    return found


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
