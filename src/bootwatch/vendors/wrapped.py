"""Commands inside commands: what one unit, card or engine of a device is told to run on another one.

``failover exec mate copy …`` (ASA) runs ``copy …`` on the other firewall of the pair. It is shown as a chain, as NX-OS
writes its own: ``failover exec mate ; copy …``, so that whatever reads the last part of a chain reads the command. What
only shows something there stays as it was typed: nothing follows from it.
"""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

LINK: Final = " ; "

_OUTER: Final = (
    # Cisco ASA: failover exec, cluster exec
    r"fail(?:o\w*)? exec? (?:mate|standby|active)",
    r"clus(?:t\w*)? exec?(?: unit \S+)?",
    # Cisco IOS: remote command of stacks and of Catalyst 6500, execute-on of line cards
    r"remote comm(?:\w*)? (?:module \d+|switch-id \d+|[a-z]+(?:-[a-z]+)?|[\d,-]+)",
    r"execute-on (?:slot \S+|all|\d+)",
    # NX-OS: slot N, with or without quotes
    r"slot \d+(?: quoted)?",
    # Junos: the other routing engine
    r"request routing-engine execute (?:routing-engine )?\w+ command",
    # FortiOS: another virtual domain by its name, or all of the firewall
    r"sudo \S+(?= (?:exec|diag|show|get|conf))",
)
_WRAPPED: Final = re.compile(rf"(?P<outer>{'|'.join(_OUTER)}) (?P<inner>\S.*)", re.IGNORECASE | re.DOTALL)
_ALONE: Final = "|".join(outer.partition("(?= ")[0] for outer in _OUTER)
_LINKED: Final = re.compile(rf"(?:(?:{_ALONE}){LINK})+(?P<inner>\S.*)", re.IGNORECASE | re.DOTALL)
_SHOWS: Final = re.compile(r"(?:sho?w?|dir|verify|more|ping|tracer\w*|pwd)\b", re.IGNORECASE)
_QUOTES: Final = "\"'"


def apart(command: str) -> tuple[str, str] | None:
    """What runs a command elsewhere, and the command; None for every other text. Blanks are collapsed before."""
    found = _WRAPPED.fullmatch(command)
    if found is None:
        return None
    inner = found["inner"].strip()
    if len(inner) > 1 and inner[0] == inner[-1] and inner[0] in _QUOTES:
        inner = inner[1:-1].strip()
    inner = inner.removeprefix(LINK.lstrip())
    return (found["outer"], inner) if inner and _SHOWS.match(inner) is None else None


def inner(commands: pa.Array) -> pa.Array | None:
    """The commands that run elsewhere, null where a text is none; None where no text is one."""
    coded = commands.dictionary_encode()
    found = [_inner(text) for text in coded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(coded.indices) if any(found) else None


def _inner(text: str) -> str | None:
    if LINK not in text:
        return None
    found = _LINKED.fullmatch(text)
    return found["inner"] if found else None
