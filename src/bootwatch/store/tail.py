"""One state of a store while another process writes it: the segments that hold, and what of the log is not sealed yet.

A log file is sealed by one line of the manifest and removed after it. Whoever looks sees each event once: where a file
went away, or the manifest moved on, between the two looks, both are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from bootwatch.errors import StoreError
from bootwatch.store import manifest as manifests
from bootwatch.store import wal
from bootwatch.store.manifest import Manifest

_TRIES: Final = 50
_AT_ONCE: Final = 32 << 20


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


class Following:
    """What comes into the log from now on. A file that is removed meanwhile is read to its end: it stays open here."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open: BinaryIO | None = None
        self._number = self._offset = 0
        for number in wal.numbers(home)[-1:]:
            self._begin(number)
            self.more()  # what is there already is not news
            while self.more():
                pass

    def more(self) -> list[wal.Block]:
        """The blocks that came since the last call, in order. Raises StoreError."""
        try:
            if self._open is not None and (found := self._rest()):
                return found
            later = [number for number in wal.numbers(self._home) if number > self._number]
            if not later:
                return []
            if self._open is not None and (found := self._rest()):  # the last words before it was ended
                return found
            self._begin(later[0])
            return self._rest()
        except OSError as exc:
            raise StoreError(f"{self._home / wal.FOLDER}: not readable: {exc.strerror or exc}") from exc

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def _begin(self, number: int) -> None:
        self.close()
        self._open = wal.path_of(self._home, number).open("rb")
        self._number, self._offset = number, wal.HEADER_BYTES

    def _rest(self) -> list[wal.Block]:
        if self._open is None:
            return []
        self._open.seek(self._offset)
        found, length = wal.blocks_of(self._open.read(_AT_ONCE))
        self._offset += length
        return found
