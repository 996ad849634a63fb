"""What a message's own text says about it: the one place of this room that asks ``syslog`` and ``vendors``."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.fields import SOURCETYPE, VENDOR_FIELDS
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, mnemonic, parse
from bootwatch.vendors import Extractor, Recogniser

_RECOGNISED = frozenset({SOURCETYPE, "vendor_product", "os_family"})
_VENDOR = frozenset(VENDOR_FIELDS)


class Reader:
    """Reads the headers of one scan; it remembers which vendors' heads it has met."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recogniser = Recogniser()
        self._extractor: Extractor | None = None

    def read(self, raw: pa.StringArray, wanted: frozenset[str]) -> Mapping[str, pa.Array]:
        """The ``wanted`` columns, among ``_time`` (float64), ``host``, ``sourcetype`` the header fields and
        the vendor fields (string).

        Null where the text does not say, and for a null text; a sourcetype is never null.
        """
        heads = Heads.of(raw)
        columns = dict(parse(heads, wanted & FIELDS, self._clock))
        if wanted & _RECOGNISED:
            found = self._recogniser.recognise(heads)
            columns[SOURCETYPE] = found.sourcetype
            columns["vendor_product"] = found.vendor_product
            columns["os_family"] = found.os_family
        if wanted & _VENDOR:
            extractor = self._extractor = self._extractor or Extractor()
            recognised = self._recogniser.rules_of(heads)
            columns |= extractor.read(heads, recognised, mnemonic.find(heads), wanted & _VENDOR)
        return columns
