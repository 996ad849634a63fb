"""Whose act a record is about: the device named inside what an AAA server, a collector or a FortiGate writes.

Cisco ISE and ACS, "Cisco ISE Syslogs" (``NetworkDeviceName``, ``Device IP Address``); tac_plus and tac_plus-ng, whose
accounting lines begin with the address of the device; FreeRADIUS, which names its client last, behind whatever a user
typed; FortiOS, "Log Message Reference" (``devname``, ``eventtime``, ``tz``); PAN-OS, "CEF Configuration Guide" and the
field names of "Log Forwarding Schema Reference" (``dvchost``, ``start``, ``DeviceName``, ``TimeGenerated``).

These are few among a network's messages, so their texts are read by regular expressions, each kind in one batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.match.heads import Heads, Offsets
from bootwatch.syslog.shape import Record

_KEY: Final = r"(?:[^\\][,;] ?|\d \d+ +|\{ ?)"
"""What stands before a key of an ISE record. A comma in a value is written with a backslash."""

_FORTIOS: Final = (
    r'^[\x00-\x{10FFFF}]{0,200}?\bdevname="(?P<device>[^"]+)"',
    r"^[\x00-\x{10FFFF}]{0,200}?\bdevname=(?P<device>[^\s,\"]+)",
    r"(?:^|[ >])(?:CEF: ?)?\d\|Fortinet\|[^\n]*? dvchost=(?P<device>\S+)",
    r"\d\|Palo Alto Networks\|[^\n]*? (?:dvchost|PanOSDeviceName)=(?P<device>[^\s=]+)(?: |$)",
)
_DEVICE: Final = {
    Record.CISE: (
        rf"{_KEY}NetworkDeviceName=(?P<device>[^,;\s\\]+)",
        rf"{_KEY}Device IP Address=(?P<device>[0-9A-Fa-f.:]+)",
        rf"{_KEY}NAS[- ]IP[- ]Address=(?P<device>[0-9A-Fa-f.:]+)",
    ),
    Record.FORTIOS: _FORTIOS,
    Record.UNDATED: _FORTIOS,
    Record.TACACS: (
        r"^[^|\t]*?\|!\|(?P<device>[0-9A-Za-z.:_-]+)\|!\|",
        r"^[^|\t]*tac_plus[^|\t]*\|(?P<device>[0-9A-Za-z.:_-]+)\|",
        r"^[^|\t]*\d\d:\d\d:\d\d(?: [+-]\d{4})?\|(?P<device>[0-9A-Za-z.:_-]+)\|",
        r"^[^|\t]*\d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4}| \d{4})?[ \t](?P<device>[0-9A-Za-z.:_-]+)\t",
        r"^[^|\t]*tac_plus[^|\t ]*: (?P<device>[0-9A-Za-z.:_-]+)\t",
        r"^[^|\t]*tac_plus[^|\t ]*: (?P<device>\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]+)(?: |: )",
        r"^[^|\t]*tac_plus[^|\t ]*: login query for [^\n]* from (?P<device>[0-9A-Za-z.:_-]+) (?:accepted|rejected)$",
    ),
    Record.JSON: (
        r'"LogType": ?"[^\n]*"(?:DeviceName|LogSourceName)": ?"(?P<device>[\w.:-]+)"',
        r'"(?:DeviceName|LogSourceName)": ?"(?P<device>[\w.:-]+)"[^\n]*"LogType": ?"',
    ),
    Record.RADIUS: (r"^[\x00-\x{10FFFF}]*\(from client (?P<device>[0-9A-Za-z.:_-]+) port",),
}
_PANOS_CEF: Final = r"\d\|Palo Alto Networks\|[^\n]*?[| ]{}=(?P<time>[A-Z][a-z]{{2}} \d\d \d{{4}} \d\d:\d\d:\d\d)"
_PANOS_JSON: Final = r'[{{,] ?"{}": ?"(?P<time>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"'
_DATE: Final = r"^[\x00-\x{10FFFF}]{0,400}?\bdate=\"?(?P<date>\d{4}-\d\d-\d\d)"
_TIME: Final = r"^[\x00-\x{10FFFF}]{0,400}?\btime=\"?(?P<time>\d\d:\d\d:\d\d)"
_CISE: Final = (
    r" \d{1,10} \d{1,3} \d{1,3} +(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)"
    r" (?P<sign>[+-])(?P<hour>\d\d):?(?P<minute>\d\d) "
)
_ISO: Final = "%Y-%m-%dT%H:%M:%S"
_EVENTTIME: Final = (
    r"^[\x00-\x{10FFFF}]{0,400}?\b(?:FTNTFGT|FortinetFortiGate)?eventtime=\"?(?P<number>[1-8]\d{9,18})\b"
)
_ZONE: Final = r"^[\x00-\x{10FFFF}]{0,400}?\btz=\"?(?:UTC)?(?P<sign>[+-])(?P<hour>\d{1,2}):?(?P<minute>\d\d)"


@dataclass(frozen=True, slots=True)
class About:
    """The messages that are such records, ascending, and the name or address of each one's device, null if unsaid.

    ``seconds`` is the time FortiOS gives in fields of its own, NaN where it does not; ``east`` what to subtract from a
    stamp read in UTC, in seconds, NaN where no zone is written.
    """

    rows: Offsets
    device: pa.Array
    seconds: npt.NDArray[np.float64]
    east: npt.NDArray[np.float64]


def read(heads: Heads, kinds: Offsets) -> About:
    """The records among these messages; ``kinds`` holds each message's :class:`Record`."""
    rows = np.flatnonzero(kinds)
    device, seconds, east = pa.nulls(len(rows), pa.string()), np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for kind in Record:
        at = np.flatnonzero(kinds[rows] == kind)
        if kind is Record.NONE or not len(at):
            continue
        texts = heads.text(heads.starts[rows[at]], heads.ends[rows[at]])
        mask = np.zeros(len(rows), np.bool_)
        mask[at] = True
        device = pc.replace_with_mask(device, pa.array(mask), _first(texts, _DEVICE[kind]))
        if kind is Record.CISE:
            seconds[at] = _written(texts)
        elif kind is Record.FORTIOS:
            seconds[at], east[at] = _eventtime(texts), _zone(texts)
            generated = _moment(texts, "%b %d %Y %H:%M:%S", *(_PANOS_CEF.format(key) for key in ("start", "rt")))
            seconds[at] = np.where(np.isnan(generated), seconds[at], generated)
        elif kind is Record.JSON:
            ours = np.flatnonzero(pc.match_substring(texts, '"LogType"').to_numpy(zero_copy_only=False))
            seconds[at[ours]] = _generated(texts.take(pa.array(ours)))
        elif kind is Record.UNDATED:
            local, zone = _local(texts), _zone(texts)
            zoned = local - zone
            seconds[at] = np.where(np.isnan(zoned), _eventtime(texts), zoned)
            seconds[at] = np.where(np.isnan(seconds[at]), local, seconds[at])
    return About(rows, device, seconds, east)


def _first(texts: pa.Array, patterns: tuple[str, ...]) -> pa.Array:
    """What the group ``device`` of the first pattern holds that matches."""
    found = pa.nulls(len(texts), pa.string())
    for pattern in patterns:
        left = pc.is_null(found)
        rows = np.flatnonzero(left.to_numpy(zero_copy_only=False))
        if not len(rows):
            break
        here = pc.struct_field(pc.extract_regex(texts.take(pa.array(rows)), pattern), [0])
        found = pc.replace_with_mask(found, left, here)
    return found


def _eventtime(texts: pa.Array) -> npt.NDArray[np.float64]:
    """Seconds; FortiOS writes seconds, and from 6.2 on nanoseconds."""
    number = pc.struct_field(pc.extract_regex(texts, _EVENTTIME), [0])
    digits = pc.binary_length(number).fill_null(0).to_numpy(zero_copy_only=False)
    whole = number.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    micros = np.where(digits > 16, whole // 10 ** np.maximum(digits - 16, 0), whole * 10 ** np.maximum(16 - digits, 0))
    found: npt.NDArray[np.float64] = np.where(digits > 0, micros / 1e6, np.nan)
    return found


def _generated(texts: pa.Array) -> npt.NDArray[np.float64]:
    """When the firewall wrote a record of the logging service: to the millisecond where that is the same second."""
    names = ("TimeGenerated", "EventTime", "TimeReceived", "LogTime")
    whole = _moment(texts, _ISO, *(_PANOS_JSON.format(name) for name in names))
    precise = _moment(texts, _ISO, _PANOS_JSON.format("TimeGeneratedHighResolution"))
    found: npt.NDArray[np.float64] = np.where(np.floor(precise) == np.floor(whole), precise, whole)
    return found


def _moment(texts: pa.Array, form: str, *patterns: str) -> npt.NDArray[np.float64]:
    """The group ``time`` of the first pattern that matches, in UTC; a fraction of a second may follow the form."""
    found = np.full(len(texts), np.nan)
    for pattern in patterns:
        written = pc.struct_field(pc.extract_regex(texts, pattern), [0])
        parts = pc.extract_regex(written, r"^(?P<whole>[^.]*)(?P<fraction>\.\d{1,6})?")
        whole, fraction = (pc.struct_field(parts, [place]) for place in range(2))
        moment = pc.strptime(whole, form, "s", error_is_null=True).cast(pa.int64()).cast(pa.float64())
        more = pc.if_else(pc.equal(fraction, ""), "0", fraction).cast(pa.float64())
        here = pc.add(moment, more).to_numpy(zero_copy_only=False)
        found = np.where(np.isnan(found), here, found)
    return found


def _written(texts: pa.Array) -> npt.NDArray[np.float64]:
    """When an AAA server wrote a record, which stands behind its numbers, however long the headers before are."""
    parts = pc.extract_regex(texts, _CISE)
    local = _moment(pc.struct_field(parts, [0]), "%Y-%m-%d %H:%M:%S", "^(?P<time>.+)$")
    sign, hour, minute = (pc.struct_field(parts, [place]) for place in range(1, 4))
    hours, minutes = (part.cast(pa.float64()).to_numpy(zero_copy_only=False) for part in (hour, minute))
    west = pc.equal(sign, "-").fill_null(False).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.float64] = local - np.where(west, -1.0, 1.0) * (hours * 3600 + minutes * 60)
    return found


def _zone(texts: pa.Array) -> npt.NDArray[np.float64]:
    parts = pc.extract_regex(texts, _ZONE)
    sign, hour, minute = (pc.struct_field(parts, [at]) for at in range(3))
    hours, minutes = (part.cast(pa.float64()).to_numpy(zero_copy_only=False) for part in (hour, minute))
    west = pc.equal(sign, "-").fill_null(False).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.float64] = np.where(west, -1.0, 1.0) * (hours * 3600 + minutes * 60)
    return found


def _local(texts: pa.Array) -> npt.NDArray[np.float64]:
    """``date`` and ``time``, wherever they stand, as seconds in UTC."""
    day, clock = (pc.struct_field(pc.extract_regex(texts, pattern), [0]) for pattern in (_DATE, _TIME))
    moment = pc.strptime(pc.binary_join_element_wise(day, clock, " "), "%Y-%m-%d %H:%M:%S", "s", error_is_null=True)
    found: npt.NDArray[np.float64] = moment.cast(pa.int64()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found
