"""``from``: the rows of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan
from bootwatch.errors import Span
from bootwatch.spl import datamodels, lookups
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.saved import planned as planned_saved

_KINDS: Final = ("datamodel", "lookup", "inputlookup", "savedsearch")


@command("from", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class From(GeneratingCommand):
    """``from datamodel:<model>.<dataset> | lookup:<table> | savedsearch:<name>``: the rows of a dataset.

    The kind and the name are separated by a colon or a blank. A data model's fields are called by their own names,
    beside everything else the event says.
    """

    dataset_kind: str
    dataset: str
    span: Span

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        start = args.here()
        word = args.word()
        if word is None:
            args.unexpected("a dataset such as datamodel:Web.Web")
        kind, colon, name = word.value.partition(":")
        span = word.span
        if colon and not name:
            more = args.word()
            name, span = ("", span) if more is None else (more.value, more.span)
        elif not colon:
            args.mark(":")
            more = args.word()
            name, span = ("", span) if more is None else (more.value, more.span)
        while name and args.text.startswith(".", args.at) and args.at < args.end:
            args.at += 1
            more = args.word()
            name = name if more is None else f"{name}.{more.value}"
        if kind.lower() not in _KINDS:
            args.unsupported(
                f"a dataset of the kind '{kind}' is not supported", start, f"kinds are: {', '.join(_KINDS)}"
            )
        if not name:
            args.unexpected("the name of the dataset")
        return cls(kind.lower(), name, span)

    def reads_events(self) -> bool:
        return self.dataset_kind in ("datamodel", "savedsearch")

    def generate(self, context: Context) -> Plan:
        if self.dataset_kind == "savedsearch":
            return planned_saved(self.dataset, self.span, context)
        if self.dataset_kind != "datamodel":
            return lookups.rows(self.dataset, context)
        model, _, part = self.dataset.partition(".")
        selected = datamodels.select(model, part, self.span, context.text)
        return datamodels.with_fields(
            datamodels.events(selected, context), selected, selected.names(), context, full=False
        )
