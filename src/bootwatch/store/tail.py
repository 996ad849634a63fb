"""One state of a store while another process writes it: the segments that hold, and what of the log is not sealed yet.

A log file is sealed by one line of the manifest and removed after it. Whoever looks sees each event once: where a file
went away, or the manifest moved on, between the two looks, both are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootwatch.errors import StoreError
from bootwatch.store import manifest as manifests
from bootwatch.store import wal
from bootwatch.store.manifest import Manifest

_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``manifest`` is None where there is none; ``damaged`` names parts of the log that cannot be read, with why."""

    manifest: Manifest | None
    blocks: tuple[wal.Block, ...]
    damaged: tuple[tuple[str, str], ...]

    @property
    def next_n(self) -> int:
        """The first arrival ordinal behind the segments."""
        return 0 if self.manifest is None else self.manifest.next_n


def snapshot(home: Path) -> Snapshot:
    """The state of the store now. Raises StoreError where it cannot be read."""
    for _ in range(_TRIES):
        before = manifests.load(home)
        sealed = 0 if before is None else before.log
        try:
            numbers = [number for number in wal.numbers(home) if number > sealed]
            found = [one for number in numbers for one in wal.read(home, number)]
        except FileNotFoundError:
            continue
        except OSError as exc:
            raise StoreError(f"{home / wal.FOLDER}: not readable: {exc.strerror or exc}") from exc
        after = manifests.load(home)
        if (after.log if after is not None else 0) != sealed:
            continue
        damaged = [one for one in found if isinstance(one, wal.Damage) and not one.torn]
        return Snapshot(
            before,
            tuple(one for one in found if isinstance(one, wal.Block)),
            tuple((str(one.path), str(one)) for one in damaged),
        )
    raise StoreError(f"{home}: the store changes faster than it can be read; try again")
