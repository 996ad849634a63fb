"""Names of fields as results have them: ``sum(bytes)`` and ``avg(x): web`` need no quotes round their parentheses."""

from __future__ import annotations

from bootwatch.spl.cursor import Cursor, Word

_STOP = frozenset(' \t\r\n,[]|"=')


def result_field(args: Cursor, *, wild: bool = False, what: str = "a field name") -> Word:
    """A field name, in which parentheses may stand."""
    found = args.single_quoted() or args.quoted() or args.bare(_STOP)
    if found is None:
        args.unexpected(what)
    if not found.value:
        args.fail("a field name cannot be empty", found.span)
    if not wild and found.wild:
        args.fail(f"wildcards are not allowed in {found.value!r} here", found.span)
    return found


def result_fields(args: Cursor, *, wild: bool = False) -> tuple[Word, ...]:
    """Field names separated by commas or blanks, up to the end, a bracket or an option."""
    found: list[Word] = []
    while not args.done and args.next not in "[]|" and args.option_name() is None:
        found.append(result_field(args, wild=wild))
        args.mark(",")
    return tuple(found)
