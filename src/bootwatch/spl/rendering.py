"""The end of a search: fields shown in the form ``fieldformat`` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import CommandKind, Step
from bootwatch.spl.context import Context

_KEEPING: Final = ("table", "fieldformat")


@dataclass(frozen=True, slots=True)
class _Rendering(Step):
    """The forms that are still in force after the last command."""

    formats: tuple[Step, ...]
    name: ClassVar[str] = "fieldformat"
    kind: ClassVar[CommandKind] = CommandKind.DISTRIBUTABLE_STREAMING

    def plan(self, source: Plan, context: Context) -> Plan:
        from bootwatch.spl.commands.fieldformat import FieldFormat

        for found in self.formats:
            if isinstance(found, FieldFormat):
                source = found.rendered(source, context)
        return source


def with_rendering(commands: Sequence[Step]) -> tuple[Step, ...]:
    """The commands, and behind them what the formats among them that last to the end do."""
    formats: list[Step] = []
    for command in commands:
        if command.name == "fieldformat":
            formats.append(command)
        elif command.kind is CommandKind.TRANSFORMING and command.name not in _KEEPING:
            formats.clear()
    return (*commands, _Rendering(tuple(formats))) if formats else tuple(commands)
