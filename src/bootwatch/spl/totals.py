"""A last row with the sum of each column, for ``addtotals`` and ``addcoltotals``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Explode, Extend, Plan, Reverse, Window, column
from bootwatch.algebra.scalars import Case, Column, Compare, Kernel, Op, Scalar, ToMulti, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.cursor import Word
from bootwatch.spl.values import as_number, as_text, integer

_COPY, _FROM_END, _SUM = "#copy", "#from_end", "#sum"
_WHOLE: Final = FieldType.INTEGER


@dataclass(frozen=True, slots=True)
class Labelled:
    """The label of the last row and the field it goes to (None: nowhere)."""

    field: str | None
    label: str

    @classmethod
    def of(cls, options: Mapping[str, Word]) -> Self:
        field = options.get("labelfield")
        return cls(None if field is None else field.value, options["label"].value if "label" in options else "Total")


def with_totals(source: Plan, names: Sequence[str], labelled: Labelled) -> Plan:
    """The rows, and after them one with the sum of the numbers in each named column; no rows stay no rows.

    The last row is doubled, and the double holds the sums and nothing else.
    """
    known = list(source.fields.known)
    sums: dict[str, Column] = {}
    calls: list[tuple[str, AggCall]] = []
    for name in dict.fromkeys(names):
        of = column(source, name)
        if of is None or name == labelled.field:
            continue
        value = as_number(of)
        hidden = f"{_SUM}{len(calls)}"
        calls.append((hidden, AggCall(AggFn.SUM, (value,), value.type)))
        sums[name] = Column(hidden, value.type)
    summed = Window(source, (), tuple(calls)) if calls else source
    numbered = Window(Reverse(summed), (), ((_FROM_END, AggCall(AggFn.ROW_NUMBER, (), _WHOLE)),), running=True)
    last = Compare(Op.EQ, Column(_FROM_END, _WHOLE), integer(1))
    copies = Case(
        ((last, Kernel("constant_values", (Column(_FROM_END, _WHOLE),), ("row", "total"), FieldType.MULTI)),),
        ToMulti(text("row")),
        FieldType.MULTI,
    )
    doubled = Explode(Extend(Reverse(numbered), ((_COPY, copies),)), _COPY)
    total = Compare(Op.EQ, Column(_COPY, FieldType.TEXT), text("total"))
    cells: list[tuple[str, Scalar]] = []
    for name in known:
        of = Column(name, source.fields.known[name])
        if name in sums:
            cells.append((name, _cell(total, of, sums[name])))
        elif name == labelled.field:
            cells.append((name, Case(((total, text(labelled.label)),), as_text(of), FieldType.TEXT)))
        else:
            cells.append((name, Case(((total, null(of.type)),), of, of.type)))
    if labelled.field is not None and labelled.field not in known:
        cells.append((labelled.field, Case(((total, text(labelled.label)),), null(), FieldType.TEXT)))
    return Drop(Extend(doubled, tuple(cells)), frozenset((_COPY, _FROM_END, *(name for name, _ in calls))))


def _cell(total: Scalar, of: Column, summed: Column) -> Scalar:
    if of.type is FieldType.MULTI:
        shown: Scalar = ToMulti(as_text(summed))
        return Case(((total, shown),), of, FieldType.MULTI)
    if of.type.numeric:
        return Case(((total, summed),), of, of.type)
    return Case(((total, as_text(summed)),), of, FieldType.TEXT)
