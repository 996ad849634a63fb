"""Where things lie in a store's directory, and what its columns are called.

``HOME/events/index=…/day=…/sourcetype=…/….parquet`` holds the events; names are percent-encoded as URLs are, so that
DuckDB and Spark read them as Hive partitions. The day is that of arrival (UTC). Sidecars of tags lie under
``HOME/tags``, so that ``events/**/*.parquet`` finds every event once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bootwatch.events.fields import EVENT_FIELDS, HEADER_FIELDS

FORMAT: Final = 1
"""The version of everything in a store: manifest, segments, sidecars."""

EVENTS: Final = "events"
MANIFEST: Final = "manifest.jsonl"
SEGMENT_ENDING: Final = ".parquet"
TAGS: Final = "tags"

# Hidden columns under names that every SQL engine takes; an input's own field of such a name is stored escaped.
N: Final = "bw_n"
"""The arrival ordinal, unique in the store."""
LINE_NUMBER: Final = "bw_line"
KNOWN: Final = "bw_recognised"
MESSAGE_START: Final = "bw_message_start"
"""Byte offset in ``_raw`` from which the rest is ``message_text``; null where that column itself holds it, or null."""
SEGMENT: Final = "bw_segment"
"""In a sidecar: the segment a row is from, by its place in the record."""
RULE: Final = "bw_rule_"
_OWN: Final = "bw_own_"
_RESERVED: Final = "bw_"

_LONGEST_NAME: Final = 180


@dataclass(frozen=True, slots=True)
class Partition:
    """What the events of one segment have in common."""

    index: str
    sourcetype: str

    def folder(self, day: str) -> str:
        """Relative to the home; ``day`` as ``2026-03-18``."""
        return f"{EVENTS}/index={encoded(self.index)}/day={day}/sourcetype={encoded(self.sourcetype)}"


def encoded(name: str) -> str:
    """A name as part of a path: percent-encoded, never a separator, short enough for any file system."""
    text = quote(name, safe="")
    if len(text) <= _LONGEST_NAME:
        return text
    # The full name stands in the manifest and in the column; the digest keeps two long names apart.
    return f"{text[:_LONGEST_NAME].rpartition('%')[0]}%23{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def manifest_path(home: Path) -> Path:
    return home / EVENTS / MANIFEST


def own_column(name: str) -> str:
    """The column of an input's own field."""
    taken = name.startswith(_RESERVED) or name in EVENT_FIELDS or name in HEADER_FIELDS
    return _OWN + name if taken else name


def rule_column(rule_hash: str) -> str:
    """The flag column of a rule in a sidecar."""
    return RULE + rule_hash


def leftovers(home: Path, known: Iterable[str]) -> list[Path]:
    """Files among the events that nothing records: what a writer left that did not get to the end."""
    kept = {home / path for path in known} | {manifest_path(home)}
    found = [path for folder in (EVENTS, TAGS) for path in (home / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if path not in kept)
