"""What a message's own text says about it: the one place of this room that asks ``syslog`` and ``vendors``."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.fields import SOURCETYPE
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, parse
from bootwatch.vendors import Recogniser

_RECOGNISED = frozenset({SOURCETYPE, "vendor_product", "os_family"})


class Reader:
    """Reads the headers of one scan; it remembers which vendors' heads it has met."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recogniser = Recogniser()

    def read(self, raw: pa.StringArray, wanted: frozenset[str]) -> Mapping[str, pa.Array]:
        """The ``wanted`` columns, among ``_time`` (float64), ``host``, ``sourcetype`` and the header fields (string).

        Null where the text does not say, and for a null text; a sourcetype is never null.
        """
        heads = Heads.of(raw)
        columns = dict(parse(heads, wanted & FIELDS, self._clock))
        if wanted & _RECOGNISED:
            found = self._recogniser.recognise(heads)
            columns[SOURCETYPE] = found.sourcetype
            columns["vendor_product"] = found.vendor_product
            columns["os_family"] = found.os_family
        return columns
