"""A command with a subsearch among its arguments: the subsearch runs, its text takes the place of the brackets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from bootwatch.algebra.plans import Plan
from bootwatch.errors import SplError, SplSyntaxError
from bootwatch.spl.command import Command, CommandKind, Step
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import TEXT_FIELDS, Subsearch, formatted, parse_subsearch, rows, shown
from bootwatch.spl.text import Stage, quote_end


@dataclass(frozen=True, slots=True)
class Substituted(Step):
    """A command whose arguments are known once its subsearches have run (``eval n=[search … | return $n]``)."""

    name: ClassVar[str] = "a command with a subsearch"
    kind: ClassVar[CommandKind] = CommandKind.DATASET_PROCESSING

    of_class: type[Command]
    stage: Stage
    subsearches: tuple[Subsearch, ...]

    @classmethod
    def of(cls, of_class: type[Command], text: str, stage: Stage) -> Self:
        """The command of a stage that has brackets among its arguments. Raises SplError for what is in them."""
        return cls(of_class, stage, tuple(_brackets(text, stage)))

    def plan(self, source: Plan, context: Context) -> Plan:
        text, at, pieces = context.text, self.stage.start, list[str]()
        for sub in self.subsearches:
            pieces += [text[at : sub.span.start], _text(sub, context)]
            at = sub.span.end
        written = "".join((*pieces, text[at : self.stage.end]))
        cursor = Cursor(written, 0, len(written))
        try:
            found = self.of_class.parse(cursor)
            cursor.finish()
            return found.plan(source, replace(context, text=written))
        except SplError as exc:
            if exc.text != written:
                raise
            message = f"with the subsearch's text: {exc.message}"
            raise SplSyntaxError(message, text=text, span=self.subsearches[0].span, hint=written.strip()[:160]) from exc


def _brackets(text: str, stage: Stage) -> Iterator[Subsearch]:
    at = stage.start
    while at < stage.end:
        if text[at] == '"' and (stop := quote_end(text, at, stage.end)) > 0:
            at = stop
        elif text[at] == "[":
            cursor = Cursor(text, at, stage.end)
            yield parse_subsearch(cursor)
            at = cursor.at
        else:
            at += 1


def _text(sub: Subsearch, context: Context) -> str:
    """What stands for the brackets: the text of a ``search`` field as it is, anything else as format writes it."""
    found = rows(sub, context)
    if found.preview:
        return "0"
    named = [shown(row[name]) for row in found.rows for name in TEXT_FIELDS if name in row]
    return " ".join(named) if named else formatted(found.rows)
