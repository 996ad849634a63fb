"""One writer at a time: a kernel lock on a file of the store, free at once when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bootwatch.errors import StoreError
from bootwatch.store.durable import make_folder


class WriteLock:
    """Held from construction to :meth:`close`. Readers need none. Raises StoreError where somebody holds it."""

    def __init__(self, home: Path) -> None:
        try:
            make_folder(home)
            self._descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o640)
        except OSError as exc:
            raise StoreError(f"{home}: the store cannot be opened for writing: {exc.strerror or exc}") from exc
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = os.pread(self._descriptor, 64, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreError(f"{home}: store is held by {holder or 'another process'}") from exc
        except OSError as exc:
            os.close(self._descriptor)
            raise StoreError(f"{home}: the store cannot be locked: {exc.strerror or exc}") from exc
        with suppress(OSError):  # a full disk: whoever is refused then does not learn by whom
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"process {os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
