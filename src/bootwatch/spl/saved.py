"""Saved searches by name, with the values a caller gives for the ``$tokens$`` in them."""

from __future__ import annotations

from collections.abc import Mapping

from bootwatch.algebra.plans import Plan
from bootwatch.errors import Span, SplError, SplSyntaxError, SplUnsupported
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import suggest
from bootwatch.spl.pipeline import parse, plan
from bootwatch.spl.subsearch import inner


def planned(name: str, span: Span, context: Context, values: Mapping[str, str] | None = None) -> Plan:
    """The plan of a saved search. Refused at ``span`` where there is none of that name, or where it is wrong."""
    known = context.knowledge.saved_searches()
    text = known.get(name)
    if text is None:
        raise SplUnsupported(
            f"there is no saved search '{name}'", text=context.text, span=span, hint=suggest(name, known)
        )
    for token, value in (values or {}).items():
        text = text.replace(f"${token}$", value)
    try:
        return plan(parse(text, context.knowledge), inner(span, context))
    except SplError as exc:
        if exc.text == context.text:
            raise
        message = f"in the saved search '{name}': {exc.message}"
        raise SplSyntaxError(message, text=context.text, span=span) from exc
