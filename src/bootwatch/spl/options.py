"""Options read one at a time, where those of several things stand next to one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bootwatch.errors import SplNameError
from bootwatch.spl.cursor import Cursor, Word, suggest


def read_option(args: Cursor, scopes: Mapping[str, dict[str, Word]]) -> None:
    """The one option standing next, into the scope of its name. Unknown and repeated names are refused."""
    name = args.option_name()
    if name is None:
        args.unexpected("an option")
    key = name.value.lower()
    if key not in scopes:
        raise SplNameError(
            f"unknown option '{name.value}'",
            text=args.text,
            span=name.span,
            hint=suggest(key, scopes) or f"options are: {', '.join(sorted(scopes))}",
        )
    if key in scopes[key]:
        args.fail(f"the option '{name.value}' is given twice", name.span)
    args.at = name.span.end
    args.expect("=")
    value = args.word()
    if value is None:
        args.unexpected(f"a value for '{name.value}'")
    scopes[key][key] = value
    args.mark(",")


def scopes_of(*scopes: tuple[Sequence[str], dict[str, Word]]) -> dict[str, dict[str, Word]]:
    """Where each option goes, by its name; of a name in several scopes the first."""
    found: dict[str, dict[str, Word]] = {}
    for names, given in scopes:
        for name in names:
            found.setdefault(name, given)
    return found
