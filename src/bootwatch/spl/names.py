"""Names of fields as results have them: ``sum(bytes)`` and ``avg(x): web`` need no quotes round their parentheses."""

from __future__ import annotations

from bootwatch.spl.cursor import Cursor, Word

_STOP = frozenset(' \t\r\n,[]|"=')
_CONDITIONS = frozenset(("where", "having"))
_OPERATORS = frozenset("<>")


def result_field(args: Cursor, *, wild: bool = False, what: str = "a field name") -> Word:
    """A field name, in which parentheses may stand."""
    found = args.single_quoted() or args.quoted() or args.bare(_STOP)
    if found is None:
        args.unexpected(what)
    if not found.value:
        args.fail("a field name cannot be empty", found.span)
    if not wild and found.wild:
        args.fail(f"wildcards are not allowed in {found.value!r} here", found.span)
    if not found.quote and found.value.count("(") != found.value.count(")"):
        args.fail(
            f"the parentheses of {found.value!r} do not pair", found.span, hint="a name like this stands in quotes"
        )
    return found


def grouping_field(args: Cursor) -> Word:
    """A field to group by. A bare word that is plainly the start of something else is refused as that."""
    found = args.field(what="a field to group by")
    if found.quote:
        return found
    if found.value.lower() == "by":
        args.fail("BY is written twice", found.span, hint="name all fields after one BY")
    if found.value.lower() in _CONDITIONS:
        hint = "a condition on the groups is a command of its own: | where …"
        args.fail(f"unexpected '{found.value}'", found.span, hint=hint)
    if found.value[0] in "-+" or not _OPERATORS.isdisjoint(found.value):
        args.fail(f"{found.value!r} is no field to group by", found.span, hint="a name like this stands in quotes")
    return found


def result_fields(args: Cursor, *, wild: bool = False) -> tuple[Word, ...]:
    """Field names separated by commas or blanks, up to the end, a bracket or an option."""
    found: list[Word] = []
    while not args.done and args.next not in "[]|" and args.option_name() is None:
        found.append(result_field(args, wild=wild))
        args.mark(",")
    return tuple(found)
