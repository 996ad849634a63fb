"""Messages that run into one another on one line, as a console writes them while a device goes down.

``... Reload Reason: Reload Command.Jun 14 09:22:53.836: %PMAN-5-EXITACTION: ...`` are two. They are told apart only in
the log of a console, where no message names a host or carries a PRI, and only behind a message whose text nobody typed
or sent: anywhere else a header in a text is somebody's forgery.
"""

from __future__ import annotations

import re
from typing import Final

_STAMP: Final = (
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"
    rb"(?: [A-Z]{1,5})?: "
)
_TOKEN: Final = rb"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-(?P<mnemonic>[A-Z0-9_]+):"
_OWN: Final = re.compile(rb"(?:\d{1,10}: )?[*.]?" + _STAMP + _TOKEN)
# A dot in front ends the sentence before it; that it marks an unsynchronised clock is less likely.
_NEXT: Final = re.compile(rb"(?<=[a-z0-9.)])(?=\*?" + _STAMP + _TOKEN + rb")")
_QUOTING: Final = re.compile(rb"LOG|CMD|LOGIN|LOGOUT|AUTH|ACCT|ACCOUNTING|SYSTEM_MSG|CONFIG|USER|SSH|BANNER")
_FEW_LINES: Final = 2


def is_console(head: bytes) -> bool:
    """Whether most lines of a log's ``head`` begin with a device's own stamp and mnemonic, and nothing before them."""
    lines = [line for line in head.split(b"\n") if line]
    mine = sum(_OWN.match(line) is not None for line in lines)
    return mine >= _FEW_LINES and 2 * mine > len(lines)


def begins(line: bytes) -> list[int]:
    """Where further messages begin in a line of a console's log, ascending; mostly nowhere."""
    own = _OWN.match(line)
    if own is None or _QUOTING.search(own["mnemonic"]):
        return []
    found = []
    for place in _NEXT.finditer(line, own.end()):
        found.append(place.start())
        inner = _OWN.match(line, place.start())
        if inner is not None and _QUOTING.search(inner["mnemonic"]):
            break
    return found
