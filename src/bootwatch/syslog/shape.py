"""What a header shape says: where its host, relay, sequence number, stamp and text stand.

Reads RFC 3164, RFC 5424 (also without its version digit), and the header a network device writes itself: a message
counter, an origin, a sequence number, a clock mark, a stamp, a zone, a colon. A relay puts its own header around the
device's (rsyslog ForwardFormat, an RFC 5424 wrapper, Kiwi's ``Original Address=``): the device's own name and time win,
the outer name becomes the relay.

Some records are somebody else's: an AAA server, a collector or a firewall writes ``key=value`` or separated fields, and
the device stands in one of them. ``record`` says which kind it is; :mod:`bootwatch.syslog.records` reads it.

A shape is a head with every digit written as ``0``; nothing here may depend on the value of a digit.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from bootwatch.syslog import stamps
from bootwatch.syslog.stamps import Stamp

Span = tuple[int, int]
NOWHERE: Final[Span] = (-1, -1)

_NAME = r"(?!\d+(?![\w.\-/]))[A-Za-z0-9_\x80-\xff](?:[\w.\-/@\x80-\xff]*[\w\x80-\xff])?"
_IPV6 = r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?<![0-9A-Fa-f]:)"
_HOST: Final = rf"(?:AP:[\w.]+|{_NAME}|{_IPV6})"
_UPTIME: Final = r"(?:\d+y\d+w|\d+w\d+d|\d+d\d+h|\d+:\d\d:\d\d(?:\.\d+)?|\d+ \d+)(?= ?:)"
_LEAD: Final = r"[ :]*(?:<(?P<pri>\d{1,3})>)?[ :]*"


_COUNTED: Final = r":(?: |(?![0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:))"
"""What follows a counter; without a blank it may as well be the first part of an address of version 6."""


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PRI: Final = _compile(r"(?:\d+ (?=<))?<(?P<pri>\d{1,3})>(?:Original Address=(?P<host>[\w.:-]+) )?")
_INNER_PRI: Final = re.compile(r" ?<(?P<pri>\d{1,3})>(?=[A-Za-z{]|\d+,)")
_ORIGINAL: Final = _compile(r"Original Address=(?P<host>[\w.:-]+) ")
_NO_DAY: Final = "".join(rf"(?<!\b{day})" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
_UNCLOSED: Final = rf"(?<!:){_NO_DAY} (?=(?:\d+: ?)?[*.]?(?:{stamps.START}))"
"""A name without its colon, as some collectors leave it: a stamp follows, and the name is no day of the week."""

_DEVICE: Final = _compile(
    rf"{_LEAD}(?:(?P<count>\d+){_COUNTED}|: ?)?(?:(?P<host>{_HOST})(?: ?: ?|{_UNCLOSED}))?(?:(?P<sequence>\d+): ?)?"
    rf"(?:\*[a-z]\w*: ?)?"
    rf"(?P<mark>[*.]?)(?:(?P<uptime>{_UPTIME})|(?={stamps.START}))"
)
_XR: Final = _compile(
    rf"{_LEAD}(?:(?P<count>\d+){_COUNTED})?(?:(?P<host>{_NAME}|{_IPV6})(?: ?: ?| ))?(?:(?P<sequence>\d+): ?)?"
    rf"(?:[a-z]{{1,4}}\d*|\d+)/[a-z0-9/]+: ?(?P<mark>[*.]?)(?={stamps.START})"
)
_OUTER: Final = _compile(rf"{_LEAD}(?:(?P<count>\d+): ?)?(?P<version>\d (?=\d{{4}}-|- ))?(?P<mark>[*.]?)")
_HOST_WORD: Final = _compile(rf"\s+(?P<host>{_HOST})(?= |$| ?: ?%)")
_NAMED_ZONE: Final = re.compile(r" (?P<name>[A-Z]{3,5})(?= [\w.:-]+ %\Z)")
"""A zone before the name of a device and its message, as NX-OS writes them."""
_LATE_ZONE: Final = re.compile(r" (?P<name>[A-Z]{3,5}): ?(?=%)")
"""The zone of a device's own stamp, left behind the name a relay put after it."""
_KIWI: Final = _compile(
    r" (?:kern(?:el)?|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|security|authpriv|ftp|ntp|local\d)\."
    r"(?:emerg\w*|alert|crit\w*|err(?:or)?|warn\w*|notice|info\w*|debug)(?= )"
)
"""Facility and severity as Kiwi Syslog writes them into its files, between the stamp and the sender."""
_DASH: Final = re.compile(r"\s+-(?= |$)")
_APP: Final = re.compile(r" +\S+ \S+ \S+(?: -(?= |$)| (?=\[)|(?= |$))")
_BARE: Final = _compile(
    rf"{_LEAD}(?:(?P<count>\d+){_COUNTED})?(?:(?P<host>{_HOST}) ?: ?)?(?:(?P<sequence>\d+): ?)?(?=%)"
)
_BARE_RELAYED: Final = _compile(
    rf"[ :]*(?P<count>\d+){_COUNTED}(?:(?P<host>{_HOST}) ?: ?)?(?:(?P<sequence>\d+): ?)?(?=%)"
)
_NESTED: Final = re.compile(
    r" ?: ?%| %| (?:: )?\d+,|\t| [\w./-]+\[| [A-Z][\w-]*: %| (?:CISE|CSCOacs)_| (?:date|devname)="
)
_SEPARATED: Final = re.compile(r"[\t|]| [\w.:-]+\t| ?: [AIEP]\Z")
"""What stands behind the stamp of a line of a TACACS+ or RADIUS server's own file."""
_TEXT_COLON: Final = re.compile(r" ?: ?(?=%|\d{4}-| )")
_COLON: Final = re.compile(r" ?: ?")
_PART: Final = re.compile(r"\d{10} \d{1,3} \d{1,3} (?=(?P<stamp>\d{4}-\d\d-\d\d ))")
_CISE: Final = re.compile(
    r" ?(?:CISE|CSCOacs)_\w+:?(?: \S+ \S+ -)? \d{1,10} \d{1,3} \d{1,3} +(?=(?P<stamp>\d{4}-\d\d-\d\d )?)"
)
_ALARM: Final = re.compile(r"(?:CISE|CSCOacs)_\w+:? ")
_KEYED: Final = re.compile(
    r"(?:[a-z]+=\S+ )*?(?=date=\"?\d{4}-\d\d-\d\d)|(?:[a-z]+=\S+ )*?(?:dev(?:name|id)|logver|time)=\"?"
)
_CEF: Final = re.compile(r"CEF: ?\d\||\A\d\|\Z")
_JSON: Final = re.compile(r"\{\Z")
_TACACS: Final = _compile(r" ?(?:\S+ )?tac_plus[\w-]*(?=[\[: |])")
_FIELDS: Final = re.compile(r" ?[^\t ]*\t|\|")
_RADIUS: Final = _compile(r" ?:? ?(?:\S+ )?(?:radiusd|freeradius)(?=[\[: ])| ?: (?-i:A|I|E|P)$")
_CSV: Final = re.compile(r"[ :]*(?P<first>\d+),")


class Record(IntEnum):
    """Records whose device stands in a field of their own."""

    NONE = 0
    CISE = 1
    """Cisco ISE and ACS: comma-separated ``key=value``."""
    FORTIOS = 2
    """FortiOS: ``key=value`` with quotes; its and PAN-OS's Common Event Format, with or without its name."""
    TACACS = 3
    """tac_plus and tac_plus-ng: separated fields, the second of them the device."""
    UNDATED = 5
    """FortiOS, its date and time not at the head."""
    RADIUS = 4
    """FreeRADIUS: ``(from client NAME port ...)``."""
    JSON = 6
    """One JSON object; PAN-OS's, as the logging service forwards it, names its device and time."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Offsets into every message of this shape; ``(-1, -1)`` or None where it does not say.

    ``text`` is where the text begins, ``csv`` where a comma-separated record begins (-1: none), ``structured`` that
    RFC 5424 structured data stands at ``text``, ``record`` what its device is read from.
    ``reliable`` is None where no time was read.
    """

    pri: Span = NOWHERE
    host: Span = NOWHERE
    relay: Span = NOWHERE
    sequence: Span = NOWHERE
    stamp: Stamp | None = None
    reliable: bool | None = None
    text: int = 0
    csv: int = -1
    structured: bool = False
    record: Record = Record.NONE

    def row(self) -> tuple[int, ...]:
        """As integers, in the order of ``COLUMNS``."""
        reliable = -1 if self.reliable is None else int(self.reliable)
        spans = (*self.pri, *self.host, *self.relay, *self.sequence)
        stamp = self.stamp.row() if self.stamp else stamps.NO_STAMP
        return (*spans, reliable, self.text, self.csv, int(self.structured), int(self.record), *stamp)


COLUMNS: Final = (
    *(f"{name}_{side}" for name in ("pri", "host", "relay", "sequence") for side in ("begin", "end")),
    *("reliable", "text", "csv", "structured", "record"),
    *stamps.COLUMNS,
)
_ROW: Final = struct.Struct(f"={len(COLUMNS)}i")


@lru_cache(maxsize=1 << 17)
def row_of(shape: bytes) -> bytes:
    """The integers of :meth:`Shape.row` for a shape as int32; remembered, because a log repeats its shapes."""
    return _ROW.pack(*read(shape).row())


def read(shape: bytes) -> Shape:
    """What this shape says. Any bytes are accepted; those that form no header leave everything but the text unsaid."""
    text = shape.decode("latin-1")
    found, at = Shape(), 0
    start = _PRI.match(text) or _ORIGINAL.match(text)
    if start is not None:
        groups, at = start.groupdict(), start.end()
        found = replace(found, pri=start.span("pri") if groups.get("pri") else NOWHERE, text=at)
        if groups.get("host"):
            found = replace(found, host=start.span("host"))
    final = _device(text, at, found)
    if final is None:
        outer = _outer(text, at, found)
        if outer is None:
            final = _bare(text, at, found, _BARE) or found
        else:
            at = outer.text
            final = (
                _device(text, at, outer)
                or _nested(text, at, outer)
                or _bare(text, at, outer, _BARE_RELAYED)
                or _primed(text, at, outer)
            )
    csv = _CSV.match(text, final.text)
    return _record(text, final) if csv is None else replace(final, csv=csv.start("first"))


def _record(text: str, found: Shape) -> Shape:
    """What the text begins with, where its device stands in a field; an AAA record's and a FortiOS one's own stamp."""
    at = found.text
    end = max(found.host[1], found.stamp.end if found.stamp else -1)
    end = at if end < 0 else end
    if cise := _CISE.match(text, at) or _CISE.match(text, end) or _PART.match(text, at):
        stamp = stamps.find(text, cise.end()) if cise["stamp"] else None
        found = replace(found, record=Record.CISE)
        return found if stamp is None else replace(found, stamp=stamp, reliable=True)
    if _ALARM.match(text, at):
        return replace(found, record=Record.CISE)
    if keyed := _KEYED.match(text, at):
        stamp = stamps.find_keyed(text, keyed.end())
        if stamp is None:
            return replace(found, record=Record.UNDATED, reliable=True)
        return replace(found, record=Record.FORTIOS, stamp=stamp, reliable=True)
    if _CEF.match(text, at):
        return replace(found, record=Record.FORTIOS)
    if _JSON.match(text, at):
        return replace(found, record=Record.JSON)
    if found.stamp is None:
        return found
    if _TACACS.match(text, at) or _TACACS.match(text, end) or _FIELDS.match(text, end):
        return replace(found, record=Record.TACACS)
    if _RADIUS.match(text, end):
        return replace(found, record=Record.RADIUS)
    return found


def _device(text: str, at: int, outer: Shape) -> Shape | None:
    """The header a device writes itself: its stamp is followed by a colon."""
    match = _XR.match(text, at)
    node = match is not None
    match = match or _DEVICE.match(text, at)
    if match is None:
        return None
    if not node and match["uptime"]:
        # Nothing absolute: where a relay wrote a time, that is the best there is.
        colon = _COLON.match(text, match.end())
        reliable = None if outer.stamp is None else False
        return replace(_merge(outer, match), reliable=reliable, text=colon.end() if colon else match.end())
    stamp = stamps.find(text, match.end())
    if stamp is None:
        return None
    named = node or match["host"] is not None
    stamp = stamps.find_zone(text, stamp, closed=True, named=named, relayed=outer.host != NOWHERE)
    colon = _COLON.match(text, stamp.end)
    if colon is None:
        return None
    reliable = not match["mark"] and not stamp.doubtful
    return replace(_merge(outer, match), stamp=stamp, reliable=reliable, text=colon.end())


def _outer(text: str, at: int, found: Shape) -> Shape | None:
    """An RFC 3164 or RFC 5424 header: a stamp, then the name of whoever sent this on, or of the device itself."""
    match = _OUTER.match(text, at)
    if match is None:
        return None
    stamp = stamps.find(text, match.end())
    end = match.end()
    if stamp is not None:
        stamp = stamps.find_zone(text, stamp, closed=False)
        end = stamp.end
        zone = _NAMED_ZONE.match(text, end)
        if zone is not None and (zoned := stamps.find_late_zone(stamp, zone["name"])):
            stamp, end = zoned, zone.end()
    elif match["version"] and text[end : end + 2] == "- ":
        end += 1
    else:
        return None
    found = _merge(found, match)
    reliable = None if stamp is None else not match["mark"]
    found = replace(found, stamp=stamp, reliable=reliable, text=end)
    if kiwi := _KIWI.match(text, end):
        end = kiwi.end()
        found = replace(found, text=end)
    host, dash = _HOST_WORD.match(text, end), _DASH.match(text, end)
    if host is not None:
        # Kiwi names the device's address in front, and itself in a header of RFC 5424; any other names the device.
        span = host.span("host")
        if found.host == NOWHERE:
            found = replace(found, host=span)
        else:
            found = replace(found, relay=span) if match["version"] else replace(found, host=span, relay=found.host)
        end = host.end()
        zone = _LATE_ZONE.match(text, end)
        if zone is not None and stamp is not None and (late := stamps.find_late_zone(stamp, zone["name"])):
            return replace(found, stamp=late, text=zone.end())
    elif dash is not None:
        end = dash.end()
    if match["version"] and (host or dash) and (app := _APP.match(text, end)):
        return replace(found, text=_blanks(text, app.end()), structured=text[app.end() : app.end() + 1] == "[")
    return replace(found, text=_text_start(text, end))


def _nested(text: str, at: int, outer: Shape) -> Shape | None:
    """A second stamp and name inside a relay's header, where what follows them shows that they are a header."""
    inner = _outer(text, at, replace(outer, host=NOWHERE, relay=NOWHERE))
    if inner is None:
        return None
    if inner.host == NOWHERE and inner.stamp is not None and _SEPARATED.match(text, inner.stamp.end):
        return replace(inner, host=outer.host, relay=outer.relay)
    if inner.host == NOWHERE or not _NESTED.match(text, inner.host[1]):
        return None
    return replace(inner, relay=outer.host) if outer.host != NOWHERE else inner


def _primed(text: str, at: int, outer: Shape) -> Shape:
    """The outer header, with the PRI that stands before a record which has no header of its own."""
    inner = _INNER_PRI.match(text, at)
    return outer if inner is None else replace(outer, pri=inner.span("pri"), text=inner.end())


def _bare(text: str, at: int, outer: Shape, pattern: re.Pattern[str]) -> Shape | None:
    """A device's header without a stamp: counters and a name straight before ``%``."""
    match = pattern.match(text, at)
    return None if match is None else replace(_merge(outer, match), text=match.end())


def _merge(outer: Shape, match: re.Match[str]) -> Shape:
    """The outer header with what the inner one says: an inner name makes the outer one the relay."""
    groups = match.groupdict()
    found = outer
    if groups.get("pri"):
        found = replace(found, pri=match.span("pri"))
    number = "sequence" if groups.get("sequence") else "count"
    if groups.get(number):
        found = replace(found, sequence=match.span(number))
    if groups.get("host"):
        relay = outer.host if outer.host != NOWHERE and outer.relay == NOWHERE else outer.relay
        found = replace(found, host=match.span("host"), relay=relay)
    return found


def _text_start(text: str, at: int) -> int:
    colon = _TEXT_COLON.match(text, at)
    return _blanks(text, colon.end() if colon else at)


def _blanks(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at
