"""``tags``: the tags of each event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.labels import named

_OPTIONS: Final = ("outputfield", "inclname", "inclvalue", "allowed_tags")
_CARRIER: Final = "eventtype"


@command("tags", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Tags(Command):
    """``tags [outputfield=<field>] [allowed_tags=<list>] [<fields>]``: the tags of an event, in ``tag``.

    Tags belong to event types, so they stand in ``tag::eventtype`` as well; fields that are named and do not hold
    ``eventtype`` give none. ``outputfield`` puts them into one field instead. ``allowed_tags`` leaves the others out.
    ``inclname`` and ``inclvalue`` are not supported.
    """

    fields: tuple[str, ...] = ()
    output: str | None = None
    allowed: frozenset[str] | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options(*_OPTIONS)
        for key in ("inclname", "inclvalue"):
            if key in options and args.as_bool(options[key]):
                args.unsupported(f"the option '{key}' is not supported", options[key].span)
        fields = args.fields()
        allowed = options.get("allowed_tags")
        return cls(
            tuple(word.value for word in fields),
            options["outputfield"].value if "outputfield" in options else None,
            None if allowed is None else frozenset(allowed.value.replace(",", " ").split()),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        kinds = context.knowledge.event_types()
        carried = {
            name: kind.tags if self.allowed is None else kind.tags & self.allowed for name, kind in kinds.items()
        }
        if self.fields and _CARRIER not in self.fields:
            carried = {}
        found = named(source, context, carried)
        outputs = ("tag", f"tag::{_CARRIER}") if self.output is None else (self.output,)
        return Extend(source, tuple((name, or_before(source, name, found)) for name in outputs))
