"""bootwatch: has somebody tampered with the operating system of this network device?

The public Python surface is :func:`search`, :func:`scan` and :func:`check`; everything else is private. Importing this
package loads no engine: the heavy libraries are imported where a search first needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from bootwatch.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from bootwatch.app import Checked, Scanned
    from bootwatch.search.job import Result

__all__ = ["__version__", "check", "scan", "search"]


@overload
def search(spl: str, paths: Sequence[str | Path] = (), *, engine: str | None = None, **scope: object) -> Result: ...


@overload
def search(spl: str, paths: Sequence[str | Path] = (), *, engine: SparkSession, **scope: object) -> DataFrame: ...


def search(
    spl: str, paths: Sequence[str | Path] = (), *, engine: SparkSession | str | None = None, **scope: object
) -> Result | DataFrame:
    """Run a search over log files and folders; the result has ``.rows()``, ``.arrow()`` and ``.df()``.

    ``scope`` are fields of :class:`bootwatch.app.Scope`, such as ``earliest="-24h"``; with a SparkSession as ``engine``
    the result is a data frame of Spark. Raises SplError, InputError, EngineError, SettingsError, StoreError (all under
    bootwatch.errors.Error).
    """
    from bootwatch import app

    made = app.Scope(engine=engine, **scope)  # type: ignore[arg-type]  # the dataclass names what it takes
    if engine is not None and not isinstance(engine, str):
        return app.data_frame(spl, app.source(paths, made, spl), made)
    return app.search(spl, app.source(paths, made, spl), made)


_search = search  # the package of the same name takes its place once it is imported, and calls it


def scan(
    paths: Sequence[str | Path],
    *,
    detections: Sequence[str] = (),
    changes: str | Path | Sequence[str | Path] = (),
    allow: str | Path | Sequence[str | Path] = (),
    inventory: str | Path | Sequence[str | Path] = (),
    exceptions: str | Path | Sequence[str | Path] = (),
    state: str | Path | None = None,
    whole_log: bool = True,
    working_hours: str | None = None,
    **scope: object,
) -> Scanned:
    """Run the shipped detections over log files and folders; ``.findings`` come worst first.

    The context files and the rest are those of the options of ``bootwatch scan``; ``scope`` as of :func:`search`.
    """
    from bootwatch import app

    made = app.Scope(**scope)  # type: ignore[arg-type]  # the dataclass names what it takes
    beside = app.Beside(
        changes=_several(changes),
        allow=_several(allow),
        inventory=_several(inventory),
        exceptions=_several(exceptions),
        state=state,
        whole_log=whole_log,
        working_hours=working_hours,
    )
    return app.scan(app.files(paths, made), made, only=detections, beside=beside)


def _several(given: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    return (given,) if isinstance(given, str | Path) else given


def check(spl: str) -> Checked:
    """Compile a search without running it: ``status`` ok, syntax or unsupported, and where and why."""
    from bootwatch import app

    return app.check(spl)
