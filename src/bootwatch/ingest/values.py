"""What an input says about an event, as columns: times as epoch seconds, anything else as text."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_NUMBER: Final = r"^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"
_ZONES: Final = (" UTC", " GMT", " Z")
_FARTHEST_S: Final = 253_402_300_799.0
"""The last second of the year 9999; a number beyond it is no time in seconds."""


def epoch_of(values: pa.Array, zone: tzinfo) -> pa.DoubleArray:
    """Epoch seconds of times given as number, numeric text, ISO 8601 text or an Arrow time; null where it is none.

    A text without offset is in ``zone``; an Arrow timestamp without zone too.
    """
    if pa.types.is_timestamp(values.type):
        return _of_timestamps(values, zone)
    if pa.types.is_date(values.type):
        return _of_timestamps(values.cast(pa.timestamp("us")), zone)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        return _in_range(values.cast(pa.float64()))
    texts = values if pa.types.is_string(values.type) else values.cast(pa.string())
    numeric = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    numbers = pc.if_else(numeric, pc.utf8_trim_whitespace(texts), None).cast(pa.float64())
    if pc.all(pc.or_(numeric, pc.is_null(texts))).as_py() is not False:
        return _in_range(numbers)
    # Exports repeat few forms but many values; reading each different text once is enough.
    encoded = pc.dictionary_encode(pc.if_else(numeric, None, texts))
    read = pa.array([_iso(text, zone) for text in encoded.dictionary.to_pylist()], type=pa.float64())
    return _in_range(pc.coalesce(numbers, read.take(encoded.indices)))


def text_column(values: pa.Array) -> pa.StringArray:
    """Values as text: numbers as Arrow writes them, booleans as true and false, times as ISO 8601."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_dictionary(values.type):
        return text_column(values.dictionary_decode())
    if pa.types.is_timestamp(values.type):
        form = "%Y-%m-%dT%H:%M:%SZ" if values.type.tz else "%Y-%m-%dT%H:%M:%S"
        moments = values.cast(pa.timestamp(values.type.unit, tz="UTC")) if values.type.tz else values
        return pc.strftime(moments, form)
    return values.cast(pa.string())


def is_textual(kind: pa.DataType) -> bool:
    """Whether :func:`text_column` can write values of this type."""
    if pa.types.is_dictionary(kind):
        return is_textual(kind.value_type)
    return not (pa.types.is_nested(kind) or pa.types.is_null(kind))


def _of_timestamps(values: pa.Array, zone: tzinfo) -> pa.DoubleArray:
    if values.type.tz is None and zone is not UTC:
        moments = [None if m is None else m.replace(tzinfo=zone).timestamp() for m in values.to_pylist()]
        return pa.array(moments, type=pa.float64())
    micros = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    return pc.divide(micros.cast(pa.float64()), 1e6)


def _iso(text: str | None, zone: tzinfo) -> float | None:
    if text is None:
        return None
    text = text.strip()
    for ending in _ZONES:
        if text.endswith(ending):
            text = text.removesuffix(ending) + "+00:00"
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _in_range(seconds: pa.DoubleArray) -> pa.DoubleArray:
    within = pc.and_(pc.greater_equal(seconds, -_FARTHEST_S), pc.less_equal(seconds, _FARTHEST_S))
    return pc.if_else(within, seconds, pa.scalar(None, pa.float64()))
