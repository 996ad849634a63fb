"""Commands that write or reach outside: Splunk's list of risky commands, and what they need to run."""

from __future__ import annotations

from bootwatch.errors import Span, SplUnsupported
from bootwatch.spl.context import Context


def guard(name: str, context: Context, span: Span | None = None) -> None:
    """A warning while a search is only compiled, a refusal where it is to run without the setting that allows it."""
    message = f"{name} is a risky command: it runs only with --allow-risky"
    if context.checking:
        if message not in context.warnings:
            context.warnings.append(message)
    elif not context.allow_risky:
        raise SplUnsupported(message, text=context.text, span=span)
