"""Damaged segments that somebody has dealt with: who says so, when, and why. Nothing of it is ever removed.

``HOME/quarantine/acknowledged.jsonl``, a line each, appended and synced: any process may add one while a service holds
the store. Searches go on naming such a segment, since its events are missing as before; only its alarm is over.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bootwatch.errors import StoreError
from bootwatch.store.durable import like_owner_of, make_folder, sync_folder, write_all
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import Segment
from bootwatch.store.retention import QUARANTINE

FILE: Final = "acknowledged.jsonl"


class Acknowledged(msgspec.Struct, frozen=True):
    """``path`` is the segment's, relative to the home; ``what`` is wrong with it."""

    path: str
    what: str
    by: str
    why: str
    at: str


def acknowledged(home: Path) -> dict[str, Acknowledged]:
    """By path of the segment; the last line of a path counts. Raises StoreError."""
    path = home / QUARANTINE / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise StoreError(f"{path}: not readable: {exc.strerror or exc}") from exc
    found = {}
    for line in lines:
        try:
            one = msgspec.json.decode(line, type=Acknowledged)
        except msgspec.MsgspecError:
            continue  # cut off in the middle of writing: nobody was told that it holds
        found[one.path] = one
    return found


def acknowledge(home: Path, damaged: Sequence[tuple[Segment, str]], *, by: str, why: str, at: str) -> None:
    """Write down that these were dealt with. Raises StoreError; then some of them may be written down."""
    path = home / QUARANTINE / FILE
    lines = [msgspec.json.encode(Acknowledged(segment.path, what, by, why, at)) + b"\n" for segment, what in damaged]
    try:
        make_folder(path.parent)
        like_owner_of(home, path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            end = os.fstat(descriptor).st_size
            torn = end and os.pread(descriptor, 1, end - 1) != b"\n"
            write_all(descriptor, b"\n" * bool(torn) + b"".join(lines))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        like_owner_of(home, path)
        sync_folder(path.parent)
    except OSError as exc:
        raise StoreError(f"{path}: cannot be written: {exc.strerror or exc}") from exc


def unanswered(home: Path, manifest: Manifest) -> list[tuple[Segment, str]]:
    """Damaged segments that nobody has dealt with yet, with what is wrong with each. Raises StoreError."""
    aside = manifest.set_aside()
    known = acknowledged(home) if aside else {}
    return [(segment, what) for segment, what in aside if segment.path not in known]
