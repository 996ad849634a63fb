"""What a message's own text says about it: the one place of this room that asks ``syslog`` and ``vendors``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.clock import Clock
from bootwatch.events.fields import SOURCETYPE, TAG_FIELDS, VENDOR_FIELDS
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, mnemonic, parse
from bootwatch.syslog.relayed import without_outer_data
from bootwatch.vendors import Extractor, Recogniser
from bootwatch.vendors.extract import FAMILY

_OS_FAMILY: Final = "os_family"
_COMMAND: Final = "command"
_RECOGNISED: Final = frozenset({SOURCETYPE, "vendor_product", _OS_FAMILY})
_VENDOR: Final = frozenset(VENDOR_FIELDS)
_TAGS: Final = frozenset(TAG_FIELDS)


class Reader:
    """Reads the messages of one scan, remembering heads and commands it has met. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recogniser = Recogniser()

    def __reduce__(self) -> tuple[type[Reader], tuple[Clock]]:
        return Reader, (self._clock,)  # elsewhere it meets heads of its own

    def read(self, raw: pa.StringArray, wanted: frozenset[str]) -> Mapping[str, pa.Array]:
        """The ``wanted`` columns, among ``_time`` (float64), ``host``, ``sourcetype``, the header and vendor fields
        (string) and the tags (lists of strings).

        Null where the text does not say, and for a null text; a sourcetype is never null.
        """
        heads = Heads.of(raw)
        plain = without_outer_data(raw, heads)
        if plain is not raw:
            raw, heads = plain, Heads.of(plain)
        columns = dict(parse(heads, wanted & FIELDS, self._clock))
        tags = wanted & _TAGS
        if tags or wanted & _RECOGNISED:
            found = self._recogniser.recognise(heads)
            columns[SOURCETYPE] = found.sourcetype
            columns["vendor_product"] = found.vendor_product
            columns[_OS_FAMILY] = found.os_family
        vendor = wanted & _VENDOR | ({_COMMAND} if tags else frozenset())
        if vendor:
            columns |= self._extractor.read(heads, self._recogniser.rules_of(heads), mnemonic.find(heads), vendor)
        if tags:
            family = pc.coalesce(columns[FAMILY], columns[_OS_FAMILY])
            columns |= self._tags(raw, family, columns[_COMMAND])
        columns.pop(FAMILY, None)
        return columns

    def _tags(self, raw: pa.StringArray, os_family: pa.Array, command: pa.Array) -> Mapping[str, pa.Array]:
        from bootwatch.vendors.indicators import MESSAGE_FIELDS, catalogue  # its rows are read where they are asked for

        found = catalogue().read(
            raw, os_family, command, lambda some: parse(Heads.of(some), MESSAGE_FIELDS, self._clock)
        )
        return dict(zip(TAG_FIELDS, (found.ids, found.classes), strict=True))

    @cached_property
    def _extractor(self) -> Extractor:
        return Extractor()
