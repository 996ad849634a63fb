"""Rows of a data model: its events, with the model's fields computed from theirs.

Follows Splunk's Common Information Model manual and the Search Reference on tstats and datamodel: a dataset is the
events that satisfy its constraint, a field is called by its full place (``All_Changes.user``), what a dataset requires
is ``unknown`` where the event does not say, and ``nodename`` names the datasets an event belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from bootwatch.algebra.plans import Extend, Filter, Plan
from bootwatch.algebra.scalars import (
    Call,
    Case,
    Column,
    Compare,
    Fn,
    IsNull,
    Op,
    Or,
    Scalar,
    ToMulti,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplUnsupported
from bootwatch.events.fields import EVENT_FIELDS
from bootwatch.knowledge import datamodels
from bootwatch.knowledge.datamodels import DataModel, Dataset, ModelField
from bootwatch.spl.command import lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, suggest
from bootwatch.spl.event_types import parsed
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.lower_terms import TermLowerer, all_of, any_of, settled
from bootwatch.spl.timerange import TimeBound, bound_predicate, scoped
from bootwatch.spl.values import as_text

NODE: Final = "nodename"
_TAG: Final = "tag"


@dataclass(frozen=True, slots=True)
class Selected:
    """The part of a model a search reads: one dataset with what is under it, or every root dataset."""

    model: DataModel
    roots: tuple[Dataset, ...]

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The roots and everything under them."""
        return tuple(
            dataset
            for dataset in self.model.datasets.values()
            if any(f"{dataset.lineage}.".startswith(f"{root.lineage}.") for root in self.roots)
        )

    def find(self, name: str) -> tuple[Dataset, ModelField] | None:
        """The field of a full name, with the dataset that holds it."""
        for dataset in self.datasets:
            known = dataset.fields.get(name)
            if known is not None:
                return dataset, known
        for dataset in self.datasets:  # an inherited field, called by the child's place or by the child's name alone
            for place in (dataset.lineage, dataset.name):
                if name.startswith(f"{place}."):
                    short = name[len(place) + 1 :]
                    for full, known in dataset.fields.items():
                        if known.name == short and full.endswith(f".{short}"):
                            return dataset, known
        return None

    def names(self) -> tuple[str, ...]:
        """The full names of all fields."""
        return tuple(dict.fromkeys(name for dataset in self.datasets for name in dataset.fields))

    def narrowed(self, names: Iterable[str]) -> Selected:
        """Only the roots whose fields are named, where a search of a whole model names any."""
        heads = {name.partition(".")[0] for name in names}
        kept = tuple(root for root in self.roots if root.name in heads)
        return replace(self, roots=kept) if kept else self


def select(model: str, dataset: str, span: Span, context_text: str) -> Selected:
    """A model, or one dataset of it. Refused at ``span`` where either is unknown."""
    found = datamodels.load(model)
    if found is None:
        raise SplUnsupported(
            f"the data model '{model}' is not known",
            text=context_text,
            span=span,
            hint=suggest(model, datamodels.names()) or f"known are: {', '.join(datamodels.names())}",
        )
    if not dataset:
        return Selected(found, found.roots)
    node = found.dataset(dataset)
    if node is None:
        raise SplUnsupported(
            f"the data model '{model}' has no dataset '{dataset}'",
            text=context_text,
            span=span,
            hint=suggest(dataset, found.datasets) or f"its datasets are: {', '.join(found.datasets)}",
        )
    return Selected(found, (node,))


def events(selected: Selected, context: Context, times: Sequence[TimeBound] = (), *more: Scalar) -> Plan:
    """The events of a selection; ``more`` are predicates over the events themselves, for the scan to use."""
    scan = context.scan()
    wanted = any_of([constraint(scan, root, context) for root in selected.roots])
    bounds = [bound_predicate(bound) for bound in scoped(list(times), context)]
    return Filter(scan, all_of([*bounds, wanted, *more]))


def constraint(source: Plan, dataset: Dataset, context: Context) -> Scalar:
    """Whether an event belongs to a dataset."""
    if not dataset.constraint:
        return all_of([])
    inner = replace(context, text=dataset.constraint)
    return TermLowerer(source.fields, inner, aliases=True).predicate(parsed(dataset.constraint))


def with_fields(source: Plan, selected: Selected, names: Iterable[str], context: Context, *, full: bool = True) -> Plan:
    """The events with some of the model's fields, by full name or (not ``full``) by their own.

    A name the model does not know is left out; ``nodename`` holds every dataset the event belongs to.
    """
    assignments: list[tuple[str, Scalar]] = []
    for name in dict.fromkeys(names):
        if name == NODE:
            assignments.append((NODE, _nodes(source, selected, context)))
            continue
        found = selected.find(name)
        if found is None:
            continue
        dataset, known = found
        value = _value(source, known, context)
        if dataset not in selected.roots:
            inside = constraint(source, dataset, context)
            if inside != all_of([]):
                value = Case(((settled(inside), value),), null(value.type), value.type)
        assignments.append((name if full else known.name, value))
    return Extend(source, tuple(assignments)) if assignments else source


def _value(source: Plan, known: ModelField, context: Context) -> Scalar:
    if known.name == _TAG and source.fields.known.get(_TAG) is None:
        return _tags(source, context)
    if known.expression:
        inner = replace(context, text=known.expression)
        return lowerer(source.fields, inner).stored(_expression(known.expression))
    kind = source.fields.type_of(known.name)
    if kind is None:
        return text("unknown") if known.unknown else null()
    column = Column(known.name, kind)
    if not known.unknown:
        return column
    if kind is FieldType.MULTI:
        return Call(Fn.COALESCE, (column, ToMulti(text("unknown"))), kind)
    shown = as_text(column)
    absent = Or((IsNull(shown), Compare(Op.EQ, shown, text(""))))
    return Case(((absent, text("unknown")),), shown, FieldType.TEXT)


def _nodes(source: Plan, selected: Selected, context: Context) -> Scalar:
    """The places of every dataset of the selection an event belongs to."""
    parts: list[Scalar] = []
    for dataset in selected.datasets:
        inside = settled(constraint(source, dataset, context))
        place = ToMulti(text(dataset.lineage))
        parts.append(Case(((inside, place),), null(FieldType.MULTI), FieldType.MULTI))
    return Call(Fn.LIST_APPEND, tuple(parts), FieldType.MULTI)


def _tags(source: Plan, context: Context) -> Scalar:
    """Every tag of an event, in byte order."""
    known = context.knowledge.event_types().values()
    parts: list[Scalar] = []
    for tag in sorted({tag for kind in known for tag in kind.tags}):
        kinds = [kind.search for kind in known if tag in kind.tags]
        finder = TermLowerer(source.fields, context)
        inside = settled(any_of([finder.elsewhere(search).predicate(parsed(search)) for search in kinds]))
        parts.append(Case(((inside, ToMulti(text(tag))),), null(FieldType.MULTI), FieldType.MULTI))
    return Call(Fn.LIST_APPEND, tuple(parts), FieldType.MULTI)


@cache
def _expression(written: str) -> Expression:
    return parse_expression(Cursor(written, 0, len(written)))


def is_event_field(name: str) -> bool:
    """Whether a name is Splunk's own field of every event, which datasets have under its own name."""
    return name in EVENT_FIELDS
