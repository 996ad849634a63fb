"""What a message's own text says about it: the one place of this room that asks ``syslog`` and ``vendors``."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.fields import DEFAULT_SOURCETYPE, HOST, SOURCETYPE, TIME


def read(raw: pa.StringArray, wanted: frozenset[str], clock: Clock) -> Mapping[str, pa.Array]:
    """``_time`` (float64), ``host``, ``sourcetype`` and the header fields in ``wanted`` (string) of each message.

    Null where the text does not say, and for a null text; the sourcetype of a message is never null.
    """
    nothing = pa.nulls(len(raw), pa.string())
    columns = dict.fromkeys(wanted, nothing)
    columns[TIME] = pa.nulls(len(raw), pa.float64())
    columns[HOST] = nothing
    columns[SOURCETYPE] = pa.array([DEFAULT_SOURCETYPE] * len(raw), type=pa.string())
    return columns
