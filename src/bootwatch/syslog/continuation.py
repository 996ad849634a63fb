"""Which lines of a text log continue the message before them.

A rule for a reader of files, cheap enough to ask of every line: a line that begins with a blank or a tab, and the
banner that IOS writes behind ``%SYS-5-RESTART: System restarted --``, one line each (Cisco, System Message Guide).
"""

from __future__ import annotations

from typing import Final

STARTS: Final = (
    *(b" ", b"\t"),
    *(
        b"Cisco IOS Software",
        b"Cisco Internetwork Operating System Software",
        b"IOS (tm) ",
        b"Cisco Nexus Operating System",
    ),
    *(b"Technical Support: http", b"Copyright (c) ", b"TAC support: http", b"Compiled Mon ", b"Compiled Tue "),
    *(b"Compiled Wed ", b"Compiled Thu ", b"Compiled Fri ", b"Compiled Sat ", b"Compiled Sun "),
)
"""What a continuation line begins with."""


def is_continuation(line: bytes) -> bool:
    """Whether this line belongs to the message before it. An empty line does not."""
    return line.startswith(STARTS)
