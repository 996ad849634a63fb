"""An axis without gaps: rows for the buckets no row is in, for timechart and makecontinuous."""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo
from typing import Final

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Explode, Extend, Plan, Reverse, Window
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Fn, Kernel, Op, Scalar, ToNumber, ToText, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.context import Context
from bootwatch.spl.spans import Calendar, Fixed, zone_name
from bootwatch.spl.values import integer

_BEFORE, _FROM_END, _STEP = "#before", "#from_end", "#step"
_LOWEST, _HIGHEST = "#lowest", "#highest"
_WHOLE: Final = FieldType.INTEGER


def without_gaps(
    source: Plan,
    axis: str,
    span: Fixed | Calendar,
    context: Context,
    *,
    what: str,
    bounds: tuple[float | None, float | None] = (None, None),
    zero: Collection[str] = (),
) -> Plan:
    """Rows in ascending order of ``axis``, which holds bucket starts, with a row for each bucket between them.

    ``bounds``: the first bucket begins at or before the first of them, the last before the second. A new row holds 0 in
    the ``zero`` columns and nothing else.
    """
    of = Column(axis, source.fields.known[axis])
    value = of if of.type.numeric else ToNumber(of)
    before = AggCall(AggFn.LAST, (value,), FieldType.NUMBER)
    ends = (
        (_LOWEST, AggCall(AggFn.MIN, (value,), FieldType.NUMBER)),
        (_HIGHEST, AggCall(AggFn.MAX, (value,), FieldType.NUMBER)),
    )
    lagged = Window(Window(source, (), ends), (), ((_BEFORE, before),), running=True, current=False)
    place = AggCall(AggFn.ROW_NUMBER, (), _WHOLE)
    counted = Reverse(Window(Reverse(lagged), (), ((_FROM_END, place),), running=True))
    most = context.limits.max_buckets
    message = f"{what}: gaps stay where they would have more than {most:,} rows (max_buckets)"
    settings = (*_written(span, context.clock.zone), *map(_bound, bounds), str(most), message)
    hidden = (_BEFORE, _LOWEST, _HIGHEST)
    args = (value, Column(_FROM_END, _WHOLE), *(Column(name, FieldType.NUMBER) for name in hidden))
    steps = Extend(counted, ((_STEP, Kernel("bucket_steps", args, settings, FieldType.MULTI)),))
    step = ToNumber(Column(_STEP, FieldType.TEXT))
    added = Compare(Op.NE, step, value)  # null, and so not true, in a row that is on no axis
    cells: list[tuple[str, Scalar]] = []
    for name, kind in source.fields.known.items():
        column = Column(name, kind)
        if name == axis:
            cells.append((name, Call(Fn.COALESCE, (step if kind.numeric else ToText(step), column), kind)))
        elif name in zero:
            filler: Scalar = integer(0) if kind.numeric else ToText(integer(0))
            cells.append((name, Case(((added, filler),), column, kind)))
        else:
            cells.append((name, Case(((added, null(kind)),), column, kind)))
    return Drop(Extend(Explode(steps, _STEP), tuple(cells)), frozenset((*hidden, _FROM_END, _STEP)))


def _written(span: Fixed | Calendar, zone: tzinfo) -> tuple[str, str, str]:
    if isinstance(span, Fixed):
        return repr(span.width), "s", zone_name(zone)
    return str(span.count), span.unit, zone_name(zone)


def _bound(of: float | None) -> str:
    return "" if of is None else repr(of)
