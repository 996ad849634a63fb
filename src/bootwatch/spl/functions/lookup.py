"""``lookup``: a row of a table as JSON (Search Reference, "Comparison and conditional functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Case, Column, IsNull, Kernel, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import TIME
from bootwatch.spl import lookups
from bootwatch.spl.expressions import Expression, FunctionCall, StringLiteral
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.functions.registry import function
from bootwatch.spl.lower_terms import all_of
from bootwatch.spl.values import Value, anything, as_number


@function("lookup", least=3)
def lookup(call: Written) -> Value:
    """``lookup("table", json_object("column", value, …), json_array("column", …))``: columns of the matching row.

    They are an object of texts, several matching rows giving arrays; null where nothing matches or a value is absent.
    The lookup's definition decides about case, wildcards, networks and time.
    """
    name = call.constant(0, "the name of a lookup")
    given = _parts(call, 1, "json_object")
    wanted = [_name(call, 2, part) for part in _parts(call, 2, "json_array")]
    columns = [_name(call, 1, part) for part in given[::2]]
    if not columns or len(given) % 2 or not wanted:
        call.fail("The arguments to the 'lookup' function are invalid.", hint="a column to match and one to give")
    table = lookups.found(name, call.context)
    if table is None:
        return anything(null())
    for arg, names in ((1, columns), (2, wanted)):
        for column in names:
            lookups.refuse_column(table, column, call.written[arg].span, call.context)
    keys = [_key(call.lowerer.value(part)) for part in given[1::2]]
    path, rule = lookups.rule(table, columns)
    times: list[Scalar] = []
    if table.time_field:
        kind = call.lowerer.fields.type_of(TIME)
        times = [null(FieldType.NUMBER) if kind is None else as_number(Column(TIME, kind))]
    members: list[Scalar] = []
    for column in wanted:
        settings = (path, rule, column, table.default_match, str(table.min_matches), "many")
        members += [text(column), Kernel("lookup_values", (*keys, *times), settings, FieldType.MULTI)]
    made = Kernel("json_build", tuple(members), ("object", *["text"] * len(members)), FieldType.TEXT)
    nothing = all_of([IsNull(value) for value in members[1::2]])
    return anything(Case(((nothing, null()),), made, FieldType.TEXT))


def _parts(call: Written, arg: int, maker: str) -> tuple[Expression, ...]:
    written = call.written[arg]
    if not isinstance(written, FunctionCall) or written.name != maker:
        call.fail(f"argument {arg + 1} of lookup must be a {maker}(…) written in the search", arg=arg)
    return written.args


def _name(call: Written, arg: int, part: Expression) -> str:
    if not isinstance(part, StringLiteral):
        call.fail("the columns of a lookup must be strings written in the search", arg=arg)
    return part.value


def _key(value: Value) -> Scalar:
    return value.scalar if value.type is FieldType.MULTI else value.text()
