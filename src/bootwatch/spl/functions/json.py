"""JSON functions (Search Reference, "JSON functions"). A document is text, and those made here are compact.

A value put into a document is text if it is written or made as text; a field's value is a number, an object or an array
where it spells one, so that documents made before nest.
"""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import FALSE, TRUE, Call, Case, Compare, Fn, Kernel, Op, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.conditional import PREDICATE, convert
from bootwatch.spl.functions.registry import SCALAR, TEXT, VALUE, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.values import Kind, Value, anything, boolean, integer, string

_MAYBE: Final = SCALAR | {Kind.NULL}
_KINDS: Final = {Kind.STRING: "text", Kind.BOOL: "bool"}


def _cell(value: Value) -> Scalar:
    return value.scalar if value.type is FieldType.MULTI else value.text()


def _texts(values: tuple[Value, ...]) -> tuple[Scalar, ...]:
    return tuple(value.text() for value in values)


def _kinds(values: tuple[Value, ...]) -> tuple[str, ...]:
    """How each value enters a document, as the kernels' ``member`` names it."""
    return tuple(_KINDS.get(value.kind, "any") for value in values)


def _text(kernel: str, args: tuple[Scalar, ...], *settings: str) -> Value:
    return anything(Kernel(kernel, args, settings, FieldType.TEXT))


@function("json_object", least=0, most=None, kinds=(VALUE,))
def json_object(call: Written) -> Value:
    """``json_object("key", value, …)``: an object of keys and values in pairs; an absent value is JSON's null.

    Several values are an array; objects and arrays nest.
    """
    if len(call.args) % 2:
        call.fail("The arguments to the 'json_object' function are invalid.", hint="it takes keys and values in pairs")
    for at in range(0, len(call.args), 2):
        if call.args[at].kind not in TEXT:
            call.invalid(at)
    if not call.args:
        return string(text("{}"))
    cells = tuple(_cell(arg) if at % 2 else arg.text() for at, arg in enumerate(call.args))
    return _text("json_build", cells, "object", *_kinds(call.args))


@function("json_array", least=0, most=None, kinds=(VALUE,))
def json_array(call: Written) -> Value:
    """``json_array(value, …)``: an array; several values are an array in it, an absent one is JSON's null."""
    if not call.args:
        return string(text("[]"))
    return _text("json_build", tuple(_cell(arg) for arg in call.args), "array", *_kinds(call.args))


@function("json", least=1, kinds=(VALUE,))
def json(call: Written) -> Value:
    """``json(x)``: the value where it is JSON, else null."""
    value = call.args[0].text()
    valid = Kernel("json_valid", (value,), ("any",), FieldType.BOOL)
    return anything(Case(((valid, value),), null(), FieldType.TEXT))


@function("json_valid", least=1, kinds=(VALUE,))
def json_valid(call: Written) -> Value:
    """``json_valid(x)``: whether the value is JSON; null of an absent field."""
    return boolean(Kernel("json_valid", (call.args[0].text(),), ("any",), FieldType.BOOL))


@function("json_extract", least=1, most=None, kinds=(_MAYBE, TEXT))
def json_extract(call: Written) -> Value:
    """``json_extract(json[, path, …])``: what a path leads to, without quotes; of several paths an array.

    ``a.b`` goes down, ``{0}`` takes an element, ``{}`` all of them as an array. Null where the path leads nowhere.
    """
    return _text("json_extract", _texts(call.args), "path")


@function("json_extract_exact", least=1, most=None, kinds=(_MAYBE, TEXT))
def json_extract_exact(call: Written) -> Value:
    """``json_extract_exact(json[, key, …])``: the value of a key at the top, whatever characters the key has."""
    return _text("json_extract", _texts(call.args), "exact")


@function("json_keys", least=1, kinds=(_MAYBE,))
def json_keys(call: Written) -> Value:
    """``json_keys(json)``: the keys of an object as an array, in their order; null of anything else."""
    return _text("json_keys", _texts(call.args), "keys")


@function("json_entries", least=1, kinds=(_MAYBE,))
def json_entries(call: Written) -> Value:
    """``json_entries(json)``: an array with an object of ``key`` and ``value`` for each key of an object."""
    return _text("json_keys", _texts(call.args), "entries")


@function("json_has_key_exact", least=2, kinds=(_MAYBE, TEXT))
def json_has_key_exact(call: Written) -> Value:
    """``json_has_key_exact(json, "key")``: whether an object has the key at its top; null of an absent field."""
    return boolean(Kernel("json_has_key", _texts(call.args), (), FieldType.BOOL))


def _change(call: Written, verb: str, paths: str) -> Value:
    if len(call.args) % 2 == 0:
        call.fail(
            f"The arguments to the '{call.name}' function are invalid.", hint="it takes paths and values in pairs"
        )
    for at in range(1, len(call.args), 2):
        if call.args[at].kind not in TEXT:
            call.invalid(at)
    cells = tuple(arg.text() if at == 0 or at % 2 else _cell(arg) for at, arg in enumerate(call.args))
    return _text("json_change", cells, verb, paths, *_kinds(call.args[2::2]))


@function("json_set", least=3, most=None, kinds=(_MAYBE, VALUE))
def json_set(call: Written) -> Value:
    """``json_set(json, "path", value, …)``: the document with a value at each path; missing keys are made.

    A path that does not fit the document is passed over. ``{}`` sets the value in every element of an array.
    """
    return _change(call, "set", "path")


@function("json_set_exact", least=3, most=None, kinds=(_MAYBE, VALUE))
def json_set_exact(call: Written) -> Value:
    """``json_set_exact(json, "key", value, …)``: as json_set, each key being one at the top, dots included."""
    return _change(call, "set", "exact")


@function("json_append", least=3, most=None, kinds=(_MAYBE, VALUE))
def json_append(call: Written) -> Value:
    """``json_append(json, "path", value, …)``: a value more at the end of the array at each path.

    A value there that is no array becomes the first of one; a path that leads nowhere is passed over.
    """
    return _change(call, "append", "path")


@function("json_extend", least=3, most=None, kinds=(_MAYBE, VALUE))
def json_extend(call: Written) -> Value:
    """``json_extend(json, "path", array, …)``: as json_append, but the elements of the array one by one."""
    return _change(call, "extend", "path")


@function("json_delete", least=2, most=None, kinds=(_MAYBE, TEXT))
def json_delete(call: Written) -> Value:
    """``json_delete(json, "key", …)``: the object without these keys; a dot goes down, an array names several keys."""
    return _text("json_delete", _texts(call.args))


@function("json_array_to_mv", least=1, most=2, kinds=(_MAYBE, PREDICATE))
def json_array_to_mv(call: Written) -> Value:
    """``json_array_to_mv(json[, keep_quotes])``: the elements of an array as several values; null of anything else.

    Texts lose their quotes unless the second argument is true; JSON's null becomes the text null.
    """
    return anything(Kernel("json_array_values", (call.args[0].text(), _flag(call)), (), FieldType.MULTI))


def _flag(call: Written) -> Scalar:
    return call.condition(1) if len(call.args) == 2 else FALSE


@function("mv_to_json_array", least=1, most=2, kinds=(_MAYBE, PREDICATE))
def mv_to_json_array(call: Written) -> Value:
    """``mv_to_json_array(x[, infer])``: the values as an array of texts; null of an absent field.

    With true each value is read as JSON, and JSON's null stands where it is none.
    """
    return _text("values_json_array", (convert(call.args[0], FieldType.MULTI), _flag(call)))


@function("toarray", least=1, kinds=(VALUE,))
def toarray(call: Written) -> Value:
    """``toarray(x)``: several values as an array of what each spells; one text has to spell an array, else null."""
    return _text("json_convert", (_cell(call.args[0]),), "array")


@function("toobject", least=1, kinds=(VALUE,))
def toobject(call: Written) -> Value:
    """``toobject(x)``: a text that spells an object, compact; null of anything else."""
    return _text("json_convert", (_cell(call.args[0]),), "object")


@function("tomv", least=1, kinds=(VALUE,))
def tomv(call: Written) -> Value:
    """``tomv(x)``: the elements of an array as several values, quotes kept; several values as they are.

    Null of any other text.
    """
    value = call.args[0]
    elements = Kernel("json_array_values", (value.text(), TRUE), (), FieldType.MULTI)
    if value.type is not FieldType.MULTI:
        return anything(elements)
    several = Compare(Op.GT, Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER), integer(1))
    return anything(Case(((several, value.scalar),), elements, FieldType.MULTI))


@function("isarray", least=1, kinds=(VALUE,))
def isarray(call: Written) -> Value:
    """``isarray(x)``: whether the value is a JSON array; false of an absent field."""
    return _is(call, "array")


@function("isobject", least=1, kinds=(VALUE,))
def isobject(call: Written) -> Value:
    """``isobject(x)``: whether the value is a JSON object; false of an absent field."""
    return _is(call, "object")


def _is(call: Written, kind: str) -> Value:
    return boolean(settled(Kernel("json_valid", (call.args[0].text(),), (kind,), FieldType.BOOL)))
