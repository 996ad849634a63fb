"""Writing so that it is there after a power cut: synced under another name, renamed, the folder synced."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bootwatch.errors import StoreError
from bootwatch.store.failpoints import reached


def like_owner_of(home: Path, path: Path) -> None:
    """What root makes inside a home belongs to whom the home belongs to: a service is seldom root. Raises OSError."""
    if os.geteuid() == 0:
        owner = home.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def write_file(path: Path, data: memoryview | bytes) -> None:
    """Make ``path`` hold ``data`` durably, or leave no file of that name. Raises StoreError."""
    part = path.with_name(f".{path.name}.part")
    try:
        make_folder(path.parent)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            write_all(descriptor, data)
            reached("seal:written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        reached("seal:synced")
        part.rename(path)
        reached("seal:renamed")
        sync_folder(path.parent)
    except OSError as exc:
        with suppress(OSError):
            part.unlink()
        raise StoreError(f"{path}: cannot be written: {exc.strerror or exc}") from exc


def write_all(descriptor: int, data: memoryview | bytes) -> None:
    """All of ``data``; a short write goes on where it stopped."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def make_folder(folder: Path) -> None:
    """The folder and those above it, each durable in its parent."""
    missing = [folder]
    while not missing[-1].exists():
        missing.append(missing[-1].parent)
    for made in reversed(missing[:-1]):
        made.mkdir(mode=0o750, exist_ok=True)
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
