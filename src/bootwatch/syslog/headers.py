"""What the headers of a batch of messages say: time, host, relay, PRI, mnemonic, text.

Follows RFC 3164, RFC 5424 and the header forms of Cisco IOS, NX-OS, IOS-XR, ASA and FTD, Junos and PAN-OS. Only the
wanted columns are computed, each for the whole batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events import fields
from bootwatch.events.clock import Clock
from bootwatch.match.heads import Codes, Flags, Heads, Offsets
from bootwatch.syslog import mnemonic, panos, records, shape, stamps
from bootwatch.syslog.relayed import ELEMENT

FACILITIES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"),
    *("audit", "alert", "clock", *(f"local{number}" for number in range(8))),
)
"""Names of the facilities of RFC 5424 (6.2.1), by number."""

SEVERITIES: Final = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
"""Names of the severities of RFC 5424 (6.2.1), by number."""

FIELDS: Final = frozenset(
    (
        *(fields.TIME, fields.HOST, "dvc", "relay", "syslog_facility", "syslog_severity", "facility", "severity_id"),
        *("mnemonic", "message_text", "sequence", "reliable_time"),
    )
)
"""What :func:`parse` answers; the other header fields are the vendor profiles' to say."""

_AGREEMENT_S: Final = 900
_AT: Final = {name: index for index, name in enumerate(shape.COLUMNS)}
_STAMP: Final = _AT[stamps.COLUMNS[0]]
_EARLIEST_S, _LATEST_S = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2, 9999))
"""What a calendar holds, with room for windows on either side; a stamp beyond is a damaged one."""

_STRUCTURED: Final = rf"^(?P<data>(?:{ELEMENT})+ ?)"


def parse(heads: Heads, wanted: frozenset[str], clock: Clock) -> Mapping[str, pa.Array]:
    """The wanted columns among ``FIELDS``, one value per message; other names are left out.

    ``_time`` is float64 epoch seconds, null where the message carries no absolute time (none, an impossible date, only
    an uptime): the caller then uses the time of arrival. Everything else is string, null where the message does not
    say. ``host`` and ``dvc`` are the device's own name or address, ``relay`` whoever sent the message on.
    ``reliable_time`` is ``false`` for an unset (``*``) or unsynchronised (``.``) clock, for a zone that means nothing
    certain, and where a relay's clock stands in for an uptime; else ``true`` where a time was read.
    ``syslog_facility`` and ``syslog_severity`` are names (``local7``, ``notice``), ``severity_id`` is the digit of the
    mnemonic. ``sequence`` is the number before the stamp, or the message counter where there is only that.
    ``message_text`` is what follows the mnemonic, or else the header. Nothing raises, whatever the bytes.
    """
    batch = _Batch(heads, clock)
    return {name: batch.column(name) for name in sorted(wanted & FIELDS)}


class _Batch:
    """One batch, its columns computed when first asked for."""

    def __init__(self, heads: Heads, clock: Clock) -> None:
        self._heads, self._clock = heads, clock
        rows = b"".join(shape.row_of(text) for text in heads.shapes or (b"",))
        self._shapes = np.frombuffer(rows, np.int32).reshape(-1, len(shape.COLUMNS))

    def column(self, name: str) -> pa.Array:
        match name:
            case fields.TIME:
                seconds, valid = self._times
                return pa.array(seconds, mask=~valid)
            case fields.HOST | "dvc":
                return self._host
            case "relay":
                return self._relay()
            case "sequence":
                return self._heads.text(*self._span("sequence"))
            case "reliable_time":
                return self._reliable()
            case "syslog_facility":
                number, valid = self._pri
                return _named(FACILITIES, np.where(valid, number // 8, -1).astype(np.int32))
            case "syslog_severity":
                number, valid = self._pri
                return _named(SEVERITIES, np.where(valid, number % 8, -1).astype(np.int32))
            case "message_text":
                return self._text()
            case _:
                part = ("facility", "severity_id", "mnemonic").index(name)
                found = self._mnemonics
                return _named(tuple(parts[part] for parts in found.parts), found.codes)

    def _of(self, name: str) -> npt.NDArray[np.int64]:
        return self._shapes[:, _AT[name]].astype(np.int64).take(self._heads.codes)

    def _span(self, name: str) -> tuple[Offsets, Offsets]:
        begin, end = self._of(f"{name}_begin"), self._of(f"{name}_end")
        starts = self._heads.starts
        return np.where(begin >= 0, starts + begin, -1), np.where(begin >= 0, starts + end, -1)

    @cached_property
    def _csv(self) -> tuple[Offsets, panos.Records]:
        """Rows that may be PAN-OS records, and what they say."""
        begin = self._of("csv") if (self._shapes[:, _AT["csv"]] >= 0).any() else np.full(len(self._heads), -1)
        rows = np.flatnonzero(begin >= 0)
        return rows, panos.read(self._heads, rows, self._heads.starts[rows] + begin[rows], self._clock)

    @cached_property
    def _times(self) -> tuple[npt.NDArray[np.float64], Flags]:
        heads = self._heads
        seconds, valid = stamps.seconds(heads.data, heads.starts, self._shapes[:, _STAMP:], heads.codes, self._clock)
        rows, found = self._csv
        better = rows[found.timed]
        if len(better):
            own = found.seconds[found.timed]
            # A record's time has no zone of its own before PAN-OS 10; the header's counts where it makes the two agree.
            asked = np.flatnonzero((self._of("zoned")[better] > 0) & valid[better] & ~found.zoned[found.timed])
            if len(asked):
                layouts = self._shapes[:, _STAMP:].copy()
                layouts[:, stamps.COLUMNS.index("zone_hour_at")] = -1
                layouts[:, stamps.COLUMNS.index("zone")] = 0
                mine = better[asked]
                naive, _ = stamps.seconds(heads.data, heads.starts[mine], layouts, heads.codes[mine], self._clock)
                moved = own[asked] - (naive - seconds[mine])
                own = own.copy()
                own[asked] = np.where(np.abs(moved - seconds[mine]) < _AGREEMENT_S, moved, own[asked])
            seconds[better], valid[better] = own, True
        self._keyed_times(seconds, valid)
        return seconds, valid & (seconds >= _EARLIEST_S) & (seconds < _LATEST_S)

    def _keyed_times(self, seconds: npt.NDArray[np.float64], valid: Flags) -> None:
        """A record with a zone or a count of seconds in a field of its own, in place."""
        heads, about = self._heads, self._records
        if not len(about.rows):
            return
        zoned = np.flatnonzero(~np.isnan(about.east))
        if len(zoned):
            rows = about.rows[zoned]
            clock = Clock(self._clock.now, UTC)
            local, read = stamps.seconds(
                heads.data, heads.starts[rows], self._shapes[:, _STAMP:], heads.codes[rows], clock
            )
            seconds[rows], valid[rows] = local - about.east[zoned], read
        counted = np.flatnonzero(~np.isnan(about.seconds) & ~valid[about.rows] | np.isnan(about.east))
        counted = counted[~np.isnan(about.seconds[counted])]
        seconds[about.rows[counted]], valid[about.rows[counted]] = about.seconds[counted], True

    @cached_property
    def _host(self) -> pa.Array:
        host = self._span("host")
        rows, found = self._csv
        named = found.name_begin >= 0
        host[0][rows[named]], host[1][rows[named]] = found.name_begin[named], found.name_end[named]
        hosts = self._heads.text(*host)
        rows, names = self._devices
        if not len(rows):
            return hosts
        which = np.zeros(len(hosts), np.bool_)
        which[rows] = True
        return pc.replace_with_mask(hosts, pa.array(which), names)

    @cached_property
    def _devices(self) -> tuple[Offsets, pa.Array]:
        """The records that name the device they are about, and its name."""
        about = self._records
        if not len(about.rows):
            return about.rows, about.device
        said = np.flatnonzero(about.device.is_valid().to_numpy(zero_copy_only=False))
        return about.rows[said], about.device.take(pa.array(said))

    def _relay(self) -> pa.Array:
        """Who sent the message on: an AAA server, a collector or Panorama sends what another device did."""
        begin, end = self._span("relay")
        host = self._span("host")
        rows, found = self._csv
        named = found.name_begin >= 0
        mine = rows[named]
        if len(mine):
            kept = self._unlike(
                self._heads.text(host[0][mine], host[1][mine]),
                self._heads.text(found.name_begin[named], found.name_end[named]),
            )
            begin[mine[kept]], end[mine[kept]] = host[0][mine[kept]], host[1][mine[kept]]
        mine, names = self._devices
        if len(mine):
            kept = self._unlike(self._heads.text(host[0][mine], host[1][mine]), names)
            begin[mine[kept]], end[mine[kept]] = host[0][mine[kept]], host[1][mine[kept]]
        return self._heads.text(begin, end)

    def _unlike(self, names: pa.Array, others: pa.Array) -> Offsets:
        """Where two names differ, ignoring case; a name that is not there differs from nothing."""
        differ = pc.not_equal(pc.utf8_lower(names), pc.utf8_lower(others)).fill_null(False)
        return np.flatnonzero(differ.to_numpy(zero_copy_only=False))

    @cached_property
    def _records(self) -> records.About:
        kinds = self._of("record") if (self._shapes[:, _AT["record"]] > 0).any() else np.zeros(0, np.int64)
        return records.read(self._heads, kinds)

    def _reliable(self) -> pa.Array:
        _, valid = self._times
        codes = np.where(valid, np.abs(self._of("reliable")), -1)
        rows, found = self._csv
        codes[rows[found.timed]] = 1
        return _named(("false", "true"), codes.astype(np.int32))

    @cached_property
    def _pri(self) -> tuple[Offsets, Flags]:
        begin, end = self._of("pri_begin"), self._of("pri_end")
        size, number = end - begin, np.zeros(len(self._heads), np.int64)
        for index in range(3):
            digit = self._heads.data.take(self._heads.starts + begin + index, mode="clip").astype(np.int64) - 48
            number = np.where(index < size, number * 10 + digit, number)
        return number, (begin >= 0) & (number < 192)

    @cached_property
    def _mnemonics(self) -> mnemonic.Mnemonics:
        return mnemonic.find(self._heads)

    def _text(self) -> pa.Array:
        heads, after = self._heads, self._mnemonics.after
        header = np.minimum(heads.starts + self._of("text"), heads.ends)
        text = heads.text(np.maximum(after, header), heads.ends)  # RFC 5424 may have the mnemonic in its header
        structured = (self._of("structured") > 0) & (after < header)
        if structured.any():
            rows = pa.array(np.flatnonzero(structured))
            bare = pc.replace_substring_regex(text.take(rows), _STRUCTURED, "")
            text = pc.replace_with_mask(text, pa.array(structured), pc.utf8_ltrim(bare, "\ufeff"))
        return text


def _named(names: tuple[str, ...], codes: Codes) -> pa.Array:
    """One of a few names per message; null for a code of -1."""
    indices = np.where(codes < 0, np.int32(len(names)), codes)
    return pa.array((*names, None), pa.string()).take(pa.array(indices))
