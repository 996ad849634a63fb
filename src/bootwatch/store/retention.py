"""What a store gives up: events that are too old, the oldest beyond a size, and files that are damaged.

Each is one transaction of the manifest. Searches that began before go on: files that went stay for a grace time.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bootwatch.errors import StoreError
from bootwatch.store import manifest as manifests
from bootwatch.store.durable import make_folder, sync_folder
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import EXPIRED, Commit, Gone, Segment, Tags

QUARANTINE: Final = "quarantine"
_DAY: Final = re.compile(r"/day=(\d{4}-\d{2}-\d{2})/")


def day_of(segment: Segment) -> str:
    """The day on which the events of a segment arrived, as ``2026-03-18``; it stands in its path."""
    found = _DAY.search(segment.path)
    return found[1] if found else ""


def expired(manifest: Manifest, today: dt.date, *, keep_days: int = 0, keep_bytes: int = 0) -> list[Segment]:
    """The segments to be given up: all of whose events arrived before, then the oldest beyond a size. 0: no bound."""
    oldest_first = sorted(manifest.segments, key=lambda one: (day_of(one), one.last_n))
    first_day = "" if not keep_days else (today - dt.timedelta(days=keep_days)).isoformat()
    total = sum(segment.bytes for segment in oldest_first) + sum(tags.bytes for tags in manifest.tags)
    found = []
    for segment in oldest_first:
        if day_of(segment) < first_day or (keep_bytes and total > keep_bytes):
            found.append(segment)
            total -= segment.bytes
    return found


def give_up(home: Path, manifest: Manifest, segments: Sequence[Segment]) -> None:
    """Record that these segments hold no longer; for the holder of the write lock. Raises StoreError."""
    if segments:
        replace(home, manifest, [], [segment.path for segment in segments], EXPIRED)


def replace(
    home: Path,
    manifest: Manifest,
    made: Sequence[Segment | Tags],
    paths: Sequence[str],
    why: str,
    what: Sequence[str] = (),
    txn: str | None = None,
) -> None:
    """Put what was made in the place of segments, in one transaction. Raises StoreError."""
    txn = txn or secrets.token_hex(8)
    gone = Gone(txn, list(paths), why, int(time.time()), list(what))
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    manifests.append(home, manifest, [*made, gone], Commit(txn, len(made) + 1, manifest.next_n, at))


def aside(path: str) -> str:
    """What a segment is called once it is set aside."""
    return path.replace("/", ",")


def set_aside(home: Path, manifest: Manifest) -> list[Path]:
    """Move files that the manifest calls damaged out of the events, for whoever wants to look at them.

    Answers where those that were moved now lie. Raises StoreError.
    """
    moved = []
    for segment, _ in manifest.set_aside():
        source, target = home / segment.path, home / QUARANTINE / aside(segment.path)
        if not source.exists():
            continue
        try:
            make_folder(target.parent)
            os.replace(source, target)
            sync_folder(source.parent)
            sync_folder(target.parent)
        except OSError as exc:
            raise StoreError(f"{source}: cannot be set aside: {exc.strerror or exc}") from exc
        moved.append(target)
    return moved
