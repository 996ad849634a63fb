"""Arrow, loaded for a process of our own."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


class _WithoutPandas(MetaPathFinder):
    """Nobody finds pandas."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError("not looked for", name=fullname)


def load() -> None:
    """Load Arrow so that it takes pandas for not installed.

    It looks for pandas at the first plain list it is given, which where there is one loads all of it: a fifth of a
    search's start. Nobody hands a data frame to the command line. Who asks Arrow for one still gets it.
    """
    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow as pa

        pa.array([""])
    finally:
        sys.meta_path.remove(finder)
