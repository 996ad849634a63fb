"""Reading everything once to see whether it is what was written: what a scrubber and ``doctor`` ask."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Final

from bootwatch.store import manifest as manifests
from bootwatch.store.layout import manifest_path
from bootwatch.store.manifest import Manifest

_PIECE_BYTES: Final = 1 << 20


def verify(home: Path) -> list[tuple[str, str]]:
    """Every file of the store that is missing or damaged, with why; nothing is changed. Raises StoreError."""
    manifest = manifests.load(home) or Manifest()
    wrong = [(str(manifest_path(home)), why) for why in manifest.damaged]
    for segment in manifest.segments:
        why = _wrong(home / segment.path, segment.bytes, segment.sha256)
        if why is not None:
            wrong.append((str(home / segment.path), why))
    for tags in manifest.tags:
        if tags.path:
            why = _wrong(home / tags.path, tags.bytes, tags.crc)
            if why is not None:
                wrong.append((str(home / tags.path), why))
    return wrong


def _wrong(path: Path, size: int, expected: str | int) -> str | None:
    """``expected``: a SHA-256 in hexadecimal, or a CRC-32."""
    digest = hashlib.sha256()
    crc = seen = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                seen += len(piece)
                digest.update(piece)
                crc = zlib.crc32(piece, crc)
    except OSError as exc:
        return f"cannot be read: {exc.strerror or exc}"
    if seen != size:
        return f"has {seen} bytes where {size} were written"
    return None if expected in (digest.hexdigest(), crc) else "its checksum does not hold"
