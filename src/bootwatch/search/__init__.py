"""A query as a job: text and scope in, rows and messages out.

The package is callable: importing it puts it in the place of the public function ``bootwatch.search``, whose name it
shares, and a caller must not notice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootwatch.search.job import Result


class _Callable(ModuleType):
    """This package, answering a call as the function of its name does."""

    def __call__(self, spl: str, paths: Sequence[str | Path] = (), **scope: object) -> Result:
        call: Callable[..., Result] = sys.modules["bootwatch"]._search  # not an import: this room knows no floor above
        return call(spl, paths, **scope)


sys.modules[__name__].__class__ = _Callable
