"""Functions over Arrow arrays that no engine spells as Splunk means them; the same code on every engine."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # a search that is only compiled asks some kernels' modules for words, and needs no Arrow
    import pyarrow as pa

Run: TypeAlias = "Callable[[list[pa.Array], tuple[str, ...], list[str]], Sequence[object] | pa.Array]"


@dataclass(frozen=True, slots=True)
class KernelFunction:
    """A kernel: ``run(arrays, settings, messages)`` gives one value for each row; nulls come in as nulls.

    ``messages`` collects what the user should know about the result, each text once. ``volatile``: a fresh value on
    every call even for the same arguments.
    """

    name: str
    run: Run
    volatile: bool = False


_REGISTRY: dict[str, KernelFunction] = {}


def kernel(name: str, *, volatile: bool = False) -> Callable[[Run], Run]:
    """Declare a kernel under a name."""

    def declare(run: Run) -> Run:
        _REGISTRY[name] = KernelFunction(name, run, volatile)
        return run

    return declare


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find(name: str) -> KernelFunction:
    """The kernel of a name; KeyError is a mistake in this program, not in a search."""
    _load()
    return _REGISTRY[name]


def rows(arrays: list[pa.Array]) -> list[tuple[object, ...]]:
    """The rows of some arrays as Python tuples, for kernels that work value by value."""
    return list(zip(*(array.to_pylist() for array in arrays), strict=True))
