"""``datamodel``: what the data models are, or the events of a dataset."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan, Rows
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span
from bootwatch.knowledge import datamodels as models
from bootwatch.spl import datamodels
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor

_MODES: Final = ("search", "flat", "acceleration_search")
_OPTIONS: Final = ("summariesonly", "allow_old_summaries", "strict_fields")


@command("datamodel", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Datamodel(GeneratingCommand):
    """``datamodel [<model> [<dataset> [search|flat]]] [options]``: data models as JSON, or the events of a dataset.

    ``search`` gives the events with the dataset's fields called by their full name, ``flat`` by their own. There are no
    summaries, so the options change nothing.
    """

    model: str = ""
    dataset: str = ""
    mode: str = ""
    span: Span | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        words: list[str] = []
        span: Span | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
                continue
            word = args.word()
            if word is None or len(words) == 3:
                args.unexpected("a model, a dataset, and search or flat")
            if len(words) == 2 and word.value.lower() not in _MODES:
                args.fail(f"unexpected {word.value!r}", word.span, hint="expected search or flat")
            words.append(word.value)
            span = word.span if span is None else span | word.span
        for name in options:
            args.as_bool(options[name])
        padded = [*words, "", "", ""]
        return cls(padded[0], padded[1], padded[2].lower(), span)

    def reads_events(self) -> bool:
        return bool(self.mode)

    def generate(self, context: Context) -> Plan:
        if not self.mode:
            return self._described(context)
        selected = datamodels.select(self.model, self.dataset, self.span or Span(0, 1), context.text)
        events = datamodels.events(selected, context)
        return datamodels.with_fields(events, selected, selected.names(), context, full=self.mode != "flat")

    def _described(self, context: Context) -> Plan:
        names = models.names()
        if self.model:
            datamodels.select(self.model, self.dataset, self.span or Span(0, 1), context.text)
            names = (self.model,)
        rows: list[tuple[str]] = []
        for name in names:
            model = models.load(name)
            objects = [] if model is None else list(model.datasets.values())
            rows += [
                (
                    json.dumps(
                        {
                            "modelName": name,
                            "objects": [
                                {
                                    "objectName": found.name,
                                    "lineage": found.lineage,
                                    "constraints": found.constraint,
                                    "fields": list(found.fields),
                                }
                                for found in objects
                                if self.dataset in ("", found.name)
                            ],
                        }
                    ),
                )
            ]
        return Rows((("_raw", FieldType.TEXT),), tuple(rows))
