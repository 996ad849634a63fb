"""Which files a list of paths means: folders walked in order, hidden files left out, ``-`` for standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bootwatch.errors import InputError

STDIN: Final = "-"


def expand(paths: Iterable[str | Path], failed: list[InputError]) -> Iterator[str]:
    """The files to read, in the order given, a folder's sorted by name; what cannot be listed goes to ``failed``.

    Links to files are followed, links to folders are not (they may lead in circles). Sockets and devices inside a
    folder are left out; named themselves they are read as streams.
    """
    for given in paths:
        path = os.fspath(given)
        if path == STDIN or not os.path.isdir(path):
            yield path
            continue
        found = 0
        for name in _inside(path, failed):
            found += 1
            yield name
        if not found and not any(exc.path == path for exc in failed):
            failed.append(InputError("no log files in this folder", path=path))


def _inside(folder: str, failed: list[InputError]) -> Iterator[str]:
    def refuse(exc: OSError) -> None:
        failed.append(InputError(f"cannot be listed: {exc.strerror}", path=str(exc.filename)))

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.join(parent, name)
            # A link that leads nowhere is kept, so that opening it names it.
            if not name.startswith(".") and (os.path.isfile(path) or os.path.islink(path)):
                yield path
