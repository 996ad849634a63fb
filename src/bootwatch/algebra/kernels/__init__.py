"""Functions over Arrow arrays that no engine spells as Splunk means them; the same code on every engine."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
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


def find(name: str) -> KernelFunction:
    """The kernel of a name; KeyError is a mistake in this program, not in a search."""
    if name not in _REGISTRY:
        # Most searches need one family of kernels, and loading all of them takes longer than many a search.
        for module in _homes().get(name, [found.name for found in pkgutil.iter_modules(__path__)]):
            importlib.import_module(f"{__name__}.{module}")
    return _REGISTRY[name]


@cache
def _homes() -> dict[str, list[str]]:
    """The module that declares each kernel, read from their texts."""
    found: dict[str, list[str]] = {}
    for module in resources.files(__name__).iterdir():
        if module.name.endswith(".py"):
            for name in re.findall(r'^@kernel\("(\w+)"', module.read_text("utf-8"), re.MULTILINE):
                found[name] = [module.name.removesuffix(".py")]
    return found


def rows(arrays: list[pa.Array]) -> list[tuple[object, ...]]:
    """The rows of some arrays as Python tuples, for kernels that work value by value."""
    return list(zip(*(array.to_pylist() for array in arrays), strict=True))
