"""Kernels over any text and any number: what is printed reads back, and no value of a row makes a search fail."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, none, sampled_from, text

from bootwatch.algebra.kernels import find
from bootwatch.algebra.kernels.printf import unknown
from bootwatch.algebra.kernels.stamps import parse

ZONES = ("UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ANY_TEXT = none() | text(max_size=20)
NUMBER_TEXT = floats().map(repr) | integers().map(str)


def one(name: str, *values: object, settings: tuple[str, ...] = (), types: tuple[pa.DataType, ...] = ()) -> object:
    """A kernel over a batch of one row."""
    kinds = types or (pa.string(),) * len(values)
    arrays = [pa.array([value], kind) for value, kind in zip(values, kinds, strict=True)]
    return next(iter(find(name).run(arrays, settings, [])))


@given(
    micros=integers(31_622_400_000_000, 3_124_000_000_000_000),
    form=sampled_from(
        [
            "%Y-%m-%dT%H:%M:%S.%6N%z",
            "%a, %d %b %Y %I:%M:%S.%f %p %Ez",
            "%A %B %e %k:%M:%S.%6Q %y %z",
            "%j %Y %T.%6N%:z",
            "%G-W%V-%u %T.%6N %z",
            "%s.%6N",
        ]
    ),
    zone=sampled_from(ZONES),
)
def test_what_strftime_prints_strptime_reads(micros: int, form: str, zone: str) -> None:
    """From 1971 to 2068, which two digits of a year reach."""
    epoch = micros / 1_000_000
    shown = one("format_time", epoch, form, settings=(zone,), types=(pa.float64(), pa.string()))
    read = one("parse_time", shown, form, settings=(zone, repr(NOW.timestamp())))
    assert isinstance(read, float)
    # A double holds an epoch to a quarter of a microsecond, and fractions are cut off, not rounded.
    assert abs(read - epoch) < 0.000002


@given(shown=text(max_size=30), form=text("%YmdHMSzZpIjaAbBGVuwsNQTFDcx+ :-./", max_size=20) | text(max_size=12))
def test_no_text_makes_strptime_fail(shown: str, form: str) -> None:
    found = parse(shown, form, ZoneInfo("Europe/Berlin"), NOW)
    assert found is None or math.isfinite(found)


@given(epoch=floats(), form=text(max_size=20) | text("%+EzNQ39sYaTxCgG:z", max_size=10), zone=sampled_from(ZONES))
def test_no_moment_makes_strftime_fail(epoch: float, form: str, zone: str) -> None:
    one("format_time", epoch, form, settings=(zone,), types=(pa.float64(), pa.string()))


@given(
    form=text("%'-0+ #*123.sdifeEgGaAcouxXpz", max_size=12) | text(max_size=12),
    values=lists(ANY_TEXT | NUMBER_TEXT, max_size=4),
    kind=sampled_from(["any", "text"]),
)
def test_no_value_makes_printf_fail(form: str, values: list[str | None], kind: str) -> None:
    shown = one("printf", form, *values, settings=(kind,) * len(values))
    assert isinstance(shown, str)
    shown.encode()


@given(number=floats(allow_nan=False, allow_infinity=False), conversion=sampled_from(["%.17g", "%.16e", "%a", "%A"]))
def test_a_float_printed_in_full_reads_back(number: float, conversion: str) -> None:
    shown = one("printf", conversion, repr(number), settings=("any",))
    assert isinstance(shown, str)
    assert (float.fromhex(shown) if conversion in ("%a", "%A") else float(shown)) == number


@pytest.mark.parametrize(
    ("form", "found"),
    [("%d %5.2f %% %s", None), ("%n", "%n"), ("%1$s", "%1$"), ("100%", "%"), ("%%", None), ("%", "%"), ("", None)],
)
def test_a_conversion_printf_does_not_know_is_found(form: str, found: str | None) -> None:
    assert unknown(form) == found


@given(shown=ANY_TEXT | NUMBER_TEXT, name=sampled_from(["hex", "commas", "duration", "binary"]))
def test_no_text_makes_a_notation_fail(shown: str | None, name: str) -> None:
    found = one("notation", shown, settings=(name,))
    assert (found is None) == (shown is None)


@given(shown=ANY_TEXT | NUMBER_TEXT, base=floats())
def test_no_text_makes_a_number_of_a_base_fail(shown: str | None, base: float) -> None:
    found = one("number_of_base", shown, base, types=(pa.string(), pa.float64()))
    assert found is None or isinstance(found, float)


@given(value=text(max_size=8), start=floats(), length=floats())
def test_a_substring_is_part_of_its_text(value: str, start: float, length: float) -> None:
    found = one("substring", value, start, length, types=(pa.string(), pa.float64(), pa.float64()))
    assert isinstance(found, str)
    assert found in value
