"""How a command is declared and found: one file in ``commands/`` each, with its cases beside it."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from functools import cache
from typing import ClassVar, Self, TypeVar

from bootwatch.algebra.plans import Batch, Plan
from bootwatch.algebra.types import FieldSet
from bootwatch.errors import Span
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.lower import Lowerer
from bootwatch.spl.lower_terms import TermLowerer, settled
from bootwatch.spl.terms import parse_terms
from bootwatch.spl.values import Value, boolean


class CommandKind(Enum):
    """Splunk's six command types."""

    DISTRIBUTABLE_STREAMING = "distributable streaming"
    CENTRALIZED_STREAMING = "centralized streaming"
    TRANSFORMING = "transforming"
    GENERATING = "generating"
    ORCHESTRATING = "orchestrating"
    DATASET_PROCESSING = "dataset processing"


class Step(ABC):
    """What stands in a pipeline and plans itself: a command somebody wrote, or what is left of one."""

    __slots__ = ()

    name: ClassVar[str]
    kind: ClassVar[CommandKind]

    @abstractmethod
    def plan(self, source: Plan, context: Context) -> Plan:
        """The plan of this step over ``source``."""

    def reads_events(self) -> bool:
        """Whether the step itself reads events, wherever it stands."""
        return False


class Command(Step):
    """A parsed command: a frozen dataclass of its arguments that reads itself and plans itself.

    ``parse`` gets a cursor over the arguments and refuses whatever it does not understand, by name and place.
    ``plan`` adds the command's meaning on top of what comes before it.
    """

    __slots__ = ()

    names: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def parse(cls, args: Cursor) -> Self:
        """Read the arguments up to the end of the cursor."""


class GeneratingCommand(Command):
    """A command that begins a search; what it plans stands on nothing.

    ``appendable``: with ``append=t`` it may stand further on, and then plans its rows behind those there are.
    """

    __slots__ = ()

    appendable: ClassVar[bool] = False
    append: bool = False

    def plan(self, source: Plan, context: Context) -> Plan:
        del source
        return self.generate(context)

    @abstractmethod
    def generate(self, context: Context) -> Plan:
        """The rows the command makes."""


class Undecided(Exception):
    """Raised by a command's ``plan`` when only data can tell which columns it reads or makes.

    The pipeline runs what comes before, or the ``source`` given here instead, then plans again on the rows found: with
    ``discover`` every field of open events is extracted first; the values of the ``distinct`` columns are then in
    ``Stored.distinct``. With a ``key`` the source is something else (a subsearch): what comes before stays what it is,
    and the rows found are in ``context.results`` under the key, the first ``rows`` of them in ``Stored.rows``;
    with a ``batch`` they are what that makes of the source's rows.
    ``again`` is planned in place of the command: what is left of it.
    """

    def __init__(
        self,
        *,
        discover: bool = False,
        distinct: tuple[str, ...] = (),
        source: Plan | None = None,
        key: object = None,
        rows: int = 0,
        again: Step | None = None,
        batch: Batch | None = None,
    ) -> None:
        super().__init__()
        self.discover, self.distinct, self.source = discover, distinct, source
        self.key, self.rows, self.again, self.batch = key, rows, again, batch


_REGISTRY: dict[str, type[Command]] = {}


C = TypeVar("C", bound=type[Command])


def command(*names: str, kind: CommandKind) -> Callable[[C], C]:
    """Register a command class under its name (the first) and its other spellings."""

    def declare(cls: C) -> C:
        cls.name, cls.names, cls.kind = names[0], names, kind
        for name in names:
            _REGISTRY[name] = cls
        return cls

    return declare


def find(name: str) -> type[Command] | None:
    """The command of a lower-case name. A command's file is named after it, so a search loads only what it uses."""
    if name not in _REGISTRY and name in _modules():
        importlib.import_module(f"bootwatch.spl.commands.{name}")
    # Another spelling (bucket), a name Python keeps for itself (return), or no command: then all have to be known.
    return _REGISTRY.get(name) or commands().get(name)


@cache
def _modules() -> frozenset[str]:
    package = importlib.import_module("bootwatch.spl.commands")
    return frozenset(module.name for module in pkgutil.iter_modules(package.__path__))


@cache
def commands() -> Mapping[str, type[Command]]:
    """Every command class by each of its names, found by looking in the folder."""
    for module in _modules():
        importlib.import_module(f"bootwatch.spl.commands.{module}")
    return _REGISTRY


def lowerer(fields: FieldSet, context: Context) -> Lowerer:
    """Plans eval expressions over some fields; ``searchmatch`` inside them plans search expressions."""

    def search(text: str, span: Span) -> Value:
        inner = replace(context, text=text)
        node = parse_terms(Cursor(text, 0, len(text)))
        return boolean(settled(TermLowerer(fields, inner).predicate(node)))

    return Lowerer(fields, context, search)
