"""From where a story was done: the addresses and servers its acts name, and whence their accounts were logged in.

Junos writes a command without the address it came from; the login of the same ``mgd`` process has it (System Log
Explorer, UI_LOGIN_EVENT and UI_CMDLINE_READ_LINE). So does the audit log of PAN-OS; its system log has the logins.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.rows import UNKNOWN_HOST, Hit
from bootwatch.detect.story import Act, Story
from bootwatch.detections.detection import BY_CONTRACT, Subject
from bootwatch.events.fields import HOST, RAW, TIME

LOGINS: Final = '"UI_LOGIN_EVENT" OR "logged in via"'
"""The search that finds them."""

_LOGIN: Final = r"\bUI_LOGIN_EVENT\b|,SYSTEM,.*\blogged in via\b"
_PROCESS: Final = re.compile(r"\bmgd(?:\[| )(\d+)")
_DAY_US: Final = 86_400_000_000
_LONGEST: Final = 253
_NAME: Final = re.compile(
    r"(?=.*[A-Za-z])[A-Za-z0-9_](?:[\w-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[\w-]{0,61}\w)?)*\.?"
)
_SHORTEST: Final = 2

_Login = tuple[int, str, str]
"""When (microseconds), the process that serves it, and the address."""


@dataclass(slots=True)
class Logins:
    """Who logged in on which device, when, and from where."""

    _seen: dict[tuple[str, str], list[_Login]] = field(default_factory=dict)

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> Logins:
        found = cls()
        for batch in batches:
            told = pc.and_(pc.match_substring_regex(batch.column(RAW), _LOGIN), pc.is_null(batch.column("command")))
            known = pc.and_(pc.is_valid(batch.column("user")), pc.is_valid(batch.column("src_ip")))
            some = batch.filter(pc.and_(told, known))
            columns = (some.column(name).to_pylist() for name in (HOST, "user", TIME, RAW, "src_ip"))
            for host, user, seconds, raw, source in zip(*columns, strict=True):
                login = round(seconds * 1_000_000), _process(raw), source
                found._seen.setdefault((host or UNKNOWN_HOST, user), []).append(login)
        for logins in found._seen.values():
            logins.sort()
        return found

    def source(self, act: Act) -> str | None:
        """Whence the account of an act had logged in the day before: by its process, where the messages say that."""
        user = act.text("user")
        if user is None or act.text("src_ip") is not None:
            return None
        logins = self._seen.get((act.host, user), [])
        before = logins[: bisect_right(logins, (act.time_us + 1,))]
        recent = [login for login in before if login[0] >= act.time_us - _DAY_US]
        process = _process(act.raw)
        same = [login for login in recent if not process or login[1] in (process, "")]
        return same[-1][2] if same else None

    def placed(self, story: Story) -> Story:
        """The story with its acts as if they said whence their accounts had logged in."""
        return replace(story, acts=tuple(map(self._placed, story.acts)))

    def _placed(self, act: Act) -> Act:
        source = self.source(act)
        return act if source is None else replace(act, fields={**act.fields, "src_ip": source})


def sources(acts: Iterable[Act], subject: Subject, logins: Logins) -> tuple[str, ...]:
    """In the order of the acts, what is an address or may be a host's name; everything else is no source."""
    found: dict[str, None] = {}
    for act in acts:
        told: Iterable[str | None]
        if subject == BY_CONTRACT.source:
            told = (act.text(name) for name in subject.fields)
        else:
            told = Hit(act.host, act.time_us, act.raw, act.fields, act.origin).names(subject)
        found |= dict.fromkeys(name for name in (*told, logins.source(act)) if name is not None and is_host(name))
    return tuple(found)


def is_host(text: str) -> bool:
    """Whether a text is an address, or a name that a host could have."""
    return is_address(text) or (_SHORTEST <= len(text) <= _LONGEST and _NAME.fullmatch(text) is not None)


def is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]").split("%")[0])
    except ValueError:
        return False
    return True


def _process(raw: str) -> str:
    found = _PROCESS.search(raw)
    return found[1] if found else ""
