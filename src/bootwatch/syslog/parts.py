"""Records that arrive as several messages: Cisco ISE and ACS cut a long one, and number its parts.

``CISE_Passed_Authentications 0001939187 4 0 ...`` is part 0 of 4 of record 0001939187 (Cisco ISE Syslogs, "Message
Format"). The header alone says so: what a user typed into a record never makes it part of another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MARKS: Final = ("cise_", "cscoacs_")
"""Of these, in lower case, every such part contains one."""

LEADS: Final = (b"CISE_", b"CSCOacs_")
"""The same as parts write them."""

_STAMP: Final = rb"(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT[\d:.+Z-]+)"
_PART: Final = re.compile(
    rb"(?:<\d{1,3}>)?(?:\d )? ?(?:" + _STAMP + rb" (?P<sender>[\w.:-]{1,255}) )+"
    rb"(?P<category>(?:CISE|CSCOacs)_\w{1,60}):?(?: \S+ \S+ -)? "
    rb"(?P<record>\d{1,10}) (?P<total>\d{1,3}) (?P<number>\d{1,3}) "
)


@dataclass(frozen=True, slots=True)
class Part:
    """Part ``number``, from 0, of the ``total`` parts of a record; ``record`` is the same for all of them."""

    record: tuple[bytes, bytes, bytes, int]
    number: int

    @property
    def total(self) -> int:
        return self.record[3]


def part_of(message: bytes) -> Part | None:
    """Which part of which record this message is; None where it is a whole one, or no such record."""
    found = _PART.match(message)
    if found is None:
        return None
    total, number = int(found["total"]), int(found["number"])
    if total < 2 or number >= total:
        return None
    return Part((found["sender"], found["category"], found["record"], total), number)
